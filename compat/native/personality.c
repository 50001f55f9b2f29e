/* SPDX-License-Identifier: ISC */
/*
 * The native personality: calls have Linux numbers and structures, come through stubs and answer as
 * the proposal wants it: -1, and the error through the pointer at %gs:8.
 */
#include <linux/auxvec.h>
#include <asm/prctl.h>

#include "dispatch.h"
#include "native.h"

#define PAGE 4096ul

long
native_pass(struct call *c)
{
	return pass(c);
}

long
native_nosys(struct call *c)
{
	log_missing(c, "is not there");
	return LINUX_ENOSYS;
}

static inline long
run(struct call *c)
{
	if (c->rax >= sysent_count)
		return native_nosys(c);
	return sysent_run(&sysent[c->rax], c);
}

/*
 * A stub's caller reads the error through the pointer only after -1; a success that is -1 stores 1, so
 * that -errno read back is the value itself.
 */
void
personality_return(struct call *c, long ret)
{
	struct thread_block *t = c->thread;
	int32_t error = 1;

	if (c->entry != ENTRY_STUB) {
		c->rax = (uint64_t)ret;
		return;
	}
	if (ret < 0 && ret > -4096) {
		error = (int32_t)-ret;
		ret = -1;
	}
	if (ret == -1)
		copyout(guest((uint64_t)t->errnop), &error, sizeof(error));
	c->rax = (uint64_t)ret;
}

DISPATCH(run, personality_return)

/* The kernel's auxv without what is not the guest's: the vDSO. */
static void
auxv_edit(const struct start *s)
{
	uint64_t *p = (uint64_t *)s->sp, *out;

	p += p[0] + 2;
	while (*p != 0)
		p++;
	for (out = ++p; p[0] != AT_NULL; p += 2) {
		if (p[0] == AT_SYSINFO_EHDR)
			continue;
		out[0] = p[0];
		out[1] = p[1];
		if (p[0] == AT_PHDR)
			out[1] = s->phdr;
		else if (p[0] == AT_PHNUM)
			out[1] = s->phnum;
		else if (p[0] == AT_PHENT)
			out[1] = s->phent;
		else if (p[0] == AT_BASE)
			out[1] = s->interp_base;
		else if (p[0] == AT_ENTRY)
			out[1] = s->exe_entry;
		else if (p[0] == AT_EXECFN && s->execfn != 0)
			out[1] = s->execfn;
		out += 2;
	}
	for (; out <= p; out += 2)
		out[0] = out[1] = 0;
}

/* Variant II: the image ends at the thread pointer, whose first word points at itself; libc's room follows. */
static void
tls_start(struct thread_block *t, const struct start *s)
{
	uint64_t align = s->tls_align > 64 ? s->tls_align : 64;
	uint64_t offset = s->tls_memsz +
	    ((-s->tls_memsz - s->tls_image) & ((s->tls_align ? s->tls_align : 1) - 1));
	uint64_t room = s->tls_room > 64 ? s->tls_room : 64;
	uint64_t size = (offset + align + room + PAGE - 1) & ~(PAGE - 1);
	long base = HOST6(t, HOST_NR_mmap, 0, size, 3, 0x22, -1, 0);
	uint64_t tp;

	if (base < 0 && base > -4096)
		process_exit(t, 125);
	tp = ((uint64_t)base + offset + align - 1) & ~(align - 1);
	if (s->tls_image != 0)
		memcpy((void *)(tp - offset), (const void *)s->tls_image, s->tls_filesz);
	*(uint64_t *)tp = tp;
	HOST2(t, HOST_NR_arch_prctl, ARCH_SET_FS, tp);
}

void
personality_start(struct thread_block *t, const struct start *s)
{
	auxv_edit(s);
	tls_start(t, s);
	t->call.rdx = 0;
}

void
personality_fork_child(struct thread_block *t)
{
	(void)t;
}

void
personality_child_start(struct thread_block *t)
{
	t->raw_errno = 0;
}
