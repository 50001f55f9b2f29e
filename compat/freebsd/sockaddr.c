/* SPDX-License-Identifier: ISC */
#include "freebsd.h"
#include "hostdef.h"
#include "sockaddr.h"

#define UN_PATH_MAX 104		/* sun_path of this system; the host's is longer */
#define UN_NONAME_LEN 16	/* what an unnamed local socket shows */

static const struct flag_pair families[] = {
	FREEBSD_AF_PAIRS
};

int
family_to_host(int family)
{
	return value_to_host(families, COUNT(families), (uint32_t)family);
}

int
family_from_host(int family)
{
	return value_from_host(families, COUNT(families), (uint32_t)family);
}

long
sockaddr_in(struct sockaddr_buf *b, gaddr src, uint32_t len)
{
	if (len < 2)
		return -EINVAL;
	if (len > 255)
		return -ENAMETOOLONG;
	if (copyin(b->u.bytes, src, len) < 0)
		return -EFAULT;
	int family = family_to_host(b->u.bsd.family);
	if (family < 0)
		return -EAFNOSUPPORT;
	b->len = len;
	if (family == HOST_AF_UNIX) {
		if (len > 2 + UN_PATH_MAX)
			return -EINVAL;
		/* The host's names without a file do not exist here. */
		if (len == 2)
			return -EINVAL;
		if (b->u.bytes[2] == '\0')
			return -ENOENT;
		b->u.bytes[len] = '\0';
		b->len = len + 1;
	}
	b->u.host_family = (uint16_t)family;
	return 0;
}

void
sockaddr_from_host(struct sockaddr_buf *b)
{
	int family = b->len >= 2 ? family_from_host(b->u.host_family) : 0;

	if (family == FREEBSD_AF_UNIX && b->len <= 2) {
		for (size_t i = 2; i < UN_NONAME_LEN; i++)
			b->u.bytes[i] = 0;
		b->len = UN_NONAME_LEN;
	}
	b->u.bsd.family = (uint8_t)(family < 0 ? 0 : family);
	b->u.bsd.len = (uint8_t)b->len;
}

long
sockaddr_out(gaddr dst, gaddr lenp, struct sockaddr_buf *b)
{
	uint32_t room, n = b->len;

	if (dst.a == 0 || lenp.a == 0)
		return 0;
	if (copyin(&room, lenp, sizeof(room)) < 0)
		return -EFAULT;
	if (n > 0)
		sockaddr_from_host(b);
	n = b->len < room ? b->len : room;
	if (copyout(dst, b->u.bytes, n) < 0)
		return -EFAULT;
	return copyout(lenp, &n, sizeof(n));
}
