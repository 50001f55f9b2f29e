/* SPDX-License-Identifier: ISC */
/* Routing messages: what the lists of interfaces and of multicast groups share. */
#ifndef VENEER_FREEBSD_ROUTE_H
#define VENEER_FREEBSD_ROUTE_H

#include "sysctl.h"

#define RTM_VERSION_ 5
#define RTM_NEWADDR_ 0xc
#define RTM_IFINFO_ 0xe
#define RTM_NEWMADDR_ 0xf
#define RTA_NETMASK_ 0x04
#define RTA_IFP_ 0x10
#define RTA_IFA_ 0x20
#define RTA_BRD_ 0x80

struct if_data {
	uint8_t type, physical, addrlen, hdrlen, link_state, vhid;
	uint16_t datalen;
	uint32_t mtu, metric;
	uint64_t baudrate, counters[12], hwassist;
	int64_t epoch, lastchange[2];
};
_Static_assert(sizeof(struct if_data) == 152, "if_data");

/* Both lists: the long form has its own length and the place of the data in it. */
struct if_message {
	uint16_t msglen;
	uint8_t version, type;
	uint32_t addrs, flags;
	uint16_t index, spare;
	uint16_t len, data_off;		/* long form only */
	uint32_t metric;
};

struct sockaddr_dl {
	uint8_t len, family;
	uint16_t index;
	uint8_t type, nlen, alen, slen;
	uint8_t data[48];
};

struct inet_address {
	union {
		struct { uint8_t len, family; uint16_t port; uint8_t v4[4], zero[8]; } in;
		struct { uint8_t len, family; uint16_t port; uint32_t flow;
			uint8_t v6[16]; uint32_t scope; } in6;
		uint8_t bytes[32];
	} u;
	size_t n;
};

/* Addresses follow one another at multiples of 8. */
size_t route_round(size_t n);
long route_put(struct sysctl_req *r, const void *v, size_t n);
void route_address(struct inet_address *a, int host_family, const uint8_t *bytes, uint32_t index);
long route_groups(struct sysctl_req *r, uint32_t index);

#endif
