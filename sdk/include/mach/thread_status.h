/* SPDX-License-Identifier: ISC */
#ifndef _MACH_THREAD_STATUS_H_
#define _MACH_THREAD_STATUS_H_

#include <mach/const_exception_types.h>
#include <mach/message.h>
#include <mach/vm_types.h>

typedef natural_t *thread_state_t;
typedef int thread_state_flavor_t, *thread_state_flavor_array_t;
typedef natural_t thread_state_data_t[THREAD_STATE_MAX];

typedef struct __darwin_x86_thread_state64 {
	uint64_t __rax, __rbx, __rcx, __rdx, __rdi, __rsi, __rbp, __rsp;
	uint64_t __r8, __r9, __r10, __r11, __r12, __r13, __r14, __r15;
	uint64_t __rip, __rflags, __cs, __fs, __gs;
} x86_thread_state64_t;
_Static_assert(sizeof(x86_thread_state64_t) == 4 * x86_THREAD_STATE64_COUNT,
    "x86_thread_state64_t");

#define MACHINE_THREAD_STATE x86_THREAD_STATE64
#define MACHINE_THREAD_STATE_COUNT x86_THREAD_STATE64_COUNT

#endif
