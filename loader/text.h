/* SPDX-License-Identifier: ISC */
/* Strings and messages of the two static programs. */
#ifndef VENEER_LOADER_TEXT_H
#define VENEER_LOADER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A function with large locals, which stay out of the frames of those who call it. */
#define APART __attribute__((noinline))

/* Exit codes of everything in the loader, as env(1) and the shells have them. */
enum {
	EXIT_VENEER = 125,	/* our own failure */
	EXIT_NOEXEC = 126,	/* found, cannot be executed */
	EXIT_NOTFOUND = 127
};

/* gcc emits calls of these three whatever it is told. */
void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

size_t text_len(const char *s);
bool text_eq(const char *a, const char *b);
bool text_starts(const char *s, const char *prefix);
/* Last component: after the last slash. */
const char *text_base(const char *path);
/* -1 when s is no decimal number below 2^31. */
int text_number(const char *s);
/* Digits of n at the end of buf; answers their start. */
const char *text_decimal(char buf[static 24], uint64_t n);
const char *text_hex(char buf[static 24], uint64_t n);
/* The words for a host error, never NULL. */
const char *text_error(long ret);

/* The value of KEY in "key=value;key=value", its length in *len; NULL when it is not there. */
const char *setting_find(const char *settings, const char *key, size_t *len);

/* One line, "veneer: " and the strings up to NULL, on descriptor 2; control characters become '?'. */
_Noreturn void fail(int status, ...);
_Noreturn void leave(int status);

#endif
