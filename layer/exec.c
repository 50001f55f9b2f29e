/* SPDX-License-Identifier: ISC */
/*
 * execve by a guest.  A file that some layer is for goes through the front (`veneer --exec`), anything
 * else to the kernel, which then answers errors as it always does.  What cannot be read is left to the
 * front too: its planner decides with the file's real content, and execs a host program as it is.
 */
#include <asm/errno.h>
#include <linux/elf.h>
#include <linux/fcntl.h>
#include <asm/stat.h>

#include "exec.h"
#include "filter.h"
#include "freestanding.h"
#include "host.h"
#include "internal.h"
#include "trap.h"

#define PATH_ROOM 4096u		/* PATH_MAX: a longer one is an error to the kernel too */
#define HEAD_ROOM 1024u
#define NOTE_ROOM 512u
#define SCRIPT_DEPTH 4
#define ARGS_ROOM 256
#define EXTRA_ARGS 5		/* veneer --exec SETTINGS PATH ARGV0 */
#define MACHINE_X86_64 62
#define MACHINE_386 3
#define OSABI_FREEBSD 9

enum kind { KIND_HOST, KIND_LAYER, KIND_REFUSED };

/* On the layer stack: two paths, then the argument vector or the head of a file. */
struct exec_room {
	char path[PATH_ROOM];
	char other[PATH_ROOM];
	union {
		uint64_t argv[ARGS_ROOM];
		struct { char head[HEAD_ROOM], note[NOTE_ROOM]; } file;
	} u;
	struct stat st;	/* of the file that is looked at */
	long fd;	/* what the guest named, or why it cannot be read */
	long error;	/* of KIND_REFUSED */
	bool gains;	/* the file gives rights */
	bool foreign;	/* a program of another system, which runs under a layer or not at all */
};

/* Brands: the name in a note, and the layer's; FreeBSD's description is the version in hundred thousands. */
static const struct {
	char note[12], layer[12];
	uint32_t namesz, unit;
} brands[] = {
	{ "Veneer", "native", 7, 0 },
	{ "FreeBSD", "freebsd", 8, 100000 },
	{ "NetBSD", "netbsd", 7, 0 },
	{ "OpenBSD", "openbsd", 8, 0 },
	{ "DragonFly", "dragonfly", 10, 0 },
};
#define BRAND_FREEBSD 1

static bool
brand_of(const Elf64_Nhdr *nh, const char *name, const char *desc, struct exec_brand *b)
{
	for (size_t i = 0; i < sizeof(brands) / sizeof(brands[0]); i++) {
		uint32_t v = 0;

		if (nh->n_namesz != brands[i].namesz ||
		    memcmp(name, brands[i].note, nh->n_namesz) != 0)
			continue;
		if (brands[i].unit != 0 && nh->n_descsz == sizeof(v)) {
			memcpy(&v, desc, sizeof(v));
			v /= brands[i].unit;
		}
		*b = (struct exec_brand){ brands[i].layer, v };
		return true;
	}
	return false;
}

static bool
note_brands(const char *p, size_t n, struct exec_brand *b)
{
	while (n >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr nh;
		size_t name, all;

		memcpy(&nh, p, sizeof(nh));
		name = (nh.n_namesz + 3ul) & ~3ul;
		all = sizeof(nh) + name + ((nh.n_descsz + 3ul) & ~3ul);
		if (all > n)
			return false;
		if (brand_of(&nh, p + sizeof(nh), p + sizeof(nh) + name, b))
			return true;
		p += all;
		n -= all;
	}
	return false;
}

/* Is the program header i in the part that was read? Then *ph is it. */
static bool
header_at(const struct exec_room *x, size_t n, unsigned i, Elf64_Phdr *ph)
{
	const Elf64_Ehdr *eh = (const void *)x->u.file.head;
	uint64_t at = eh->e_phoff + i * sizeof(*ph);

	if (i >= eh->e_phnum || at > n || n - at < sizeof(*ph))
		return false;
	memcpy(ph, x->u.file.head + at, sizeof(*ph));
	return true;
}

