/* SPDX-License-Identifier: ISC */
/*
 * Sites: where a program's text makes system calls, which of them are proven to be
 * instructions, and what to write there.  README.md draws the way from a file to an entry.
 *
 * Everything here reads files that may be anything; every number in them is checked before
 * it is used, and what cannot be proven stays as it is.
 */
#ifndef VENEER_SITES_H
#define VENEER_SITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "plan.h"
#include "plan_flags.h"
#include "text_sound.h"

struct elf_info;
struct image_file;
struct problem;

#define FUNCTION_MAX	(1ul << 20)	/* bytes of a function that are decoded */
#define DECODE_MAX	(16ul << 20)	/* instructions of one file: about 2 s */
#define SITE_NEAR	256		/* how far padding is looked for, and more */

/* A file and its segments; borrowed. */
struct view {
	const uint8_t *data;
	size_t size;
	const struct elf_info *elf;
	uint64_t *budget;	/* instructions that may still be decoded; then nothing is proven any more. NULL: no end */
};
/* File bytes at a link-time address, and how many follow in the segment; NULL: none. */
const uint8_t *view_at(const struct view *v, uint64_t addr, uint64_t *avail);
/* A stretch of the file; NULL when it does not lie in it. */
const uint8_t *view_off(const struct view *v, uint64_t off, uint64_t len);
/* The file offset of an address that view_at knows. */
uint64_t view_file_off(const struct view *v, uint64_t addr);

struct section {
	uint32_t type;
	uint64_t addr, off, len, entsize;
};
/* By name; false when there is none, or it does not lie in the file. */
bool view_section(const struct view *v, const char *name, struct section *s);

struct words {			/* a growing array of addresses */
	uint64_t *v;		/* owned */
	size_t n, room;
};
bool words_add(struct words *w, uint64_t word);
void words_sort(struct words *w);	/* ascending, each once */
/* Index of the first that is not less. */
size_t words_find(const struct words *w, uint64_t word);

/* Where functions are said to be. */
enum function_source { FUNCTION_UNWIND, FUNCTION_SYMBOL, FUNCTION_GO,
	FUNCTION_CALLED };
struct function {
	uint64_t start, end;
	enum function_source source;
};
typedef void function_seen(void *arg, const struct function *f);
void unwind_functions(const struct view *v, function_seen *seen, void *arg);
void symbol_functions(const struct view *v, function_seen *seen, void *arg);
void go_functions(const struct view *v, function_seen *seen, void *arg);
/* The parsers by themselves, for tests: bytes that lie at an address. */
void unwind_parse(const uint8_t *p, uint64_t len, uint64_t addr,
    function_seen *seen, void *arg);
/* text: where the first function is taken to lie when the table does not say. */
bool go_parse(const uint8_t *p, uint64_t len, uint64_t text,
    function_seen *seen, void *arg);

struct functions {
	struct function *v;	/* owned; by start, the shorter first */
	size_t n, room;
	uint64_t described;	/* bytes of all functions of the file but those by symbols */
	bool failed;
};
/* Those near candidates. */
void functions_near(const struct view *v, const struct words *candidates,
    struct functions *out);
/* Adds functions that are known only because proven code calls them. */
void functions_called(const struct view *v, const struct words *candidates,
    struct functions *out);
void functions_add(struct functions *fs, const struct function *f);
void functions_free(struct functions *fs);

