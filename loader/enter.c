/* SPDX-License-Identifier: ISC */
/*
 * enter: from a plan to a running guest, in this order.
 *
 * Check what the kernel must be able to do, map the plan, map the program and its
 * interpreter, reserve the arena, map body and stub tables, take our
 * own arguments off the kernel's initial stack, tell the kernel where the guest's parts
 * are, close everything, call the body's start.  Any failure is one line and exit 125.
 */
#include <asm/errno.h>
#include <asm/stat.h>
#include <linux/auxvec.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>

#include "cache.h"
#include "enter.h"
#include "host.h"
#include "page_hash.h"
#include "plan_check.h"
#include "text.h"

#define JUMP_ROOM 256

/* From the linker. */
extern const char __executable_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

const char *
enter_string(const struct enter *e, uint32_t off)
{
	return e->strings + (off < e->plan->strings_size ? off : 0);
}

uint64_t
enter_random(struct enter *e)
{
	if (e->nrandom == 0) {
		host3(HOST_NR_getrandom, (long)e->random, sizeof(e->random),
		    1 /* GRND_NONBLOCK */);
		e->nrandom = sizeof(e->random) / sizeof(e->random[0]);
	}
	return e->random[--e->nrandom];
}

static _Noreturn void
changed(const struct enter *e, const char *path)
{
	enter_fail(e, path, ": changed while it was being started;"
	    " run it again", NULL);
}

/* The change time is for plans that were kept: a link made meanwhile is no reason to fail. */
static bool
same_file(const struct enter *e, const struct plan_file *pf,
    const struct stat *st)
{
	return st->st_dev == pf->dev && st->st_ino == pf->ino &&
	    ((pf->flags & PLAN_FILE_DIR) != 0 ||
	    (uint64_t)st->st_size == pf->bytes) &&
	    st->st_mtime == pf->mtime_sec &&
	    st->st_mtime_nsec == pf->mtime_nsec &&
	    (!e->from->cached || st->st_ctime * 1000000000ul +
	    st->st_ctime_nsec == pf->ctime_nsec);
}

/* Stores through a mapping can leave size and times as they are. */
static bool
same_head(const struct plan_file *pf, long fd)
{
	uint64_t page[PLAN_HEAD_BYTES / 8];
	long n;

	if ((pf->flags & PLAN_FILE_HEAD) == 0)
		return true;
	n = host4(HOST_NR_pread64, fd, (long)page, sizeof(page), 0);
	return n > 0 && page_hash(page, (uint64_t)n, 0) == pf->head;
}

/* Where a file is opened: the program by the name that it was given now. */
static const char *
file_path(const struct enter *e, uint32_t file)
{
	if (file == e->image[e->plan->program].file && e->plan->nprefix == 0)
		return e->from->path;
	return enter_string(e, e->file[file].path);
}

