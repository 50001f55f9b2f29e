/* SPDX-License-Identifier: ISC */
/*
 * soak SECONDS SEED VENEER CASE...: runs the cases in random order under linux@1 while it stops, continues and (in
 * every second run) kills random processes of theirs. Fails when
 *	a run in which nothing was killed does not end, or ends with another status than natively;
 *	a process cannot be killed, or turns round by itself for ever, after one of its company was killed.
 * A program that waits for a process which we killed waits natively too: such runs are ended and counted.
 * A limit counts a run's own time: what it used of processors, and when it slept. Time in which a process of it waited
 * for a processor or a disk is the machine's, so that a run among many others is not taken for one that hangs.
 * Several soaks may run side by side: a case is in one of them at a time. Orphans come to us, so nobody gets lost.
 * Some programs stop when they see a child stopped, as a terminal would have it (su, script): when nothing else moves
 * any more, who is stopped is continued.
 * With SOAK_KEEP in the environment the first run that does not end is left as it stands, for a debugger.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX		4096	/* processes of a run */
#define PATIENCE	8	/* times a case's own limit */

struct proc {
	pid_t pid, ppid;
	char state, comm[32];
	unsigned long ticks;
};

static struct proc procs[MAX], ours[MAX];
static unsigned long seed;
static const char *veneer;
static struct {
	unsigned runs, killed_runs, kills, stops, ended, failures;
} count;

