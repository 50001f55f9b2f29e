/* SPDX-License-Identifier: ISC */
/* net.route's list of multicast groups, from the host's /proc/net/igmp and igmp6. */
#include "freebsd.h"
#include "hostdef.h"
#include "route.h"
#include "sockaddr.h"
#include "text.h"

size_t
route_round(size_t n)
{
	return n == 0 ? 8 : (n + 7) & ~7ul;
}

long
route_put(struct sysctl_req *r, const void *v, size_t n)
{
	static const uint8_t zero[8];
	long ret = sysctl_put(r, v, n);

	return ret < 0 ? ret : sysctl_put(r, zero, route_round(n) - n);
}

void
route_address(struct inet_address *a, int host_family, const uint8_t *bytes, uint32_t index)
{
	*a = (struct inet_address){ .n = 0 };
	if (host_family == HOST_AF_INET) {
		a->n = a->u.in.len = 16;
		a->u.in.family = FREEBSD_AF_INET;
		memcpy(a->u.in.v4, bytes, 4);
		return;
	}
	a->n = a->u.in6.len = 28;
	a->u.in6.family = FREEBSD_AF_INET6;
	memcpy(a->u.in6.v6, bytes, 16);
	if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80)
		a->u.in6.scope = index;
}

static long
put_group(struct sysctl_req *r, const struct inet_address *group, uint32_t index)
{
	struct sockaddr_dl dl = { .len = 54, .family = FREEBSD_AF_LINK,
	    .index = (uint16_t)index };
	struct if_message m = { .version = RTM_VERSION_, .type = RTM_NEWMADDR_,
	    .addrs = RTA_IFP_ | RTA_IFA_, .index = (uint16_t)index };

	m.msglen = (uint16_t)(16 + route_round(dl.len) + route_round(group->n));
	long ret = sysctl_put(r, &m, 16);
	if (ret == 0)
		ret = route_put(r, &dl, dl.len);
	return ret < 0 ? ret : route_put(r, &group->u, group->n);
}

static unsigned
hex_digit(char ch)
{
	return ch <= '9' ? (unsigned)(ch - '0') : ((unsigned)ch | 32) - 'a' + 10;
}

static uint32_t
decimal(const char *s)
{
	uint32_t v = 0;

	while (*s >= '0' && *s <= '9')
		v = v * 10 + (uint32_t)(*s++ - '0');
	return v;
}

static int
skip_line(struct text_reader *f, int end)
{
	while (end != '\n' && end != -1)
		end = text_byte(f);
	return end;
}

/* A line names an interface; indented ones below it are its groups, as a word in memory order. */
static long
groups4(struct sysctl_req *r, uint32_t want)
{
	struct text_reader f;
	struct inet_address a;
	char word[40];
	uint32_t index = 0;
	long ret = text_open(&f, call_thread(r->c), "/proc/net/igmp");

	if (ret < 0)
		return 0;	/* a host without it has no groups to show */
	for (int end = skip_line(&f, 0); end != -1 && ret == 0;) {
		end = text_field(&f, word, sizeof(word));
		if (word[0] != '\0') {
			index = decimal(word);
		} else if (end == '\t') {
			uint32_t v = 0;
			end = text_word(&f, word, sizeof(word));
			for (int i = 0; i < 8 && word[i] != '\0'; i++)
				v = v << 4 | hex_digit(word[i]);
			route_address(&a, HOST_AF_INET, (const uint8_t *)&v, index);
			if (want == 0 || want == index)
				ret = put_group(r, &a, index);
		}
		end = skip_line(&f, end);
	}
	text_close(&f);
	return ret;
}

/* Index, name, group, ... */
static long
groups6(struct sysctl_req *r, uint32_t want)
{
	struct text_reader f;
	struct inet_address a;
	char index_word[12], name[24], word[40];
	uint8_t bytes[16];
	long ret = text_open(&f, call_thread(r->c), "/proc/net/igmp6");

	if (ret < 0)
		return 0;
	while (ret == 0) {
		int end = text_word(&f, index_word, sizeof(index_word));
		if (end == -1)
			break;
		text_word(&f, name, sizeof(name));
		end = text_word(&f, word, sizeof(word));
		uint32_t index = decimal(index_word);
		for (int i = 0; i < 16; i++)
			bytes[i] = (uint8_t)(hex_digit(word[2 * i]) << 4 |
			    hex_digit(word[2 * i + 1]));
		route_address(&a, HOST_AF_INET6, bytes, index);
		if (want == 0 || want == index)
			ret = put_group(r, &a, index);
		skip_line(&f, end);
	}
	text_close(&f);
	return ret;
}

long
route_groups(struct sysctl_req *r, uint32_t index)
{
	long ret = groups4(r, index);

	return ret < 0 ? ret : groups6(r, index);
}
