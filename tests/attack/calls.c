/* SPDX-License-Identifier: ISC */
/* Attacks by odd calls: numbers, entries, descriptors, random arguments. */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <setjmp.h>

#include "hostile.h"

static sigjmp_buf back;

static void
on_fault(int sig)
{
	siglongjmp(back, sig);
}

static void
catch_faults(void)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE,
	    SIGSYS };
	struct sigaction sa = { .sa_handler = on_fault,
	    .sa_flags = SA_NODEFER };
	size_t i;

	for (i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		CHECK(sigaction(sigs[i], &sa, NULL) == 0);
}

int
attack_descriptors(void)
{
	char buf[2];
	int p[2], i;

	for (i = 3; i < 1024; i++)
		close(i);
	CHECK(syscall(SYS_close_range, 3, ~0u, 0) == 0);
	CHECK(getppid() > 0);
	CHECK(pipe(p) == 0);
	CHECK(p[0] == 3 && p[1] == 4);		/* nothing of ours is in the way */
	for (i = 5; i < 200; i++)
		CHECK(dup2(p[1], i) == i);
	CHECK(write(199, "x", 1) == 1);
	CHECK(read(p[0], buf, 2) == 1);
	CHECK(raw3(SYS_close_range, 3, ~0u, 0) == 0);
	CHECK(raw3(SYS_getppid, 0, 0, 0) == getppid());
	return 0;
}

int
attack_limit(void)
{
	struct rlimit rl = { 16, 16 };
	int fd, n = 0, status;
	pid_t pid;

	CHECK(syscall(SYS_close_range, 3, ~0u, 0) == 0);
	CHECK(setrlimit(RLIMIT_NOFILE, &rl) == 0);
	while ((fd = open("/dev/null", O_RDONLY)) >= 0)
		n++;
	CHECK(errno == EMFILE && n == 13);
	CHECK(raw3(SYS_getppid, 0, 0, 0) == getppid());
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(errno);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	printf("exec without descriptors: %d\n", WEXITSTATUS(status));
	CHECK(WIFEXITED(status));
	return 0;
}

int
attack_numbers(void)
{
	static const long nr[] = { -1, -2, 215, 512, 513, 1023, 1024, 4095, 4096,
	    65535, 0x40000000, 0x40000027, 0x7fffffff, 0x80000000,
	    0x100000000, -4096, -512, -514 };
	size_t i;

	for (i = 0; i < sizeof(nr) / sizeof(nr[0]); i++) {
		long ret = raw6(nr[i], 1, 2, 3, 4, 5, 6);

		if (ret != -ENOSYS && nr[i] != 0x100000000)
			printf("number %ld: %ld\n", nr[i], ret);
		CHECK(ret == -ENOSYS || nr[i] == 0x100000000);
		errno = 0;
		CHECK(syscall(nr[i], 1, 2, 3, 4, 5, 6) == -1 ||
		    nr[i] == 0x100000000);
	}
	return 0;
}

int
attack_int80(void)
{
	long ret;
	int i;

	for (i = -2; i < 512; i++) {
		if (i == 1)
			continue;
		__asm__ volatile("int $0x80" : "=a"(ret)
		    : "a"((long)i), "b"(0), "c"(0), "d"(0) : "memory");
		CHECK((int)ret == -ENOSYS);
	}
	CHECK(raw3(SYS_getppid, 0, 0, 0) == getppid());
	return 0;
}

/* Neither the guest's own dispatch nor none at all. */
int
attack_dispatch_off(void)
{
	CHECK(prctl(59, 0, 0, 0, 0) != 0);
	CHECK(prctl(59, 1, 0, 0x7fffffffffff, 0) != 0);
	CHECK(raw3(SYS_getpid, 0, 0, 0) == getpid());
	return 0;
}

/* Calls with random numbers and arguments, in children that may die. */
static uint64_t seed;

static uint64_t
next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static long
argument(char *page)
{
	switch (next() % 8) {
	case 0: return (long)(next() % 8);
	case 1: return -(long)(next() % 64);
	case 2: return (long)next();
	case 3: return (long)(page + next() % 8192);
	case 4: return (long)(arena() + next() % 0x1100000);
	case 5: return (long)(next() % 70000);
	case 6: return (long)(1ul << next() % 64);
	default: return 0;
	}
}

