/* SPDX-License-Identifier: ISC */
/* The table, and one JSON object per line: the machine, then the rows. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static double
floor_of(const struct row *row, enum column_id c)
{
	return c == SITE ? row->floor : c == SITE_FILTER ? row->floor_filter : 0;
}

const char *
verdict(const struct result *res, enum column_id c)
{
	const struct figure *f = &res->column[c];
	double limit = floor_of(res->row, c);

	if (limit <= 0 || !f->valid)
		return "";
	return f->high <= limit ? "met" : f->low > limit ? "missed" : "open";
}

static void
processor(char *name, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(name, size, "unknown");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "model name : %127[^\n]", name) == 1)
			break;
	if (f != NULL)
		fclose(f);
}

void
report_head(FILE *f, bool json)
{
	struct utsname u;
	char cpu[128];
	double load = -1;

	processor(cpu, sizeof(cpu));
	uname(&u);
	if (getloadavg(&load, 1) != 1)
		load = -1;
	if (json) {
		fprintf(f, "{\"processor\":\"%s\",\"cores\":%ld,\"kernel\":\"%s\",\"load\":%.2f,"
		    "\"rounds\":%d,\"time\":%lld}\n", cpu, sysconf(_SC_NPROCESSORS_ONLN), u.release,
		    load, opt.rounds, (long long)time(NULL));
		return;
	}
	fprintf(f, "%s, %ld cores, Linux %s, load %.2f, %d rounds\n", cpu,
	    sysconf(_SC_NPROCESSORS_ONLN), u.release, load, opt.rounds);
	for (int c = 0; c < COLUMNS; c++)
		if (opt.columns & BIT(c))
			fprintf(f, "  %-8s %s\n", columns[c].name, columns[c].what);
	fprintf(f, "ratios to native, medians over paired rounds; floors: met or missed by the whole "
	    "95 %% interval, else open\n\n%-13s %11s", "row", "native ns");
	for (int c = 1; c < COLUMNS; c++)
		if (opt.columns & BIT(c))
			fprintf(f, " %8s", columns[c].name);
	fprintf(f, "  floors\n");
	fflush(f);
}

static void
print_floors(const struct result *res, FILE *f)
{
	for (int c = 0; c < COLUMNS; c++) {
		const char *v = verdict(res, (enum column_id)c);

		if (*v != '\0')
			fprintf(f, "  %s [%.3f, %.3f] %s %g", columns[c].name, res->column[c].low,
			    res->column[c].high, v, floor_of(res->row, (enum column_id)c));
	}
	fprintf(f, "\n");
}

static void
print_json(const struct result *res, FILE *f)
{
	const char *sep = "";

	fprintf(f, "{\"row\":\"%s\",\"what\":\"%s\",\"rounds\":%d,\"load\":%.2f,\"columns\":{",
	    res->row->name, res->row->what, res->rounds, res->load);
	for (int c = 0; c < COLUMNS; c++) {
		const struct figure *x = &res->column[c];
		double limit = floor_of(res->row, (enum column_id)c);

		if (!x->valid)
			continue;
		fprintf(f, "%s\"%s\":{\"ns\":%.1f,\"ratio\":%.4f,\"low\":%.4f,\"high\":%.4f", sep,
		    columns[c].name, x->ns, x->ratio, x->low, x->high);
		if (limit > 0)
			fprintf(f, ",\"floor\":%g,\"verdict\":\"%s\"", limit,
			    verdict(res, (enum column_id)c));
		fprintf(f, "}");
		sep = ",";
	}
	fprintf(f, "}}\n");
}

void
report(const struct result *res, FILE *f, bool json)
{
	if (json) {
		print_json(res, f);
		fflush(f);
		return;
	}
	fprintf(f, "%-13s", res->row->name);
	if (!res->column[NATIVE].valid)
		fprintf(f, " not measured: a program is missing or does not work\n");
	else {
		if (res->column[NATIVE].ns > 0)
			fprintf(f, " %11.1f", res->column[NATIVE].ns);
		else
			fprintf(f, " %11s", "-");
		for (int c = 1; c < COLUMNS; c++) {
			if ((opt.columns & BIT(c)) == 0)
				continue;
			if (res->column[c].valid)
				fprintf(f, " %8.3f", res->column[c].ratio);
			else
				fprintf(f, " %8s", res->row->columns & BIT(c) ? "failed" : "");
		}
		print_floors(res, f);
	}
	fflush(f);
}
