/* SPDX-License-Identifier: ISC */
/* Rounds of workers, and what is made of their figures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#include "bench.h"

#define SIDE_NS	4e6	/* how long one column of a round lasts, about */

double
clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

double
cycle_ns(void)
{
	const struct timespec pause = { 0, 50000000 };
	double t = clock_ns();
	uint64_t c = __rdtsc();

	nanosleep(&pause, NULL);
	return (clock_ns() - t) / (double)(__rdtsc() - c);
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

double
median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), by_size);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

struct figure
figure_of(double *ratio, double *ns, int n)
{
	struct figure f = { .valid = true };
	int k;

	f.ratio = median(ratio, n);
	f.ns = median(ns, n);
	/* Ranks between which the true median lies with 95 %: binomial, n rounds. */
	k = (int)floor((n - 1.96 * sqrt(n)) / 2);
	f.low = ratio[k > 0 ? k - 1 : 0];
	f.high = ratio[n - (k > 0 ? k : 1)];
	return f;
}

/* How many make about SIDE_NS; 0: it does not work. */
static uint64_t
calibrate(struct worker *w, double scale)
{
	uint64_t n;
	double ns;

	for (n = 1;; n *= 4) {
		ns = worker_run(w, n) * scale;
		if (ns < 0)
			return 0;
		if (ns > SIDE_NS / 8 || n > UINT64_C(1) << 32)
			break;
	}
	return (uint64_t)((double)n * SIDE_NS / ns) + 1;
}

/* The workers that are alive, in rounds. */
static void
rounds(struct result *res, struct worker *w, double scale)
{
	static double ns[COLUMNS][ROUNDS_MAX], ratio[ROUNDS_MAX];

	for (int i = 0; i < res->rounds; i++)
		for (int k = 0; k < COLUMNS; k++) {
			int c = (i + k) % COLUMNS;

			if (w[c].pid <= 0)
				continue;
			ns[c][i] = worker_run(&w[c], w[c].calls) * scale / (double)w[c].calls;
			if (ns[c][i] < 0)
				worker_stop(&w[c]);
		}
	if (w[NATIVE].pid <= 0)
		return;
	for (int c = COLUMNS - 1; c >= 0; c--) {	/* native, which sorting spoils, last */
		if (w[c].pid <= 0)
			continue;
		for (int i = 0; i < res->rounds; i++)
			ratio[i] = ns[c][i] / ns[NATIVE][i];
		res->column[c] = figure_of(ratio, ns[c], res->rounds);
	}
}

static void
workers_measure(struct result *res, struct worker *w, double scale)
{
	for (int c = 0; c < COLUMNS; c++)
		if (w[c].pid > 0 && (w[c].calls = calibrate(&w[c], scale)) == 0)
			worker_stop(&w[c]);
	rounds(res, w, scale);
	for (int c = 0; c < COLUMNS; c++)
		worker_stop(&w[c]);
}

void
measure_twin(struct result *res)
{
	struct worker w[COLUMNS] = { 0 };
	unsigned mask = res->row->columns & opt.columns;

	for (int c = 0; c < COLUMNS; c++)
		if (mask & BIT(c))
			worker_start(&w[c], twin_argv(res->row, res->row->name, &columns[c]),
			    &columns[c], true);
	workers_measure(res, w, opt.ns_per_cycle);
}

/* build/tests/bench/libc ROW, under the column; a row with something to start runs natively and starts that there. */
void
measure_libc(struct result *res)
{
	struct worker w[COLUMNS] = { 0 };
	unsigned mask = res->row->columns & opt.columns;
	char program[4096], text[1024];
	char *argv[24];
	int n;

	snprintf(program, sizeof(program), "%s/libc", opt.programs);
	for (int c = 0; c < COLUMNS; c++) {
		if ((mask & BIT(c)) == 0)
			continue;
		n = res->row->reference == NULL ? column_prefix(&columns[c], argv) : 0;
		argv[n++] = program;
		argv[n++] = (char *)(uintptr_t)res->row->subject;
		if (res->row->reference != NULL) {
			n += column_prefix(&columns[c], argv + n);
			snprintf(text, sizeof(text), "%s %d", res->row->reference, 18500 + c);
			for (char *s = strtok(text, " "); s != NULL && n < 23; s = strtok(NULL, " "))
				argv[n++] = s;
		}
		argv[n] = NULL;
		worker_start(&w[c], argv, &columns[c], res->row->reference == NULL);
	}
	workers_measure(res, w, opt.ns_per_cycle);
}

struct pair {
	char subject[4096], reference[4096];
	char *argv[COLUMNS][4];
};

static void
pair_init(struct pair *p, const struct row *row)
{
	memset(p, 0, sizeof(*p));
	snprintf(p->subject, sizeof(p->subject), "%s/%s", opt.programs, row->subject);
	snprintf(p->reference, sizeof(p->reference), "%s/%s", opt.programs, row->reference);
	p->argv[NATIVE][0] = p->reference;
	p->argv[SITE][0] = (char *)(uintptr_t)opt.veneer;
	p->argv[SITE][1] = (char *)(uintptr_t)"run";
	p->argv[SITE][2] = p->subject;
}

void
measure_pair(struct result *res)
{
	struct worker w[COLUMNS] = { 0 };
	struct pair p;

	pair_init(&p, res->row);
	worker_start(&w[NATIVE], p.argv[NATIVE], &columns[NATIVE], true);
	worker_start(&w[SITE], p.argv[SITE], &columns[SITE], true);
	workers_measure(res, w, 1);
}

/* Nanoseconds for one, in a process that has just been started; *calls 0: find it. */
static double
fresh(const struct pair *p, enum column_id c, uint64_t *calls)
{
	struct worker w;
	double ns = -1;

	if (!worker_start(&w, p->argv[c], &columns[c], false))
		return -1;
	if (*calls == 0)
		*calls = calibrate(&w, 1);
	else
		worker_run(&w, *calls / 8 + 1);
	if (*calls != 0)
		ns = worker_run(&w, *calls) / (double)*calls;
	worker_stop(&w);
	return ns;
}

/* Where the scheduler puts two processes at their start decides what their switches cost, and stays:
 * so each figure is from processes of its own. */
void
measure_free(struct result *res)
{
	static double ns[COLUMNS][ROUNDS_MAX], ratio[ROUNDS_MAX];
	uint64_t calls[COLUMNS] = { 0 };
	struct pair p;
	int n = 0;

	pair_init(&p, res->row);
	for (int i = 0; i < res->rounds; i++) {
		ns[NATIVE][n] = fresh(&p, NATIVE, &calls[NATIVE]);
		ns[SITE][n] = fresh(&p, SITE, &calls[SITE]);
		if (ns[NATIVE][n] <= 0 || ns[SITE][n] <= 0)
			return;
		ratio[n] = ns[SITE][n] / ns[NATIVE][n];
		n++;
	}
	res->column[SITE] = figure_of(ratio, ns[SITE], n);
	for (int i = 0; i < n; i++)
		ratio[i] = 1;
	res->column[NATIVE] = figure_of(ratio, ns[NATIVE], n);
}
