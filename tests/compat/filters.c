/* SPDX-License-Identifier: ISC */
/*
 * A program's own seccomp filters: what each verdict does to calls that pass through the gate, to those that the layer
 * answers, to threads, children and the next program. Prints nothing that varies.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define SET_FILTER 1u

static long
program(struct sock_filter *code, unsigned len, unsigned flags)
{
	struct sock_fprog p = { (unsigned short)len, code };

	return syscall(SYS_seccomp, SET_FILTER, flags, &p);
}

static long
install(unsigned nr, unsigned action, unsigned flags)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	return program(f, 4, flags);
}

static void
on_sys(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;
	greg_t *r = uc->uc_mcontext.gregs;

	printf("signal %d code %d nr %d errno %d arch %x rax %lld ip %d\n", sig,
	    si->si_code, si->si_syscall, si->si_errno, si->si_arch, r[REG_RAX],
	    si->si_call_addr == (void *)r[REG_RIP]);
	printf("arguments %lld %lld %lld; a syscall instruction before %d\n",
	    r[REG_RDI], r[REG_RSI], r[REG_RDX],
	    memcmp((char *)r[REG_RIP] - 2, "\017\005", 2) == 0);
	r[REG_RAX] = 4242;
}

static void
trap(int nr)
{
	struct sigaction sa = { .sa_sigaction = on_sys, .sa_flags = SA_SIGINFO };
	long r;

	sigaction(SIGSYS, &sa, NULL);
	install((unsigned)nr, SECCOMP_RET_TRAP | 55, 0);
	for (int i = 0; i < 2; i++) {
		r = syscall(nr, 101, 102, 103);
		printf("answer %ld\n", r);
	}
}

static void
errno_passed(void)
{
	long r;

	install(SYS_alarm, SECCOMP_RET_ERRNO | 77, 0);
	r = syscall(SYS_alarm, 0);
	printf("%ld %d, mode %d\n", r, errno, prctl(PR_GET_SECCOMP));
}

static void
errno_answered(void)
{
	long r;

	install(SYS_sigaltstack, SECCOMP_RET_ERRNO | 78, 0);
	r = syscall(SYS_sigaltstack, 0, 0);
	printf("%ld %d\n", r, errno);
	install(SYS_rt_sigprocmask, SECCOMP_RET_ERRNO, 0);
	r = syscall(SYS_rt_sigprocmask, 99, 1, 1, 8);
	printf("%ld\n", r);
}

static void
errno_open(void)
{
	int r;

	install(SYS_openat, SECCOMP_RET_ERRNO | 79, 0);
	r = open("/etc/passwd", O_RDONLY);
	printf("%d %d\n", r, errno);
}

static void
trap_passed(void)
{
	trap(SYS_getpriority);
}

static void
trap_answered(void)
{
	trap(SYS_sigaltstack);
}

static void
trap_open(void)
{
	trap(SYS_openat);
}

static void
trap_default(void)
{
	install(SYS_alarm, SECCOMP_RET_TRAP, 0);
	alarm(0);
}

static void
trap_answered_default(void)
{
	install(SYS_sigaltstack, SECCOMP_RET_TRAP, 0);
	syscall(SYS_sigaltstack, 0, 0);
}

static void
trap_blocked(void)
{
	struct sigaction sa = { .sa_sigaction = on_sys, .sa_flags = SA_SIGINFO };
	sigset_t s;

	sigaction(SIGSYS, &sa, NULL);
	sigfillset(&s);
	sigprocmask(SIG_BLOCK, &s, NULL);
	install(SYS_alarm, SECCOMP_RET_TRAP, 0);
	alarm(0);
}

static void
kill_passed(void)
{
	install(SYS_alarm, SECCOMP_RET_KILL_PROCESS, 0);
	alarm(0);
}

static void
kill_answered(void)
{
	install(SYS_sigaltstack, SECCOMP_RET_KILL_PROCESS, 0);
	syscall(SYS_sigaltstack, 0, 0);
}

static void *
calls_alarm(void *unused)
{
	alarm(0);
	return unused;
}

static void
kill_thread(void)
{
	pthread_t t;

	install(SYS_alarm, SECCOMP_RET_KILL_THREAD, 0);
	pthread_create(&t, NULL, calls_alarm, NULL);
	pthread_detach(t);
	usleep(50000);
	printf("the other thread lives\n");
}

static void
strict(void)
{
	long r = prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);

	(void)!write(1, r == 0 ? "in\n" : "no\n", 3);
	syscall(SYS_exit, 3);
}

static void
strict_refuses(void)
{
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	alarm(0);
}

static void
strict_refuses_answered(void)
{
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	syscall(SYS_sigaltstack, 0, 0);
}

static void
strict_after(void)
{
	long r;

	install(SYS_alarm, SECCOMP_RET_ERRNO, 0);
	r = prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	printf("%ld %d\n", r, errno);
}

static void *
filtered(void *go)
{
	sigset_t s;
	long r, m;

	while (__atomic_load_n((int *)go, __ATOMIC_SEQ_CST) == 0)
		usleep(1000);
	r = syscall(SYS_getpriority, 0, 0);
	printf("thread: %ld %d\n", r, errno);
	sigemptyset(&s);
	m = syscall(SYS_rt_sigprocmask, SIG_SETMASK, &s, NULL, 8);
	printf("thread: mask %ld %d\n", m, m != 0 ? errno : 0);
	return NULL;
}

static void
sync_all(void)
{
	pthread_t t;
	int go = 0;

	pthread_create(&t, NULL, filtered, &go);
	printf("%ld ", install(SYS_getpriority, SECCOMP_RET_ERRNO | 7,
	    SECCOMP_FILTER_FLAG_TSYNC));
	printf("%ld\n", install(SYS_rt_sigprocmask, SECCOMP_RET_ERRNO | 9,
	    SECCOMP_FILTER_FLAG_TSYNC));
	__atomic_store_n(&go, 1, __ATOMIC_SEQ_CST);
	pthread_join(t, NULL);
}

static void *
own_filter(void *go)
{
	install(SYS_alarm, SECCOMP_RET_ERRNO | 7, 0);
	__atomic_store_n((int *)go, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n((int *)go, __ATOMIC_SEQ_CST) != 2)
		usleep(1000);
	return NULL;
}

static void
sync_refused(void)
{
	pthread_t t;
	int go = 0;
	long r;

	pthread_create(&t, NULL, own_filter, &go);
	while (__atomic_load_n(&go, __ATOMIC_SEQ_CST) == 0)
		usleep(1000);
	r = install(SYS_alarm, SECCOMP_RET_ERRNO | 9, SECCOMP_FILTER_FLAG_TSYNC);
	printf("names the other thread %d; ours unfiltered %d\n", r > 0,
	    syscall(SYS_alarm, 0) == 0);
	__atomic_store_n(&go, 2, __ATOMIC_SEQ_CST);
	pthread_join(t, NULL);
}

static void
inherit(void)
{
	pthread_t t;
	int go = 1, st;
	pid_t p;

	install(SYS_getpriority, SECCOMP_RET_ERRNO | 7, 0);
	pthread_create(&t, NULL, filtered, &go);
	pthread_join(t, NULL);
	p = fork();
	if (p == 0)
		_exit(syscall(SYS_getpriority, 0, 0) == -1 ? 5 : 6);
	waitpid(p, &st, 0);
	printf("fork %x\n", (unsigned)st);
	p = vfork();
	if (p == 0)
		_exit(syscall(SYS_getpriority, 0, 0) == -1 ? 5 : 6);
	waitpid(p, &st, 0);
	printf("vfork %x\n", (unsigned)st);
}

static void
next_program(void)
{
	install(SYS_uname, SECCOMP_RET_ERRNO | 7, 0);
	execl("/bin/sh", "sh", "-c", "uname; /bin/true; echo $?; ulimit -n", (char *)NULL);
}

static void
next_program_at(void)
{
	char *argv[] = { "true", NULL }, *envp[] = { NULL };

	install(SYS_execve, SECCOMP_RET_ERRNO | 7, 0);
	syscall(SYS_execveat, -100, "/bin/true", argv, envp, 0);
	printf("%d\n", errno);
}

static void
no_next_program(void)
{
	install(SYS_execve, SECCOMP_RET_ERRNO | 33, 0);
	execl("/bin/true", "true", (char *)NULL);
	printf("%d\n", errno);
}

static void
wrong(void)
{
	struct sock_filter end[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0) };
	struct sock_filter far[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64),
		BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_filter mem[] = { BPF_STMT(BPF_LD | BPF_MEM, 3),
		BPF_STMT(BPF_RET | BPF_A, 0) };
	unsigned action = SECCOMP_RET_TRAP;
	long r;
#define SAY(call) r = (call); printf("%ld %d\n", r, r < 0 ? errno : 0)
	SAY(syscall(SYS_seccomp, SET_FILTER, 0, NULL));
	SAY(syscall(SYS_seccomp, SET_FILTER, SECCOMP_FILTER_FLAG_TSYNC, NULL));
	SAY(syscall(SYS_seccomp, SET_FILTER, 0x1000, NULL));
	SAY(syscall(SYS_seccomp, 0, 1, NULL));
	SAY(syscall(SYS_seccomp, 0, 0, &r));
	SAY(syscall(SYS_seccomp, 77, 0, NULL));
	SAY(program(end, 1, 0));
	SAY(program(end, 0, 0));
	SAY(program(far, 2, 0));
	SAY(program(mem, 2, 0));
	SAY(program(NULL, 2, 0));
	SAY(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 0));
	SAY(prctl(PR_SET_SECCOMP, 5, 0));
	SAY(syscall(SYS_seccomp, 2, 0, &action));
	SAY(prctl(PR_GET_SECCOMP));
}

static void
on_signal(int sig)
{
	(void)!write(1, sig == SIGALRM ? "alarm\n" : "other\n", 6);
}

/* Signals come as ever where none may be sent. */
static void
signals(void)
{
	sigset_t s, old;

	signal(SIGALRM, on_signal);
	signal(SIGUSR1, on_signal);
	install(SYS_tgkill, SECCOMP_RET_KILL_PROCESS, 0);
	install(SYS_rt_tgsigqueueinfo, SECCOMP_RET_KILL_PROCESS, 0);
	install(SYS_rt_sigqueueinfo, SECCOMP_RET_KILL_PROCESS, 0);
	sigemptyset(&s);
	sigaddset(&s, SIGALRM);
	sigprocmask(SIG_BLOCK, &s, &old);
	kill(getpid(), SIGALRM);
	(void)!write(1, "blocked\n", 8);
	sigprocmask(SIG_SETMASK, &old, NULL);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGTERM);
}

