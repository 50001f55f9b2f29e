/* SPDX-License-Identifier: ISC */
/*
 * Text entries in the cache, as a running guest finds them.  What an entry says is believed when the file that
 * holds it is the user's own, its tables lie inside it, and the file that it is for has not changed since.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/stat.h>

#include "arena.h"
#include "freestanding.h"
#include "gs.h"
#include "host.h"
#include "internal.h"
#include "text.h"

#define PATH_ROOM	1024
#define TEXT_DIR_LEN	7	/* "/texts/" */
#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC	1u
#define MFD_ALLOW_SEALING 2u
#endif
#define YOUNG_SECONDS	2
#define FAILURES_MAX	4	/* the planner cannot, here: it is not asked any more */
#define ENTRY_MAX	(1ul << 22)	/* bytes of tables */
#define WHOLE_MAX	(8ul << 20)	/* bytes of an entry that is mapped as a whole */
#define CLOCK_REALTIME_HOST 0
#define OUT_OF_THE_WAY	0x10000000ul
#define SETS_GS		(-EUCLEAN)	/* the file sets %gs itself */

enum {
	KEPT_WORDS = sizeof(((struct text_block *)0)->kept) / 8,
	EMPTY_WORDS = sizeof(((struct text_block *)0)->empty) / 8,
};

static uint64_t
number(const char *s)
{
	uint64_t n = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		n = n * 10 + (uint64_t)(*s - '0');
	return n;
}

/*
 * valgrind and its kind translate the text that they map, and slots are not where they look.  They are fixed
 * programs without a linker, out of the way of what they load.
 */
static bool
is_translator(const struct mm_block *mm)
{
	return mm->personality == PERSONALITY_LINUX && mm->exe_base == 0 &&
	    mm->interp_base == 0 && mm->phdr >= OUT_OF_THE_WAY;
}

static void
mode_read(struct thread_block *t, struct text_block *b)
{
	char value[64];

	b->mode = is_translator(t->mm) ? TEXT_OFF : TEXT_ALL;
	if (b->mode == TEXT_OFF)
		return;
	if (!settings_get(t, "rewrite", value, sizeof(value)))
		return;
	if (strcmp(value, "none") == 0)
		b->mode = TEXT_OFF;
	if (memcmp(value, "half:", 5) == 0) {
		b->mode = TEXT_HALF;
		b->seed = number(value + 5);
	}
}

struct text_block *
text_block_get(struct thread_block *t)
{
	struct mm_block *mm = t->mm;
	struct text_block *b;

	if (mm->texts != NULL)
		return mm->texts;
	layer_lock(t, &mm->text_lock);
	b = mm->texts;
	if (b == NULL && (b = arena_alloc(t, 1)) != NULL) {
		b->magic = MAGIC_TEXT_BLOCK;
		b->version = VERSION_TEXT_BLOCK;
		b->size = SIZEOF_TEXT_BLOCK;
		mode_read(t, b);
		__atomic_store_n(&mm->texts, b, __ATOMIC_RELEASE);
	}
	layer_unlock(t, &mm->text_lock);
	return b;
}

static long
identify(struct thread_block *t, int fd, struct text_identity *id)
{
	struct statx st;
	uint32_t want = STATX_BASIC_STATS | STATX_MNT_ID;
	long ret = HOST5(t, HOST_NR_statx, fd, "", AT_EMPTY_PATH, want, &st);

	if (ret < 0)
		return ret;
	if ((st.stx_mode & S_IFMT) != S_IFREG)
		return -EACCES;
	memset(id, 0, sizeof(*id));
	id->dev = (st.stx_dev_minor & 0xff) | (uint64_t)st.stx_dev_major << 8 |
	    (uint64_t)(st.stx_dev_minor & ~0xffu) << 12;
	id->ino = st.stx_ino;
	id->bytes = st.stx_size;
	id->mtime_sec = (uint64_t)st.stx_mtime.tv_sec;
	id->mtime_nsec = st.stx_mtime.tv_nsec;
	id->ctime_nsec = (uint64_t)st.stx_ctime.tv_sec * 1000000000ul +
	    st.stx_ctime.tv_nsec;
	if (st.stx_mask & STATX_MNT_ID)
		id->mount = st.stx_mnt_id;
	return 0;
}

