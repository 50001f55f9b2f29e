/* SPDX-License-Identifier: ISC */
/*
 * steps [-f] [-v] WAY TWIN COMMAND...: a signal at every instruction of a call's path.
 *
 * COMMAND is a guest of guest.S under a layer, TWIN the same natively.  Each trial sets all registers
 * at a call site, steps N instructions, sends SIGUSR1, looks at the frame that the handler finds and at
 * everything when the call has come back.  What was seen becomes a line; the guest's lines must be among
 * the twin's.  Registers and vector state that differ, an effect that is missing or came twice, and an
 * address that is not the guest's end the test at once.
 * -f: every instruction of long paths too; else each of the first and last ones, and every 23rd between.
 */
#include "steps.h"

#define LINES_MAX 64
#define STEPS_MAX 20000

static const struct way ways[] = {
	{ "freebsd-c", FREEBSD, 1, true },
	{ "freebsd-b", FREEBSD, 2, true },
	{ "freebsd-sigsys", FREEBSD, 0, false },
	{ "linux-c", LINUX, 1, true },
	{ "linux-sigsys", LINUX, 0, false },
	{ "native-stub", NATIVE, 0, false },
};

static const struct call_case cases[] = {
	{ "getppid", SYS_getppid, FREEBSD_SYS_getppid, { 0 }, EFFECT_NONE, false },
	{ "lseek", SYS_lseek, FREEBSD_SYS_lseek, { FD_FILE, 1, SEEK_CUR, 0 }, EFFECT_FILE, false },
	{ "sendto", SYS_sendto, FREEBSD_SYS_sendto, { FD_SOCKET, MEMORY_BYTES, 1, 0 }, EFFECT_SOCKET,
	    false },
	{ "read", SYS_read, FREEBSD_SYS_read, { FD_PIPE, MEMORY_BYTES, 1, 0 }, EFFECT_PIPE, false },
	{ "lseek-fails", SYS_lseek, FREEBSD_SYS_lseek, { FD_NONE, 1, SEEK_CUR, 0 }, EFFECT_NONE, true },
	{ "sendto-fails", SYS_sendto, FREEBSD_SYS_sendto, { FD_NONE, MEMORY_BYTES, 1, 0 }, EFFECT_NONE,
	    true },
};

static bool verbose, every;

static void
byte_send(void)
{
	if (!g->byte_sent && write(g->pipe, "x", 1) != 1)
		bad("pipe");
	g->byte_sent = true;
}

