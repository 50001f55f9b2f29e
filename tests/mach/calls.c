/* SPDX-License-Identifier: ISC */
/* What is left of the library: MIG's part, memory of one's own, who is here, words. */
#include <mach/mach_vm.h>
#include <mach/mig.h>
#include <sched.h>

#include "try.h"

struct ask {
	mach_msg_header_t head;
	NDR_record_t ndr;
	int word;
	mach_msg_max_trailer_t trailer;
};
#pragma pack(push, 4)
struct answer {
	mach_msg_header_t head;
	NDR_record_t ndr;
	kern_return_t code;
	int word;
	mach_msg_max_trailer_t trailer;
};
#pragma pack(pop)
enum { ASK = 500, ASK_BYTES = 36, ANSWER_BYTES = 40 };

static boolean_t
demux(mach_msg_header_t *in, mach_msg_header_t *out)
{
	struct answer *a = (struct answer *)out;

	mig_reply_setup(in, out);
	if (in->msgh_id != ASK)
		return FALSE;
	a->code = KERN_SUCCESS;
	a->word = ((struct ask *)in)->word * 2;
	out->msgh_size = ANSWER_BYTES;
	return TRUE;
}

static kern_return_t
ask(mach_port_t server, int id, int *word)
{
	union {
		struct ask q;
		struct answer a;
	} m = { .q = { .head = {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE),
		.msgh_remote_port = server,
		.msgh_local_port = mig_get_reply_port(), .msgh_id = id },
		.ndr = NDR_record, .word = *word } };

	TRY(mach_msg(&m.q.head, MACH_SEND_MSG | MACH_RCV_MSG, ASK_BYTES,
	    sizeof(m), m.q.head.msgh_local_port, 0, MACH_PORT_NULL));
	HOLDS(m.a.head.msgh_id == id + 100);
	*word = m.a.word;
	return m.a.code;
}

static void
servers_serve(void)
{
	mach_port_t port = server_port(), mine = mig_get_reply_port();
	int word = 21;
	pid_t pid = fork();

	if (pid == 0) {
		TRY(task_get_bootstrap_port(mach_task_self(), &port));
		TRY(ask(port, ASK, &word));
		HOLDS(word == 42);
		WANT(MIG_BAD_ID, ask(port, 7, &word));
		_exit(0);
	}
	TRY(mach_msg_server_once(demux, 128, port, 0));
	TRY(mach_msg_server_once(demux, 128, port, 0));
	reap(1);
	mig_dealloc_reply_port(mine);
	HOLDS(MACH_PORT_VALID(mig_get_reply_port()));
	TRY(mach_port_mod_refs(mach_task_self(), port, MACH_PORT_RIGHT_RECEIVE,
	    -1));
	WANT(MACH_RCV_INVALID_NAME, mach_msg_server(demux, 128, port, 0));
}

