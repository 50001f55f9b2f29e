/* SPDX-License-Identifier: ISC */
/* Between steps.c, which tries and compares, and tracee.c, which holds the two guests. */
#ifndef VENEER_TESTS_GATE_STEPS_H
#define VENEER_TESTS_GATE_STEPS_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <elf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "freebsd_errno.h"
#include "freebsd_flags.h"
#include "freebsd_nr.h"
#include "layout.h"
#include "../freebsd/signal_defs.h"

#define CARRY 1ul
#define TRAP_FLAG 0x100ul
#define NOT_COMPARED (TRAP_FLAG | 0x10000ul)	/* and RF: stepping leaves traces of both */
#define RED_ZONE 128
#define MEMORY_NR 0x100
#define MEMORY_BYTES 0x200
#define MEMORY_ACTION 0x300
#define MEMORY_STACK 0xc000
#define XSTATE_MAX 16384

enum system { LINUX, FREEBSD, NATIVE };
struct way {
	const char *name;
	enum system system;
	int site;		/* pair of guest.S's table */
	bool slots;
};

enum { FD_PIPE = 20, FD_FILE, FD_SOCKET, FD_NONE = 99 };
enum effect { EFFECT_NONE, EFFECT_PIPE, EFFECT_FILE, EFFECT_SOCKET };
struct call_case {
	const char *name;
	long linux_nr, freebsd_nr;
	long arg[4];
	enum effect effect;
	bool fails;
};

struct guest {
	pid_t pid;
	enum system system;
	bool stub, slotted;
	uint64_t memory, start, site, ret, handler, restorer, slots, slots_end;
	struct user_regs_struct regs;	/* what a call begins with */
	char xstate[XSTATE_MAX], red[RED_ZONE];
	size_t xlen;
	int pipe, drain, socket, file;	/* our ends */
	bool byte_sent;
	const struct call_case *c;
	const char *where;
	int step;
};
extern struct guest *g;	/* the one at hand */

_Noreturn void bad(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void peek(uint64_t from, void *to, size_t n);
void poke(uint64_t to, const void *from, size_t n);
struct user_regs_struct regs_get(void);
void regs_set(struct user_regs_struct *r);
int stopped(void);		/* the signal that it stopped with */
int go_on(enum __ptrace_request request, int sig);
int run(int sig);		/* until a signal that is a breakpoint or not ours to pass on */
void handler_set(bool restart);
void guest_start(struct guest *new, const struct way *way, char **argv);

#endif
