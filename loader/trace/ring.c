/* SPDX-License-Identifier: ISC */
/* The reader's side of the trace ring; abi/layer/trace_ring.h tells how it works. */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "host_nr.h"
#include "ring.h"

#define SLOTS 4096u
#define CLAIM_MS 20	/* how long a claim stands before its thread is looked at */
#define END_CLAIMS 50	/* looks after the program has ended: whoever it is, it is none of ours */

static void
futex_wait(uint32_t *word, uint32_t value, int ms)
{
	struct timespec ts = { ms / 1000, (ms % 1000) * 1000000L };

	syscall(HOST_NR_futex, word, FUTEX_WAIT, value, &ts, NULL, 0);
}

static void
futex_wake(uint32_t *word)
{
	syscall(HOST_NR_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

int
ring_create(struct ring *r, uint32_t flags)
{
	size_t size = SIZEOF_TRACE_RING + (size_t)SLOTS * SIZEOF_TRACE_RECORD;
	void *p;
	uint32_t i;

	r->fd = memfd_create("veneer-trace", MFD_CLOEXEC);
	if (r->fd < 0 || ftruncate(r->fd, (off_t)size) != 0)
		return errno;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (p == MAP_FAILED)
		return errno;
	r->head = p;
	r->slots = (void *)((char *)p + SIZEOF_TRACE_RING);
	r->nslots = SLOTS;
	r->tail = 0;
	r->head->magic = MAGIC_TRACE_RING;
	r->head->version = VERSION_TRACE_RING;
	r->head->size = SIZEOF_TRACE_RING;
	r->head->flags = flags;
	r->head->nslots = SLOTS;
	r->head->tracer_pid = (uint32_t)getpid();
	for (i = 0; i < SLOTS; i++)
		r->slots[i].word = trace_word(i, 0, TRACE_FREE);
	return 0;
}

void
ring_kick(struct ring *r)
{
	r->kicked = 1;
	__atomic_fetch_add(&r->head->filled, 1, __ATOMIC_SEQ_CST);
}

void
ring_close(struct ring *r)
{
	__atomic_store_n(&r->head->closed, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&r->head->tail, 1, __ATOMIC_SEQ_CST);
	futex_wake(&r->head->tail);
}

/* A thread that can still write.  Of a dead process whose parent has not waited a zombie is left. */
static int
thread_alive(uint32_t tid)
{
	char path[40], line[256];
	const char *p;
	FILE *f;
	int alive = 1;

	snprintf(path, sizeof(path), "/proc/%u/stat", tid);
	f = fopen(path, "re");
	if (f == NULL)
		return errno != ENOENT && errno != ESRCH;
	if (fgets(line, sizeof(line), f) == NULL)
		alive = 0;
	else if ((p = strrchr(line, ')')) != NULL && (p[2] == 'Z' || p[2] == 'X'))
		alive = 0;
	fclose(f);
	return alive;
}

static void
advance(struct ring *r, struct trace_record *s)
{
	__atomic_store_n(&s->word, trace_word(r->tail + r->nslots, 0, TRACE_FREE),
	    __ATOMIC_RELEASE);
	r->tail++;
	__atomic_store_n(&r->head->tail, r->tail, __ATOMIC_SEQ_CST);
	if (__atomic_exchange_n(&r->head->writers, 0, __ATOMIC_SEQ_CST) != 0)
		futex_wake(&r->head->tail);
}

/* 1: a record was copied.  0: none is complete.  -1: claimed by word's thread. */
static int
take(struct ring *r, struct trace_record *record, uint64_t *word)
{
	struct trace_record *s = &r->slots[r->tail & (r->nslots - 1)];

	*word = __atomic_load_n(&s->word, __ATOMIC_ACQUIRE);
	if ((uint32_t)(*word >> 32) != r->tail)
		return 0;
	if ((*word & 3) == TRACE_CLAIMED)
		return -1;
	if ((*word & 3) != TRACE_READY)
		return 0;
	memcpy(record, s, sizeof(*record));
	if (record->data_len > sizeof(record->data))
		record->data_len = 0;
	advance(r, s);
	return 1;
}

/* The claim that stands at the tail will never be completed. */
static void
skip(struct ring *r, uint64_t word)
{
	struct trace_record *s = &r->slots[r->tail & (r->nslots - 1)];

	if (__atomic_load_n(&s->word, __ATOMIC_ACQUIRE) == word)
		advance(r, s);
}

int
ring_read(struct ring *r, struct trace_record *record, int ms)
{
	uint64_t word, first = 0;
	int got, stood = 0, end = ms == 0;
	uint32_t filled;

	for (;;) {
		filled = __atomic_load_n(&r->head->filled, __ATOMIC_SEQ_CST);
		__atomic_store_n(&r->head->reader, 1, __ATOMIC_SEQ_CST);
		got = take(r, record, &word);
		if (got > 0)
			return 1;
		if (got == 0 && (ms == 0 || r->kicked)) {
			r->kicked = 0;
			return 0;
		}
		stood = got < 0 && word == first ? stood + 1 : 0;
		if (stood > 0 && (!thread_alive((uint32_t)word >> 2) ||
		    (end && stood > END_CLAIMS))) {
			skip(r, word);
			continue;
		}
		first = got < 0 ? word : 0;
		futex_wait(&r->head->filled, filled, got < 0 ? CLAIM_MS : ms);
		if (got == 0)
			ms = 0;
	}
}
