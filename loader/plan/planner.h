/* SPDX-License-Identifier: ISC */
/*
 * veneer-plan: what it knows of a program (elf_info, program), of the installed layers
 * (layer), and the plan that it makes of both.
 */
#ifndef VENEER_PLANNER_H
#define VENEER_PLANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"
#include "plan.h"
#include "plan_flags.h"

#define PAGE		4096ul
#define PAGE_DOWN(x)	((x) & ~(PAGE - 1))
#define PAGE_UP(x)	PAGE_DOWN((x) + PAGE - 1)
#define USER_END	(1ul << 47)
#define SEGMENTS_MAX	64
#define SCRIPT_DEPTH	4	/* nested #! lines, as the kernel has it */
#define SCRIPT_ARGS	(2 * SCRIPT_DEPTH + 1)

enum { EXIT_VENEER = 125, EXIT_NOEXEC = 126, EXIT_NOTFOUND = 127 };

/* Why something cannot be done: one line, and the status it ends with. */
struct problem {
	int status;
	char text[1024];
};
/* Always answers -1. */
int problem_set(struct problem *p, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

enum personality_id {
	PERSONALITY_NONE,
	/* PERSONALITY_NATIVE, _FREEBSD and _LINUX: what layer files say */
	PERSONALITY_DRAGONFLY = PERSONALITY_LINUX + 1,
	PERSONALITY_NETBSD,
	PERSONALITY_OPENBSD,
	PERSONALITY_DARWIN,
	PERSONALITY_SOLARIS,
	PERSONALITIES
};
const char *personality_name(enum personality_id id);
const char *personality_title(enum personality_id id);
/* PERSONALITY_NONE when there is no such name. */
enum personality_id personality_by_name(const char *name, size_t len);

struct segment {
	uint64_t vaddr, memsz, off, filesz;
	int prot;
};

/* The Veneer notes: type 1 in programs and libraries, type 2 in layers. */
struct stub_note {
	bool there;
	uint32_t abi_min, abi_max, tls_room;
	uint64_t addr, size;
};
struct layer_note {
	bool there;
	uint32_t version, gate_abi, personality, layer_version, osreldate;
	uint64_t vector, stubs_off, stubs_size;
	uint64_t digest_off;	/* in the file */
	uint8_t digest[32];
};

struct elf_info {
	uint16_t type, machine;
	uint8_t class, data, osabi;
	uint64_t entry, phdr, align;
	uint32_t phnum;
	size_t nsegments;
	struct segment segments[SEGMENTS_MAX];
	uint64_t tls_addr, tls_filesz, tls_memsz, tls_align;
	char interp[4096];		/* empty: none */
	struct stub_note stub;
	struct layer_note layer;
	uint32_t freebsd;		/* osreldate of the note, 0 none */
	enum personality_id noted;	/* by any other ABI note */
};

/* The one user of libelf.  buf is not changed.  0, or -1 and the problem (status EXIT_NOEXEC). */
int elf_read(const void *buf, size_t size, struct elf_info *info,
    struct problem *p);

/* A file in memory, with what identifies it. */
struct image_file {
	char path[4096];		/* absolute, no links */
	char named[4096];		/* absolute, as it was asked for */
	const uint8_t *data;		/* owned mapping */
	size_t size;
	uint32_t mode, uid, gid;
	uint64_t dev, ino, mtime_sec, mtime_nsec, ctime_nsec;
	uint64_t head;			/* page_hash of the first bytes */
	uint64_t mount;			/* id of its mount (statx), 0 unknown */
};
int file_map(struct image_file *f, const char *path, struct problem *p);
/* The hash of its first PLAN_HEAD_BYTES. */
uint64_t file_head(const uint8_t *data, size_t size);
void file_unmap(struct image_file *f);

struct layer {
	enum personality_id personality;
	uint32_t version;
	char name[64];			/* "freebsd@14" */
	char path[4096];
};
struct layers {
	size_t n;
	struct layer *v;		/* owned, by personality and version */
	char dir[3072];
};
int layers_list(struct layers *ls, struct problem *p);
void layers_free(struct layers *ls);
/* "native@1, freebsd@14", or "none". */
const char *layers_names(const struct layers *ls, char *buf, size_t size);
/* Maps the file and makes sure that it is whole, ours and made for this gate. */
int layer_check(const struct layer *l, struct image_file *f,
    struct elf_info *info, struct problem *p);
/* blake2b-256 of the file with the digest's own bytes zero. */
void layer_digest(const uint8_t *data, size_t size, uint64_t digest_off,
    uint8_t out[32]);

/* The text entry that an image will be mapped with. */
struct text_ref {
	struct text *text;		/* owned: at least header and tables; NULL: none, or nothing to patch */
	struct image_file file;		/* of the cache, its data not mapped; path empty: none */
	int fd;				/* of a memfd, owned; -1 none */
};
/* From the cache, else made and kept there, else made and in a memfd.  0, or -1 and the problem. */
int text_get(const struct image_file *f, const struct elf_info *e,
    const char *settings, struct text_ref *out, struct problem *p);
void text_ref_free(struct text_ref *r);
/*
 * veneer-plan --text SETTINGS PATH [memory]: makes and keeps the entry of a file, or writes it to that memfd (-1: none)
 * where the cache does not take it; says nothing; the exit status.
 */
int text_main(const char *settings, const char *path, int memory, struct problem *p);
/* The value of KEY in SETTINGS, owned, or NULL. */
char *setting(const char *settings, const char *key);

/* What was found out about a program. */
struct program {
	struct image_file file;		/* the script's interpreter, at the end of #! lines */
	struct elf_info elf;
	enum personality_id personality;
	const char *why;		/* how the personality was told */
	uint32_t asked_min, asked_max;	/* versions; 0: any */
	size_t nprefix;			/* script: in place of ARGV0 */
	char *prefix[SCRIPT_ARGS];	/* owned */
	size_t nscripts;
	struct image_file scripts[SCRIPT_DEPTH];	/* unmapped; what was followed */
	struct image_file interp;	/* ELF interpreter; data NULL: none */
	struct elf_info interp_elf;
	struct text_ref text, interp_text;
};
int program_read(struct program *pr, const char *path, struct problem *p);
/* The ELF interpreter, once it is settled that a layer runs the program. */
int program_read_interp(struct program *pr, const struct layer *l,
    struct problem *p);
/* A program whose file would give it another user's rights, which a layer cannot: -1 and the problem. */
int program_privileged(const struct program *pr, struct problem *p);
/* Their text entries. */
int program_read_texts(struct program *pr, const char *settings,
    struct problem *p);
void program_free(struct program *pr);
/* Which system a file is for, by its first bytes and notes; the fuzzed entry. */
int program_classify(struct program *pr, struct problem *p);
/* One #! line: 1 with interpreter and argument (NULL: none) allocated, 0 not a script, -1 a problem. */
int script_read(const uint8_t *data, size_t size, char **interp, char **arg,
    struct problem *p);

/* The layer for a program; asked is "personality[@version]" or NULL. */
int layer_select(const struct layers *ls, const struct program *pr,
    const char *asked, const struct layer **out, struct problem *p);

struct layer_choice {
	const struct layer *layer;
	struct image_file file;
	struct elf_info elf;
};
/* Answers the plan, owned, or NULL and the problem. */
struct plan *plan_make(const struct program *pr, const struct layer_choice *lc,
    const char *name, struct problem *p);
/* Keeps it as the cache's entry at path, where that can be. */
void plan_keep(const struct plan *plan, const struct program *pr,
    const struct layer_choice *lc, const char *path);
const char *plan_string(const struct plan *plan, uint32_t off);

/* Paths next to this program: build/ or an installed tree. */
int where_layers(char *buf, size_t size);
int where_front(char *buf, size_t size);
int where_self(char *buf, size_t size);

/* Becomes the program, or answers -1. entry: where the cache wants the plan, or empty. argv: path, ARGV0, ... */
int plan_start(const char *mode, const char *settings, const char *entry,
    char **argv, struct problem *p);
/* plan, which, layers: the exit status, and the problem when there is one. */
int show_main(int argc, char **argv, struct problem *p);

#endif
