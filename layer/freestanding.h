/* SPDX-License-Identifier: ISC */
/* The few routines of libc that the layer has itself. */
#ifndef VENEER_FREESTANDING_H
#define VENEER_FREESTANDING_H

#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict, const void *restrict, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
size_t strlen(const char *);
int strcmp(const char *, const char *);

#endif
