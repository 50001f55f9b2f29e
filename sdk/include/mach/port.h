/* SPDX-License-Identifier: ISC */
#ifndef _MACH_PORT_H_
#define _MACH_PORT_H_

#include <mach/boolean.h>
#include <mach/const_port.h>
#include <mach/vm_types.h>

typedef natural_t mach_port_name_t, mach_port_t;
typedef mach_port_name_t *mach_port_name_array_t;
typedef mach_port_t *mach_port_array_t;
typedef natural_t mach_port_right_t, mach_port_type_t, mach_port_urefs_t;
typedef integer_t mach_port_delta_t;
typedef mach_port_type_t *mach_port_type_array_t;
typedef natural_t mach_port_seqno_t, mach_port_mscount_t;
typedef natural_t mach_port_msgcount_t, mach_port_rights_t;
typedef unsigned int mach_port_srights_t;
typedef integer_t *mach_port_info_t;
typedef int mach_port_flavor_t;

#define MACH_PORT_VALID(name) \
	((name) != MACH_PORT_NULL && (name) != MACH_PORT_DEAD)
#define MACH_PORT_INDEX(name) ((name) >> 8)
#define MACH_PORT_GEN(name) (((name) & 0xff) << 24)
#define MACH_PORT_MAKE(index, gen) (((index) << 8) | (gen) >> 24)
#define MACH_PORT_TYPE(right) \
	((mach_port_type_t)((mach_port_type_t)1 << ((right) + 16)))

typedef struct mach_port_status {
	mach_port_rights_t mps_pset;
	mach_port_seqno_t mps_seqno;
	mach_port_mscount_t mps_mscount;
	mach_port_msgcount_t mps_qlimit, mps_msgcount;
	mach_port_rights_t mps_sorights;
	boolean_t mps_srights, mps_pdrequest, mps_nsrequest;
	natural_t mps_flags;
} mach_port_status_t;

typedef struct mach_port_limits {
	mach_port_msgcount_t mpl_qlimit;
} mach_port_limits_t;

typedef struct mach_port_info_ext {
	mach_port_status_t mpie_status;
	mach_port_msgcount_t mpie_boost_cnt;
	uint32_t reserved[6];
} mach_port_info_ext_t;

typedef struct mach_port_options {
	uint32_t flags;
	mach_port_limits_t mpl;
	uint64_t reserved[2];
} mach_port_options_t, *mach_port_options_ptr_t;

typedef struct mach_port_qos {
	unsigned int name : 1, prealloc : 1, pad1 : 30;
	natural_t len;
} mach_port_qos_t;

#endif
