/* SPDX-License-Identifier: ISC */
/* What MIG's output calls, and servers around it. */
#ifndef _MACH_MIG_H_
#define _MACH_MIG_H_

#include <mach/message.h>
#include <mach/mig_errors.h>
#include <mach/mach_types.h>
#include <mach/ndr.h>

typedef void (*mig_stub_routine_t)(mach_msg_header_t *, mach_msg_header_t *);
typedef mig_stub_routine_t mig_routine_t;
typedef mig_routine_t (*mig_server_routine_t)(mach_msg_header_t *);
typedef kern_return_t (*mig_impl_routine_t)(void);
typedef boolean_t (*mig_demux_t)(mach_msg_header_t *, mach_msg_header_t *);

typedef struct routine_arg_descriptor *routine_arg_descriptor_t;
struct routine_descriptor {
	mig_impl_routine_t impl_routine;
	mig_stub_routine_t stub_routine;
	unsigned int argc, descr_count;
	routine_arg_descriptor_t arg_descr;
	unsigned int max_reply_msg;
};
typedef struct routine_descriptor *routine_descriptor_t;
typedef struct mig_subsystem {
	mig_server_routine_t server;
	mach_msg_id_t start, end;
	mach_msg_size_t maxsize;
	vm_address_t reserved;
	struct routine_descriptor routine[1];
} *mig_subsystem_t;
typedef struct mig_symtab {
	char *ms_routine_name;
	int ms_routine_number;
	void (*ms_routine)(void);
} mig_symtab_t;

/* One reply port of each thread; a dead one is made anew. */
mach_port_t mig_get_reply_port(void);
void mig_put_reply_port(mach_port_t);
void mig_dealloc_reply_port(mach_port_t);
void mig_reply_setup(mach_msg_header_t *, mach_msg_header_t *);
void mig_allocate(vm_address_t *, vm_size_t);
void mig_deallocate(vm_address_t, vm_size_t);
int mig_strncpy(char *, const char *, int);
int mig_strncpy_zerofill(char *, const char *, int);

mach_msg_return_t mach_msg_server(mig_demux_t, mach_msg_size_t, mach_port_t,
    mach_msg_options_t);
mach_msg_return_t mach_msg_server_once(mig_demux_t, mach_msg_size_t,
    mach_port_t, mach_msg_options_t);

#endif
