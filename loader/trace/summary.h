/* SPDX-License-Identifier: ISC */
#ifndef VENEER_TRACE_SUMMARY_H
#define VENEER_TRACE_SUMMARY_H

#include <stdbool.h>

#include "format.h"

struct summary;	/* opaque */

struct summary *summary_new(void);
void summary_add(struct summary *s, const struct traced_call *c, const struct trace_record *enter);
void summary_print(struct summary *s, FILE *f, bool json);

#endif
