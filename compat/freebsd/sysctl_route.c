/* SPDX-License-Identifier: ISC */
/*
 * net.route: interfaces and their addresses as routing messages, made from two netlink dumps.
 * The rest of the name is {protocol, family, what, interface}.
 */
#include <linux/fcntl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "freebsd.h"
#include "freestanding.h"
#include "hostdef.h"
#include "sockaddr.h"
#include "route.h"
#include "sysctl.h"

struct dump {
	struct sysctl_req *r;
	bool is_long;
	uint32_t index, family;		/* 0: all */
};

static const struct flag_pair if_flags[] = {
	{ 0x1, IFF_UP }, { 0x2, IFF_BROADCAST }, { 0x8, IFF_LOOPBACK },
	{ 0x10, IFF_POINTOPOINT }, { 0x40, IFF_RUNNING }, { 0x80, IFF_NOARP },
	{ 0x100, IFF_PROMISC }, { 0x200, IFF_ALLMULTI }, { 0x8000, IFF_MULTICAST },
};
static const struct flag_pair if_types[] = {
	{ 6, ARPHRD_ETHER }, { 24, ARPHRD_LOOPBACK }, { 23, ARPHRD_PPP },
	{ 131, ARPHRD_TUNNEL }, { 131, ARPHRD_SIT }, { 131, ARPHRD_TUNNEL6 },
	{ 1, ARPHRD_NONE },
};

/* Attributes of a message by number; NULL when one is missing. */
static const struct rtattr *
attribute(const struct nlmsghdr *h, size_t head, uint16_t type)
{
	const char *p = (const char *)h + NLMSG_HDRLEN + NLMSG_ALIGN(head);
	const char *end = (const char *)h + h->nlmsg_len;

	while (end - p >= (long)sizeof(struct rtattr)) {
		const struct rtattr *a = (const void *)p;
		if (a->rta_len < sizeof(*a) || a->rta_len > end - p)
			return NULL;
		if (a->rta_type == type)
			return a;
		p += RTA_ALIGN(a->rta_len);
	}
	return NULL;
}

static size_t
attribute_bytes(const struct rtattr *a, void *dst, size_t room)
{
	size_t n = a == NULL ? 0 : a->rta_len - sizeof(*a);

	if (n > room)
		n = room;
	if (n > 0)
		memcpy(dst, (const char *)a + sizeof(*a), n);
	return n;
}

static long
put_link(struct dump *d, const struct nlmsghdr *h)
{
	const struct ifinfomsg *info =
	    (const void *)((const char *)h + NLMSG_HDRLEN);
	struct sockaddr_dl dl = { .len = 54, .family = FREEBSD_AF_LINK };
	struct if_data data = { .datalen = sizeof(data), .addrlen = 6 };
	struct if_message m = { .version = RTM_VERSION_, .type = RTM_IFINFO_ };
	uint8_t name[16], address[16];

	if (d->index != 0 && d->index != (uint32_t)info->ifi_index)
		return 0;
	size_t n = attribute_bytes(attribute(h, sizeof(*info), IFLA_IFNAME),
	    name, sizeof(name));
	while (n > 0 && name[n - 1] == '\0')
		n--;
	size_t alen = attribute_bytes(attribute(h, sizeof(*info), IFLA_ADDRESS),
	    address, sizeof(address));
	attribute_bytes(attribute(h, sizeof(*info), IFLA_MTU), &data.mtu, 4);
	int type = value_from_host(if_types, COUNT(if_types), info->ifi_type);
	if (info->ifi_type != ARPHRD_ETHER)
		alen = 0;
	memcpy(dl.data, name, n);
	memcpy(dl.data + n, address, alen);
	dl.nlen = (uint8_t)n;
	dl.alen = (uint8_t)alen;
	dl.index = (uint16_t)info->ifi_index;
	dl.type = data.type = (uint8_t)(type < 0 ? 1 : type);
	data.link_state = (info->ifi_flags & IFF_RUNNING) ? 2 : 1;
	data.addrlen = (uint8_t)alen;
	m.addrs = RTA_IFP_;
	m.flags = flags_from_host(if_flags, COUNT(if_flags), info->ifi_flags);
	m.index = dl.index;
	m.len = 176;
	m.data_off = 24;
	size_t head = d->is_long ? 24 : 16;
	m.msglen = (uint16_t)(head + sizeof(data) + route_round(dl.len));
	if (sysctl_put(d->r, &m, head) < 0 ||
	    sysctl_put(d->r, &data, sizeof(data)) < 0)
		return -EFAULT;
	return route_put(d->r, &dl, dl.len);
}

static void
mask_set_bits(uint8_t mask[16], unsigned prefix)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned bits = prefix > 8 * i ? prefix - 8 * i : 0;
		mask[i] = bits >= 8 ? 0xff : (uint8_t)(0xff00u >> bits);
	}
}

