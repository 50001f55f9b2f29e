/* SPDX-License-Identifier: ISC */
#ifndef VENEER_PLAN_SHOW_H
#define VENEER_PLAN_SHOW_H

#include <jansson.h>

/* Prints and releases it: the exit status. */
int show_json(json_t *j);
/* Names from files may be in any encoding; JSON is UTF-8. */
json_t *show_text(const char *s);

#endif
