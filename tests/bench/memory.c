/* SPDX-License-Identifier: ISC */
/* What an idle guest occupies, as the kernel counts it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define TRIES	5
#define THREADS	16	/* twin_process.c, idle-threads */
#define GUESTS	100

/* Sum of the lines `key N kB`; exec: of executable mappings of files only. */
static double
smaps(pid_t pid, const char *key, bool exec)
{
	char path[64], line[512], perms[8];
	unsigned long kib, inode;
	bool counts = !exec;
	double sum = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%*x-%*x %7s %*x %*s %lu", perms, &inode) == 2) {
			counts = !exec || (perms[2] == 'x' && inode != 0);
			continue;
		}
		if (counts && strncmp(line, key, strlen(key)) == 0 &&
		    sscanf(line + strlen(key), "%lu", &kib) == 1)
			sum += (double)kib;
	}
	fclose(f);
	return sum;
}

static double
idle(enum column_id c, const char *work)
{
	struct worker w = { 0 };
	double kib = -1;

	/* Two answers: what the first touches has been touched. */
	if (worker_start(&w, twin_argv(NULL, work, &columns[c]), &columns[c], false) &&
	    worker_run(&w, 1) >= 0 && worker_run(&w, 1) >= 0)
		kib = smaps(w.pid, "Private_Dirty:", false);
	worker_stop(&w);
	return kib;
}

double
memory_idle(void)
{
	return idle(SITE, "idle") - idle(NATIVE, "idle");
}

double
memory_thread(void)
{
	return (idle(SITE, "idle-threads") - idle(SITE, "idle") - idle(NATIVE, "idle-threads") +
	    idle(NATIVE, "idle")) / THREADS;
}

/* 1 and what each guest has of its text for itself, over the text of one. Pss would say less: it is
 * rounded down for each mapping. */
double
memory_share(void)
{
	static struct worker w[GUESTS];
	double own = 0, one = 0;
	int n = 0;

	while (n < GUESTS && worker_start(&w[n], twin_argv(NULL, "idle", &columns[SITE]),
	    &columns[SITE], false) && worker_run(&w[n], 1) >= 0)
		n++;
	for (int i = 0; i < n; i++) {
		own += smaps(w[i].pid, "Private_Clean:", true) + smaps(w[i].pid, "Private_Dirty:", true);
		one += smaps(w[i].pid, "Rss:", true) / n;
	}
	for (int i = 0; i < n; i++)
		worker_stop(&w[i]);
	return n == GUESTS && one > 0 ? 1 + own / one : -1;
}

void
measure_memory(struct result *res)
{
	double v[TRIES];
	struct figure f = { .valid = true };

	res->row->figure();	/* fills the caches */
	sync();			/* what was just written to files would count as dirty */
	for (int i = 0; i < TRIES; i++)
		v[i] = res->row->figure();
	res->rounds = TRIES;
	f.ratio = median(v, TRIES);
	f.low = v[0];
	f.high = v[TRIES - 1];
	f.ns = 0;
	res->column[SITE] = f;
	res->column[NATIVE].valid = true;
	res->column[NATIVE].ratio = 1;
}
