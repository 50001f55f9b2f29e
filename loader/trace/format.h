/* SPDX-License-Identifier: ISC */
#ifndef VENEER_TRACE_FORMAT_H
#define VENEER_TRACE_FORMAT_H

#include <stdio.h>

#include "names.h"
#include "ring.h"

/* A call whose records have come: both, or one of them. */
struct traced_call {
	const struct trace_personality *who;
	const struct trace_row *row;		/* NULL: no such number */
	const struct trace_record *enter, *leave;	/* NULL: has not come */
};

const struct trace_personality *personality_find(uint32_t id);
const struct trace_row *row_find(const struct trace_personality *p, uint32_t nr, uint32_t version);
/* The name of a call, whether its number exists or not. */
void format_name(FILE *f, const struct traced_call *c);
/* Argument i, and how many there are to show. */
unsigned format_count(const struct traced_call *c);
void format_arg(FILE *f, const struct traced_call *c, unsigned i);
/* The result without `= `.  Answers the error's name, or NULL for none. */
const char *format_result(FILE *f, const struct traced_call *c);
void format_signal(FILE *f, const struct trace_personality *p, uint32_t host_signal);
void format_text(FILE *f, const uint8_t *s, size_t n);
const char *format_route(uint32_t route);
const char *format_entry(uint32_t entry);

#endif