/* What ends, stops or blocks the child, or reaches beyond it. */
static int
excluded(long nr)
{
	static const short no[] = { SYS_exit, SYS_exit_group, SYS_kill, SYS_tkill,
	    SYS_tgkill, SYS_pause, SYS_rt_sigsuspend, SYS_reboot, SYS_fork,
	    SYS_vfork, SYS_clone, 435, SYS_rt_sigreturn, SYS_ptrace,
	    SYS_unlink, SYS_unlinkat, SYS_rmdir, SYS_rename, SYS_renameat,
	    SYS_renameat2, SYS_chmod, SYS_chown, SYS_fchmod, SYS_fchown,
	    SYS_fchmodat, SYS_fchownat, SYS_lchown, SYS_mount, SYS_umount2,
	    SYS_pivot_root, SYS_chroot, SYS_sethostname, SYS_setdomainname,
	    SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime,
	    SYS_adjtimex, SYS_swapon, SYS_swapoff, SYS_init_module,
	    SYS_finit_module, SYS_delete_module, SYS_kexec_load, 320,
	    SYS_shmget, SYS_semget, SYS_msgget, SYS_shmctl, SYS_semctl,
	    SYS_msgctl, SYS_iopl, SYS_ioperm, SYS_setpriority, SYS_sched_setscheduler,
	    SYS_sched_setparam, 314, SYS_vhangup, SYS_acct, SYS_quotactl, 443,
	    SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_pidfd_send_signal,
	    SYS_process_vm_writev, SYS_write, SYS_pwrite64, SYS_writev,
	    SYS_pwritev, 328, SYS_truncate, SYS_ftruncate, SYS_sendfile,
	    SYS_splice, SYS_tee, SYS_vmsplice, SYS_copy_file_range, SYS_prlimit64,
	    SYS_setrlimit, SYS_syslog, SYS_personality, SYS_fallocate,
	    SYS_mkdir, SYS_mkdirat, SYS_mknod, SYS_mknodat, SYS_link,
	    SYS_linkat, SYS_symlink, SYS_symlinkat, SYS_creat, SYS_open,
	    SYS_openat, 437, SYS_setns, SYS_unshare, SYS_bpf, SYS_alarm,
	    SYS_setitimer, SYS_timer_settime, SYS_migrate_pages,
	    SYS_move_pages, SYS_setuid, SYS_setgid, SYS_setgroups, 602, 603 };
	size_t i;

	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (nr == no[i])
			return 1;
	return nr >= 424 && nr <= 447 && nr != 424 && nr != 436;
}

static void
random_child(uint64_t s)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long nr;
	int i;

	seed = s * 0x9e3779b97f4a7c15ul + 1;
	signal(SIGALRM, SIG_DFL);
	alarm(2);		/* a call that blocks */
	for (i = 0; i < 60; i++) {
		nr = (long)(next() % 620);
		if (excluded(nr))
			continue;
		if (next() & 1)
			raw6(nr, argument(page), argument(page), argument(page),
			    argument(page), argument(page), argument(page));
		else
			syscall(nr, argument(page), argument(page),
			    argument(page), argument(page), argument(page),
			    argument(page));
	}
	_exit(0);
}

int
attack_random(void)
{
	const char *env = getenv("ATTACK_SEED");
	const char *rounds = getenv("ATTACK_ROUNDS");
	uint64_t s = env != NULL ? strtoull(env, NULL, 0) : 1;
	int n = rounds != NULL ? atoi(rounds) : 150, i, status;
	int by[65] = { 0 };
	pid_t pid;

	for (i = 0; i < n; i++) {
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0) {
			setpgid(0, 0);
			random_child(s + (uint64_t)i);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		kill(-pid, SIGKILL);
		if (WIFSIGNALED(status))
			by[WTERMSIG(status)]++;
	}
	for (i = 1; i < 65; i++)
		if (by[i] != 0)
			printf("%d children ended by signal %d\n", by[i], i);
	CHECK(by[SIGSYS] == 0);
	return 0;
}

/* Into gate and body at every 16th byte, in children: an end, never a hang. */
static void
jump(uint64_t to)
{
	catch_faults();
	alarm(2);
	if (sigsetjmp(back, 1) == 0)
		__asm__ volatile("xor %%eax, %%eax\n\txor %%edi, %%edi\n\t"
		    "xor %%esi, %%esi\n\txor %%edx, %%edx\n\tcall *%0"
		    : : "r"(to) : "rax", "rdi", "rsi", "rdx", "rcx", "r8", "r9",
		    "r10", "r11", "memory");
	_exit(0);
}

int
attack_jump(void)
{
	uint64_t a = arena(), off;
	int status, hung = 0;
	pid_t pid;

	for (off = 0x1000; off < 0xc000; off += off < 0x2000 ? 16 : 528) {
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0) {
			close(0);
			close(1);
			close(2);
			jump(a + 0xe00000 + off);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
			hung++;
	}
	printf("%d of the jumps had to be ended by an alarm\n", hung);
	CHECK(getppid() == (int)raw3(SYS_getppid, 0, 0, 0));
	return 0;
}
