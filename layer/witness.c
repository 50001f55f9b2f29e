/* SPDX-License-Identifier: ISC */
/*
 * The witness for I1: a seccomp filter that kills the process at a host call from outside the
 * gate.  veneer and its planner, at their fixed addresses, may call: the filter survives exec.  The
 * arena does not move while the witness is on (enter), so a guest's guests pass too.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "host.h"
#include "internal.h"

#define FRONT 0x20000u		/* its 64 KiB: loader/front.ld */
#define FRONT_MASK 0xffff0000u
#define PLAN_LOW 0x20000000u	/* the planner: 2 MiB below 4 GiB */
#define PLAN_MASK 0xffe00000u
#define IP_LOW ((uint32_t)offsetof(struct seccomp_data, instruction_pointer))
#define WITNESS_REFUSED 125

void
witness_install(struct thread_block *t)
{
	uint64_t gate = ((struct mm_block *)t->mm)->gate;
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    (uint32_t)offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 13),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, IP_LOW + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(gate >> 32), 0, 10),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, IP_LOW),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfffff000u),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)gate, 6, 7),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, IP_LOW),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, FRONT_MASK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FRONT, 3, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, IP_LOW),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, PLAN_MASK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PLAN_LOW, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog p = { sizeof(f) / sizeof(f[0]), f };
	static const char msg[] = "veneer: the witness's filter is refused here\n";

	if (HOST5(t, HOST_NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    HOST3(t, HOST_NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p) == 0)
		return;
	HOST3(t, HOST_NR_write, 2, msg, sizeof(msg) - 1);
	process_exit(t, WITNESS_REFUSED);
}