static void
memory_is_ones_own(void)
{
	task_t me = mach_task_self();
	mach_vm_address_t a = 0, b = 0;
	mach_vm_size_t n = 0;
	vm_region_basic_info_data_64_t info;
	mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
	mach_port_t object;
	vm_offset_t copy;

	TRY(mach_vm_allocate(me, &a, 3 * 4096, VM_FLAGS_ANYWHERE));
	strcpy((char *)a + 4000, "over the page's end, and more than ninety-six bytes of "
	    "text, so that it is on two pages at once, as promised");
	TRY(mach_vm_read(me, a, 3 * 4096, &copy, &count));
	HOLDS(count == 3 * 4096 && memcmp((void *)copy, (void *)a, count) == 0);
	TRY(vm_write(me, copy, a + 4000, 64));
	HOLDS(memcmp((void *)copy, (void *)(a + 4000), 64) == 0);
	TRY(vm_copy(me, a, 4096, copy + 4096));
	WANT(KERN_INVALID_ADDRESS, mach_vm_read_overwrite(me, 0x1000, 64, copy,
	    &n));
	TRY(mach_vm_protect(me, a + 4096, 4096, FALSE, VM_PROT_READ));
	WANT(KERN_INVALID_ADDRESS, mach_vm_write(me, a + 4096, copy, 64));
	b = a + 4096;
	count = VM_REGION_BASIC_INFO_COUNT_64;
	TRY(mach_vm_region(me, &b, &n, VM_REGION_BASIC_INFO_64,
	    (vm_region_info_t)&info, &count, &object));
	HOLDS(b == a + 4096 && n == 4096 && info.protection == VM_PROT_READ);
	WANT(KERN_NO_SPACE, mach_vm_allocate(me, &b, 4096, VM_FLAGS_FIXED));
	TRY(mach_vm_inherit(me, a, 4096, VM_INHERIT_NONE));
	WANT(KERN_NOT_SUPPORTED, mach_vm_inherit(me, a, 4096, VM_INHERIT_SHARE));
	WANT(KERN_NOT_SUPPORTED, mach_vm_allocate(mach_host_self(), &b, 4096,
	    VM_FLAGS_ANYWHERE));
	TRY(mach_vm_deallocate(me, a, 3 * 4096));
	TRY(vm_deallocate(me, copy, 3 * 4096));
	b = 0;
	TRY(mach_vm_map(me, &b, 4096, (1 << 20) - 1, VM_FLAGS_ANYWHERE,
	    MACH_PORT_NULL, 0, FALSE, VM_PROT_DEFAULT, VM_PROT_ALL,
	    VM_INHERIT_COPY));
	HOLDS((b & ((1 << 20) - 1)) == 0);
	*(int *)b = 1;
}

static void
who_is_here(void)
{
	mach_task_basic_info_data_t t;
	thread_basic_info_data_t th;
	host_basic_info_data_t h;
	mach_msg_type_number_t n = MACH_TASK_BASIC_INFO_COUNT;
	thread_act_array_t threads;
	mach_port_t mine = mach_thread_self();
	mach_port_array_t ports;
	int pid;

	TRY(task_info(mach_task_self(), MACH_TASK_BASIC_INFO, (task_info_t)&t,
	    &n));
	HOLDS(n == MACH_TASK_BASIC_INFO_COUNT && t.resident_size > 0);
	TRY(task_threads(mach_task_self(), &threads, &n));
	HOLDS(n == 1 && threads[0] == mine);
	n = THREAD_BASIC_INFO_COUNT;
	TRY(thread_info(mine, THREAD_BASIC_INFO, (thread_info_t)&th, &n));
	HOLDS(th.run_state >= TH_STATE_RUNNING);
	n = HOST_BASIC_INFO_COUNT;
	TRY(host_info(mach_host_self(), HOST_BASIC_INFO, (host_info_t)&h, &n));
	HOLDS(h.max_cpus >= 1 && h.cpu_type == CPU_TYPE_X86_64);
	TRY(pid_for_task(mach_task_self(), &pid));
	HOLDS(pid == getpid());
	mine = new_port();
	TRY(mach_port_insert_right(mach_task_self(), mine, mine,
	    MACH_MSG_TYPE_MAKE_SEND));
	TRY(mach_ports_register(mach_task_self(), &mine, 1));
	TRY(mach_ports_lookup(mach_task_self(), &ports, &n));
	HOLDS(n >= 1 && ports[0] == mine);
}

int
main(void)
{
	servers_serve();
	memory_is_ones_own();
	who_is_here();
	HOLDS(strcmp(mach_error_string(KERN_SUCCESS),
	    "(os/kern) successful") == 0);
	HOLDS(strcmp(mach_error_string(MACH_RCV_TIMED_OUT),
	    "(ipc/rcv) timed out") == 0);
	HOLDS(strcmp(mach_error_string(MIG_BAD_ID), "(ipc/mig) bad id") == 0);
	TRY(thread_switch(MACH_PORT_NULL, SWITCH_OPTION_NONE, 0));
	printf("calls: all answered\n");
	return 0;
}
