/* SPDX-License-Identifier: ISC */
/* A traced guest: its memory, its registers, calls outside any measurement, its start. */
#include "steps.h"

struct guest *g;

_Noreturn void
bad(const char *fmt, ...)
{
	struct user_regs_struct r = { 0 };
	va_list ap;

	va_start(ap, fmt);
	ptrace(PTRACE_GETREGS, g->pid, 0, &r);
	printf("%s, %s, step %d: ", g->where, g->c != NULL ? g->c->name : "-", g->step);
	vprintf(fmt, ap);
	printf(" (rip %#llx rax %#llx)\n", r.rip, r.rax);
	va_end(ap);
	kill(g->pid, SIGKILL);
	exit(1);
}

void
peek(uint64_t from, void *to, size_t n)
{
	struct iovec l = { to, n }, r = { (void *)(uintptr_t)from, n };

	if (process_vm_readv(g->pid, &l, 1, &r, 1, 0) != (ssize_t)n)
		bad("cannot read %#lx", from);
}

void
poke(uint64_t to, const void *from, size_t n)
{
	uint64_t w;

	for (size_t i = 0; i < n; i += 8) {
		memcpy(&w, (const char *)from + i, 8);
		if (ptrace(PTRACE_POKEDATA, g->pid, to + i, w) != 0)
			bad("cannot write %#lx", to + i);
	}
}

struct user_regs_struct
regs_get(void)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, g->pid, 0, &r) != 0)
		bad("no registers: %s", strerror(errno));
	return r;
}

void
regs_set(struct user_regs_struct *r)
{
	r->orig_rax = ~0ul;
	if (ptrace(PTRACE_SETREGS, g->pid, 0, r) != 0)
		bad("registers refused");
}

/* The signal that it stopped with. */
int
stopped(void)
{
	int status;

	if (waitpid(g->pid, &status, 0) != g->pid)
		bad("waitpid");
	if (!WIFSTOPPED(status))
		bad("it ended: %#x", (unsigned)status);
	return WSTOPSIG(status);
}

int
go_on(enum __ptrace_request request, int sig)
{
	if (ptrace(request, g->pid, 0, sig) != 0)
		bad("cannot go on");
	return stopped();
}

/* Until a signal that is a breakpoint of ours or not ours to pass on. */
int
run(int sig)
{
	do
		sig = go_on(PTRACE_CONT, sig);
	while (sig == SIGSYS || sig == SIGSEGV);
	return sig;
}

/* One call of the guest's own, outside any measurement. */
static long
plain_call(long nr, long a, long b, long c, long d)
{
	struct user_regs_struct r = g->regs;

	r.rip = g->start;
	r.rdi = (uint64_t)a; r.rsi = (uint64_t)b; r.rdx = (uint64_t)c; r.r10 = (uint64_t)d;
	r.r8 = r.r9 = 0;
	r.eflags = 0x202;
	poke(g->memory + MEMORY_NR, &nr, 8);
	regs_set(&r);
	if (run(0) != SIGTRAP)
		bad("a plain call did not return");
	r = regs_get();
	return g->system == FREEBSD && (r.eflags & CARRY) ? -(long)r.rax : (long)r.rax;
}

static void
action_set(bool restart)
{
	struct sigaction_f f = { g->handler, FREEBSD_SA_SIGINFO | (restart ? FREEBSD_SA_RESTART : 0), { { 0 } } };
	uint64_t l[4] = { g->handler, SA_SIGINFO | 0x04000000 | (restart ? SA_RESTART : 0), g->restorer, 0 };
	uint64_t at = g->memory + MEMORY_ACTION;
	long ret;

	if (g->system == FREEBSD) {
		poke(at, &f, sizeof(f));
		ret = plain_call(FREEBSD_SYS_sigaction, FREEBSD_SIGUSR1, (long)at, 0, 0);
	} else {
		poke(at, l, sizeof(l));
		ret = plain_call(SYS_rt_sigaction, SIGUSR1, (long)at, 0, 8);
	}
	if (ret != 0)
		bad("sigaction: %ld", ret);
}

