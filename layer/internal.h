/* SPDX-License-Identifier: ISC */
/* Between the files of layer/ alone. */
#ifndef VENEER_LAYER_INTERNAL_H
#define VENEER_LAYER_INTERNAL_H

#include "layer.h"

/* mask.c */
void mask_full(struct thread_block *t);

/* place.c: what the program counter of an interrupted thread means */
enum place {
	PLACE_GUEST,	/* registers are the context's */
	PLACE_SLOT,	/* in the slot of a rewritten site */
	PLACE_PAD,	/* on the way there: in the padding that holds a short site's long jump */
	PLACE_SITE,	/* in the gate, before the call of a site */
	PLACE_SITE_RET,	/* after it: rax is the raw result */
	PLACE_STUB,	/* in a stub: backs out to the `call` */
	PLACE_STUB_CALL,/* in the gate, before the call of a stub */
	PLACE_STUB_RET,	/* after it */
	PLACE_EXIT,	/* registers are the record's */
	PLACE_INTR,	/* a host call that has not begun, or is to be restarted */
	PLACE_INSIDE	/* the layer is at work */
};
enum place place_of(struct thread_block *t, uint64_t pc);
struct sigcontext;
/* The guest's registers, into the record. */
void place_registers(struct thread_block *t, const struct sigcontext *sc, enum place place);
/* In a slot, not to be shown: between two moved instructions, whose bytes are no longer there. */
bool place_between(uint64_t pc);
/* Right behind the moved instructions of a slot, if it has any. */
bool place_moved(uint64_t pc);

/* trap_fault.c: a handler of exceptions took care of the fault; the context is to go on with. */
struct siginfo_host;
bool trap_fault(struct thread_block *t, int sig, const struct siginfo_host *info, struct sigcontext *sc,
    enum place place);

/* signal.c */
void signal_start(struct thread_block *t);	/* handlers and alternate stack of the first thread */
void signal_thread_start(struct thread_block *t);	/* alternate stack of a new thread */
void signal_learn(struct thread_block *t, uint64_t set);	/* before their actions are looked at */
void signal_catch(struct thread_block *t, uint64_t set);	/* defaults that the layer is to carry out */
void attention_handle(struct thread_block *t);
void signal_give_back(struct thread_block *t);
_Noreturn void die_by_signal(struct thread_block *t, int sig);
/* Dispositions as a host program is to inherit them, and back when exec fails. */
void signal_exec_prepare(struct thread_block *t);
void signal_exec_undo(struct thread_block *t);

/* traced.c */
bool traced_by_guest(struct thread_block *t);

/* thread.c */
void thread_arm(struct thread_block *t);	/* SUD for this thread */
void thread_disarm(struct thread_block *t);
void thread_ids(struct thread_block *t);
void thread_set_gs(struct thread_block *t);
void thread_ways(struct thread_block *t);	/* start.c: where sites and stubs enter the gate */

/* entry.S */
_Noreturn void exit_to_guest(void);
_Noreturn void start_switch(struct thread_block *t, const struct start *s);

/* text.c: regions that enter has mapped */
void text_start(struct thread_block *t, const struct start *s);

/* copy.S */
extern const char copy_begin[], copy_end[], copy_fault[];
long xsave_to(void *dst, uint64_t features);
void xrstor_from(const void *src, uint64_t features);

/* unwind.S: an image of less than a page */
extern const char unwind_image[], unwind_image_end[];

/* witness.c */
void witness_install(struct thread_block *t);

/* cpu.c */
void cpu_probe(struct mm_block *mm, uint64_t hwcap2);

/* fpstate.c: a handler begins with the vector state of a new program, but for the protection keys */
void fpstate_init(struct delivery *d);

/* call.c */
void call_dispatch(struct thread_block *t);
void call_dispatch_traced(struct thread_block *t);
void call_result(struct thread_block *t);
void call_passed(struct thread_block *t, long raw);
/* An internal result, or none; put as in dispatch.h. */
void call_special(struct thread_block *t, long ret, void (*put)(struct call *, long));
void pass_find(struct thread_block *t);
void thread_child_start(struct thread_block *t);
void start_second(struct thread_block *t, const struct start *s);
_Noreturn void body_start(const struct start *s);
void body_signal(int sig, struct siginfo_host *info, void *uc, struct thread_block *t);

static inline const struct gate_header *
gate_of(const struct mm_block *mm)
{
	return (const struct gate_header *)mm->gate;
}

#endif
