/* SPDX-License-Identifier: ISC */
/*
 * A host for the layer's portable files, linked into a hosted program: one file with the given content
 * behind every name, and a record of the calls.  It stands where the gate stands.
 */
#ifndef TESTS_FAKE_HOST_H
#define TESTS_FAKE_HOST_H

#include <stdbool.h>

#include "layer.h"

enum { FAKE_CALLS = 512, FAKE_OUT = 1 << 16 };

struct fake_host {
	struct mm_block mm;
	struct thread_block thread;
	struct sighand_block sighand;
	const unsigned char *content;	/* of every file */
	size_t content_len, content_at;
	const char *link;		/* what readlink of a descriptor answers */
	long open_answer;		/* 0: descriptors from 3; else the answer */
	long nr[FAKE_CALLS];		/* calls made, in order */
	unsigned ncalls;
	uint64_t host_mask;
	char exec_path[1100];
	bool execveat_called;
	char out[FAKE_OUT];		/* what was written */
	size_t out_len;
	int opens, closes;
};

/* A thread with an arena in which memory really is. Fails the program when there is none. */
void fake_host_init(struct fake_host *f);
void fake_host_fini(struct fake_host *f);
bool fake_host_called(const struct fake_host *f, long nr);

#endif