static long
put_address(struct dump *d, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *info =
	    (const void *)((const char *)h + NLMSG_HDRLEN);
	struct if_message m = { .version = RTM_VERSION_, .type = RTM_NEWADDR_ };
	struct inet_address mask, own, broadcast;
	struct if_data data = { .datalen = sizeof(data) };
	uint8_t local[16] = { 0 }, bits[16], brd[16] = { 0 };

	if ((d->index != 0 && d->index != info->ifa_index) ||
	    (info->ifa_family != HOST_AF_INET && info->ifa_family != HOST_AF_INET6) ||
	    (d->family != 0 && d->family != info->ifa_family))
		return 0;
	if (attribute_bytes(attribute(h, sizeof(*info), IFA_LOCAL), local, 16) == 0)
		attribute_bytes(attribute(h, sizeof(*info), IFA_ADDRESS), local, 16);
	mask_set_bits(bits, info->ifa_prefixlen);
	route_address(&own, info->ifa_family, local, info->ifa_index);
	route_address(&mask, info->ifa_family, bits, 0);
	bool has_brd = attribute_bytes(attribute(h, sizeof(*info), IFA_BROADCAST),
	    brd, 16) != 0;
	route_address(&broadcast, info->ifa_family, brd, 0);
	m.addrs = RTA_NETMASK_ | RTA_IFA_ | (has_brd ? RTA_BRD_ : 0);
	m.flags = 5;	/* up, host route */
	m.index = (uint16_t)info->ifa_index;
	size_t body = route_round(mask.n) + route_round(own.n) + (has_brd ? route_round(broadcast.n) : 0);
	size_t head = d->is_long ? 176 : 20;
	m.msglen = (uint16_t)((head + body + 7) & ~7ul);
	long ret;
	if (d->is_long) {
		m.len = 176;
		m.data_off = 24;
		ret = sysctl_put(d->r, &m, 24);
		if (ret == 0)
			ret = sysctl_put(d->r, &data, sizeof(data));
	} else {
		m.len = m.data_off = 0;		/* the metric of the short form */
		ret = sysctl_put(d->r, &m, 20);
	}
	if (ret == 0)
		ret = route_put(d->r, &mask.u, mask.n);
	if (ret == 0)
		ret = route_put(d->r, &own.u, own.n);
	if (ret == 0 && has_brd)
		ret = route_put(d->r, &broadcast.u, broadcast.n);
	static const uint8_t zero[8];
	return ret < 0 ? ret : sysctl_put(d->r, zero, m.msglen - head - body);
}

/* One dump; every answer goes through put_link or put_address. */
static long
dump_run(struct dump *d, long fd, uint16_t what)
{
	struct { struct nlmsghdr h; struct rtgenmsg g; uint8_t pad[3]; } req = {
		.h = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtgenmsg)),
		    .nlmsg_type = what, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
	};
	char buf[8192] __attribute__((aligned(8)));
	struct call *c = d->r->c;
	long ret = HOST(c, sendto, fd, &req, req.h.nlmsg_len, 0, 0, 0);

	while (ret >= 0) {
		long n = HOST(c, recvfrom, fd, buf, sizeof(buf), 0, 0, 0);
		if (n <= 0)
			return n < 0 ? n : -EIO;
		for (long at = 0; n - at >= NLMSG_HDRLEN;) {
			const struct nlmsghdr *h = (const void *)(buf + at);
			if (h->nlmsg_len < NLMSG_HDRLEN || h->nlmsg_len > n - at)
				return -EIO;
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_type == NLMSG_ERROR)
				return -EIO;
			ret = what == RTM_GETLINK ? put_link(d, h) : put_address(d, h);
			if (ret < 0)
				return ret;
			at += (long)NLMSG_ALIGN(h->nlmsg_len);
		}
	}
	return ret;
}

long
sysctl_route(struct sysctl_req *r, const struct sysctl_row *row)
{
	(void)row;
	if (r->nrest != 4)
		return -EINVAL;
	uint32_t what = r->rest[2];
	int family = family_to_host((int)r->rest[1]);
	if (family < 0)
		return -EINVAL;
	if (what == FREEBSD_NET_RT_IFMALIST)
		return route_groups(r, r->rest[3]);
	if (what != FREEBSD_NET_RT_IFLIST && what != FREEBSD_NET_RT_IFLISTL)
		return -EINVAL;
	long fd = HOST(r->c, socket, HOST_AF_NETLINK,
	    HOST_SOCK_RAW | HOST_SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	struct dump d = { r, what == FREEBSD_NET_RT_IFLISTL, r->rest[3],
	    (uint32_t)family };
	long ret = dump_run(&d, fd, RTM_GETLINK);
	if (ret == 0)
		ret = dump_run(&d, fd, RTM_GETADDR);
	HOST(r->c, close, fd);
	return ret;
}