static int listener;

static void *
supervise(void *unused)
{
	struct seccomp_notif n;
	struct seccomp_notif_resp r;

	for (int i = 0; i < 3; i++) {
		memset(&n, 0, sizeof(n));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) != 0)
			return NULL;
		memset(&r, 0, sizeof(r));
		r.id = n.id;
		if (i < 2)
			r.val = 99 + i;
		else
			r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		printf("notified of %d with %llu\n", n.data.nr, n.data.args[0]);
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
	}
	return unused;
}

static void
notified(void)
{
	pthread_t t;
	long r;
	int st;
	pid_t p;

	listener = (int)install(SYS_getpriority, SECCOMP_RET_USER_NOTIF,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER);
	printf("a second listener: %ld", install(SYS_getpriority,
	    SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER));
	printf(" %d\n", errno);
	pthread_create(&t, NULL, supervise, NULL);
	p = fork();
	if (p == 0) {
		r = syscall(SYS_getpriority, 7, 0);
		r += 1000 * syscall(SYS_getpriority, 8, 0);
		_exit(r == 100099 && syscall(SYS_getpriority, 0, 0) == 20 ? 1 : 2);
	}
	waitpid(p, &st, 0);
	pthread_join(t, NULL);
	printf("answers %x\n", (unsigned)st);
}

