/* SPDX-License-Identifier: ISC */
/*
 * The measured program, from one source for two systems: TWIN_FREEBSD or Linux. No C library on
 * either side; calls are made as a libc makes them (number into %eax, then `syscall`). It reads on
 * fd 0 how often to do its row's work and answers on fd 1 how many cycles that took.
 */
#ifndef VENEER_BENCH_TWIN_H
#define VENEER_BENCH_TWIN_H

#include <stddef.h>
#include <stdint.h>

/* Raw: a result, or a negative error of the system's own. */
long os_getppid(void);
long os_getpid(void);
long os_fstat(int fd, void *st);
long os_stat(int dir, const char *path, void *st, int flags);
long os_fcntl(int fd, int cmd, long arg);
long os_clock_gettime(int clock, void *ts);
long os_sigmask(int how, const void *set, void *old, size_t size);
long os_read(int fd, void *p, size_t n);
long os_write(int fd, const void *p, size_t n);
long os_openat(int dir, const char *path, int flags, int mode);
long os_close(int fd);
long os_lseek(int fd, long off, int whence);
long os_getdents(int fd, void *p, size_t n, long *base);
long os_pipe(int *fds, int flags);
long os_fork(void);
long os_vfork(void);
long os_execve(const char *path, char *const *argv, char *const *envp);
long os_wait4(long pid, int *status, int options, void *usage);
long os_kill(long pid, int sig);
long os_nanosleep(const void *ts, void *left);
long os_mmap(void *p, size_t n, int prot, int flags, int fd, long off);
long os_munmap(void *p, size_t n);
long os_socket(int family, int type, int protocol);
long os_bind(int fd, const void *addr, unsigned len);
long os_listen(int fd, int n);
long os_accept(int fd, void *addr, unsigned *len);
long os_connect(int fd, const void *addr, unsigned len);
long os_getsockname(int fd, void *addr, unsigned *len);
long os_setsockopt(int fd, int level, int name, const void *p, unsigned len);

/* What differs by more than a number. */
extern const int os_at_cwd, os_map_anon;
void os_loopback(void *sockaddr16, unsigned port_be);
void os_catch_usr1(void (*handler)(int));
/* join waits until the thread has left its stack. */
void os_thread_start(void (*fn)(void), char *stack, size_t size, void *tls, long *tid);
void os_thread_join(long *tid);
_Noreturn void os_exit(int status);
void os_reference_sigsys(void);	/* from here on every call comes back as SIGSYS and is made by a handler */
void os_reference_sud(void);	/* User Dispatch is on and lets every call of the program pass */
#define OS_SIGUSR1 os_sigusr1
extern const int os_sigusr1;

struct work {
	const char *name;
	void (*setup)(void);
	void (*many)(uint64_t n);
};
extern const struct work process_works[];
extern const char *twin_helper;	/* program for the rows that start one */
extern char *const twin_environ[];

void need(long ret);	/* leave when it is an error */
void *memset(void *p, int v, size_t n);
void *memcpy(void *restrict d, const void *restrict s, size_t n);

#endif
