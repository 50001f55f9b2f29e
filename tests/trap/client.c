/* SPDX-License-Identifier: ISC */
/*
 * A guest without a layer: plays the runtime's part around layer/trap.c, so that the
 * trap is tested by itself.  Arguments are steps, done in order; each prints a line.
 *
 *   null | park MS | effects N | echo TEXT | op N   glue calls
 *   handle SIG | handle-restart SIG                 a handler that prints
 *   say TEXT | sleep MS | nofile N | fill | pin
 *   nulls N                                         N null calls, only the last printed
 *   fork | vfork | exec | thread                    who does the remaining steps
 *   alarm MS | threads N MS                         signal later; N threads park at once
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trap.h"

enum { ARENA = 64 << 20, BLOCKS = 16 << 20, WINDOW_SIZE = ARENA / 32 };

static struct mm_block *mm;
static uint32_t next_slot;
static struct thread_block *self;

static long
raw(long nr, long a, long b, long c, long d, long e, long f)
{
	long r;
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e,
	    r9 __asm__("r9") = f;

	__asm__ volatile("syscall" : "=a"(r) : "a"(nr), "D"(a), "S"(b), "d"(c),
	    "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return r;
}

static long
fork_raw(long flags, long stack, long ptid, long ctid, long tls, long block)
{
	(void)block;
	return raw(SYS_clone, flags, stack, ptid, ctid, tls, 0);
}

/* ---- what the runtime would give ---- */

long
host_call_intr(struct thread_block *t, long nr, long a, long b, long c, long d,
    long e, long f)
{
	(void)t;
	return raw(nr, a, b, c, d, e, f);
}

long
copyin(void *dst, gaddr src, size_t n)
{
	memcpy(dst, (const void *)src.a, n);
	return 0;
}

long
copyout(gaddr dst, const void *src, size_t n)
{
	memcpy((void *)dst.a, src, n);
	return 0;
}

void
log_missing(struct call *c, const char *why)
{
	(void)c;
	fprintf(stderr, "client: %s\n", why);
}

static struct thread_block *
block_new(void)
{
	struct thread_block *t = calloc(1, sizeof(*t));

	t->self = t;
	t->mm = mm;
	t->gate_call = (uint64_t)raw;
	t->gate_clone = (uint64_t)fork_raw;
	t->commpage = (void *)(mm->arena + 0x3000);
	t->pid = (uint32_t)getpid();
	t->tid = (uint32_t)gettid();
	t->slot_index = __atomic_fetch_add(&next_slot, 1, __ATOMIC_RELAXED);
	return t;
}

static void
start(void)
{
	static char front[4096];
	ssize_t n = readlink("/proc/self/exe", front, sizeof(front) - 32);
	char *build;
	void *arena = mmap(NULL, ARENA, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (n < 0 || arena == MAP_FAILED)
		exit(1);
	front[n] = '\0';
	build = getenv("CLIENT_FRONT");	/* build/tests/trap/client */
	if (build == NULL)
		build = strstr(front, "/tests/trap/") ?
		    strcpy(strstr(front, "/tests/trap/"), "/veneer") : front;
	mm = calloc(1, sizeof(*mm));
	mm->arena = (uint64_t)arena;
	mm->arena_size = ARENA;
	mm->front = (uint64_t)(getenv("CLIENT_FRONT") ? build : front);
	self = block_new();
}

/* ---- steps ---- */

static void
show(const char *what, long r)
{
	if (r < 0 && r >= -4095)
		printf("%s %s\n", what, strerrorname_np((int)-r));
	else
		printf("%s %ld\n", what, r);
	fflush(stdout);
}

static void
on_signal(int sig)
{
	char line[] = "signal 00\n";
	ssize_t n;

	line[7] = (char)('0' + sig / 10);
	line[8] = (char)('0' + sig % 10);
	n = write(1, line, sizeof(line) - 1);
	(void)n;
}

static void
handle(int sig, int flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };

	sigaction(sig, &sa, NULL);
}

static void
echo(struct thread_block *t, const char *text)
{
	char out[8192] = "";
	long r = glue_echo(t, guest((uint64_t)text), guest((uint64_t)out),
	    strlen(text));
	size_t i;

	for (i = 0; i < sizeof(out) - 1 && (long)i < r; i++)
		out[i] = (char)~out[i];
	show("echo", r);
	printf("text %s\n", r > 0 ? out : "");
}

static void *
park_thread(void *arg)
{
	struct thread_block *t = block_new();

	return (void *)glue_park(t, (uint64_t)arg);
}

