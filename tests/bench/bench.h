/* SPDX-License-Identifier: ISC */
#ifndef VENEER_BENCH_H
#define VENEER_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define ROUNDS_MIN	31
#define ROUNDS_MAX	1001

enum column_id { NATIVE, SITE, SITE_FILTER, TRAP, TRAP_FILTER, REF_SUD, REF_FILTER, REF_SUD_FILTER,
	REF_SIGSYS, REF_NOTIFY, REF_PTRACE, COLUMNS };

struct column {
	const char *name, *what;
	bool veneer, filter;
	const char *rewrite;	/* VENEER_REWRITE */
	const char *ref;	/* ref's first argument */
	const char *mode;	/* the twin's second */
};
extern const struct column columns[COLUMNS];

#define BIT(c)		(1u << (c))
#define COLUMNS_CALL	(BIT(COLUMNS) - 1u)
#define COLUMNS_VENEER	(BIT(NATIVE) | BIT(SITE) | BIT(TRAP))
#define COLUMNS_LINUX	(COLUMNS_VENEER | BIT(REF_NOTIFY) | BIT(REF_PTRACE))
#define COLUMNS_PAIR	(BIT(NATIVE) | BIT(SITE))

enum row_kind {
	ROW_TWIN,	/* subject: the helper that it starts, a file that it maps, or NULL */
	ROW_LIBC,	/* subject: a row of libc.c; reference: a server that it starts, without its port, or NULL */
	ROW_STATIC,	/* the same, but that the guest is the Linux twin */
	ROW_PAIR,	/* programs of serve.h; the subject's layer is in its note */
	ROW_FREE,	/* the same, not pinned, new processes for each figure */
	ROW_COMMAND,	/* command lines; the time from start to end. No subject: the reference under linux@1 */
	ROW_MEMORY	/* no ratio: a figure of its own */
};

struct row {
	const char *name, *what;
	enum row_kind kind;
	unsigned columns;
	const char *subject, *reference;
	double floor, floor_filter;	/* 0: informative */
	double (*figure)(void);		/* ROW_MEMORY */
};

struct figure {
	bool valid;
	double ns;		/* median of one, absolute */
	double ratio, low, high;	/* median over rounds of column / native; 95 % interval */
};

struct result {
	const struct row *row;
	int rounds;
	double load;
	struct figure column[COLUMNS];
};

struct options {
	const char *programs, *veneer;	/* directory of the twins; the front */
	const char *temp;		/* the current directory, removed at the end */
	unsigned columns;
	int rounds;
	double ns_per_cycle;
};
extern struct options opt;

/* measure.c */
double clock_ns(void);
double cycle_ns(void);
double median(double *v, int n);
/* of n paired values; sorts them */
struct figure figure_of(double *ratio, double *ns, int n);
void measure_twin(struct result *res);
void measure_libc(struct result *res);
void measure_pair(struct result *res);
void measure_free(struct result *res);

/* worker.c */
struct worker {
	pid_t pid;
	int to, from;
	uint64_t calls;
};
bool worker_start(struct worker *w, char *const argv[], const struct column *c, bool pinned);
double worker_run(struct worker *w, uint64_t n);	/* what it answers, or -1 */
void worker_stop(struct worker *w);
/* argv for a twin in a column; the strings live until the next call */
char **twin_argv(const struct row *row, const char *name, const struct column *c);
/* what stands before a Linux command in a column: at most 5 words, which live until the next call */
int column_prefix(const struct column *c, char **argv);
void column_environ(const struct column *c);

/* command.c */
void measure_command(struct result *res);

/* memory.c */
void measure_memory(struct result *res);
double memory_idle(void);
double memory_thread(void);
double memory_share(void);

/* report.c */
void report_head(FILE *f, bool json);
void report(const struct result *res, FILE *f, bool json);
/* met, missed or open for a column of a row; "" without a floor */
const char *verdict(const struct result *res, enum column_id c);

#endif
