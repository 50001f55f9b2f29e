/* SPDX-License-Identifier: ISC */
/*
 * Reads an ELF file that may be anything.  libelf finds the tables; every number in them
 * is checked here before it is used.
 */
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "note.h"
#include "planner.h"

#define NOTE_LAYER	2	/* type of the note in a layer file */
#define NOTE_LAYER_SIZE	80u

static uint32_t
get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t
get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static const char *
machine_name(unsigned machine)
{
	static const struct {
		unsigned machine;
		const char *name;
	} names[] = {
		{ EM_386, "i386" }, { EM_ARM, "arm" }, { EM_AARCH64, "arm64" },
		{ EM_RISCV, "riscv" }, { EM_PPC64, "ppc64" },
		{ EM_PPC, "ppc" }, { EM_S390, "s390" }, { EM_MIPS, "mips" },
		{ EM_SPARCV9, "sparc64" }, { 258, "loongarch" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return "an unknown machine";
}

static int
read_header(Elf *elf, struct elf_info *info, struct problem *p)
{
	GElf_Ehdr eh;
	size_t phnum;

	if (elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &eh) == NULL)
		return problem_set(p, EXIT_NOEXEC,
		    "the ELF header is damaged or cut off");
	info->type = eh.e_type;
	info->machine = eh.e_machine;
	info->class = eh.e_ident[EI_CLASS];
	info->data = eh.e_ident[EI_DATA];
	info->osabi = eh.e_ident[EI_OSABI];
	info->entry = eh.e_entry;
	if (info->machine != EM_X86_64 || info->data != ELFDATA2LSB)
		return problem_set(p, EXIT_NOEXEC,
		    "is for %s; Veneer runs x86-64 programs",
		    machine_name(info->machine));
	if (info->class != ELFCLASS64)
		return problem_set(p, EXIT_NOEXEC,
		    "is for x32; Veneer runs 64-bit programs");
	if (info->type != ET_EXEC && info->type != ET_DYN)
		return problem_set(p, EXIT_NOEXEC, "is an ELF file of type %u,"
		    " neither a program nor a shared object", info->type);
	if (eh.e_phentsize != sizeof(Elf64_Phdr) ||
	    elf_getphdrnum(elf, &phnum) != 0 || phnum == 0 || phnum > 1000)
		return problem_set(p, EXIT_NOEXEC,
		    "has no usable program headers");
	info->phnum = (uint32_t)phnum;
	return 0;
}

static int
segment_bad(const GElf_Phdr *ph, const struct elf_info *info, size_t size)
{
	const struct segment *last;

	if (ph->p_filesz > ph->p_memsz || ph->p_offset > size ||
	    ph->p_filesz > size - ph->p_offset)
		return 1;
	if (ph->p_vaddr >= USER_END - PAGE ||
	    ph->p_memsz >= USER_END - PAGE - ph->p_vaddr)
		return 1;
	if ((ph->p_vaddr - ph->p_offset) % PAGE != 0)
		return 1;
	if (info->nsegments == 0)
		return 0;
	last = &info->segments[info->nsegments - 1];
	return ph->p_vaddr < last->vaddr + last->memsz;
}

static int
add_segment(const GElf_Phdr *ph, struct elf_info *info, size_t size,
    struct problem *p)
{
	struct segment *s;

	if (ph->p_memsz == 0)
		return 0;
	if (info->nsegments == SEGMENTS_MAX)
		return problem_set(p, EXIT_NOEXEC, "has more than %d segments",
		    SEGMENTS_MAX);
	if (ph->p_filesz <= ph->p_memsz && (ph->p_offset > size ||
	    ph->p_filesz > size - ph->p_offset))
		return problem_set(p, EXIT_NOEXEC, "is cut off: segment %zu"
		    " ends after the file's end", info->nsegments);
	if (segment_bad(ph, info, size))
		return problem_set(p, EXIT_NOEXEC,
		    "segment %zu makes no sense (%#lx bytes at %#lx)",
		    info->nsegments, (unsigned long)ph->p_memsz,
		    (unsigned long)ph->p_vaddr);
	s = &info->segments[info->nsegments++];
	s->vaddr = ph->p_vaddr;
	s->memsz = ph->p_memsz;
	s->off = ph->p_offset;
	s->filesz = ph->p_filesz;
	s->prot = (ph->p_flags & PF_R ? PROT_READ : 0) |
	    (ph->p_flags & PF_W ? PROT_WRITE : 0) |
	    (ph->p_flags & PF_X ? PROT_EXEC : 0);
	if (ph->p_align > info->align && ph->p_align <= 1ul << 30 &&
	    (ph->p_align & (ph->p_align - 1)) == 0)
		info->align = ph->p_align;
	return 0;
}

static int
read_interp(const GElf_Phdr *ph, const uint8_t *buf, size_t size,
    struct elf_info *info, struct problem *p)
{
	size_t n = ph->p_filesz;

	if (ph->p_offset > size || n > size - ph->p_offset || n < 2 ||
	    n > sizeof(info->interp) || buf[ph->p_offset + n - 1] != '\0')
		return problem_set(p, EXIT_NOEXEC,
		    "the name of its interpreter is damaged");
	memcpy(info->interp, buf + ph->p_offset, n);
	return 0;
}

static void
read_stub_note(const uint8_t *d, uint64_t addr, struct elf_info *info)
{
	struct stub_note *s = &info->stub;

	if (get32(d) != VENEER_NOTE_VERSION)
		return;
	s->there = true;
	s->abi_min = get32(d + 4);
	s->abi_max = get32(d + 8);
	s->tls_room = get32(d + 12);
	s->addr = addr + get64(d + 16);
	s->size = get64(d + 24);
}

static void
read_layer_note(const uint8_t *d, uint64_t off, struct elf_info *info)
{
	struct layer_note *l = &info->layer;

	l->there = true;
	l->version = get32(d);
	l->gate_abi = get32(d + 4);
	l->personality = get32(d + 8);
	l->layer_version = get32(d + 12);
	l->vector = get64(d + 16);
	l->stubs_off = get64(d + 24);
	l->stubs_size = get64(d + 32);
	l->osreldate = get32(d + 40);
	l->digest_off = off + 44;
	memcpy(l->digest, d + 44, sizeof(l->digest));
}

static void
read_note(const char *name, const GElf_Nhdr *nh, const uint8_t *d,
    uint64_t addr, uint64_t off, struct elf_info *info)
{
	static const struct {
		const char *name;
		enum personality_id id;
	} systems[] = {
		{ "NetBSD", PERSONALITY_NETBSD },
		{ "OpenBSD", PERSONALITY_OPENBSD },
		{ "DragonFly", PERSONALITY_DRAGONFLY },
	};
	size_t i;

	if (strcmp(name, VENEER_NOTE_NAME) == 0 && nh->n_type == VENEER_NOTE_TYPE &&
	    nh->n_descsz >= VENEER_NOTE_DESCSZ)
		read_stub_note(d, addr, info);
	if (strcmp(name, VENEER_NOTE_NAME) == 0 && nh->n_type == NOTE_LAYER &&
	    nh->n_descsz >= NOTE_LAYER_SIZE - 4)
		read_layer_note(d, off, info);
	if (nh->n_type != 1 || nh->n_descsz < 4)
		return;
	if (strcmp(name, "FreeBSD") == 0)
		info->freebsd = get32(d);
	if (strcmp(name, "GNU") == 0 && get32(d) == 0)
		info->noted = PERSONALITY_LINUX;
	for (i = 0; i < sizeof(systems) / sizeof(systems[0]); i++)
		if (strcmp(name, systems[i].name) == 0)
			info->noted = systems[i].id;
}

static void
read_notes(Elf *elf, const GElf_Phdr *ph, size_t size, struct elf_info *info)
{
	size_t at = 0, name, desc;
	const uint8_t *bytes;
	Elf_Data *data;
	GElf_Nhdr nh;
	char text[16];

	if (ph->p_offset > size || ph->p_filesz > size - ph->p_offset ||
	    ph->p_filesz > 1u << 20)
		return;
	data = elf_getdata_rawchunk(elf, (int64_t)ph->p_offset, ph->p_filesz,
	    ph->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
	if (data == NULL || data->d_buf == NULL)
		return;
	bytes = data->d_buf;
	while (at < data->d_size &&
	    (at = gelf_getnote(data, at, &nh, &name, &desc)) > 0) {
		if (nh.n_namesz == 0 || nh.n_namesz > sizeof(text))
			continue;
		memcpy(text, bytes + name, nh.n_namesz);
		text[nh.n_namesz - 1] = '\0';
		read_note(text, &nh, bytes + desc, ph->p_vaddr + desc,
		    ph->p_offset + desc, info);
	}
}

static void
find_phdr(const GElf_Ehdr *eh, struct elf_info *info)
{
	uint64_t bytes = (uint64_t)info->phnum * sizeof(Elf64_Phdr);
	size_t i;

	for (i = 0; i < info->nsegments; i++) {
		const struct segment *s = &info->segments[i];

		if (eh->e_phoff >= s->off && bytes <= s->filesz &&
		    eh->e_phoff - s->off <= s->filesz - bytes)
			info->phdr = s->vaddr + (eh->e_phoff - s->off);
	}
}

static int
read_program_headers(Elf *elf, const uint8_t *buf, size_t size,
    struct elf_info *info, struct problem *p)
{
	GElf_Ehdr eh;
	GElf_Phdr ph;
	uint32_t i;

	for (i = 0; i < info->phnum; i++) {
		if (gelf_getphdr(elf, (int)i, &ph) == NULL)
			return problem_set(p, EXIT_NOEXEC,
			    "its program headers are cut off");
		if (ph.p_type == PT_LOAD &&
		    add_segment(&ph, info, size, p) != 0)
			return -1;
		if (ph.p_type == PT_INTERP &&
		    read_interp(&ph, buf, size, info, p) != 0)
			return -1;
		if (ph.p_type == PT_NOTE)
			read_notes(elf, &ph, size, info);
		if (ph.p_type == PT_TLS) {
			info->tls_addr = ph.p_vaddr;
			info->tls_filesz = ph.p_filesz;
			info->tls_memsz = ph.p_memsz;
			info->tls_align = ph.p_align;
		}
	}
	if (info->nsegments == 0)
		return problem_set(p, EXIT_NOEXEC, "has nothing to load");
	if (gelf_getehdr(elf, &eh) != NULL)
		find_phdr(&eh, info);
	return 0;
}

static bool
inside(const struct elf_info *info, uint64_t addr, uint64_t len, bool file)
{
	size_t i;

	for (i = 0; i < info->nsegments; i++) {
		const struct segment *s = &info->segments[i];
		uint64_t n = file ? s->filesz : PAGE_UP(s->memsz);

		if (addr >= s->vaddr && len <= n && addr - s->vaddr <= n - len)
			return true;
	}
	return false;
}

static int
check(struct elf_info *info, struct problem *p)
{
	const struct stub_note *s = &info->stub;

	if (info->tls_memsz != 0 && (info->tls_filesz > info->tls_memsz ||
	    info->tls_memsz > 1ul << 30 || info->tls_align > 1ul << 20 ||
	    (info->tls_align & (info->tls_align - 1)) != 0 ||
	    (info->tls_filesz != 0 &&
	    !inside(info, info->tls_addr, info->tls_filesz, true))))
		return problem_set(p, EXIT_NOEXEC,
		    "its thread-local segment makes no sense");
	if (s->there && (s->abi_min == 0 || s->abi_min > s->abi_max ||
	    s->addr % PAGE != 0 || s->size % PAGE != 0 || s->size == 0 ||
	    s->tls_room > 1u << 20 || !inside(info, s->addr, s->size, false)))
		return problem_set(p, EXIT_NOEXEC,
		    "its Veneer note makes no sense; link it with veneer-cc");
	return 0;
}

int
elf_read(const void *buf, size_t size, struct elf_info *info,
    struct problem *p)
{
	Elf *elf;
	int ret;

	memset(info, 0, sizeof(*info));
	if (elf_version(EV_CURRENT) == EV_NONE)
		return problem_set(p, EXIT_VENEER, "libelf is too old");
	/* libelf takes a plain pointer but does not write to images of our byte order. */
	elf = elf_memory((char *)(uintptr_t)buf, size);
	if (elf == NULL)
		return problem_set(p, EXIT_NOEXEC, "is damaged: %s",
		    elf_errmsg(-1));
	ret = read_header(elf, info, p);
	if (ret == 0)
		ret = read_program_headers(elf, buf, size, info, p);
	if (ret == 0)
		ret = check(info, p);
	elf_end(elf);
	return ret;
}