static bool
is_elf64(const struct exec_room *x, size_t n)
{
	const Elf64_Ehdr *eh = (const void *)x->u.file.head;

	return n >= sizeof(*eh) && eh->e_ident[EI_CLASS] == ELFCLASS64 &&
	    eh->e_machine == MACHINE_X86_64 &&
	    eh->e_phentsize == sizeof(Elf64_Phdr);
}

static bool
elf_is_foreign(struct thread_block *t, struct exec_room *x, long fd, size_t n, struct exec_brand *b)
{
	const Elf64_Ehdr *eh = (const void *)x->u.file.head;
	Elf64_Phdr ph;

	if (!is_elf64(x, n))
		return false;
	for (unsigned i = 0; header_at(x, n, i, &ph); i++) {
		long got;

		if (ph.p_type != PT_NOTE)
			continue;
		got = HOST4(t, HOST_NR_pread64, fd, x->u.file.note,
		    ph.p_filesz < NOTE_ROOM ? ph.p_filesz : NOTE_ROOM,
		    ph.p_offset);
		if (got > 0 && note_brands(x->u.file.note, (size_t)got, b))
			return true;
	}
	*b = (struct exec_brand){ brands[BRAND_FREEBSD].layer, 0 };
	return eh->e_ident[EI_OSABI] == OSABI_FREEBSD;
}

/* Linux programs get their layer, too, but for `--no-follow` of one that was started with another layer. */
static bool
linux_layered(struct thread_block *t)
{
	char name[16];

	if (!settings_get(t, "follow", name, sizeof(name)) || name[0] != '0')
		return true;
	return settings_get(t, "layer", name, sizeof(name)) &&
	    memcmp(name, "linux", 5) == 0 && (name[5] == '\0' || name[5] == '@');
}

/* What the kernel refuses it refuses itself: a missing interpreter, another type of file. */
static enum kind
elf_of_linux(struct thread_block *t, struct exec_room *x, long fd, size_t n)
{
	const Elf64_Ehdr *eh = (const void *)x->u.file.head;
	Elf64_Phdr ph;

	if (n >= sizeof(*eh) && eh->e_ident[EI_CLASS] == ELFCLASS32 &&
	    (eh->e_machine == MACHINE_386 || eh->e_machine == MACHINE_X86_64)) {
		log_missing(&t->call, eh->e_machine == MACHINE_386 ? "exec refused: a program for i386; "
		    "there are layers for x86-64 alone" : "exec refused: a program for x32; there are layers for x86-64 alone");
		x->error = -ENOEXEC;
		return KIND_REFUSED;
	}
	if (!is_elf64(x, n) || (eh->e_type != ET_EXEC && eh->e_type != ET_DYN))
		return KIND_HOST;
	for (unsigned i = 0; header_at(x, n, i, &ph); i++) {
		if (ph.p_type != PT_INTERP)
			continue;
		if (ph.p_filesz < 2 || ph.p_filesz > PATH_ROOM ||
		    HOST4(t, HOST_NR_pread64, fd, x->other, ph.p_filesz,
		    ph.p_offset) != (long)ph.p_filesz)
			return KIND_HOST;
		x->other[ph.p_filesz - 1] = '\0';
		if (HOST4(t, HOST_NR_faccessat2, AT_FDCWD, x->other, 1,
		    AT_EACCESS) != 0)
			return KIND_HOST;
	}
	return KIND_LAYER;
}

static enum kind
elf_kind(struct thread_block *t, struct exec_room *x, long fd, long n)
{
	struct exec_brand brand;

	if (n <= 4 || memcmp(x->u.file.head, "\177ELF", 4) != 0)
		return KIND_HOST;
	x->foreign = elf_is_foreign(t, x, fd, (size_t)n, &brand);
	if (x->foreign) {
		x->error = exec_check(t, fd, &x->st, x->u.file.head, (size_t)n, &brand);
		return x->error == 0 ? KIND_LAYER : KIND_REFUSED;
	}
	return linux_layered(t) ? elf_of_linux(t, x, fd, (size_t)n) : KIND_HOST;
}

