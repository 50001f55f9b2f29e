/* SPDX-License-Identifier: ISC */
/* Services by name. There is one set of names in a domain, whatever the bootstrap port. */
#ifndef _SERVERS_BOOTSTRAP_H_
#define _SERVERS_BOOTSTRAP_H_

#include <mach/const_bootstrap.h>
#include <mach/mach.h>

typedef char name_t[BOOTSTRAP_MAX_NAME_LEN];
typedef char cmd_t[512];
typedef name_t *name_array_t;
typedef int bootstrap_status_t;
typedef boolean_t bool_t;

kern_return_t bootstrap_register(mach_port_t, char *, mach_port_t);
kern_return_t bootstrap_look_up(mach_port_t, const char *, mach_port_t *);
kern_return_t bootstrap_check_in(mach_port_t, const char *, mach_port_t *);
kern_return_t bootstrap_parent(mach_port_t, mach_port_t *);
const char *bootstrap_strerror(kern_return_t);

#endif
