/* SPDX-License-Identifier: ISC */
/*
 * Paired measurements. A row has a subject and a reference, each a process that makes
 * calls when told (worker.h). A round runs both, in alternating order; the figure is the
 * median over rounds of subject/reference, with a 95 % interval from order statistics.
 * The median needs no assumption about the noise, and pairing cancels what both feel.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS_MIN	31
#define ROUNDS_MAX	1001
#define ROUND_NS	4e6	/* how long one side of a round lasts, about */

struct row {
	const char *name, *what, *subject, *reference;
	double limit;		/* the ratio is to stay below; 0: informative */
	bool layer;		/* the subject runs under veneer */
};

static const struct row rows[] = {
	{ "getpid-stub", "native getpid by its stub / raw getpid", "stub_getpid", "raw_getpid",
	    0.02, true },
	{ "getpid-libc", "getpid() of the SDK's libc / raw getpid", "libc_getpid", "raw_getpid",
	    0, true },
	{ "veneer-null", "veneer_null / bare notification, one core", "stub_null", "bare_null",
	    1.25, true },
};

struct worker {
	pid_t pid;
	int to, from;
	uint64_t calls;
};

struct result {
	double ratio, low, high, subject_ns, reference_ns;
};

static const char *bindir, *veneer;

static _Noreturn void
fail(const char *what, const char *name)
{
	fprintf(stderr, "bench: %s: %s\n", name, what);
	exit(1);
}

static void
worker_start(struct worker *w, const char *name, bool layer)
{
	char path[4096];
	int in[2], out[2];
	cpu_set_t one;

	snprintf(path, sizeof path, "%s/%s", bindir, name);
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		fail(strerror(errno), "pipe");
	w->pid = fork();
	if (w->pid < 0)
		fail(strerror(errno), "fork");
	if (w->pid == 0) {
		/* Both sides on one core, and what they start as well. */
		CPU_ZERO(&one);
		CPU_SET(0, &one);
		sched_setaffinity(0, sizeof one, &one);
		dup2(in[0], 0);
		dup2(out[1], 1);
		if (layer)
			execl(veneer, "veneer", "run", path, (char *)NULL);
		else
			execl(path, name, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	w->to = in[1];
	w->from = out[0];
}

static double
worker_run(struct worker *w, const char *name, uint64_t n)
{
	uint64_t ns;

	if (write(w->to, &n, sizeof n) != (ssize_t)sizeof n ||
	    read(w->from, &ns, sizeof ns) != (ssize_t)sizeof ns)
		fail("ended too early", name);
	return (double)ns;
}

/* How many calls last about ROUND_NS. */
static void
worker_calibrate(struct worker *w, const char *name)
{
	double ns;

	for (w->calls = 64;; w->calls *= 4) {
		ns = worker_run(w, name, w->calls);
		if (ns > ROUND_NS / 8 || w->calls > UINT64_C(1) << 32)
			break;
	}
	w->calls = (uint64_t)((double)w->calls * ROUND_NS / ns) + 1;
}

static void
worker_stop(struct worker *w)
{
	int status;

	close(w->to);
	close(w->from);
	waitpid(w->pid, &status, 0);
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double
median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, by_size);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static struct result
measure(const struct row *r, int rounds)
{
	static double ratio[ROUNDS_MAX], s[ROUNDS_MAX], f[ROUNDS_MAX];
	struct worker subject, reference;
	struct result res;
	int i, k;

	worker_start(&subject, r->subject, r->layer);
	worker_start(&reference, r->reference, false);
	worker_calibrate(&subject, r->subject);
	worker_calibrate(&reference, r->reference);
	for (i = 0; i < rounds; i++) {
		if (i % 2)
			f[i] = worker_run(&reference, r->reference, reference.calls);
		s[i] = worker_run(&subject, r->subject, subject.calls);
		if (i % 2 == 0)
			f[i] = worker_run(&reference, r->reference, reference.calls);
		s[i] /= (double)subject.calls;
		f[i] /= (double)reference.calls;
		ratio[i] = s[i] / f[i];
	}
	worker_stop(&subject);
	worker_stop(&reference);
	res.ratio = median(ratio, rounds);
	/* Ranks between which the true median lies with 95 %: binomial, n = rounds. */
	k = (int)floor((rounds - 1.96 * sqrt(rounds)) / 2);
	res.low = ratio[k > 0 ? k - 1 : 0];
	res.high = ratio[rounds - (k > 0 ? k : 1)];
	res.subject_ns = median(s, rounds);
	res.reference_ns = median(f, rounds);
	return res;
}

static bool
show(const struct row *r, int rounds, bool json)
{
	struct result x = measure(r, rounds);
	bool kept = r->limit <= 0 || x.ratio <= r->limit;

	if (json)
		printf("{\"name\":\"%s\",\"ratio\":%.4f,\"low\":%.4f,\"high\":%.4f,"
		    "\"subject_ns\":%.2f,\"reference_ns\":%.2f,\"rounds\":%d,"
		    "\"limit\":%.4f,\"kept\":%s}\n", r->name, x.ratio, x.low, x.high,
		    x.subject_ns, x.reference_ns, rounds, r->limit, kept ? "true" : "false");
	else
		printf("%-12s %8.4f  [%.4f, %.4f]  %10.1f %10.1f  %s%s\n", r->name, x.ratio,
		    x.low, x.high, x.subject_ns, x.reference_ns, r->what,
		    kept ? "" : "  OVER ITS LIMIT");
	fflush(stdout);
	return kept;
}

int
main(int argc, char **argv)
{
	int rounds = 41, opt;
	bool json = false, kept = true;
	size_t i;

	while ((opt = getopt(argc, argv, "jn:")) != -1)
		if (opt == 'j')
			json = true;
		else if (opt == 'n')
			rounds = atoi(optarg);
		else
			return 2;
	if (rounds < ROUNDS_MIN || rounds > ROUNDS_MAX || argc - optind < 2) {
		fprintf(stderr, "usage: bench [-j] [-n rounds] PROGRAMS VENEER [row...]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	bindir = argv[optind++];
	veneer = argv[optind++];
	if (!json)
		printf("%-12s %8s  %-18s  %10s %10s\n", "row", "ratio", "95 %", "ns",
		    "ns of ref.");
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int a = optind;

		while (a < argc && strcmp(argv[a], rows[i].name) != 0)
			a++;
		if (optind == argc || a < argc)
			kept &= show(&rows[i], rounds, json);
	}
	return kept ? 0 : 1;
}
