/* SPDX-License-Identifier: ISC */
/*
 * Asking the planner for a text entry from inside a guest that must not notice.  The child shares the memory until
 * it execs, so a large guest pays for no copy, runs on a stack of its own, and sends no signal; only waits that ask
 * for such children by force could see it.  The kernel gives what execs SIGCHLD as its last signal whatever it was
 * cloned with, so the planner is a child of that child.  It has the file as descriptors 0 to 2, of which none can be
 * written, and no other, and a limit on its time.  Whatever goes wrong means that the text is not rewritten.
 */
#include <asm/errno.h>
#include <linux/mman.h>
#include <linux/resource.h>
#include <linux/sched.h>

#include "freestanding.h"
#include "host.h"
#include "internal.h"
#include "spawn.h"
#include "text.h"

enum { SECONDS = 20, SETTINGS_ROOM = 64, STACK_BYTES = 8192 };

typedef long gate_clone_fn(uint64_t flags, uint64_t stack, uint64_t ptid,
    uint64_t ctid, uint64_t tls, struct thread_block *child);

/* What the child works on.  Its thread block is one in name alone: gate_clone finds stack and start in it. */
struct planning {
	struct thread_block block;
	struct thread_block planner;
	uint64_t vec[BODY_ENTRIES], planner_vec[BODY_ENTRIES];
	int fd, memory;
	char cache[SPAWN_PATH];		/* VENEER_CACHE=... */
	char settings[SETTINGS_ROOM];
	char path[SPAWN_PATH];
	_Alignas(16) char stack[STACK_BYTES];
	_Alignas(16) char planner_stack[STACK_BYTES];
};

static long
planning_clone(struct thread_block *t, struct thread_block *child)
{
	return ((gate_clone_fn *)t->gate_clone)(CLONE_VM | CLONE_VFORK |
	    CLONE_UNTRACED, child->stack_top, 0, 0, 0, child);
}

/*
 * The file becomes 0 to 2, the memory 3; what stands there moves out of the way first, as far as
 * the limit of numbers lets it.  Answers whether the memory is there.
 */
static bool
planner_files(struct thread_block *t, struct planning *p)
{
	long fd = HOST3(t, HOST_NR_fcntl, p->fd, 0 /* F_DUPFD */, 4);
	long memory = p->memory < 0 ? -1 :
	    HOST3(t, HOST_NR_fcntl, p->memory, 0 /* F_DUPFD */, 4);

	if (fd < 0)
		fd = p->fd;
	for (long to = 0; to < 3; to++)
		if (fd != to)
			HOST3(t, HOST_NR_dup3, fd, to, 0);
		else
			HOST3(t, HOST_NR_fcntl, to, 2 /* F_SETFD */, 0);
	if (memory >= 0 && HOST3(t, HOST_NR_dup3, memory, 3, 0) != 3)
		memory = -1;
	HOST3(t, HOST_NR_close_range, memory < 0 ? 3 : 4, ~0u, 0);
	return memory >= 0;
}

/* First code of the planner to be, with every signal blocked. */
static _Noreturn void
planner_child(struct thread_block *t)
{
	struct planning *p = (struct planning *)(void *)((char *)t -
	    offsetof(struct planning, planner));
	const char *front = (const char *)((struct mm_block *)t->mm)->front;
	struct rlimit64 limit = { SECONDS, SECONDS };
	char name[] = "veneer-plan", mode[] = "--text";
	char file[] = "/proc/self/fd/0";
	char in_memory[] = "memory";
	char *argv[] = { name, mode, p->settings, file, NULL, NULL };
	char *envp[] = { p->cache[0] != '\0' ? p->cache : NULL, NULL };

	if (planner_files(t, p))
		argv[4] = in_memory;
	HOST4(t, HOST_NR_prlimit64, 0, RLIMIT_CPU, &limit, 0);
	for (int try = 0; spawn_path(p->path, front, name, try); try++)
		HOST3(t, HOST_NR_execve, p->path, argv, envp);
	for (;;)
		HOST1(t, HOST_NR_exit_group, SPAWN_FAILED);
}

/* First code of the child. */
static _Noreturn void
planning_child(struct thread_block *t)
{
	struct planning *p = (struct planning *)(void *)t;
	long pid = planning_clone(t, &p->planner);
	long ret = pid < 0 ? pid : spawn_wait(t, pid);

	for (;;)
		HOST1(t, HOST_NR_exit_group, ret < 0 ? SPAWN_FAILED : ret);
}

static void
block_fill(struct thread_block *t, struct thread_block *block, uint64_t *vec,
    char *stack, uint64_t start)
{
	block->self = block;
	block->gate_raw = t->gate_raw;
	block->gate_clone = t->gate_clone;
	block->mm = t->mm;
	block->vec = vec;
	block->stack_top = (uint64_t)stack + STACK_BYTES - 8;
	vec[BODY_CHILD] = start;
}

static void
put_number(char *s, uint64_t v)
{
	char digits[24];
	int n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	while (n > 0)
		*s++ = digits[--n];
	*s = '\0';
}

static void
planning_fill(struct thread_block *t, struct planning *p,
    const struct text_block *b, int fd, int memory, const char *cache)
{
	static const char key[] = "VENEER_CACHE=";
	static const char half[] = "rewrite=half:", all[] = "rewrite=all";

	block_fill(t, &p->block, p->vec, p->stack, (uint64_t)planning_child);
	block_fill(t, &p->planner, p->planner_vec, p->planner_stack,
	    (uint64_t)planner_child);
	p->fd = fd;
	p->memory = memory;
	if (cache[0] != '\0') {
		memcpy(p->cache, key, sizeof(key));
		memcpy(p->cache + sizeof(key) - 1, cache, strlen(cache) + 1);
	}
	memcpy(p->settings, all, sizeof(all));
	if (b->mode == TEXT_HALF) {
		memcpy(p->settings, half, sizeof(half));
		put_number(p->settings + sizeof(half) - 1, b->seed);
	}
}

long
text_plan(struct thread_block *t, const struct text_block *b, int fd,
    int memory, const char *cache)
{
	uint64_t all = ~I9_SIGNALS, old = 0;
	struct planning *p;
	long pid, ret;

	if (thread_mm(t)->front == 0)
		return -ENOENT;
	ret = HOST6(t, HOST_NR_mmap, 0, sizeof(*p), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ret < 0 && ret >= -4095)
		return ret;
	p = (struct planning *)ret;
	planning_fill(t, p, b, fd, memory, cache);
	HOST4(t, HOST_NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &all, &old, 8);
	pid = planning_clone(t, &p->block);
	ret = pid < 0 ? pid : spawn_wait(t, pid);
	HOST4(t, HOST_NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &old, 0, 8);
	HOST2(t, HOST_NR_munmap, p, sizeof(*p));
	return ret == -ECHILD ? 0 : ret > 0 ? -EIO : ret;
}