/* The interpreter of a `#!` line into x->other. */
static bool
script_interpreter(struct exec_room *x, size_t n)
{
	const char *p = x->u.file.head + 2, *end = x->u.file.head + n;
	size_t k = 0;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (p < end && k < PATH_ROOM - 1 && *p != ' ' && *p != '\t' &&
	    *p != '\n' && *p != '\0')
		x->other[k++] = *p++;
	x->other[k] = '\0';
	return k != 0;
}

static long
file_open(struct thread_block *t, int dirfd, const char *path, int flags)
{
	if (*path == '\0' && (flags & AT_EMPTY_PATH))
		return HOST3(t, HOST_NR_fcntl, dirfd, F_DUPFD_CLOEXEC, 0);
	return HOST4(t, HOST_NR_openat, dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
	    (flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0), 0);
}

/* By x->fd, which stays open, and by what a script names. */
static enum kind
classify(struct thread_block *t, struct exec_room *x)
{
	long fd = x->fd, n;
	enum kind kind;

	for (int depth = 0; depth <= SCRIPT_DEPTH; depth++) {
		if (depth > 0)
			fd = file_open(t, AT_FDCWD, x->other, 0);
		if (fd < 0)
			return fd == -EMFILE || fd == -ENFILE || fd == -EACCES ?
			    KIND_LAYER : KIND_HOST;
		if (depth > 0)
			HOST2(t, HOST_NR_fstat, fd, &x->st);
		n = HOST4(t, HOST_NR_pread64, fd, x->u.file.head, HEAD_ROOM, 0);
		kind = elf_kind(t, x, fd, n);
		if (depth > 0)
			HOST1(t, HOST_NR_close, fd);
		if (kind != KIND_HOST)
			return kind;
		if (n < 3 || memcmp(x->u.file.head, "#!", 2) != 0 ||
		    !script_interpreter(x, (size_t)n))
			return KIND_HOST;
	}
	return KIND_HOST;
}