static uint32_t seed = 12345;

static uint32_t
any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Any code: what the kernel takes is taken. Who takes it may not live to tell. */
static void
any_code(void)
{
	struct sock_filter f[4];
	unsigned taken = 0, sum = 0;
	int st;

	for (int i = 0; i < 1500; i++) {
		unsigned len = 2 + any(3);
		pid_t p;

		for (unsigned k = 0; k < len; k++)
			f[k] = (struct sock_filter){ (uint16_t)any(0xb8),
			    (uint8_t)any(3), (uint8_t)any(3), any(2) ? any(4) :
			    any(80) };
		f[len - 1].code = BPF_RET | BPF_K;
		p = fork();
		if (p == 0)
			_exit(program(f, len, 0) != 0 ? 22 : 0);
		waitpid(p, &st, 0);
		if (st == 22 << 8)
			continue;
		taken++;
		sum = sum * 31 + (unsigned)i;
	}
	printf("%u programs taken, %x\n", taken, sum);
}

/* Any computation on the arguments: an answer that the layer gives, and one of the kernel's. */
static void
any_value(void)
{
	static const uint16_t ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,
		BPF_AND, BPF_LSH, BPF_RSH, BPF_XOR, BPF_NEG };
	static const int numbers[] = { SYS_rt_sigpending, SYS_getpriority };
	struct sock_filter f[48];
	uint32_t n = 0;

	f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
	    SYS_rt_sigpending, 2, 0);
	f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
	    SYS_getpriority, 1, 0);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM, any(1000));
	f[n++] = (struct sock_filter)BPF_STMT(BPF_ST, 3);
	while (n < 44) {
		uint16_t op = ops[any(10)];

		if (any(4) == 0) {
			f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W |
			    BPF_ABS, 16 + 4 * any(12));
			f[n++] = (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0);
			f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_MEM, 3);
		} else if (op == BPF_NEG)
			f[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_NEG, 0);
		else if (any(3) == 0)
			f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP |
			    (uint16_t)(0x10 * (1 + any(4))) | BPF_K, any(3000), any(2), any(2));
		else
			f[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | op |
			    (op != BPF_DIV && any(2) ? BPF_X : BPF_K), 1 + any(30));
	}
	f[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfff);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	if (program(f, n, 0) != 0)
		printf("refused\n");
	for (int i = 0; i < 6; i++) {
		long r = syscall(numbers[i % 2], 12 * i, -5L, 1L << 40, 77, i, 3);

		printf(" %d", r == -1 ? errno : 0);
	}
	printf("\n");
}