static void
park_threads(int n, uint64_t ms)
{
	pthread_t th[1024];
	void *r;
	int i, done = 0;

	for (i = 0; i < n && i < 1024; i++)
		pthread_create(&th[i], NULL, park_thread, (void *)ms);
	while (i-- > 0) {
		pthread_join(th[i], &r);
		done += r == NULL;
	}
	printf("threads %d\n", done);
}

static void
fill(void)
{
	while (open("/dev/null", O_RDONLY) >= 0)
		continue;
}

static void
nofile(rlim_t n)
{
	struct rlimit rl = { n, n };

	setrlimit(RLIMIT_NOFILE, &rl);
}

static void
op(struct thread_block *t, uint32_t n)
{
	struct glue g = { .op = n, .arg0 = 1, .arg1 = 2, .arg2 = 3 };

	show("op", trap_call(t, &g));
}

static void
nulls(struct thread_block *t, long n)
{
	long r = 0;

	while (n-- > 0)
		r = glue_null(t);
	show("null", r);
}

static void
alarm_in(long ms)
{
	struct itimerval it = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	setitimer(ITIMER_REAL, &it, NULL);
}

static int steps(char **v);

/* ---- who does the rest ---- */

static int
reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int
do_fork(char **v)
{
	pid_t pid = fork();

	if (pid != 0)
		return reap(pid);
	self->pid = (uint32_t)getpid();
	self->tid = (uint32_t)gettid();
	trap_fork_child(self);
	exit(steps(v));
}

/* The rest up to `end` in a child that shares memory; then what follows `end`. */
static int
vfork_main(void *arg)
{
	struct thread_block *parent = self;
	int r;

	self = block_new();
	r = steps(arg);
	self = parent;
	_exit(r);
}

static int
do_vfork(char **v)
{
	char *stack = malloc(1 << 20);
	int r = reap(clone(vfork_main, stack + (1 << 20),
	    CLONE_VM | CLONE_VFORK | SIGCHLD, v));

	while (*v != NULL && strcmp(*v, "end") != 0)
		v++;
	return r != 0 || *v == NULL ? r : steps(v + 1);
}

static void *
thread_main(void *v)
{
	self = block_new();
	return (void *)(long)steps(v);
}

static int
do_thread(char **v)
{
	pthread_t th;
	void *r;

	pthread_create(&th, NULL, thread_main, v);
	pthread_join(th, &r);
	return (int)(long)r;
}

/* Steps without an argument; false: not one of them. */
static bool
plain(const char *w)
{
	cpu_set_t one;

	if (strcmp(w, "null") == 0) {
		show(w, glue_null(self));
	} else if (strcmp(w, "fill") == 0) {
		fill();
	} else if (strcmp(w, "pin") == 0) {
		CPU_ZERO(&one);
		CPU_SET(0, &one);
		sched_setaffinity(0, sizeof(one), &one);
	} else {
		return false;
	}
	return true;
}

static bool
with_number(const char *w, long n)
{
	if (strcmp(w, "park") == 0)
		show(w, glue_park(self, (uint64_t)n));
	else if (strcmp(w, "effects") == 0)
		show(w, glue_effects(self, (uint64_t)n));
	else if (strcmp(w, "op") == 0)
		op(self, (uint32_t)n);
	else if (strcmp(w, "nulls") == 0)
		nulls(self, n);
	else if (strcmp(w, "handle") == 0)
		handle((int)n, 0);
	else if (strcmp(w, "handle-restart") == 0)
		handle((int)n, SA_RESTART);
	else if (strcmp(w, "alarm") == 0)
		alarm_in(n);
	else if (strcmp(w, "sleep") == 0)
		usleep((useconds_t)n * 1000);
	else if (strcmp(w, "nofile") == 0)
		nofile((rlim_t)n);
	else
		return false;
	return true;
}

static int
steps(char **v)
{
	for (; *v != NULL && strcmp(*v, "end") != 0; v++) {
		if (plain(*v))
			continue;
		if (strcmp(*v, "fork") == 0)
			return do_fork(v + 1);
		if (strcmp(*v, "vfork") == 0)
			return do_vfork(v + 1);
		if (strcmp(*v, "thread") == 0)
			return do_thread(v + 1);
		if (strcmp(*v, "exec") == 0)
			return execv("/proc/self/exe", v);
		if (v[1] == NULL)
			return 2;
		if (strcmp(*v, "say") == 0)
			printf("%s\n", v[1]);
		else if (strcmp(*v, "echo") == 0)
			echo(self, v[1]);
		else if (strcmp(*v, "threads") == 0 && v[2] != NULL)
			park_threads(atoi(v[1]), (uint64_t)atol(v[2])), v++;
		else if (!with_number(*v, atol(v[1])))
			return 2;
		v++;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	(void)argc;
	setvbuf(stdout, NULL, _IOLBF, 0);
	start();
	return steps(argv + 1);
}
