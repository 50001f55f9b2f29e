/* SPDX-License-Identifier: ISC */
/*
 * What the planner would refuse, told before the point of no return: a program that cannot be started
 * is an error of the guest's execve, as a kernel would have it, and not the end of the guest.  The planner
 * looks at everything again; only what is cheap to see is here.
 */
#include <linux/elf.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <asm/errno.h>
#include <asm/stat.h>

#include "exec.h"
#include "freestanding.h"
#include "host.h"

#define PATH_ROOM 1024u
#define ENTRIES_ROOM 2048u
#define EXEC_OK 1	/* X_OK */
#define MACHINE_X86_64 62

struct entry {	/* struct linux_dirent64 */
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

/* `NAME-VERSION.so`: the version, 0 for another name. */
static uint32_t
version_of(const char *file, const char *name, size_t len)
{
	uint32_t v = 0;

	for (size_t i = 0; i < len; i++)
		if (file[i] == '\0' || file[i] != name[i])
			return 0;
	if (file[len] != '-')
		return 0;
	for (file += len + 1; *file >= '0' && *file <= '9' && v < 100000; file++)
		v = v * 10 + (uint32_t)(*file - '0');
	return strcmp(file, ".so") == 0 ? v : 0;
}

static long
directory_open(struct thread_block *t, const char *file)
{
	char path[PATH_ROOM];
	size_t n = strlen(file);

	while (n > 0 && file[n - 1] != '/')
		n--;
	if (n == 0 || n >= PATH_ROOM)
		return -ENOENT;
	memcpy(path, file, n);
	path[n] = '\0';
	return HOST4(t, HOST_NR_openat, AT_FDCWD, path,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

/* The newest installed layer of a personality, 0 without one, -errno when that cannot be told. */
static long
newest_layer(struct thread_block *t, const char *name)
{
	struct mm_block *mm = t->mm;
	_Alignas(8) char room[ENTRIES_ROOM];
	size_t len = strlen(name);
	uint32_t best = 0;
	long fd, n;

	fd = mm->layer_file != 0 ?
	    directory_open(t, (const char *)mm->layer_file) : -ENOENT;
	if (fd < 0)
		return fd;
	while ((n = HOST3(t, HOST_NR_getdents64, fd, room, sizeof(room))) > 0) {
		for (long at = 0; at < n;) {
			const struct entry *e = (const void *)(room + at);
			uint32_t v = version_of(e->name, name, len);

			best = v > best ? v : best;
			at += e->reclen;
		}
	}
	HOST1(t, HOST_NR_close, fd);
	return n < 0 ? n : (long)best;
}

/* The version of the guest's own layer, when it is one of that personality: it is installed for certain. */
static uint32_t
own_layer(const struct mm_block *mm, const char *name)
{
	const char *file = (const char *)mm->layer_file, *s;

	if (file == NULL)
		return 0;
	for (s = file; *s != '\0'; s++)
		if (*s == '/')
			file = s + 1;
	return version_of(file, name, strlen(name));
}

/* A program of a system, or of a version of it, that no installed layer is for. */
static long
layer_check(struct thread_block *t, const struct exec_brand *b)
{
	char pinned[32];
	long newest;

	if (b->name == NULL || settings_get(t, "layer", pinned, sizeof(pinned)))
		return 0;
	newest = own_layer(t->mm, b->name);
	if (newest > 0 && b->version <= (uint64_t)newest)
		return 0;
	newest = newest_layer(t, b->name);
	if (newest < 0 || (newest > 0 && b->version <= (uint64_t)newest))
		return 0;
	log_missing(&t->call, "exec refused: no installed layer fits the program");
	return -ENOEXEC;
}

/* The answer that the kernel's own look at an interpreter gives. */
static long
interpreter_check(struct thread_block *t, long fd, const Elf64_Phdr *ph)
{
	char path[PATH_ROOM];
	Elf64_Ehdr eh;
	long ifd, n;

	if (ph->p_filesz < 2 || ph->p_filesz > PATH_ROOM)
		return -ENOEXEC;
	if (HOST4(t, HOST_NR_pread64, fd, path, ph->p_filesz, ph->p_offset) !=
	    (long)ph->p_filesz || path[ph->p_filesz - 1] != '\0')
		return -ENOEXEC;
	ifd = HOST4(t, HOST_NR_openat, AT_FDCWD, path,
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
	if (ifd == -EMFILE || ifd == -ENFILE)
		return 0;
	if (ifd < 0) {
		log_missing(&t->call, "exec refused: the program's interpreter is missing");
		return ifd;
	}
	n = HOST4(t, HOST_NR_pread64, ifd, &eh, sizeof(eh), 0);
	HOST1(t, HOST_NR_close, ifd);
	if (n != sizeof(eh) || memcmp(eh.e_ident, "\177ELF", 4) != 0 ||
	    eh.e_machine != MACHINE_X86_64)
		return -ENOEXEC;
	return HOST4(t, HOST_NR_faccessat2, AT_FDCWD, path, EXEC_OK, AT_EACCESS);
}

static bool
segment_fits(const Elf64_Phdr *ph, uint64_t size)
{
	return ph->p_filesz <= ph->p_memsz && ph->p_offset <= size &&
	    ph->p_filesz <= size - ph->p_offset;
}

long
exec_check(struct thread_block *t, long fd, const struct stat *st, const char *head, size_t n,
    const struct exec_brand *brand)
{
	const Elf64_Ehdr *eh = (const void *)head;
	long ret;

	if ((eh->e_type != ET_EXEC && eh->e_type != ET_DYN) || eh->e_phnum == 0)
		return -ENOEXEC;
	if ((st->st_mode & S_IFMT) != S_IFREG)
		return -EACCES;
	ret = layer_check(t, brand);
	for (unsigned i = 0; ret == 0 && i < eh->e_phnum; i++) {
		uint64_t at = eh->e_phoff + i * sizeof(Elf64_Phdr);
		Elf64_Phdr ph;

		if (at > n || n - at < sizeof(ph))
			break;	/* the planner sees the rest */
		memcpy(&ph, head + at, sizeof(ph));
		if (ph.p_type == PT_LOAD && !segment_fits(&ph, (uint64_t)st->st_size))
			ret = -ENOEXEC;
		else if (ph.p_type == PT_INTERP)
			ret = interpreter_check(t, fd, &ph);
	}
	return ret;
}