static void
child(const char *name, void (*run)(void))
{
	int st;
	pid_t p;

	printf("%s:\n", name);
	p = fork();
	if (p == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		run();
		_exit(0);
	}
	waitpid(p, &st, 0);
	printf("\t%x\n", (unsigned)st & ~0x80u);
}

#define CASE(f) { #f, f }
static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	CASE(errno_passed), CASE(errno_answered), CASE(errno_open), CASE(trap_passed),
	CASE(trap_answered), CASE(trap_open), CASE(trap_default), CASE(trap_answered_default),
	CASE(trap_blocked), CASE(kill_passed), CASE(kill_answered), CASE(kill_thread), CASE(strict),
	CASE(strict_refuses), CASE(strict_refuses_answered), CASE(strict_after), CASE(sync_all),
	CASE(sync_refused), CASE(inherit), CASE(next_program), CASE(next_program_at),
	CASE(no_next_program), CASE(wrong), CASE(signals), CASE(notified), CASE(any_code),
};

int
main(void)
{
	long r;

	setvbuf(stdout, NULL, _IONBF, 0);
	r = geteuid() != 0 ? install(SYS_alarm, SECCOMP_RET_ALLOW, 0) : -1;
	printf("without no_new_privs: %ld %d\n", r, geteuid() != 0 ? errno : EACCES);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		child(cases[i].name, cases[i].run);
	for (int i = 0; i < 60; i++) {
		seed = (uint32_t)(1000 + i);
		child("value", any_value);
	}
	return 0;
}
