/* SPDX-License-Identifier: ISC */
/*
 * enter: from a plan to a running guest, in this order.
 *
 * Check what the kernel must be able to do, map the plan, map the program and its
 * interpreter, reserve the arena, map gate, body, commpage and stub tables, take our
 * own arguments off the kernel's initial stack, tell the kernel where the guest's parts
 * are, close everything, call the body's start.  Any failure is one line and exit 125.
 */
#include <asm/errno.h>
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>

#include "enter.h"
#include "host.h"
#include "text.h"

void loader_main(uint64_t *sp);

/* From the linker. */
extern const char __executable_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

const char *
enter_string(const struct enter *e, uint32_t off)
{
	return e->strings + (off < e->plan->strings_size ? off : 0);
}

uint64_t
enter_random(void)
{
	uint64_t n = 0;

	host3(HOST_NR_getrandom, (long)&n, sizeof(n), 1 /* GRND_NONBLOCK */);
	return n;
}

int
enter_open(const struct enter *e, uint32_t file)
{
	const struct plan_file *pf = &e->file[file];
	const char *path = enter_string(e, pf->path);
	struct stat st;
	long fd, ret;

	fd = host3(HOST_NR_open, (long)path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		fail(EXIT_VENEER, "cannot open ", path, ": ", text_error(fd),
		    NULL);
	ret = host3(HOST_NR_fstat, fd, (long)&st, 0);
	if (ret < 0)
		fail(EXIT_VENEER, path, ": ", text_error(ret), NULL);
	if (st.st_dev != pf->dev || st.st_ino != pf->ino ||
	    (uint64_t)st.st_size != pf->bytes || st.st_mtime != pf->mtime_sec ||
	    st.st_mtime_nsec != pf->mtime_nsec)
		fail(EXIT_VENEER, path, ": changed while it was being started;"
		    " run it again", NULL);
	return (int)fd;
}

static void
check_kernel(void)
{
	long ret;

	ret = host6(HOST_NR_prctl, PR_SET_SYSCALL_USER_DISPATCH,
	    PR_SYS_DISPATCH_OFF, 0, 0, 0, 0);
	if (ret < 0)
		fail(EXIT_VENEER, "Syscall User Dispatch is refused here: ",
		    text_error(ret), "; Linux 5.11 or newer is needed, and a"
		    " container profile that allows prctl(59)", NULL);
	ret = host6(HOST_NR_prctl, PR_GET_SECCOMP, 0, 0, 0, 0, 0);
	if (ret < 0)
		fail(EXIT_VENEER, "this kernel has no seccomp: ",
		    text_error(ret), "; CONFIG_SECCOMP_FILTER is needed", NULL);
}

static bool
table_fits(const struct plan *p, uint64_t off, uint64_t n, uint64_t size)
{
	return off % 8 == 0 && off <= p->total &&
	    n <= (p->total - off) / size;
}

static bool
plan_fits(const struct plan *p, uint64_t bytes)
{
	return bytes >= sizeof(*p) && p->magic == MAGIC_PLAN &&
	    p->version == VERSION_PLAN && p->size == sizeof(*p) &&
	    p->total <= bytes && p->nimages <= PLAN_IMAGES_MAX &&
	    p->nstubs <= PLAN_STUBS_MAX && p->program < p->nimages &&
	    p->body < p->nimages && p->gate < p->nimages &&
	    (p->interp == PLAN_NONE || p->interp < p->nimages) &&
	    table_fits(p, p->images_off, p->nimages, sizeof(struct plan_image)) &&
	    table_fits(p, p->files_off, p->nfiles, sizeof(struct plan_file)) &&
	    table_fits(p, p->maps_off, p->nmaps, sizeof(struct plan_map)) &&
	    table_fits(p, p->strings_off, p->strings_size, 1) &&
	    p->strings_size > 0 &&
	    ((const char *)p)[p->strings_off + p->strings_size - 1] == '\0';
}

/* The plan in memory: a mapping of the file, or what a pipe holds. */
static const struct plan *
plan_read(int fd, uint64_t *bytes)
{
	struct stat st;
	long ret, n = 0;

	ret = host3(HOST_NR_fstat, fd, (long)&st, 0);
	if (ret == 0 && (st.st_mode & 0170000) == 0010000) {
		*bytes = PLAN_PIPE_MAX;
		ret = host6(HOST_NR_mmap, 0, PLAN_PIPE_MAX,
		    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		n = ret < 0 ? ret : host3(HOST_NR_read, fd, ret, PLAN_PIPE_MAX);
	} else if (ret == 0) {
		*bytes = (uint64_t)st.st_size;
		ret = host6(HOST_NR_mmap, 0, st.st_size, PROT_READ, MAP_PRIVATE,
		    fd, 0);
	}
	if (ret < 0 || n < 0)
		fail(EXIT_VENEER, "cannot map the plan: ",
		    text_error(ret < 0 ? ret : n), NULL);
	host3(HOST_NR_close, fd, 0, 0);
	return (const struct plan *)ret;
}

static void
plan_map(struct enter *e, int fd)
{
	const struct plan *p;
	uint64_t bytes = 0;
	uint32_t i;

	p = plan_read(fd, &bytes);
	if (!plan_fits(p, bytes))
		fail(EXIT_VENEER, "the plan is of another version of Veneer;"
		    " install veneer-plan and enter together", NULL);
	e->plan = p;
	e->image = (const void *)((const char *)p + p->images_off);
	e->file = (const void *)((const char *)p + p->files_off);
	e->map = (const void *)((const char *)p + p->maps_off);
	e->strings = (const char *)p + p->strings_off;
	for (i = 0; i < p->nimages; i++)
		if (e->image[i].file >= p->nfiles ||
		    e->image[i].first_map > p->nmaps ||
		    e->image[i].nmaps > p->nmaps - e->image[i].first_map)
			fail(EXIT_VENEER, "the plan is damaged", NULL);
	for (i = 0; i < p->nstubs; i++)
		if (p->stub_image[i] >= p->nimages)
			fail(EXIT_VENEER, "the plan is damaged", NULL);
	e->start.plan = (uint64_t)p;
	e->start.plan_size = bytes;
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

	value = setting_find(e->settings, "witness", &n);
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

	value = setting_find(e->settings, "nofile", &n);
	if (value == NULL)
		return;
	if (host4(HOST_NR_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&rl) != 0)
		return;
	for (rl.rlim_cur = 0; n > 0; n--, value++)
		rl.rlim_cur = rl.rlim_cur * 10 +
		    (uint64_t)((unsigned char)*value - (unsigned)'0');
	host4(HOST_NR_prlimit64, 0, RLIMIT_NOFILE, (long)&rl, 0);
}

void
loader_main(uint64_t *sp)
{
	struct enter e = { 0 };
	char **argv = (char **)(sp + 1);
	long persona;
	int fd;

	if (sp[0] <= ARG_OWN || (fd = text_number(argv[ARG_PLAN])) < 0)
		fail(EXIT_VENEER, "enter is started by veneer, not by hand",
		    NULL);
	e.name = argv[ARG_EXECFN];
	e.settings = argv[ARG_SETTINGS];
	persona = host3(HOST_NR_personality, 0xffffffff, 0, 0);
	e.personality = persona < 0 ? 0 : (uint64_t)persona;
	check_kernel();
	plan_map(&e, fd);
	read_settings(&e);
	arena_reserve(&e);
	images_map(&e);
	stubs_map(&e);
	commpage_map(&e);
	ring_map(&e);
	limit_restore(&e);
	fill_start(&e);
	stack_edit(&e, sp);
	host6(HOST_NR_prctl, PR_SET_NAME, (long)enter_string(&e, e.plan->comm),
	    0, 0, 0, 0);
	/* The body's start runs on this stack, below what it is told. */
	jump((uint64_t)&e - 256,
	    e.start.body + *(const uint32_t *)(e.start.body + e.start.body_vector),
	    &e.start);
}
