/* SPDX-License-Identifier: ISC */
/* Terminal settings: bits, control characters and speeds have other numbers. */
#include <asm/termbits.h>

#include "freebsd.h"
#include "termios.h"

static const struct flag_pair iflags[] = {
	FREEBSD_IFLAG_PAIRS
};
static const struct flag_pair oflags[] = {
	FREEBSD_OFLAG_PAIRS
};
static const struct flag_pair cflags[] = {
	{ FREEBSD_CS8, CS8 }, { FREEBSD_CS7, CS7 }, { FREEBSD_CS6, CS6 },
	FREEBSD_CFLAG_PAIRS
};
static const struct flag_pair lflags[] = {
	FREEBSD_LFLAG_PAIRS
};

/* Index of a control character in each system's array. */
static const struct flag_pair chars[] = {
	FREEBSD_VCC_PAIRS
};

/* FreeBSD speeds are plain numbers. */
static const struct flag_pair speeds[] = {
	{ 0, B0 }, { 50, B50 }, { 75, B75 }, { 110, B110 }, { 134, B134 },
	{ 150, B150 }, { 200, B200 }, { 300, B300 }, { 600, B600 },
	{ 1200, B1200 }, { 1800, B1800 }, { 2400, B2400 }, { 4800, B4800 },
	{ 9600, B9600 }, { 19200, B19200 }, { 38400, B38400 },
	{ 57600, B57600 }, { 115200, B115200 }, { 230400, B230400 },
	{ 460800, B460800 }, { 921600, B921600 },
};

#define DISABLED 0xff	/* a control character that is off; the host has 0 */

static uint32_t
all_host(const struct flag_pair *map, size_t n)
{
	uint32_t all = 0;

	for (size_t i = 0; i < n; i++)
		all |= map[i].host;
	return all;
}

void
termios_from_host(struct freebsd_termios *f, const struct termios *h)
{
	*f = (struct freebsd_termios){
		.c_iflag = flags_from_host(iflags, COUNT(iflags), h->c_iflag),
		.c_oflag = flags_from_host(oflags, COUNT(oflags), h->c_oflag),
		.c_cflag = flags_from_host(cflags, COUNT(cflags), h->c_cflag),
		.c_lflag = flags_from_host(lflags, COUNT(lflags), h->c_lflag),
	};
	for (size_t i = 0; i < sizeof(f->c_cc); i++)
		f->c_cc[i] = DISABLED;
	for (size_t i = 0; i < COUNT(chars); i++) {
		uint8_t v = h->c_cc[chars[i].host];
		bool count = chars[i].host == VMIN || chars[i].host == VTIME;
		f->c_cc[chars[i].freebsd] = v == 0 && !count ? DISABLED : v;
	}
	int speed = value_from_host(speeds, COUNT(speeds), h->c_cflag & CBAUD);
	f->c_ispeed = f->c_ospeed = speed < 0 ? 38400 : (uint32_t)speed;
}

static void
merge(tcflag_t *dst, const struct flag_pair *map, size_t n, uint32_t v)
{
	*dst = (*dst & ~all_host(map, n)) | flags_to_host(map, n, v, NULL);
}

void
termios_to_host(struct termios *h, const struct freebsd_termios *f)
{
	merge(&h->c_iflag, iflags, COUNT(iflags), f->c_iflag);
	merge(&h->c_oflag, oflags, COUNT(oflags), f->c_oflag);
	merge(&h->c_cflag, cflags, COUNT(cflags), f->c_cflag);
	merge(&h->c_lflag, lflags, COUNT(lflags), f->c_lflag);
	for (size_t i = 0; i < COUNT(chars); i++) {
		uint8_t v = f->c_cc[chars[i].freebsd];
		bool count = chars[i].host == VMIN || chars[i].host == VTIME;
		h->c_cc[chars[i].host] = v == DISABLED && !count ? 0 : v;
	}
	int speed = value_to_host(speeds, COUNT(speeds), f->c_ospeed);
	if (speed >= 0)
		h->c_cflag = (h->c_cflag & ~(tcflag_t)CBAUD) | (tcflag_t)speed;
}
