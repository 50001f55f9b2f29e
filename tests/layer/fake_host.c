/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "arena.h"
#include "fake_host.h"
#include "host_nr.h"

#define FAKE_ARENA ARENA_BYTES

const char sysent_pass[1];
const uint32_t sysent_pass_bytes;
static struct fake_host *host;	/* one at a time */

void signal_exec_prepare(struct thread_block *);
void signal_exec_undo(struct thread_block *);
void signal_learn(struct thread_block *, uint64_t);
void signal_catch(struct thread_block *, uint64_t);
bool trap_exec_refuse(struct thread_block *);
bool filter_allows_start(struct thread_block *);
bool trap_exec_gains(struct thread_block *, long, const char *, const struct stat *);

static long
file_read(void *to, size_t room, size_t at)
{
	size_t n = at < host->content_len ? host->content_len - at : 0;

	if (n > room)
		n = room;
	if (n != 0)
		memcpy(to, host->content + at, n);
	return (long)n;
}

static long
file_call(long nr, const long *a)
{
	long n;

	switch (nr) {
	case HOST_NR_openat:
		if (host->open_answer != 0)
			return host->open_answer;
		host->opens++;
		host->content_at = 0;
		return 3;
	case HOST_NR_close:
		host->closes++;
		return 0;
	case HOST_NR_fstat:
		*(struct stat *)a[1] = (struct stat){ .st_mode = S_IFREG | 0755,
		    .st_size = (off_t)host->content_len };
		return 0;
	case HOST_NR_memfd_create:
		host->opens++;
		return 4;
	case HOST_NR_read:
		n = file_read((void *)a[1], (size_t)a[2], host->content_at);
		host->content_at += (size_t)n;
		return n;
	case HOST_NR_pread64:
		return file_read((void *)a[1], (size_t)a[2], (size_t)a[3]);
	case HOST_NR_write:
		if (host->out_len + (size_t)a[2] > FAKE_OUT)
			return -ENOSPC;
		memcpy(host->out + host->out_len, (const void *)a[1],
		    (size_t)a[2]);
		host->out_len += (size_t)a[2];
		return a[2];
	default:
		return 0;
	}
}

static long
readlink_call(const char *name, char *to, size_t room)
{
	const char *answer = strcmp(name, "/proc/self") == 0 ? "77" :
	    host->link != NULL ? host->link : "/somewhere";
	size_t n = strlen(answer);

	if (n > room)
		n = room;
	memcpy(to, answer, n);
	return (long)n;
}

static long
fake_gate(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	const long a[6] = { a0, a1, a2, a3, a4, a5 };

	if (host->ncalls < FAKE_CALLS)
		host->nr[host->ncalls++] = nr;
	switch (nr) {
	case HOST_NR_readlink:
		return readlink_call((const char *)a0, (char *)a1, (size_t)a2);
	case HOST_NR_execve:
		snprintf(host->exec_path, sizeof(host->exec_path), "%s",
		    ((char **)a1)[3]);
		return -ENOENT;
	case HOST_NR_execveat:
		host->execveat_called = true;
		return -ENOEXEC;
	case HOST_NR_rt_sigprocmask:
		if (a1 != 0)
			memcpy(&host->host_mask, (const void *)a1, 8);
		return 0;
	case HOST_NR_mmap:
		return (long)mmap((void *)a0, (size_t)a1, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | ((int)a3 & MAP_FIXED), -1, 0);
	case HOST_NR_munmap:
		return munmap((void *)a0, (size_t)a1);
	default:
		return file_call(nr, a);
	}
}

long
host_call_intr(struct thread_block *t, long nr, long a, long b, long c, long d,
    long e, long g)
{
	(void)t;
	return fake_gate(nr, a, b, c, d, e, g);
}

void
signal_exec_prepare(struct thread_block *t)
{
	(void)t;
}

void
signal_exec_undo(struct thread_block *t)
{
	(void)t;
}

void
signal_learn(struct thread_block *t, uint64_t set)
{
	(void)t;
	host->sighand.known |= set;
}

void
signal_catch(struct thread_block *t, uint64_t set)
{
	(void)t;
	host->sighand.caught |= set;
}

void
fake_host_init(struct fake_host *f)
{
	void *arena = mmap(NULL, FAKE_ARENA, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (arena == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	memset(f, 0, sizeof(*f));
	f->mm.arena = (uint64_t)arena;
	f->mm.arena_size = FAKE_ARENA;
	f->mm.front = (uint64_t)"/front";
	f->mm.settings = (uint64_t)"log=/dev/null;key=value";
	f->thread.mm = &f->mm;
	f->thread.sighand = &f->sighand;
	f->thread.gate_call = (uint64_t)fake_gate;
	f->thread.gate_call_intr = (uint64_t)fake_gate;
	f->thread.call.thread = &f->thread;
	host = f;
}

void
fake_host_fini(struct fake_host *f)
{
	munmap((void *)f->mm.arena, FAKE_ARENA);
	host = NULL;
}

bool
fake_host_called(const struct fake_host *f, long nr)
{
	for (unsigned i = 0; i < f->ncalls; i++)
		if (f->nr[i] == nr)
			return true;
	return false;
}

bool
filter_allows_start(struct thread_block *t)
{
	(void)t;
	return true;
}

bool
trap_exec_gains(struct thread_block *t, long fd, const char *path, const struct stat *st)
{
	(void)t, (void)fd, (void)path, (void)st;
	return false;
}

bool
trap_exec_refuse(struct thread_block *t)
{
	(void)t;
	return false;
}