int
enter_open(const struct enter *e, uint32_t file)
{
	const struct plan_file *pf = &e->file[file];
	const char *path = file_path(e, file);
	struct stat st;
	long fd, ret;

	fd = host3(HOST_NR_open, (long)path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		enter_fail(e, "cannot open ", path, ": ", text_error(fd),
		    NULL);
	ret = host3(HOST_NR_fstat, fd, (long)&st, 0);
	if (ret < 0)
		enter_fail(e, path, ": ", text_error(ret), NULL);
	if (!same_file(e, pf, &st) || !same_head(pf, fd))
		changed(e, path);
	return (int)fd;
}

static void
check_kernel(const struct enter *e)
{
	long ret;

	ret = host6(HOST_NR_prctl, PR_SET_SYSCALL_USER_DISPATCH,
	    PR_SYS_DISPATCH_OFF, 0, 0, 0, 0);
	if (ret < 0)
		enter_fail(e, "Syscall User Dispatch is refused here: ",
		    text_error(ret), "; Linux 5.11 or newer is needed, and a"
		    " container profile that allows prctl(59)", NULL);
	ret = host6(HOST_NR_prctl, PR_GET_SECCOMP, 0, 0, 0, 0, 0);
	if (ret < 0)
		enter_fail(e, "this kernel has no seccomp: ",
		    text_error(ret), "; CONFIG_SECCOMP_FILTER is needed", NULL);
}

/* Files that nothing is mapped from, but that the plan depends on. */
static void
files_check(const struct enter *e)
{
	const struct plan_file *pf;
	struct stat st;
	uint32_t i;
	long ret;

	for (i = 0; i < e->plan->nfiles; i++) {
		pf = &e->file[i];
		if ((pf->flags & PLAN_FILE_CHECK) == 0)
			continue;
		if (pf->flags & PLAN_FILE_HEAD) {
			host3(HOST_NR_close, enter_open(e, i), 0, 0);
			continue;
		}
		ret = host3(HOST_NR_stat, (long)enter_string(e, pf->path),
		    (long)&st, 0);
		if (ret < 0 || !same_file(e, pf, &st))
			changed(e, enter_string(e, pf->path));
	}
}

/* The plan is in memory; nothing in it has been looked at. */
static void
plan_take(struct enter *e, const struct plan *p, uint64_t bytes)
{
	if (e->from->cached && (bytes < sizeof(*p) ||
	    plan_sum(p, bytes) != p->sum))
		enter_fail(e, "the cached plan is damaged", NULL);
	if (bytes < sizeof(*p) || p->magic != MAGIC_PLAN ||
	    p->version != VERSION_PLAN)
		enter_fail(e, "the plan is of another version of Veneer;"
		    " install veneer and veneer-plan together", NULL);
	if (!plan_sound(p, bytes))
		enter_fail(e, "the plan is damaged", NULL);
	e->plan = p;
	e->image = (const void *)((const char *)p + p->images_off);
	e->file = (const void *)((const char *)p + p->files_off);
	e->map = (const void *)((const char *)p + p->maps_off);
	e->strings = (const char *)p + p->strings_off;
}

/* What the guest's own programs will be given: ours, and what the plan says of the guest. */
static const char *
settings_guest(const struct enter *e)
{
	char *joined = e->from->room->at;
	const char *ours = e->from->settings;
	const char *more = enter_string(e, e->plan->settings);
	size_t n = text_len(ours), m = text_len(more), key = 0;
	char name[16];

	while (key < sizeof(name) - 1 && more[key] != '\0' && more[key] != '=') {
		name[key] = more[key];
		key++;
	}
	name[key] = '\0';
	if (m == 0 || setting_find(ours, name, &key) != NULL)
		return ours;
	if (n + m + 2 > SETTINGS_MAX || n + m + 2 > e->from->room->left)
		enter_fail(e, "the settings are too long", NULL);
	memcpy(joined, ours, n);
	if (n > 0)
		joined[n++] = ';';
	memcpy(joined + n, more, m + 1);
	return joined;
}

static void
fill_start(struct enter *e)
{
	const struct plan *p = e->plan;
	const struct plan_image *prog = &e->image[p->program];
	uint64_t bias = e->bias[p->program];
	struct start *s = &e->start;

	s->magic = MAGIC_START;
	s->version = VERSION_START;
	s->size = sizeof(*s);
	s->body_vector = p->body_vector;
	s->exe_entry = bias + prog->entry;
	s->entry = s->exe_entry;
	s->exe_base = bias;
	if (p->interp != PLAN_NONE) {
		s->interp_base = e->bias[p->interp] +
		    e->image[p->interp].base;
		s->entry = e->bias[p->interp] + e->image[p->interp].entry;
	}
	s->phdr = prog->phdr == 0 ? 0 : bias + prog->phdr;
	s->phnum = prog->phnum;
	s->phent = prog->phent;
	s->enter_base = (uint64_t)__executable_start;
	s->enter_size = PAGE_UP((uint64_t)_end) - s->enter_base;
	s->flags = p->flags;
	s->personality = p->personality;
	s->layer_version = p->layer_version;
	s->osreldate = p->osreldate;
	s->abi_min = p->abi_min;
	s->abi_max = p->abi_max;
	s->brk_start = e->brk;
	s->stubs_off = p->stubs_off;
	s->stubs_size = p->stubs_size;
	s->tls_image = p->tls_memsz == 0 ? 0 : bias + p->tls_addr;
	s->tls_filesz = p->tls_filesz;
	s->tls_memsz = p->tls_memsz;
	s->tls_align = p->tls_align;
	s->tls_room = p->tls_room;
	s->settings = (uint64_t)settings_guest(e);
	s->exe_path = (uint64_t)enter_string(e, p->exe);
	s->front = (uint64_t)enter_string(e, p->front);
	s->layer_file = (uint64_t)enter_string(e,
	    e->file[e->image[p->body].file].path);
}

/* Settings for us; the layer reads the string for itself. */
static void
read_settings(struct enter *e)
{
	const char *value;
	size_t n;

	value = setting_find(e->from->settings, "witness", &n);
	if (value != NULL && *value >= '1' && *value <= '3')
		e->start.witness = (uint32_t)(*value - '0');
}

/* The front may have raised the limit on descriptors; all of ours are closed now. */
static void
limit_restore(struct enter *e)
{
	struct rlimit64 rl;
	const char *value;
	size_t n;

	value = setting_find(e->from->settings, "nofile", &n);
	if (value == NULL)
		return;
	if (host4(HOST_NR_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&rl) != 0)
		return;
	for (rl.rlim_cur = 0; n > 0; n--, value++)
		rl.rlim_cur = rl.rlim_cur * 10 +
		    (uint64_t)((unsigned char)*value - (unsigned)'0');
	host4(HOST_NR_prlimit64, 0, RLIMIT_NOFILE, (long)&rl, 0);
}

_Noreturn void
enter(const struct enter_from *from, const struct plan *plan, uint64_t bytes)
{
	struct enter enter = { 0 }, *e = &enter;
	long persona;

	e->from = from;
	persona = host3(HOST_NR_personality, 0xffffffff, 0, 0);
	e->euid = (uint32_t)aux_find((char **)(from->sp + 1 + from->sp[0] + 1),
	    AT_EUID);
	e->personality = persona < 0 ? 0 : (uint64_t)persona;
	check_kernel(e);
	plan_take(e, plan, bytes);
	if (from->mapped) {
		e->start.plan = (uint64_t)plan;
		e->start.plan_size = PAGE_UP(from->cached ? bytes :
		    PLAN_BYTES_MAX);
	}
	read_settings(e);
	if (from->cached)
		files_check(e);
	arena_reserve(e);
	images_map(e);
	stubs_map(e);
	ring_map(e);
	limit_restore(e);
	fill_start(e);
	stack_edit(e);
	host6(HOST_NR_prctl, PR_SET_NAME, (long)enter_string(e, e->plan->comm),
	    0, 0, 0, 0);
	/* The body's start begins on this stack, below what it is told. */
	jump((uint64_t)e - JUMP_ROOM,
	    e->start.body + *(const uint32_t *)(e->start.body + e->start.body_vector),
	    &e->start);
}

/* From the planner: a memfd or a pipe. */
_Noreturn void
enter_from_fd(struct enter_from *from, int fd)
{
	uint64_t bytes = 0;
	long buf, n;

	buf = pages_new(PLAN_BYTES_MAX);
	host3(HOST_NR_lseek, fd, 0, 0);
	do {
		n = host3(HOST_NR_read, fd, buf + (long)bytes,
		    (long)(PLAN_BYTES_MAX - bytes));
		bytes += n > 0 ? (uint64_t)n : 0;
	} while (n > 0 && bytes < PLAN_BYTES_MAX);
	host3(HOST_NR_close, fd, 0, 0);
	if (n < 0)
		fail(EXIT_VENEER, "cannot read the plan: ", text_error(n), NULL);
	from->mapped = true;
	enter(from, (const struct plan *)buf, bytes);
}