static long
effects(void)
{
	char buf[64];
	int left = 0;
	long n = 0;

	switch (g->c->effect) {
	case EFFECT_NONE:
		return 0;
	case EFFECT_FILE:
		return lseek(g->file, 0, SEEK_CUR);
	case EFFECT_SOCKET:
		while (recv(g->socket, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			n++;
		return n;
	case EFFECT_PIPE:
		ioctl(g->pipe, FIONREAD, &left);
		return g->byte_sent - left;
	}
	return -1;
}

static const uint64_t flag_patterns[] = { 0x202, 0xad7, 0x602, 0x40a03 };

static void
begin(uint64_t flags)
{
	const struct call_case *c = g->c;
	struct user_regs_struct r = g->regs;
	struct iovec io = { g->xstate, g->xlen };
	long nr = g->system == FREEBSD ? c->freebsd_nr : c->linux_nr;
	uint64_t arg[4];

	for (int i = 0; i < 4; i++)
		arg[i] = c->arg[i] == MEMORY_BYTES ? g->memory + MEMORY_BYTES : (uint64_t)c->arg[i];
	r.rdi = arg[0]; r.rsi = arg[1]; r.rdx = arg[2]; r.r10 = arg[3];
	r.rip = g->start;
	r.eflags = flags;
	poke(g->memory + MEMORY_NR, &nr, 8);
	poke(r.rsp - RED_ZONE, g->red, RED_ZONE);
	regs_set(&r);
	ptrace(PTRACE_SETREGSET, g->pid, NT_X86_XSTATE, &io);
	g->byte_sent = true;
	if (c->effect == EFFECT_PIPE) {	/* the pipe is empty */
		int left;
		char x;

		while (ioctl(g->pipe, FIONREAD, &left) == 0 && left > 0)
			if (read(g->drain, &x, 1) != 1)
				bad("pipe");
		g->byte_sent = false;
	}
	if (c->effect == EFFECT_SOCKET)
		(void)effects();
	lseek(g->file, 0, SEEK_SET);
	g->regs.rdi = r.rdi; g->regs.rsi = r.rsi; g->regs.rdx = r.rdx; g->regs.r10 = r.r10;
	g->regs.eflags = flags;
}

/* One instruction.  false: the call is over. */
static bool
step(void)
{
	struct user_regs_struct r = regs_get();
	uint8_t op[2];
	uint64_t flags;
	int sig;

	if (r.rip == g->ret)
		return false;
	peek(r.rip, op, 2);
	if (op[0] == 0x0f && op[1] == 0x05)
		byte_send();
	for (sig = go_on(PTRACE_SINGLESTEP, 0); sig != SIGTRAP; sig = go_on(PTRACE_SINGLESTEP, sig))
		if (sig != SIGSYS && sig != SIGSEGV)
			bad("signal %d while stepping", sig);
	if (op[0] == 0x9c) {	/* pushf shows what the tracer does */
		r = regs_get();
		peek(r.rsp, &flags, 8);
		flags &= ~TRAP_FLAG;
		poke(r.rsp, &flags, 8);
	}
	return true;
}

struct seen {
	uint64_t rip, rax, rcx, r11, flags;
	uint64_t kept[11];	/* rbx rdx rsi rdi rbp rsp r8 r9 r10 r12 and the xor of r13 to r15 */
};

static void
seen_regs(struct seen *s, const struct user_regs_struct *r)
{
	*s = (struct seen){ r->rip, r->rax, r->rcx, r->r11, r->eflags, { r->rbx, r->rdx, r->rsi, r->rdi, r->rbp,
	    r->rsp, r->r8, r->r9, r->r10, r->r12, r->r13 ^ r->r14 ^ r->r15 } };
}

static void
seen_frame(struct seen *s, uint64_t uc)
{
	struct user_regs_struct r = { 0 };
	struct ucontext_f f;
	uint64_t m[18];	/* r8 to r15, di si bp bx dx ax cx sp ip flags */

	if (g->system == FREEBSD) {
		peek(uc, &f, sizeof(f));
		r.rip = f.mc.rip; r.rax = f.mc.rax; r.rcx = f.mc.rcx; r.r11 = f.mc.r11; r.eflags = f.mc.rflags;
		r.rbx = f.mc.rbx; r.rdx = f.mc.rdx; r.rsi = f.mc.rsi; r.rdi = f.mc.rdi; r.rbp = f.mc.rbp;
		r.rsp = f.mc.rsp; r.r8 = f.mc.r8; r.r9 = f.mc.r9; r.r10 = f.mc.r10; r.r12 = f.mc.r12;
		r.r13 = f.mc.r13; r.r14 = f.mc.r14; r.r15 = f.mc.r15;
	} else {
		peek(uc + 40, m, sizeof(m));
		r.r8 = m[0]; r.r9 = m[1]; r.r10 = m[2]; r.r11 = m[3]; r.r12 = m[4]; r.r13 = m[5];
		r.r14 = m[6]; r.r15 = m[7]; r.rdi = m[8]; r.rsi = m[9]; r.rbp = m[10]; r.rbx = m[11];
		r.rdx = m[12]; r.rax = m[13]; r.rcx = m[14]; r.rsp = m[15]; r.rip = m[16]; r.eflags = m[17];
	}
	seen_regs(s, &r);
}

/* What a result is, in words that mean the same for both systems. */
static const char *
result_word(uint64_t rax, uint64_t flags)
{
	long v = (long)rax;

	if (g->system == FREEBSD) {
		if ((flags & CARRY) == 0)
			return v == 1 || g->c->effect == EFFECT_NONE ? "ok" : "odd";
		return v == FREEBSD_EINTR ? "EINTR" : v == FREEBSD_EBADF ? "EBADF" : "error";
	}
	if (v == -1 && g->stub)		/* the error is where the program wants it */
		return g->c->fails ? "EBADF" : "EINTR";
	return v == -EINTR ? "EINTR" : v == -EBADF ? "EBADF" : v < 0 ? "error" :
	    v == 1 || g->c->effect == EFFECT_NONE ? "ok" : "odd";
}

static void
check_kept(const struct seen *s, const char *when)
{
	struct user_regs_struct r = g->regs;
	uint64_t flags = s->flags & ~NOT_COMPARED, want = g->regs.eflags;
	struct seen w;

	seen_regs(&w, &r);
	if (memcmp(w.kept, s->kept, sizeof(w.kept)) != 0)
		for (int i = 0; i < 11; i++)
			if (w.kept[i] != s->kept[i])
				bad("%s: kept register %d is %#lx, not %#lx", when, i, s->kept[i], w.kept[i]);
	if (g->system == FREEBSD && s->rip == g->ret) {
		flags &= ~CARRY;
		want &= ~CARRY;
	}
	if (flags != want && !g->stub)	/* dead at a stub's `call` */
		bad("%s: flags are %#lx, not %#lx", when, flags, want);
}

/* Where and how, of a frame. */
static void
frame_line(char *line, size_t n, const struct seen *s)
{
	uint64_t nr = (uint64_t)(g->system == FREEBSD ? g->c->freebsd_nr : g->c->linux_nr);
	const char *where = s->rip == g->start ? "start" : s->rip == g->site ? "site" :
	    s->rip == g->ret ? "after" : NULL;
	const char *rax = s->rip == g->start ? s->rax == g->regs.rax ? "-" : "odd" :
	    s->rip == g->site ? s->rax == nr ? "number" : "odd" : result_word(s->rax, s->flags);
	uint64_t difference = (s->r11 ^ g->regs.eflags) & ~NOT_COMPARED;

	if (where == NULL)
		bad("the frame is at %#lx, which is not the guest's place", s->rip);
	if (g->system == FREEBSD)
		difference &= ~CARRY;
	if (g->stub)	/* destroyed by a call of a stub: not a matter of comparison */
		snprintf(line, n, "%s %s", where, rax);
	else
		snprintf(line, n, "%s %s rcx=%s r11=%s", where, rax,
		    s->rcx == g->regs.rcx ? "kept" : s->rcx == g->ret ? "ret" : "odd",
		    s->r11 == g->regs.r11 ? "kept" : difference == 0 ? "flags" : "odd");
}

static void
check_end(char *line, size_t n)
{
	struct user_regs_struct r = regs_get();
	char x[XSTATE_MAX], red[RED_ZONE];
	struct iovec io = { x, sizeof(x) };
	struct seen s;
	const char *word;
	long e = effects();

	r.rip--;
	seen_regs(&s, &r);
	check_kept(&s, "at the end");
	word = result_word(s.rax, s.flags);
	if (strcmp(word, g->c->fails ? "EBADF" : "ok") != 0 &&
	    (strcmp(word, "EINTR") != 0 || g->c->effect != EFFECT_PIPE))
		bad("the result is %s", word);
	if (e != (g->c->effect != EFFECT_NONE && strcmp(word, "ok") == 0))
		bad("%ld effects, result %s", e, word);
	ptrace(PTRACE_GETREGSET, g->pid, NT_X86_XSTATE, &io);
	for (size_t i = 160; i < g->xlen; i++)
		if ((i < 416 || i >= 576) && x[i] != g->xstate[i])
			bad("vector state differs at %zu", i);
	peek(g->regs.rsp - RED_ZONE, red, RED_ZONE);
	/* A stub's `call` writes to the first word. */
	if (memcmp(red, g->red, RED_ZONE - (g->stub ? 8 : 0)) != 0)
		bad("the red zone was written to");
	snprintf(line + strlen(line), n - strlen(line), " -> %s", word);
}

/* popf under a tracer leaves the trap flag behind; nothing but a breakpoint traps here else. */
static bool
traced_popf(void)
{
	struct user_regs_struct r = regs_get();

	if (r.rip == g->ret + 1 || r.rip == g->handler + 1)
		return false;
	r.eflags &= ~TRAP_FLAG;
	regs_set(&r);
	return true;
}

/* From the signal to the end. */
static void
finish(char *line, size_t n)
{
	struct user_regs_struct r;
	struct seen s;
	bool handled = false;
	int sig = 0;

	line[0] = '\0';
	for (;;) {
		sig = run(sig);
		if (sig == SIGUSR1)
			continue;
		if (sig != SIGTRAP)
			bad("signal %d", sig);
		sig = 0;
		if (traced_popf())
			continue;
		r = regs_get();
		if (r.rip == g->ret + 1)
			break;
		if (handled)
			bad("the handler ran twice");
		handled = true;
		seen_frame(&s, r.rdx);
		check_kept(&s, "frame");
		frame_line(line, n, &s);
		byte_send();
	}
	if (!handled)
		bad("the handler did not run");
	check_end(line, n);
}

/* true while there is an instruction `steps` to interrupt. */
static bool
trial(int steps, char *line, size_t n)
{
	g->step = steps;
	begin(flag_patterns[steps % 4]);
	for (int i = 0; i < steps; i++)
		if (!step())
			return false;
	if (syscall(SYS_tgkill, g->pid, g->pid, SIGUSR1) != 0)
		bad("tgkill");
	finish(line, n);
	return true;
}

static bool
sleeps(void)
{
	char name[64], buf[256];
	ssize_t n;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/stat", (int)g->pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		bad("no stat");
	buf[n] = '\0';
	return strstr(buf, ") S ") != NULL;
}

/* The signal comes while the call waits. */
static void
trial_blocked(char *line, size_t n)
{
	int status, quiet = 0;

	g->step = -1;
	begin(flag_patterns[1]);
	if (ptrace(PTRACE_CONT, g->pid, 0, 0) != 0)
		bad("cannot go on");
	while (quiet < 3) {
		if (waitpid(g->pid, &status, WNOHANG) == g->pid) {
			if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGSYS)
				bad("it did not wait: %#x", (unsigned)status);
			ptrace(PTRACE_CONT, g->pid, 0, SIGSYS);
		}
		quiet = sleeps() ? quiet + 1 : 0;
		usleep(2000);
	}
	syscall(SYS_tgkill, g->pid, g->pid, SIGUSR1);
	if (stopped() != SIGUSR1)
		bad("another signal");
	ptrace(PTRACE_CONT, g->pid, 0, SIGUSR1);
	while (stopped() != SIGTRAP)
		ptrace(PTRACE_CONT, g->pid, 0, 0);
	/* At the handler: as in finish, from there. */
	struct user_regs_struct r = regs_get();
	struct seen s;

	if (r.rip != g->handler + 1)
		bad("a trap at a place of its own");
	seen_frame(&s, r.rdx);
	check_kept(&s, "frame");
	frame_line(line, n, &s);
	byte_send();
	if (run(0) != SIGTRAP || regs_get().rip != g->ret + 1)
		bad("it did not come back");
	check_end(line, n);
}

/* ---- sets of lines ---- */

struct lines {
	char line[LINES_MAX][96];
	int n;
};

static bool
lines_have(const struct lines *l, const char *line)
{
	for (int i = 0; i < l->n; i++)
		if (strcmp(l->line[i], line) == 0)
			return true;
	return false;
}

static void
lines_add(struct lines *l, const char *line)
{
	if (lines_have(l, line))
		return;
	if (l->n == LINES_MAX)
		bad("too many different outcomes");
	snprintf(l->line[l->n++], sizeof(l->line[0]), "%s", line);
}

static int
path_length(void)
{
	int n = 0;

	g->step = 0;
	begin(flag_patterns[0]);
	while (n < STEPS_MAX && step())
		n++;
	return n;
}

static int
trials(struct lines *l)
{
	char line[96];
	int length = path_length();

	for (int i = 0; i <= length; i++) {
		if (!every && length > 300 && i > 80 && i < length - 80 && i % 23 != 0)
			continue;
		if (trial(i, line, sizeof(line)))
			lines_add(l, line);
	}
	if (g->c->effect == EFFECT_PIPE) {
		trial_blocked(line, sizeof(line));
		lines_add(l, line);
	}
	return length;
}

/*
 * Caught by the kernel, a call has lost both registers before anybody could keep them: its place is shown as that of
 * one which the kernel restarts.
 */
static void
lines_of_caught(struct lines *l)
{
	static const char lost[] = "site number rcx=ret r11=flags", kept[] = "site number rcx=kept r11=kept";
	char line[96];

	for (int i = 0; i < l->n; i++)
		if (strncmp(l->line[i], kept, sizeof(kept) - 1) == 0) {
			snprintf(line, sizeof(line), "%s%s", lost, l->line[i] + sizeof(kept) - 1);
			lines_add(l, line);
		}
}

/* The twin's line in the words of a stub, where registers that a call destroys are not compared. */
static void
lines_of_stub(struct lines *l)
{
	for (int i = 0; i < l->n; i++) {
		char *from = strstr(l->line[i], " rcx="), *to = strstr(l->line[i], " ->");

		if (from != NULL && to != NULL)
			memmove(from, to, strlen(to) + 1);
	}
}

static int
compare(struct guest *twin, struct guest *guest, const struct call_case *c, bool restart)
{
	struct lines want = { .n = 0 }, got = { .n = 0 };
	int length, wrong = 0;

	g = twin;
	g->c = c;
	handler_set(restart);
	trials(&want);
	g = guest;
	g->c = c;
	handler_set(restart);
	length = trials(&got);
	if (g->stub)
		lines_of_stub(&want);
	else if (!g->slotted)
		lines_of_caught(&want);
	printf("%s, %s%s: %d instructions, %d outcomes\n", g->where, c->name, restart ? ", SA_RESTART" : "",
	    length, got.n);
	for (int i = 0; i < got.n; i++) {
		bool known = lines_have(&want, got.line[i]);

		if (!known || verbose)
			printf("  %s%s\n", got.line[i], known ? "" : "   NOT NATIVELY");
		wrong += !known;
	}
	if (wrong != 0 || verbose)
		for (int i = 0; i < want.n; i++)
			printf("  natively: %s\n", want.line[i]);
	fflush(stdout);
	return wrong;
}

int
main(int argc, char **argv)
{
	static struct guest twin, guest;
	const struct way *way = NULL;
	char *twin_argv[2] = { NULL, NULL };
	int o, wrong = 0;

	while ((o = getopt(argc, argv, "+fv")) != -1)
		if (o == 'f')
			every = true;
		else if (o == 'v')
			verbose = true;
	argv += optind;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (argv[0] != NULL && strcmp(ways[i].name, argv[0]) == 0)
			way = &ways[i];
	if (way == NULL || argc - optind < 3) {
		fprintf(stderr, "usage: steps [-f] [-v] WAY TWIN COMMAND...\n");
		return 2;
	}
	twin_argv[0] = argv[1];
	guest_start(&twin, NULL, twin_argv);
	guest_start(&guest, way, argv + 2);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int restart = 0; restart < 2; restart++)
			wrong += compare(&twin, &guest, &cases[i], restart);
	kill(twin.pid, SIGKILL);
	kill(guest.pid, SIGKILL);
	return wrong != 0;
}