/* What an instruction does to the flow of control. */
enum insn_flow {
	FLOW_NEXT,		/* falls through and nothing else */
	FLOW_SYSCALL,		/* the two bytes 0f 05 */
	FLOW_BRANCH,		/* falls through or goes to target */
	FLOW_CALL,		/* goes to target (0: indirect), then falls through */
	FLOW_JUMP,		/* goes to target */
	FLOW_INDIRECT,		/* jumps to where a register or memory says */
	FLOW_STOP		/* ret, hlt, ud2, int3 */
};
struct insn {
	uint8_t len;
	uint8_t flow;		/* enum insn_flow */
	uint8_t rip_disp;	/* where its rip-relative displacement stands, 0 none */
	bool first;		/* may move to a slot */
	bool middle;		/* may move there behind others: cannot fault */
	bool number;		/* mov $imm32 to %eax or %rax */
	bool filler;		/* a nop or an int3 */
	bool lea;		/* of target */
	uint64_t target;	/* of a direct branch, or what a rip-relative operand names */
	uint64_t compared;	/* constant that something is compared with, 0 none */
	uint64_t table;		/* absolute displacement of an indirect jump's operand, 0 none */
};
/* False when the bytes are no instruction. The one user of Zydis. */
bool insn_decode(const uint8_t *p, uint64_t avail, uint64_t addr,
    struct insn *out);

/* What control flow reaches in a function, from its start. */
enum flow_mark {
	MARK_START	= 1 << 0,	/* an instruction starts here */
	MARK_BODY	= 1 << 1,	/* inside one */
	MARK_TARGET	= 1 << 2,	/* a branch lands here */
	MARK_QUEUED	= 1 << 3
};
struct flow {
	uint64_t start, end;
	const uint8_t *code;
	uint8_t *mark;		/* owned; one per byte */
	bool sound;		/* nothing contradicts it */
	bool open;		/* control runs over the end */
	bool hidden;		/* an indirect jump whose targets are not known */
	struct words leaving;	/* owned; direct targets outside; only when asked for */
	struct words taken;	/* owned; addresses that its code takes; the same */
};
/* False when there is no memory or no such code. */
bool flow_follow(const struct view *v, uint64_t start, uint64_t end,
    bool want_leaving, struct flow *f);
void flow_free(struct flow *f);

/* A site that can be patched. */
struct site {
	uint64_t addr;		/* of the `syscall` */
	uint64_t from;		/* first byte that is overwritten: addr itself for B */
	uint64_t pad;		/* B: address of the long jump */
	uint64_t pad_from;	/* B: what is overwritten there; before pad it is a nop that runs */
	uint8_t pad_len;
	enum text_strategy strategy;
	unsigned ninsns;	/* A, C: instructions from `from` to addr, which have copies */
	uint8_t covered;	/* A, C: bytes at `from` that the jump overwrites, whole instructions */
};
struct chooser {
	const struct view *v;
	const struct functions *functions;
	const struct words *candidates;
	struct words taken;	/* owned; bytes that sites will write, start and end in turn */
	struct words landings;	/* owned; where branches may land shortly before candidates */
	bool scanned;
};
/* landings.c: could any branch of the file land strictly inside from..to, which ends at a candidate? */
bool landing_inside(struct chooser *ch, const struct flow *f, uint64_t from,
    uint64_t to);
/* 0 and *s, or a reason. */
enum text_reason site_choose(struct chooser *ch, uint64_t addr, struct site *s);

struct text_choice {
	enum text_mode mode;
	uint64_t seed;
};

/* Everything about a file: answers the entry without copies of text, owned, or NULL and the problem. */
struct text *text_make(const struct image_file *f, const struct elf_info *e,
    const struct text_choice *c, struct problem *p);
void text_identity_of(const struct image_file *f, struct text_identity *id);
/* Reads "all", "none", "half:SEED"; -1 for anything else. */
int text_choice_read(const char *s, struct text_choice *c);
const char *text_reason_words(enum text_reason r);

/* Tables of an entry in memory. */
const struct text_skip *text_skips(const struct text *t);

/* Everything in it lies where it should; for an entry that was read. */
bool text_sound(const struct text *t, uint64_t bytes);

/* A whole entry, as pieces of the file and of memory that is owned here; flags: as they hold. */
struct text_pieces {
	struct iovec *v;	/* owned */
	int n;
	uint8_t *owned;
};
int text_pieces_make(const struct text *t, const struct image_file *f,
    unsigned flags, struct text_pieces *tp);
void text_pieces_free(struct text_pieces *tp);

#endif
