/* SPDX-License-Identifier: ISC */
/*
 * The vDSO as programs find it: its symbols and versions, every clock, and backtraces out of it. Prints nothing that
 * varies. With an argument no signals come: their handlers' sigreturn would hide what the clocks do from a count.
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int deep, shallow;

static void
on_alarm(int sig)
{
	void *at[32];
	int n = backtrace(at, 32);

	(void)sig;
	if (n >= 4 && n < 32)
		deep++;
	else
		shallow++;
}

static void
clocks(void)
{
	struct timespec ts, res;

	for (int c = -3; c < 35; c++) {
		int r = clock_gettime(c, &ts), e = r != 0 ? errno : 0;
		int s = clock_getres(c, &res);

		printf("%d: %d %d, %d %ld\n", c, r, e, s, s != 0 ? 0 : res.tv_nsec);
	}
}

static void
symbols(void)
{
	static const char *const names[] = { "clock_gettime", "gettimeofday", "time", "getcpu",
		"clock_getres", "getrandom" };
	void *vdso = dlopen("linux-vdso.so.1", RTLD_NOW | RTLD_NOLOAD);
	uint32_t params[16];
	ssize_t (*fn)(void *, size_t, unsigned, void *, size_t);
	char name[64];

	for (size_t i = 0; vdso != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "__vdso_%s", names[i]);
		printf("%s %d %d %d\n", names[i],
		    dlvsym(vdso, name, "LINUX_2.6") != NULL || i == 5,
		    dlvsym(vdso, names[i], "LINUX_2.6") != NULL || i == 5,
		    dlvsym(vdso, name, "LINUX_2.7") != NULL);
	}
	*(void **)&fn = vdso != NULL ? dlvsym(vdso, "__vdso_getrandom", "LINUX_2.6") : NULL;
	if (fn != NULL && fn(NULL, 0, 0, params, ~0ul) == 0)
		printf("getrandom %u\n", params[0]);
	else
		printf("no getrandom\n");
}

static int
image(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size, (void)unused;
	if (strstr(info->dlpi_name, "vdso") == NULL)
		return 0;
	for (int i = 0, loads = 0; i < info->dlpi_phnum; i++) {
		loads += info->dlpi_phdr[i].p_type == PT_LOAD;
		if (i == info->dlpi_phnum - 1)
			printf("%d segment\n", loads);
	}
	return 0;
}

static void
dates(void)
{
	struct timespec a, b;
	struct timeval tv;
	time_t t;

	clock_gettime(CLOCK_REALTIME, &a);
	gettimeofday(&tv, NULL);
	t = time(NULL);
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &b);
	/* time() may be a tick behind */
	printf("%d %d\n", tv.tv_sec >= a.tv_sec && t >= a.tv_sec - 1 && b.tv_sec >= t,
	    b.tv_sec - a.tv_sec < 300 && sched_getcpu() >= 0);
	printf("%d\n", memcmp((void *)getauxval(AT_SYSINFO_EHDR), ELFMAG, 4));
}

int
main(int argc, char **argv __attribute__((unused)))
{
	struct itimerval often = { { 0, 200 }, { 0, 200 } };
	struct timespec ts, last = { 0, 0 };
	void *warm[4];
	clockid_t own;
	int back = 0;

	symbols();
	clocks();
	dl_iterate_phdr(image, NULL);
	dates();
	backtrace(warm, 4);
	clock_getcpuclockid(0, &own);
	signal(SIGALRM, on_alarm);
	if (argc == 1)
		setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < 20000; i++) {
		back += clock_gettime(i % 3 == 0 ? own : CLOCK_PROCESS_CPUTIME_ID, &ts) != 0;
		back += ts.tv_sec < last.tv_sec;
		last = ts;
	}
	printf("%d %d %d\n", back, argc > 1 || deep > 5, shallow);
	return 0;
}
