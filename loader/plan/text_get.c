/* SPDX-License-Identifier: ISC */
/*
 * The text entry of a file: the cache's where it holds one for exactly this state of the
 * file, else a new one, which goes to the cache, or where that cannot be (no directory of
 * ours, no room, a file that may still change), into a memfd that lives as long as the
 * start does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache_dir.h"
#include "sites/sites.h"
#include "store.h"

#define TABLES_MAX	(16u << 20)	/* of one entry, before its slots */

struct wanted {
	const struct image_file *file;
	struct text_choice choice;
	struct text_identity id;
	char name[TEXT_NAME_LEN + 1];
	char dir[4096];			/* of the cache, empty: none */
	unsigned flags;			/* what file_times says */
};

static int
want(struct wanted *w, const struct image_file *f, const char *settings,
    struct problem *p)
{
	char *mode = setting(settings, "rewrite");
	uint64_t key[2];
	int ret = 0;

	w->file = f;
	if (mode != NULL && text_choice_read(mode, &w->choice) != 0)
		ret = problem_set(p, EXIT_VENEER, "rewrite=%.100s: it is all,"
		    " none or half:SEED", mode);
	free(mode);
	text_identity_of(f, &w->id);
	text_key(key, &w->id, w->choice.mode, w->choice.seed);
	text_name(w->name, key);
	cache_dir(w->dir, sizeof(w->dir), environ, settings);
	return ret;
}

/* A whole entry of ours that nobody else can have written. */
static bool
entry_ours(int fd, struct stat *st)
{
	return fstat(fd, st) == 0 && S_ISREG(st->st_mode) &&
	    st->st_uid == geteuid() && (st->st_mode & 022) == 0 &&
	    st->st_size >= (off_t)sizeof(struct text);
}

/* As much of it as the plan needs: all before the copies. */
static struct text *
entry_read(int fd, uint64_t bytes, const struct wanted *w)
{
	struct text *t = NULL;
	uint64_t key[2], size = bytes;
	struct text head;
	void *map;

	if (pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    head.slots_off > TABLES_MAX)
		return NULL;
	map = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return NULL;
	text_key(key, &w->id, w->choice.mode, w->choice.seed);
	if (text_sound(map, bytes) && memcmp(&head.dev, &w->id,
	    sizeof(w->id)) == 0 && memcmp(head.key, key, sizeof(key)) == 0) {
		size = head.nslots == 0 ? bytes : head.slots_off;
		t = malloc(size);
		if (t != NULL)
			memcpy(t, map, size);
	}
	munmap(map, bytes);
	return t;
}

static bool
find(const struct wanted *w, struct text_ref *out)
{
	struct image_file *f = &out->file;
	struct stat st;
	int dir, fd;

	if (w->dir[0] == '\0' || snprintf(f->path, sizeof(f->path), "%s%s%s",
	    w->dir, CACHE_TEXTS, w->name) >= (int)sizeof(f->path) ||
	    (dir = store_open(w->dir, CACHE_TEXTS, false)) < 0) {
		f->path[0] = '\0';
		return false;
	}
	fd = openat(dir, w->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
	    O_NONBLOCK | O_NOCTTY);
	close(dir);
	if (fd >= 0 && entry_ours(fd, &st))
		out->text = entry_read(fd, (uint64_t)st.st_size, w);
	if (fd >= 0)
		close(fd);
	if (out->text == NULL) {
		f->path[0] = '\0';
		return false;
	}
	f->size = (size_t)st.st_size;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->mtime_sec = (uint64_t)st.st_mtim.tv_sec;
	f->mtime_nsec = (uint64_t)st.st_mtim.tv_nsec;
	f->ctime_nsec = (uint64_t)st.st_ctim.tv_sec * 1000000000ul +
	    (uint64_t)st.st_ctim.tv_nsec;
	return true;
}

/* Made of what the file holds once its times can be relied on; what was read before that is compared. */
static struct text *
make(struct wanted *w, const struct elf_info *e, struct problem *p)
{
	const struct image_file *f = w->file;

	if (w->dir[0] != '\0' && file_settled(f))
		w->flags = file_times(f);
	if (file_head(f->data, f->size) != f->head)
		w->dir[0] = '\0';
	return text_make(f, e, &w->choice, p);
}

static mode_t
mode_of(const struct text *t)
{
	if ((t->flags & TEXT_SETS_GS) != 0)
		return TEXT_MODE_GS;
	return t->npatches > 0 ? TEXT_MODE : TEXT_MODE_EMPTY;
}

static bool
keep(const struct wanted *w, const struct text *t)
{
	struct text_pieces tp;
	bool ok;

	if (w->dir[0] == '\0' || !file_settled(w->file) ||
	    text_pieces_make(t, w->file, w->flags, &tp) != 0)
		return false;
	ok = store_entry(w->dir, CACHE_TEXTS, w->name, mode_of(t), tp.v, tp.n);
	text_pieces_free(&tp);
	return ok;
}

/* Into a memfd, which is sealed; false where nothing can be written: then the text is not rewritten. */
static bool
write_memory(int fd, const struct text *t)
{
	struct rlimit rl;

	return (getrlimit(RLIMIT_FSIZE, &rl) != 0 || rl.rlim_cur >= t->total) &&
	    write(fd, t, t->total) == (ssize_t)t->total &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK |
	    F_SEAL_GROW | F_SEAL_SEAL) == 0;
}

static int
in_memory(const struct text *t)
{
	int fd = memfd_create("veneer-text", MFD_ALLOW_SEALING);

	if (fd >= 0 && !write_memory(fd, t)) {
		close(fd);
		return -1;
	}
	return fd;
}

int
text_get(const struct image_file *f, const struct elf_info *e,
    const char *settings, struct text_ref *out, struct problem *p)
{
	struct wanted w = { 0 };
	struct text *t;

	memset(out, 0, sizeof(*out));
	out->fd = -1;
	if (want(&w, f, settings, p) != 0)
		return -1;
	if (w.choice.mode == TEXT_OFF || find(&w, out))
		return 0;
	t = make(&w, e, p);
	if (t == NULL)
		return -1;
	if (keep(&w, t) && find(&w, out)) {
		free(t);
		return 0;
	}
	out->text = t;
	if (t->nslots > 0)
		out->fd = in_memory(t);
	return 0;
}

int
program_read_texts(struct program *pr, const char *settings,
    struct problem *p)
{
	if (text_get(&pr->file, &pr->elf, settings, &pr->text, p) != 0)
		return -1;
	return pr->interp.data == NULL ? 0 : text_get(&pr->interp,
	    &pr->interp_elf, settings, &pr->interp_text, p);
}

int
text_main(const char *settings, const char *path, int memory, struct problem *p)
{
	static struct image_file f;
	static struct elf_info e;
	struct wanted w = { 0 };
	struct text_ref r = { .fd = -1 };
	struct text *t;

	if (file_map(&f, path, p) != 0 ||
	    elf_read(f.data, f.size, &e, p) != 0 ||
	    want(&w, &f, settings, p) != 0)
		return p->status;
	if (w.choice.mode == TEXT_OFF || find(&w, &r))
		return 0;
	t = make(&w, &e, p);
	if (t == NULL)
		return p->status;
	if (keep(&w, t) || (memory >= 0 && (mode_of(t) == TEXT_MODE_EMPTY ||
	    write_memory(memory, t))))
		return 0;
	problem_set(p, EXIT_VENEER, "%.700s: its text entry cannot be kept",
	    f.path);
	return p->status;
}
