/* SPDX-License-Identifier: ISC */
/*
 * The cache of plans, looked up.
 *
 * Theory of operation.  An entry is a file plans/KEY, written by veneer-plan (plan/store.c) under
 * another name and renamed, so a reader sees whole ones.  The key is made of names: the
 * program's path as given (with the current directory when it is relative), the path of this program,
 * what the settings ask for, the version.  So a program that changes finds its old entry,
 * which lists the files that it was made of (struct plan_file); enter compares each with what is there
 * now, and a difference means that the planner is asked once, which puts a new entry in its place.
 * Nothing that stands in an entry is believed because it is there: the file must be ours, writable
 * by us alone, its sum right and its tables sound.
 */
#include <asm/stat.h>
#include <linux/auxvec.h>
#include <linux/fcntl.h>
#include <linux/mman.h>

#include "cache.h"
#include "cache_dir.h"
#include "host.h"
#include "page_hash.h"
#include "text.h"

#define S_REGULAR	0100000
#define S_DIRECTORY	0040000
#define S_TYPE		0170000
#define S_OTHERS_WRITE	0022

#define ROOM_MIN	(CACHE_NAME + 64)

long
pages_new(size_t bytes)
{
	return host6(HOST_NR_mmap, 0, (long)bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

uint64_t
aux_find(char *const *envp, uint64_t type)
{
	const uint64_t *a;

	while (*envp != NULL)
		envp++;
	for (a = (const uint64_t *)(envp + 1); a[0] != AT_NULL; a += 2)
		if (a[0] == type)
			return a[1];
	return 0;
}

static void
key_add(uint64_t key[2], const char *s, size_t len)
{
	key[0] = page_hash(s, len, key[0] + 1);
	key[1] = page_hash(s, len, key[1] + 2);
}

static void
key_setting(uint64_t key[2], const char *settings, const char *name)
{
	size_t len = 0;
	const char *v = setting_find(settings, name, &len);

	key_add(key, name, v == NULL ? 0 : text_len(name));
	key_add(key, v, v == NULL ? 0 : len);
}

APART static bool
key_cwd(uint64_t key[2])
{
	char cwd[PATH_MAX];
	long n;

	n = host3(HOST_NR_getcwd, (long)cwd, sizeof(cwd), 0);
	if (n < 0)
		return false;
	key_add(key, cwd, (size_t)n);
	return true;
}

/* A path, and what it is relative to. */
static bool
key_path(uint64_t key[2], const char *path)
{
	if (path[0] != '/' && !key_cwd(key))
		return false;
	key_add(key, path, text_len(path));
	return true;
}

APART static bool
key_exe(uint64_t key[2])
{
	char link[PATH_MAX];
	long n;

	n = host3(HOST_NR_readlink, (long)"/proc/self/exe", (long)link,
	    sizeof(link));
	if (n <= 0)
		return false;
	key_add(key, link, (size_t)n);
	return true;
}

/* This program's path decides where layers and planner are. */
static bool
key_self(uint64_t key[2], char *const *envp)
{
	const char *self = (const char *)aux_find(envp, AT_EXECFN);

	if (self == NULL || self[0] != '/')
		return key_exe(key);
	key_add(key, self, text_len(self));
	return true;
}

static bool
key_make(uint64_t key[2], const char *mode, const char *program,
    const char *settings, char *const *envp)
{
	static const char version[] = VENEER_VERSION;

	key[0] = VERSION_PLAN;
	key[1] = VERSION_PLAN_FILE;
	key_add(key, version, sizeof(version));
	key_add(key, mode, text_len(mode));
	key_setting(key, settings, "layer");
	key_setting(key, settings, "rewrite");
	return key_self(key, envp) && key_path(key, program);
}

/* Appends the name to the cache's directory. */
static void
path_make(char *path, const uint64_t key[2])
{
	size_t n = text_len(path), dir = sizeof(CACHE_PLANS) - 1, i;

	memcpy(path + n, CACHE_PLANS, dir);
	n += dir;
	for (i = 0; i < CACHE_NAME; i++)
		path[n + i] = "0123456789abcdef"[key[i / 16] >>
		    (60 - 4 * (i % 16)) & 15];
	path[n + CACHE_NAME] = '\0';
}

static bool
ours(const struct stat *st, unsigned type, uint32_t euid)
{
	return (st->st_mode & S_TYPE) == type && st->st_uid == euid &&
	    (st->st_mode & S_OTHERS_WRITE) == 0;
}

/* Others must not be able to put an old entry of ours in the place of a new one. */
static bool
directory_ours(char *path, uint32_t euid)
{
	char *slash = (char *)(uintptr_t)text_base(path) - 1;
	struct stat st;
	long ret;

	*slash = '\0';
	ret = host3(HOST_NR_lstat, (long)path, (long)&st, 0);
	*slash = '/';
	return ret == 0 && ours(&st, S_DIRECTORY, euid);
}

/* The entry's bytes: in the room, or in pages of their own where they are many. */
static void
entry_read(struct cache *c, struct room *room, uint32_t euid)
{
	struct stat st;
	long fd, at, n = 0;

	fd = host3(HOST_NR_open, (long)c->path,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return;
	if (host3(HOST_NR_fstat, fd, (long)&st, 0) == 0 &&
	    ours(&st, S_REGULAR, euid) && st.st_size > 0 &&
	    st.st_size <= PLAN_BYTES_MAX) {
		at = (long)room->at;
		c->mapped = (size_t)st.st_size > room->left;
		if (c->mapped)
			at = pages_new((size_t)st.st_size);
		if (at > 0 || at < -4095)
			n = host3(HOST_NR_read, fd, at, st.st_size);
		c->plan = (const struct plan *)at;
	}
	host3(HOST_NR_close, fd, 0, 0);
	c->bytes = n < 0 ? 0 : (uint64_t)n;
}

bool
cache_lookup(struct cache *c, struct room *room, const char *mode,
    const char *program, const char *settings, char *const *envp)
{
	uint32_t euid = (uint32_t)aux_find(envp, AT_EUID);
	char *path = room->at;
	uint64_t key[2];
	size_t used;

	c->path = "";
	if (room->left < ROOM_MIN || !cache_dir(path, room->left - ROOM_MIN,
	    envp, settings) ||
	    !key_make(key, mode, program, settings, envp))
		return false;
	path_make(path, key);
	c->path = path;
	used = (text_len(path) + 1 + 7) & ~7ul;
	room->at += used;
	room->left -= used;
	entry_read(c, room, euid);
	if (!c->mapped) {
		used = (c->bytes + 7) & ~7ul;
		room->at += used;
		room->left -= used < room->left ? used : room->left;
	}
	return c->bytes >= sizeof(struct plan) && c->plan->key[0] == key[0] &&
	    c->plan->key[1] == key[1] && directory_ours(path, euid);
}