static void
pattern(void)
{
	struct iovec io = { g->xstate, sizeof(g->xstate) };
	struct user_regs_struct *r = &g->regs;
	uint64_t bits;

	*r = regs_get();
	r->rax = 0xa1a1; r->rbx = 0xb1b1b1b1b1b1b1b1; r->rcx = 0xc1c1c1c1c1c1c1c1;
	r->rdx = 0xd1d1; r->rsi = 0x51; r->rdi = 0xd2d2;
	r->r8 = 0; r->r9 = 0; r->r10 = 0x1010; r->r11 = 0x1111111111111111;
	r->r12 = 0x1212121212121212; r->r13 = 0x1313; r->r14 = ~0ul; r->r15 = 0x1515;
	r->rbp = g->memory;
	r->rsp = g->memory + MEMORY_STACK;
	if (ptrace(PTRACE_GETREGSET, g->pid, NT_X86_XSTATE, &io) != 0)
		bad("no vector state");
	g->xlen = io.iov_len;
	memcpy(&bits, g->xstate + 464, 8);	/* what the kernel saves */
	bits &= 0xe7;
	memcpy(g->xstate + 512, &bits, 8);
	for (size_t i = 160; i < 416; i++)
		g->xstate[i] = (char)(i * 7 + 1);
	for (size_t i = 576; i < g->xlen && i < 2696; i++)
		g->xstate[i] = (char)(i * 5 + 3);
	if (ptrace(PTRACE_SETREGSET, g->pid, NT_X86_XSTATE, &io) != 0 ||
	    ptrace(PTRACE_GETREGSET, g->pid, NT_X86_XSTATE, &io) != 0)
		bad("vector state refused");
	for (int i = 0; i < RED_ZONE; i++)
		g->red[i] = (char)(i ^ 0x5a);
}

static void
regions_set(void)
{
	struct user_regs_struct r = regs_get();
	uint64_t mm, region[2] = { g->slots, 4096 };
	uint32_t n;

	peek(r.gs_base + offsetof(struct thread_block, mm), &mm, 8);
	poke(mm + offsetof(struct mm_block, site_region), region, 16);
	/* The two counts are one word of the tracer's. */
	peek(mm + offsetof(struct mm_block, nsite_regions), &n, 4);
	if (n != 0)
		bad("the guest has slots already");
	_Static_assert(offsetof(struct mm_block, nsite_regions) % 8 == 4, "upper half");
	uint64_t word;
	peek(mm + offsetof(struct mm_block, nsite_regions) - 4, &word, 8);
	word |= 1ul << 32;
	poke(mm + offsetof(struct mm_block, nsite_regions) - 4, &word, 8);
}

static uint64_t
at_offset(uint64_t from, int32_t n)
{
	return from + (uint64_t)(int64_t)n;
}

void
guest_start(struct guest *new, const struct way *way, char **argv)
{
	struct user_regs_struct r;
	int32_t table[10];
	int p[2], s[2], file;

	g = new;
	g->where = way != NULL ? way->name : "natively";
	g->system = way != NULL ? way->system : LINUX;
	g->stub = g->system == NATIVE;
	g->slotted = way != NULL && way->slots;
	file = memfd_create("steps", 0);
	if (pipe(p) != 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, s) != 0 || file < 0)
		bad("descriptors");
	g->pipe = p[1];
	g->drain = p[0];
	g->socket = s[0];
	g->file = file;
	g->pid = fork();
	if (g->pid == 0) {
		dup2(p[0], FD_PIPE);
		dup2(s[1], FD_SOCKET);
		dup2(file, FD_FILE);
		setenv("VENEER_REWRITE", "none", 1);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		execv(argv[0], argv);
		_exit(127);
	}
	ptrace(PTRACE_SETOPTIONS, (stopped(), g->pid), 0, PTRACE_O_EXITKILL);
	for (;;) {	/* each exec stops with a SIGTRAP, too */
		r = regs_get();
		if (r.rdi - r.rsi < 1ul << 30 || r.rsi - r.rdi < 1ul << 30) {
			uint8_t op = 0;

			peek(r.rip - 1, &op, 1);
			if (op == 0xcc)
				break;
		}
		if (run(0) != SIGTRAP)
			bad("it did not start");
	}
	g->memory = r.rsi;
	peek(r.rdi, table, sizeof(table));
	int site = way != NULL ? way->site : 0;
	g->start = at_offset(r.rdi, table[0]);
	g->ret = at_offset(r.rdi, table[1]);
	g->handler = at_offset(r.rdi, table[6]);
	g->restorer = at_offset(r.rdi, table[7]);
	g->slots = at_offset(r.rdi, table[8]);
	pattern();
	action_set(false);
	g->start = at_offset(r.rdi, table[2 * site]);
	g->ret = at_offset(r.rdi, table[2 * site + 1]);
	g->site = g->ret - (g->stub ? 5 : 2);
	if (g->slotted)
		regions_set();
}

void
handler_set(bool restart)
{
	uint64_t start = g->start, ret = g->ret;

	action_set(restart);
	g->start = start;
	g->ret = ret;
}