/* x->fd, x->st and x->gains: one walk of the path answers all. */
static void
file_look(struct thread_block *t, struct exec_room *x, int dirfd, int flags)
{
	long ret;

	x->fd = flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) ?
	    -EINVAL : file_open(t, dirfd, x->path, flags);	/* an error, or a question only */
	if (x->fd >= 0)
		ret = HOST2(t, HOST_NR_fstat, x->fd, &x->st);
	else
		ret = HOST4(t, HOST_NR_newfstatat, dirfd, x->path, &x->st,
		    flags & (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
	x->gains = ret == 0 && trap_exec_gains(t, x->fd, x->path, &x->st);
}

/* May it be executed?  After absolute_path, for what could not be opened. */
static long
file_allowed(struct thread_block *t, const struct exec_room *x)
{
	if (x->fd >= 0)
		return HOST4(t, HOST_NR_faccessat2, x->fd, "", 1, AT_EACCESS | AT_EMPTY_PATH);
	return HOST4(t, HOST_NR_faccessat2, AT_FDCWD, x->path, 1, AT_EACCESS);
}

/* Make x->path name the file whatever dirfd is, since the front has another view of descriptors. */
static long
absolute_path(struct thread_block *t, struct exec_room *x, int dirfd, int flags)
{
	char link[40] = "/proc/self/fd/";
	size_t n = strlen(link), plen = strlen(x->path);
	char digits[12];
	int i = 0;
	long got;

	if (dirfd == AT_FDCWD || x->path[0] == '/')
		return 0;
	for (unsigned v = (unsigned)dirfd; i == 0 || v != 0; v /= 10)
		digits[i++] = (char)('0' + v % 10);
	while (i > 0)
		link[n++] = digits[--i];
	got = HOST3(t, HOST_NR_readlink, link, x->other, PATH_ROOM - 1);
	if (got < 0)
		return got;
	if (plen == 0 && (flags & AT_EMPTY_PATH)) {
		memcpy(x->path, x->other, (size_t)got);
		x->path[got] = '\0';
		return 0;
	}
	if ((size_t)got + plen + 2 > PATH_ROOM)
		return -ENAMETOOLONG;
	memmove(x->path + got + 1, x->path, plen + 1);
	memcpy(x->path, x->other, (size_t)got);
	x->path[got] = '/';
	return 0;
}

/*
 * The call itself, turned away by a signal that was noted since the guest called: a program that
 * replaced this one would never hear of it.
 */
static long
exec_host(struct thread_block *t, long nr, long a, long b, long d, long e, long f)
{
	long ret;

	signal_exec_prepare(t);
	ret = ((gate_call_fn *)t->gate_call_intr)(nr, a, b, d, e, f, 0);
	signal_exec_undo(t);
	return ret;
}

/* Bytes of a vector with its end, or -errno. */
static long
vector_count(gaddr v)
{
	uint64_t p;
	long n = 0;

	if (v.a == 0)
		return 0;
	for (;; n++) {
		if (copyin(&p, guest(v.a + 8 * (uint64_t)n), 8) != 0)
			return -EFAULT;
		if (p == 0)
			return n;
	}
}

static long
exec_front(struct call *c, struct exec_room *x, gaddr argv, gaddr envp)
{
	struct thread_block *t = c->thread;
	struct mm_block *mm = t->mm;
	long n = vector_count(argv), room, ret;
	uint64_t *v = x->u.argv;

	if (n < 0)
		return n;
	if (mm->front == 0)
		return -ENOENT;
	room = n + EXTRA_ARGS + 2;
	if (room > (long)ARGS_ROOM) {
		ret = HOST6(t, HOST_NR_mmap, 0, room * 8, 3, 0x22, -1, 0);
		if (ret < 0 && ret > -4096)
			return -E2BIG;
		v = (uint64_t *)ret;
		t->exec_vector_size = (uint64_t)room * 8;
		t->exec_vector = (uint64_t)ret;
	}
	v[0] = (uint64_t)"veneer";
	v[1] = (uint64_t)"--exec";
	v[2] = mm->settings != 0 ? mm->settings : (uint64_t)"";
	v[3] = (uint64_t)x->path;
	v[4] = (uint64_t)x->path;
	ret = 0;
	if (n > 0)
		ret = copyin(&v[4], argv, 8 * (size_t)n);
	v[4 + (n > 0 ? n : 1)] = 0;
	if (ret == 0 && (t->guards & GUARD_FILTER) && c->nr == HOST_NR_execveat)
		ret = exec_host(t, HOST_NR_execveat, AT_FDCWD, (long)mm->front,
		    (long)v, (long)envp.a, 0);
	else if (ret == 0)
		ret = exec_host(t, HOST_NR_execve, (long)mm->front, (long)v,
		    (long)envp.a, 0, 0);
	t->exec_vector = 0;
	if (v != x->u.argv)
		HOST2(t, HOST_NR_munmap, v, room * 8);
	return ret;
}

/* A program that starts itself again by the link means its own file, not what executed the plan. */
static bool
exe_link(struct thread_block *t, const struct exec_room *x)
{
	return thread_mm(t)->exe_path != 0 &&
	    (strcmp(x->path, "/proc/self/exe") == 0 ||
	    strcmp(x->path, "/proc/thread-self/exe") == 0);
}

/* A tracer sees the call that the program made. */
static long
exec_as_called(struct thread_block *t, int dirfd, gaddr path, gaddr argv,
    gaddr envp, int flags)
{
	if (t->call.nr == HOST_NR_execve)
		return exec_host(t, HOST_NR_execve, (long)path.a, (long)argv.a,
		    (long)envp.a, 0, 0);
	return exec_host(t, HOST_NR_execveat, dirfd, (long)path.a, (long)argv.a,
	    (long)envp.a, flags);
}

/* Linux programs that must run without a layer: noted, never silent. */
static bool
exec_leaves(struct call *c, bool gains)
{
	struct thread_block *t = c->thread;

	if (gains) {
		log_missing(c, "a set-id or capable file runs without a layer");
		return true;
	}
	if ((t->guards & GUARD_FILTER) && !filter_allows_start(t)) {
		log_missing(c, "the guest's filter leaves no way to start a layer: "
		    "the program runs without one");
		return true;
	}
	if (traced_by_guest(t)) {
		log_missing(c, "traced by a guest: the program runs without a layer");
		return true;
	}
	return false;
}

/* fexecve of what has no name, by a descriptor that the exec closes: the front could not open it. */
static bool
vanishes(struct thread_block *t, int dirfd, const struct exec_room *x, int flags)
{
	struct stat st;

	return x->path[0] == '\0' && (flags & AT_EMPTY_PATH) != 0 &&
	    (HOST3(t, HOST_NR_fcntl, dirfd, F_GETFD, 0) & FD_CLOEXEC) != 0 &&
	    HOST2(t, HOST_NR_fstat, dirfd, &st) == 0 && st.st_nlink == 0;
}

/* What becomes of the call; *ret: what it answers when that is an error already. */
static enum kind
exec_judge(struct call *c, struct exec_room *x, int dirfd, int flags, long *ret)
{
	struct thread_block *t = c->thread;
	enum kind kind = KIND_REFUSED;

	*ret = 0;
	file_look(t, x, dirfd, flags);
	if (x->gains && trap_exec_refuse(t))
		*ret = -EPERM;
	else
		kind = classify(t, x);
	if (kind == KIND_REFUSED && *ret == 0)
		*ret = x->error;
	if (kind == KIND_LAYER && linux_layered(t)) {
		if (vanishes(t, dirfd, x, flags)) {
			log_missing(c, "a file without a name runs without a layer");
			kind = KIND_HOST;
		} else if (exec_leaves(c, x->gains))
			kind = KIND_HOST;
	}
	if (kind == KIND_LAYER)
		*ret = absolute_path(t, x, dirfd, flags);
	if (kind == KIND_LAYER && *ret == 0)
		*ret = file_allowed(t, x);
	if (x->fd >= 0)
		HOST1(t, HOST_NR_close, x->fd);
	return kind;
}

/* In a root or a mount namespace without Veneer's files a Linux program can still run, as it would natively. */
static bool
hidden(struct thread_block *t, const struct exec_room *x, long ret)
{
	const struct mm_block *mm = t->mm;

	return (ret == -ENOENT || ret == -ENOTDIR || ret == -EACCES) && !x->foreign && linux_layered(t) &&
	    HOST4(t, HOST_NR_faccessat2, AT_FDCWD, mm->front, 1, AT_EACCESS) != 0;
}

long
exec_guest(struct call *c, int dirfd, gaddr path, gaddr argv, gaddr envp, int flags)
{
	struct thread_block *t = c->thread;
	struct exec_room room, *x = &room;
	enum kind kind = KIND_HOST;
	long ret;

	if (t->attention & ATT_SIGNAL)
		return -ERESTARTSYS;
	ret = copyinstr(x->path, path, PATH_ROOM);
	if (ret >= 0 && exe_link(t, x)) {
		path = guest(thread_mm(t)->exe_path);
		ret = copyinstr(x->path, path, PATH_ROOM);
	}
	if (ret < 0 && ret != -ENAMETOOLONG)
		return ret;
	if (ret >= 0)
		kind = exec_judge(c, x, dirfd, flags, &ret);
	if (kind == KIND_LAYER && ret == 0) {
		ret = exec_front(c, x, argv, envp);
		if (!hidden(t, x, ret))
			return ret;
		log_missing(c, "Veneer is out of sight in this root: the program runs without a layer");
		kind = KIND_HOST;
	}
	return kind == KIND_HOST ? exec_as_called(t, dirfd, path, argv, envp, flags) : ret;
}