static unsigned
chance(unsigned n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (unsigned)(seed >> 33) % n;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
pause_ms(unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

static int
proc_read(pid_t pid, struct proc *p)
{
	char path[64], text[1024], *s;
	unsigned long user, sys;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	s = strrchr(text, ')');
	p->pid = pid;
	if (s == NULL || sscanf(s + 2, "%c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &p->state, &p->ppid,
	    &user, &sys) != 4)
		return 0;
	p->ticks = user + sys;
	*s = '\0';
	s = strchr(text, '(');
	snprintf(p->comm, sizeof(p->comm), "%s", s != NULL ? s + 1 : "");
	return 1;
}

/* Our descendants, zombies left out, into ours. */
static int
descendants(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	pid_t known[MAX] = { getpid() };
	int n = 0, k = 0, found = 1, grown = 1;

	while (d != NULL && n < MAX && (e = readdir(d)) != NULL)
		if (isdigit((unsigned char)e->d_name[0]) && proc_read(atoi(e->d_name), &procs[n]))
			n++;
	if (d != NULL)
		closedir(d);
	while (grown) {
		grown = 0;
		for (int i = 0; i < n; i++)
			for (int j = 0; procs[i].pid != 0 && j < found && found < MAX; j++)
				if (procs[i].ppid == known[j]) {
					known[found++] = procs[i].pid;
					if (procs[i].state != 'Z' && procs[i].state != 'X')
						ours[k++] = procs[i];
					procs[i].pid = 0;
					grown = 1;
				}
	}
	return k;
}

/* Lines of a thread's file in /proc that begin with one of the words; all lines without a word. */
static void
show_file(pid_t pid, const char *thread, const char *name, const char *words)
{
	char path[96], line[512], word[32];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/%s", pid, thread, name);
	f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (words == NULL || (sscanf(line, "%31[^:]", word) == 1 && strstr(words, word) != NULL))
			printf("\t\t%s: %s\n", name, line);
	}
	if (f != NULL)
		fclose(f);
}

static void
show(const char *what, const char *name, int n)
{
	printf("%s: %s\n", name, what);
	for (int i = 0; i < n; i++) {
		char path[64];
		struct dirent *e;
		DIR *d;

		printf("\t%d (parent %d) %s %c\n", ours[i].pid, ours[i].ppid, ours[i].comm, ours[i].state);
		snprintf(path, sizeof(path), "/proc/%d/task", ours[i].pid);
		d = opendir(path);
		while (d != NULL && (e = readdir(d)) != NULL)
			if (e->d_name[0] != '.') {
				show_file(ours[i].pid, e->d_name, "syscall", NULL);
				show_file(ours[i].pid, e->d_name, "wchan", NULL);
				show_file(ours[i].pid, e->d_name, "status", "State SigPnd ShdPnd SigBlk SigIgn SigCgt");
			}
		if (d != NULL)
			closedir(d);
	}
	fflush(stdout);
	if (n > 0 && getenv("SOAK_KEEP") != NULL)
		_exit(3);
}

/*
 * The run's own share of the last moment: all of it when every process slept, else what its processes used.
 * *ticks is what those that live have used, from one call to the next.
 */
static double
own_time(double elapsed, unsigned long *ticks)
{
	int n = descendants(), waits = 0;
	unsigned long sum = 0;
	double used;

	for (int i = 0; i < n; i++) {
		sum += ours[i].ticks;
		waits |= ours[i].state == 'R' || ours[i].state == 'D';
	}
	used = sum > *ticks ? (double)(sum - *ticks) / (double)sysconf(_SC_CLK_TCK) : 0;
	*ticks = sum;
	return waits && used < elapsed ? used : elapsed;
}

/* The end of all that is left; how much could not be ended. */
static int
clean(void)
{
	double end = now() + 20;
	int n;

	while ((n = descendants()) > 0 && now() < end) {
		for (int i = 0; i < n; i++)
			kill(ours[i].pid, SIGKILL);
		pause_ms(20);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	return n;
}

static void
disturb(int kills)
{
	int n = descendants();
	const struct proc *p;

	if (n == 0)
		return;
	p = &ours[chance((unsigned)n)];
	if (kills && chance(12) == 0) {
		count.kills += kill(p->pid, SIGKILL) == 0;
		return;
	}
	if (p->state == 'T' || p->state == 't' || kill(p->pid, SIGSTOP) != 0)
		return;
	count.stops++;
	pause_ms(1 + chance(120));
	kill(p->pid, SIGCONT);
}

static _Noreturn void
child(const char *dir, const char *path, int guest)
{
	char *argv[] = { (char *)(size_t)veneer, (char *)(size_t)"run", (char *)(size_t)"--layer",
	    (char *)(size_t)"linux", (char *)(size_t)"--", (char *)(size_t)"/bin/sh", (char *)(size_t)path, NULL };
	int null = open("/dev/null", O_RDWR), out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	char here[4096];

	setsid();
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	if (chdir(dir) == 0 && getcwd(here, sizeof(here)) != NULL) {
		setenv("HOME", here, 1);
		setenv("TMPDIR", here, 1);
		execv(guest ? argv[0] : argv[5], guest ? argv : argv + 5);
	}
	_exit(127);
}

/* Do those that are left use the processor, all the time? */
static int
spinning(void)
{
	unsigned long before[MAX];
	int n = descendants();

	for (int i = 0; i < n; i++)
		before[i] = ours[i].ticks;
	pause_ms(3000);
	for (int i = 0; i < n; i++) {
		struct proc p;

		if (proc_read(ours[i].pid, &p) && p.ticks - before[i] > 100)
			return 1;
	}
	return 0;
}

/* Nothing has moved for a while: who is stopped goes on. */
static void
wake(void)
{
	int n = descendants();

	for (int i = 0; i < n; i++)
		if (ours[i].state == 'T')
			kill(ours[i].pid, SIGCONT);
}

/* How many a run that ended leaves behind, when they have had a moment to end, too. */
static int
left(void)
{
	unsigned long ticks = 0;
	double last = now(), spent = 0, t;
	int n;

	while ((n = descendants()) > 0 && spent < 5) {
		pause_ms(50);
		t = now();
		spent += own_time(t - last, &ticks);
		last = t;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	return n;
}

/*
 * The wait status of one run, or -1: it did not end. *behind is how many it left behind natively; as a guest, it may
 * leave no more.
 */
static int
run(const char *name, const char *path, int guest, int kills, double limit, int *behind)
{
	char dir[] = "run.XXXXXX";
	double last = now(), spent = 0, moved = 0, t;
	unsigned long ticks = 0, before;
	int status = -1, got;
	pid_t pid;

	if (mkdtemp(dir) == NULL || (pid = fork()) < 0) {
		perror(dir);
		exit(125);
	}
	chmod(dir, 0755);
	if (pid == 0)
		child(dir, path, guest);
	while (status < 0 && spent < limit) {
		t = now();
		before = ticks;
		spent += own_time(t - last, &ticks);
		last = t;
		if (ticks != before)
			moved = spent;
		if (spent - moved > 5)
			wake();
		pause_ms(guest ? chance(250) : 20);
		if (guest && chance(4) != 0)
			disturb(kills);
		while ((got = waitpid(-1, &status, WNOHANG)) > 0 && got != pid)
			;
		status = got == pid ? status : -1;
	}
	if (status < 0) {
		show("has not ended", name, descendants());
		count.failures += spinning();
	} else if (!guest) {
		*behind = left();
	} else if (!kills && left() > *behind) {
		show("leaves processes behind", name, descendants());
		count.failures++;
	}
	if (clean() > 0) {
		show("cannot be ended", name, descendants());
		count.failures++;
	}
	if (fork() == 0)
		execlp("rm", "rm", "-rf", dir, (char *)NULL);
	while (wait(NULL) > 0)
		;
	return status;
}

static double
limit_of(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[512];
	int limit = 60;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL && line[0] == '#')
		sscanf(line, "# limit: %d", &limit);
	if (f != NULL)
		fclose(f);
	return limit;
}

static void
soak_case(const char *path, int *want, int *behind)
{
	const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
	char lock[256];
	int fd, got, kills;

	snprintf(lock, sizeof(lock), "../lock.%s", name);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return;
	}
	if (*want < 0)
		*want = run(name, path, 0, 0, limit_of(path) * PATIENCE, behind);
	kills = (int)chance(2);
	got = run(name, path, 1, kills, limit_of(path) * (kills ? 1 : PATIENCE), behind);
	count.runs++;
	count.killed_runs += (unsigned)kills;
	count.ended += kills && got < 0;
	if (!kills && got != *want) {
		printf("%s: status %x, natively %x\n", name, (unsigned)got, (unsigned)*want);
		count.failures++;
	}
	close(fd);
}

int
main(int argc, char **argv)
{
	double end = now() + (argc > 1 ? atof(argv[1]) : 0);
	int want[256], behind[256] = { 0 };

	if (argc < 5 || argc - 4 > 256) {
		fprintf(stderr, "usage: soak SECONDS SEED VENEER CASE...\n");
		return 2;
	}
	seed = strtoul(argv[2], NULL, 10);
	veneer = argv[3];
	memset(want, -1, sizeof(want));
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	while (now() < end) {
		unsigned i = chance((unsigned)(argc - 4));

		soak_case(argv[4 + i], &want[i], &behind[i]);
		if (count.runs % 20 == 0) {
			printf("%u runs, %u failures\n", count.runs, count.failures);
			fflush(stdout);
		}
	}
	printf("%u runs, %u of them with kills (%u ended by us), %u stops, %u kills, %u failures\n", count.runs,
	    count.killed_runs, count.ended, count.stops, count.kills, count.failures);
	return count.failures != 0;
}
