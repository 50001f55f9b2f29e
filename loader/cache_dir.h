/* SPDX-License-Identifier: ISC */
/*
 * Where the cache is: $VENEER_CACHE, else what the settings say (a guest's, whose own
 * environment may be empty), else $XDG_CACHE_HOME/veneer, else $HOME/.cache/veneer.  Paths that are
 * not absolute do not count.  The front has no libc, so this uses none.
 */
#ifndef VENEER_LOADER_CACHE_DIR_H
#define VENEER_LOADER_CACHE_DIR_H

#include <stdbool.h>
#include <stddef.h>

#define CACHE_PLANS	"/plans/"
#define CACHE_TEXTS	"/texts/"
#define CACHE_NAME	32	/* hexadecimal digits of an entry's key */

/* settings may be NULL.  False: there is no cache; buf is empty then. */
bool cache_dir(char *buf, size_t size, char *const *envp, const char *settings);

#endif
