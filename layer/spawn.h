/* SPDX-License-Identifier: ISC */
/* Programs of ours that a guest starts without noticing. */
#ifndef VENEER_LAYER_SPAWN_H
#define VENEER_LAYER_SPAWN_H

#include "layer.h"

enum { SPAWN_PATH = 4096, SPAWN_FAILED = 127 };

/*
 * Where the program may be: beside the front (try 0), where it is installed (1).  False: nowhere
 * else, or the path is too long.
 */
bool spawn_path(char *buf, const char *front, const char *name, int try);

/* The exit status of a child that sends no signal (SPAWN_FAILED: killed), or -errno. */
long spawn_wait(struct thread_block *t, long pid);

#endif
