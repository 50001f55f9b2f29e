/* SPDX-License-Identifier: ISC */
#ifndef VENEER_TRACE_REPORT_H
#define VENEER_TRACE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "ring.h"

struct report_options {
	FILE *out;
	bool json, count;
	uint32_t root_pid;
};

struct report;	/* opaque */

struct report *report_new(const struct report_options *o);
/* A record: prints a line for each complete call, signal and program. */
void report_record(struct report *r, const struct trace_record *record);
/* The end: calls that never returned, how the program ended (a wait status), the summary. */
void report_end(struct report *r, int status);

#endif
