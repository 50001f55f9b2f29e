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
#define CLOCK_REALTIME_HOST 0
#define OUT_OF_THE_WAY	0x10000000ul
#define SETS_GS		(-EUCLEAN)	/* the file sets %gs itself */

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
entry_path(struct thread_block *t, const struct text_block *b,
    const struct text_identity *id, char *path)
{
	static const char dir[TEXT_DIR_LEN + 1] = "/texts/";
	uint64_t key[2];
	size_t n;

	if (!settings_get(t, "cache", path, PATH_ROOM - sizeof(dir) -
	    TEXT_NAME_LEN) || path[0] != '/')
		return false;
	n = strlen(path);
	memcpy(path + n, dir, sizeof(dir));
	text_key(key, id, b->mode, b->seed);
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
entry_open(struct thread_block *t, const char *path)
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
    const char *path)
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
		ret = path[0] != '\0' ? entry_open(t, path) : -ENODATA;
		if (ret < 0 && mfd >= 0 && HOST5(t, HOST_NR_statx, mfd, "",
		    AT_EMPTY_PATH, STATX_BASIC_STATS, &st) == 0 &&
		    st.stx_size >= SIZEOF_TEXT)
			ret = memory_entry(t, mfd);
		if (ret == mfd || path[0] == '\0')
			b->uncached = 1;
	}
	if (mfd >= 0 && ret != mfd)
		HOST1(t, HOST_NR_close, mfd);
	return ret;
}

static long
entry_find(struct thread_block *t, const struct text_range *part,
    struct text_identity *id)
{
	struct text_block *b = text_block_get(t);
	char path[PATH_ROOM];
	long efd = -ENOENT;

	if (b == NULL || b->mode == TEXT_OFF || identify(t, part->fd, id) < 0)
		return -ENOENT;
	if (entry_path(t, b, id, path))
		efd = entry_open(t, path);
	else
		path[0] = '\0';
	if (efd >= 0 || efd == -ENODATA || efd == SETS_GS || efd == -EMFILE || efd == -ENFILE ||
	    b->failures >= FAILURES_MAX ||
	    (((struct mm_block *)t->mm)->flags & MM_FILTERED) != 0 ||
	    !plannable(t, part->fd, id) ||
	    ((path[0] == '\0' || b->uncached != 0) &&
	    !has_candidates(t, part->fd, part->off, part->len)))
		return efd;
	return entry_plan(t, b, part->fd, path);
}

long
text_entry_open(struct thread_block *t, const struct text_range *part,
    struct text_identity *id)
{
	long fd = entry_find(t, part, id);

	if (fd == SETS_GS && thread_mm(t)->personality == PERSONALITY_LINUX)
		gs_take(t, t->guest_gs);
	return fd;
}

void
text_entry_void(struct thread_block *t, const struct text_identity *id)
{
	char path[PATH_ROOM];

	if (entry_path(t, thread_mm(t)->texts, id, path))
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
	HOST2(t, HOST_NR_munmap, entry, len);
}

const struct text *
text_entry_map(struct thread_block *t, long fd, const struct text_identity *id,
    uint64_t *len, bool *damaged)
{
	struct text head;
	struct statx st;
	const struct text *e;
	uint64_t at;
	long ret;

	ret = HOST4(t, HOST_NR_pread64, fd, &head, sizeof(head), 0);
	*damaged = ret != sizeof(head) || head.magic != MAGIC_TEXT ||
	    head.slots_len == 0 || head.slots_off > ENTRY_MAX ||
	    head.slots_off < sizeof(head) || HOST5(t, HOST_NR_statx, fd, "",
	    AT_EMPTY_PATH, STATX_SIZE, &st) < 0 ||
	    st.stx_size < head.slots_off;
	*len = TEXT_UP(head.slots_off);
	if (*damaged || (at = tables_room(t, *len)) == 0)
		return NULL;
	ret = HOST6(t, HOST_NR_mmap, at, *len, PROT_READ, MAP_PRIVATE |
	    MAP_FIXED, fd, 0);
	if (ret < 0 && ret >= -4095)
		return NULL;
	e = (const struct text *)at;
	if (text_entry_sound(e, st.stx_size) &&
	    memcmp(&e->dev, id, sizeof(*id)) == 0)
		return e;
	*damaged = true;
	text_entry_unmap(t, at, *len);
	return NULL;
}