/* cache + "/texts/" + the entry's name; false: no cache, or too long. */
static bool
entry_path(struct thread_block *t, const uint64_t key[2], char *path)
{
	static const char dir[TEXT_DIR_LEN + 1] = "/texts/";
	size_t n;

	if (!settings_get(t, "cache", path, PATH_ROOM - sizeof(dir) -
	    TEXT_NAME_LEN) || path[0] != '/')
		return false;
	n = strlen(path);
	memcpy(path + n, dir, sizeof(dir));
	text_name(path + n + sizeof(dir) - 1, key);
	return true;
}

/* A regular file of ours that nobody else may write. */
static bool
entry_ours(struct thread_block *t, const struct statx *st)
{
	return (st->stx_mode & S_IFMT) == S_IFREG &&
	    (st->stx_mode & 022) == 0 && st->stx_size >= SIZEOF_TEXT &&
	    st->stx_uid == (t->cred_valid ? t->euid :
	    (uint32_t)HOST0(t, HOST_NR_geteuid));
}

/* A descriptor, -ENODATA where the entry has nothing to patch, SETS_GS, or -errno: no entry, or none to believe. */
static long
entry_open(struct thread_block *t, const char *path, uint64_t *bytes)
{
	struct statx st;
	long ret, fd;

	ret = HOST5(t, HOST_NR_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW,
	    STATX_BASIC_STATS, &st);
	if (ret < 0)
		return ret;
	if (!entry_ours(t, &st))
		return -EACCES;
	if ((st.stx_mode & 0777) == TEXT_MODE_EMPTY)
		return -ENODATA;
	if ((st.stx_mode & 0777) == TEXT_MODE_GS)
		return SETS_GS;
	fd = HOST4(t, HOST_NR_openat, AT_FDCWD, path,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	ret = HOST5(t, HOST_NR_statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS,
	    &st);
	*bytes = st.stx_size;
	if (ret == 0 && entry_ours(t, &st))
		return fd;
	HOST1(t, HOST_NR_close, fd);
	return -EACCES;
}

/* Is it worth asking the planner: an ELF file whose times can tell the next change? */
static bool
plannable(struct thread_block *t, int fd, const struct text_identity *id)
{
	uint64_t newest = id->ctime_nsec / 1000000000ul;
	char magic[4];
	int64_t now[2];

	if (id->mtime_sec > newest)
		newest = id->mtime_sec;
	return HOST4(t, HOST_NR_pread64, fd, magic, 4, 0) == 4 &&
	    memcmp(magic, "\177ELF", 4) == 0 &&
	    clock_read(t, CLOCK_REALTIME_HOST, now) == 0 &&
	    (uint64_t)now[0] > newest + YOUNG_SECONDS;
}

/* Are the bytes of a `syscall` anywhere in this part of the file? */
static bool
has_candidates(struct thread_block *t, int fd, uint64_t off, uint64_t len)
{
	unsigned char page[TEXT_PAGE], last = 0;
	long n;

	for (uint64_t done = 0; done < len; done += (uint64_t)n) {
		n = HOST4(t, HOST_NR_pread64, fd, page, sizeof(page),
		    off + done);
		if (n <= 0)
			return false;
		for (long i = 0; i < n; last = page[i++])
			if (page[i] == 0x05 && last == 0x0f)
				return true;
	}
	return false;
}

/* An entry without a name: its descriptor, or what its file's mode would say. */
static long
memory_entry(struct thread_block *t, long fd)
{
	struct text head;

	return HOST4(t, HOST_NR_pread64, fd, &head, sizeof(head), 0) == sizeof(head) &&
	    (head.flags & TEXT_SETS_GS) != 0 ? SETS_GS : fd;
}

/*
 * The planner makes the entry: in the cache, or where that cannot serve in memory that lives as long as whoever
 * has mapped it.  A descriptor, -ENODATA, or -errno.
 */
static long
entry_plan(struct thread_block *t, struct text_block *b, int fd,
    const char *path, uint64_t *bytes)
{
	char cache[PATH_ROOM];
	struct statx st;
	long mfd, ret;

	memcpy(cache, path, strlen(path) + 1);
	if (cache[0] != '\0')
		cache[strlen(path) - TEXT_NAME_LEN - TEXT_DIR_LEN] = '\0';
	mfd = HOST2(t, HOST_NR_memfd_create, "veneer-text",
	    MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (text_plan(t, b, fd, (int)mfd, cache) != 0) {
		b->failures++;
		ret = -ENOENT;
	} else {
		b->failures = 0;
		ret = path[0] != '\0' ? entry_open(t, path, bytes) : -ENODATA;
		if (ret < 0 && mfd >= 0 && HOST5(t, HOST_NR_statx, mfd, "",
		    AT_EMPTY_PATH, STATX_BASIC_STATS, &st) == 0 &&
		    st.stx_size >= SIZEOF_TEXT) {
			ret = memory_entry(t, mfd);
			*bytes = st.stx_size;
		}
		if (ret == mfd || path[0] == '\0')
			b->uncached = 1;
	}
	if (mfd >= 0 && ret != mfd)
		HOST1(t, HOST_NR_close, mfd);
	return ret;
}

/* ---- what this process has found before: a file that is the same has the same entry ---- */

static const struct text *
kept_find(const struct text_block *b, const struct text_identity *id)
{
	for (uint32_t i = 0; i < KEPT_WORDS && b->nkept <= KEPT_WORDS; i += 2) {
		const struct text *e = (const void *)b->kept[i];

		if (__atomic_load_n(&b->kept[i + 1], __ATOMIC_ACQUIRE) != 0 &&
		    memcmp(&e->dev, id, sizeof(*id)) == 0)
			return e;
	}
	return NULL;
}

static bool
is_kept(const struct text_block *b, uint64_t entry)
{
	for (uint32_t i = 0; i < KEPT_WORDS; i += 2)
		if (b->kept[i + 1] != 0 && b->kept[i] == entry)
			return true;
	return false;
}

static void
kept_put(struct text_block *b, uint64_t entry, uint64_t len)
{
	if (b->nkept >= KEPT_WORDS)
		return;
	b->kept[b->nkept] = entry;
	__atomic_store_n(&b->kept[b->nkept + 1], len, __ATOMIC_RELEASE);
	b->nkept += 2;
}

void
text_keep_none(struct thread_block *t)
{
	struct text_block *b = thread_mm(t)->texts;

	b->nkept = KEPT_WORDS + 1;
}

static bool
is_empty(const struct text_block *b, const uint64_t key[2])
{
	for (uint32_t i = 0; i < EMPTY_WORDS; i += 2)
		if (b->empty[i] == key[0] && b->empty[i + 1] == key[1] && (key[0] | key[1]) != 0)
			return true;
	return false;
}

static void
empty_put(struct thread_block *t, struct text_block *b, const uint64_t key[2])
{
	struct mm_block *mm = t->mm;

	layer_lock(t, &mm->text_lock);
	memcpy(&b->empty[b->nempty], key, 16);
	b->nempty = (b->nempty + 2) % EMPTY_WORDS;
	layer_unlock(t, &mm->text_lock);
}

/* What `found` says, but for SETS_GS. */
static long
entry_find(struct thread_block *t, const struct text_range *part, struct text_identity *id,
    bool may_keep, struct text_found *found)
{
	struct text_block *b = text_block_get(t);
	char path[PATH_ROOM];
	uint64_t key[2];
	long efd = -ENOENT;

	if (b == NULL || b->mode == TEXT_OFF || identify(t, part->fd, id) < 0)
		return -ENOENT;
	if (may_keep && (found->kept = kept_find(b, id)) != NULL)
		return -ENOENT;
	text_key(key, id, b->mode, b->seed);
	if (is_empty(b, key))
		return -ENODATA;
	if (entry_path(t, key, path))
		efd = entry_open(t, path, &found->bytes);
	else
		path[0] = '\0';
	if (efd == -ENODATA)
		empty_put(t, b, key);
	if (efd >= 0 || efd == -ENODATA || efd == SETS_GS || efd == -EMFILE || efd == -ENFILE ||
	    b->failures >= FAILURES_MAX ||
	    (((struct mm_block *)t->mm)->flags & MM_FILTERED) != 0 ||
	    !plannable(t, part->fd, id) ||
	    ((path[0] == '\0' || b->uncached != 0) &&
	    !has_candidates(t, part->fd, part->off, part->len)))
		return efd;
	return entry_plan(t, b, part->fd, path, &found->bytes);
}

void
text_entry_open(struct thread_block *t, const struct text_range *part, struct text_identity *id,
    bool may_keep, struct text_found *found)
{
	found->efd = entry_find(t, part, id, may_keep, found);
	if (found->efd == SETS_GS && thread_mm(t)->personality == PERSONALITY_LINUX)
		gs_take(t, t->guest_gs);
}

void
text_entry_void(struct thread_block *t, const struct text_identity *id)
{
	const struct text_block *b = thread_mm(t)->texts;
	char path[PATH_ROOM];
	uint64_t key[2];

	text_key(key, id, b->mode, b->seed);
	if (entry_path(t, key, path))
		HOST3(t, HOST_NR_unlinkat, AT_FDCWD, path, 0);
}

/* ---- tables, in the last part of the arena ---- */

static uint64_t
tables_room(struct thread_block *t, uint64_t len)
{
	struct mm_block *mm = t->mm;
	struct text_block *b = mm->texts;
	uint64_t end = mm->arena + mm->arena_size;
	uint64_t at = mm->arena + ARENA_TEXT;

	for (uint32_t i = 0; i < KEPT_WORDS; i += 2)	/* from below, and they stay */
		if (b->kept[i + 1] != 0 && b->kept[i] + b->kept[i + 1] > at)
			at = b->kept[i] + b->kept[i + 1];
	for (uint32_t i = 0; at + len <= end && i < b->nregions; i++) {
		const struct text_region *r = &b->region[i];

		if (r->slots_len != 0 && r->entry < at + len &&
		    r->entry + r->entry_len > at) {
			at = r->entry + r->entry_len;
			i = UINT32_MAX;		/* from the first again */
		}
	}
	return at + len <= end ? at : 0;
}

void
text_entry_unmap(struct thread_block *t, uint64_t entry, uint64_t len)
{
	if (!is_kept(thread_mm(t)->texts, entry))
		HOST2(t, HOST_NR_munmap, entry, len);
}

/* All of an entry, as its text is to be used; NULL where it must not be executed, or is too long. */
static const struct text *
map_whole(struct thread_block *t, const struct text_found *f, uint64_t *len)
{
	uint64_t at;
	long ret;

	*len = TEXT_UP(f->bytes);
	if (f->bytes > WHOLE_MAX || f->bytes < SIZEOF_TEXT || (at = tables_room(t, *len)) == 0)
		return NULL;
	ret = HOST6(t, HOST_NR_mmap, at, *len, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, f->efd, 0);
	return ret < 0 && ret >= -4095 ? NULL : (const struct text *)ret;
}

/* Header and tables alone. */
static const struct text *
map_tables(struct thread_block *t, const struct text_found *f, uint64_t *len, bool *damaged)
{
	struct text head;
	uint64_t at;
	long ret;

	ret = HOST4(t, HOST_NR_pread64, f->efd, &head, sizeof(head), 0);
	*damaged = ret != sizeof(head) || head.magic != MAGIC_TEXT ||
	    head.slots_len == 0 || head.slots_off > ENTRY_MAX ||
	    head.slots_off < sizeof(head) || f->bytes < head.slots_off;
	*len = TEXT_UP(head.slots_off);
	if (*damaged || (at = tables_room(t, *len)) == 0)
		return NULL;
	ret = HOST6(t, HOST_NR_mmap, at, *len, PROT_READ, MAP_PRIVATE |
	    MAP_FIXED, f->efd, 0);
	return ret < 0 && ret >= -4095 ? NULL : (const struct text *)ret;
}

const struct text *
text_entry_map(struct thread_block *t, const struct text_found *f, const struct text_identity *id,
    uint64_t *len, bool *damaged)
{
	const struct text *e = map_whole(t, f, len);
	bool whole = e != NULL;

	if (!whole)
		e = map_tables(t, f, len, damaged);
	if (e == NULL)
		return NULL;
	if (text_entry_sound(e, f->bytes) && e->slots_len != 0 && e->slots_off <= ENTRY_MAX &&
	    memcmp(&e->dev, id, sizeof(*id)) == 0) {
		if (whole && (e->flags & TEXT_COPIES) != 0)
			kept_put(thread_mm(t)->texts, (uint64_t)e, *len);
		return e;
	}
	*damaged = true;
	HOST2(t, HOST_NR_munmap, e, *len);
	return NULL;
}
