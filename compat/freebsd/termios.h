/* SPDX-License-Identifier: ISC */
#ifndef VENEER_FREEBSD_TERMIOS_H
#define VENEER_FREEBSD_TERMIOS_H

#include <stdint.h>

#include "freebsd_layout.h"

struct freebsd_termios {
	uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_cc[20];
	uint32_t c_ispeed, c_ospeed;
};
FREEBSD_CHECK_termios(struct freebsd_termios);

struct termios;
void termios_from_host(struct freebsd_termios *f, const struct termios *h);
void termios_to_host(struct termios *h, const struct freebsd_termios *f);

#endif
