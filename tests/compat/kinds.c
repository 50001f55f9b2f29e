/* SPDX-License-Identifier: ISC */
/*
 * Makes one call that nobody else makes, getpriority(77, N), from every kind of place that N names; the kernel answers
 * EINVAL, and a trace shows which came by the layer.  kinds LIBRARY: the object to dlopen, or "" for a static program.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WHICH 77

enum kind {
	CONSTRUCTOR = 1, MAIN, LIBC, THREAD, HANDLER, FORK, VFORK, SHARED_CHILD,
	EXEC_SAME, EXEC_EMPTY, DLOPEN, RWX, W_XOR_X, PATCHED, DESTRUCTOR
};

extern char **environ;

static long
mark(long n)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(SYS_getpriority),
	    "D"(WHICH), "S"(n) : "rcx", "r11", "memory");
	if (ret != -EINVAL)
		_exit(9);
	return ret;
}

__attribute__((constructor)) static void
first(void)
{
	mark(CONSTRUCTOR);
}

__attribute__((destructor)) static void
last(void)
{
	mark(DESTRUCTOR);
}

static void *
thread(void *arg)
{
	mark(THREAD);
	return arg;
}

static void
handler(int sig)
{
	(void)sig;
	mark(HANDLER);
}

static int
shared_child(void *arg)
{
	(void)arg;
	mark(SHARED_CHILD);
	return 0;
}

static void
children(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid;

	if ((pid = fork()) == 0) {
		mark(FORK);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	if ((pid = vfork()) == 0) {
		mark(VFORK);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	pid = clone(shared_child, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	waitpid(pid, NULL, 0);
}

static void
again(const char *self, const char *how, char **envp)
{
	char *argv[] = { strdup(self), strdup("-"), strdup(how), NULL };
	pid_t pid = fork();

	if (pid == 0) {
		execve(self, argv, envp);
		_exit(9);
	}
	waitpid(pid, NULL, 0);
}

/* mov $140,%eax; mov $77,%edi; mov $N,%esi; syscall; ret */
static size_t
code_put(unsigned char *p, uint32_t n)
{
	static const unsigned char code[] = { 0xb8, SYS_getpriority, 0, 0, 0, 0xbf, WHICH,
		0, 0, 0, 0xbe, 0, 0, 0, 0, 0x0f, 0x05, 0xc3 };

	memcpy(p, code, sizeof(code));
	memcpy(p + 11, &n, sizeof(n));
	return sizeof(code);
}

static void
run(const unsigned char *p)
{
	if (((long (*)(void))(uintptr_t)p)() != -EINVAL)
		_exit(9);
}

static void
generated(void)
{
	const int anon = MAP_PRIVATE | MAP_ANONYMOUS;
	unsigned char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, anon, -1, 0);

	code_put(p, RWX);
	run(p);
	code_put(p, PATCHED);
	run(p);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, anon, -1, 0);
	code_put(p, W_XOR_X);
	mprotect(p, 4096, PROT_READ | PROT_EXEC);
	run(p);
}

int
main(int argc, char **argv)
{
	char *none[] = { NULL };
	pthread_t t;
	void *lib;

	if (argc > 2) {
		mark(atoi(argv[2]));
		return 0;
	}
	mark(MAIN);
	syscall(SYS_getpriority, WHICH, LIBC);
	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	children();
	again(argv[0], "9", environ);
	again(argv[0], "10", none);
	if (argv[1][0] != '\0') {
		lib = dlopen(argv[1], RTLD_NOW);
		if (lib == NULL)
			return 9;
		((void (*)(int))(uintptr_t)dlsym(lib, "called"))(DLOPEN);
	}
	generated();
	return 0;
}
