/* SPDX-License-Identifier: ISC */
#ifndef _MACH_TYPES_H_
#define _MACH_TYPES_H_

#include <mach/clock_types.h>
#include <mach/message.h>
#include <mach/port.h>
#include <mach/vm_prot.h>

typedef mach_port_t task_t, task_name_t, task_policy_get_t, task_policy_set_t;
typedef mach_port_t task_inspect_t, task_read_t, task_suspension_token_t;
typedef mach_port_t thread_t, thread_act_t, thread_inspect_t, thread_read_t;
typedef mach_port_t host_t, host_priv_t, host_security_t, host_name_port_t;
typedef mach_port_t ipc_space_t, ipc_space_read_t, ipc_space_inspect_t;
typedef mach_port_t vm_map_t, vm_map_read_t, vm_map_inspect_t, mem_entry_name_port_t;
typedef mach_port_t semaphore_t, lock_set_t, ledger_t, alarm_t, clock_serv_t;
typedef mach_port_t clock_ctrl_t, clock_reply_t, bootstrap_t, exception_handler_t;
typedef mach_port_t exception_port_t, memory_object_t, memory_object_name_t;
typedef mach_port_t processor_t, processor_set_t, processor_set_name_t, UNDServerRef;
typedef thread_act_t *thread_act_array_t, *thread_array_t;
typedef thread_act_t *thread_act_port_array_t, *thread_port_array_t;
typedef task_t *task_array_t, *task_port_array_t;
typedef mach_port_t thread_port_t, task_port_t, host_port_t;

#define TASK_NULL ((task_t)0)
#define TASK_NAME_NULL ((task_name_t)0)
#define THREAD_NULL ((thread_t)0)
#define HOST_NULL ((host_t)0)
#define HOST_PRIV_NULL ((host_priv_t)0)
#define VM_MAP_NULL ((vm_map_t)0)
#define IPC_SPACE_NULL ((ipc_space_t)0)
#define SEMAPHORE_NULL ((semaphore_t)0)
#define CLOCK_NULL ((clock_serv_t)0)
#define MEMORY_OBJECT_NULL ((memory_object_t)0)

typedef char *mach_zone_name_t;
typedef char kernel_version_t[512];
typedef char kernel_boot_info_t[4096];

typedef struct ipc_info_space {
	natural_t iis_genno_mask, iis_table_size, iis_table_next;
	natural_t iis_tree_size, iis_tree_small, iis_tree_hash;
} ipc_info_space_t;
typedef struct ipc_info_space_basic {
	natural_t iisb_genno_mask, iisb_table_size, iisb_table_next;
	natural_t iisb_table_inuse, iisb_reserved[2];
} ipc_info_space_basic_t;
typedef struct ipc_info_name {
	mach_port_name_t iin_name;
	integer_t iin_collision;
	mach_port_type_t iin_type;
	mach_port_urefs_t iin_urefs;
	natural_t iin_object, iin_next, iin_hash;
} ipc_info_name_t;
typedef ipc_info_name_t *ipc_info_name_array_t;
typedef struct ipc_info_tree_name {
	ipc_info_name_t iitn_name;
	mach_port_name_t iitn_lchild, iitn_rchild;
} ipc_info_tree_name_t;

#endif
