/* SPDX-License-Identifier: ISC */
/*
 * pages SEED ROUNDS FILE: random code with calls in every position, written to FILE as an object, mapped
 * executable in random ways, run, changed where it lies, run again.  Each round prints a number of all that the
 * code computed.  Natively and under a layer, however much of it is rewritten, the numbers are the same.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, TEXT_PAGES = 3, IMAGE = (1 + TEXT_PAGES) * PAGE, POOL = 2048, FUNCTIONS = 14, LABELS = 64,
	REGISTERS = 11 };

struct function {
	uint32_t at, size;	/* in the image */
	bool dead;
};

static const uint8_t registers[REGISTERS] = { 2, 3, 6, 7, 8, 9, 10, 12, 13, 14, 15 };
static struct function functions[FUNCTIONS];
static unsigned char image[IMAGE];
static unsigned char *base;
static uint64_t state, sum;
static int fd;

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(2);
}

static uint64_t
next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static uint32_t
below(uint32_t n)
{
	return (uint32_t)(next() >> 20) % n;
}

static void
mix(uint64_t v)
{
	sum = (sum ^ v) * 0x9e3779b97f4a7c15u;
	sum ^= sum >> 29;
}

/* ---- code ---- */

static unsigned char *out, *end;
static unsigned char *open_jump[LABELS];
static int jumps;

static void
bytes(const void *p, size_t n)
{
	if (out + n <= end)
		memcpy(out, p, n);
	out += n;
}

#define EMIT(...) bytes((const unsigned char[]){ __VA_ARGS__ }, sizeof((const unsigned char[]){ __VA_ARGS__ }))

static void
emit32(uint32_t v)
{
	bytes(&v, 4);
}

static uint8_t
any_register(void)
{
	return registers[below(REGISTERS)];
}

static void
load(uint8_t r, uint32_t imm)
{
	EMIT(0x48 | r >> 3, 0xc7, 0xc0 | (r & 7));
	emit32(imm);
}

/* No small number. */
static uint32_t
large(void)
{
	return (uint32_t)next() | 0x10000;
}

static void
number(void)
{
	static const uint16_t harmless[] = { 102, 104, 107, 108, 95, 24, 999, 600, 140, 145, 26 };

	EMIT(0xb8);
	emit32(harmless[below(sizeof(harmless) / sizeof(harmless[0]))]);
}

/* The result is taken, and %eax is a harmless number again, before anything can jump. */
static void
call(void)
{
	if (below(3) == 0)
		number();
	if (below(4) == 0)
		load(7, large());
	EMIT(0x0f, 0x05);
	if (below(2))
		EMIT(0x48, 0x01, 0xc3);		/* add %rax,%rbx */
	else
		EMIT(0x49, 0x31, 0xc4);		/* xor %rax,%r12 */
	number();
}

static void
arithmetic(void)
{
	static const uint8_t op[] = { 0x01, 0x31, 0x29, 0x21, 0x09 };
	uint8_t a = any_register(), b = any_register();

	if (below(4) == 0)
		EMIT(0x48 | a >> 3, 0xc1, 0xc0 | (a & 7), (uint8_t)below(64));
	else
		EMIT(0x48 | (b >> 3) << 2 | a >> 3, op[below(a == 7 ? 3 : 5)], 0xc0 | (b & 7) << 3 | (a & 7));
}

/* Below the stack pointer: what is stored there stays. */
static void
red_zone(void)
{
	uint8_t a = any_register(), b = any_register(), at = (uint8_t)-(8 * (1 + below(16)));

	EMIT(0x48 | (a >> 3) << 2, 0x89, 0x44 | (a & 7) << 3, 0x24, at);
	if (below(2))
		call();
	EMIT(0x48 | (b >> 3) << 2, 0x8b, 0x44 | (b & 7) << 3, 0x24, at);
}

/* Memory named by the instruction's own place. */
static void
pool(const unsigned char *start, uint32_t at)
{
	uint8_t a = any_register();
	uint32_t here = at + (uint32_t)(out - start) + 7;

	EMIT(0x48 | (a >> 3) << 2, 0x8b, 0x05 | (a & 7) << 3);
	emit32(POOL + 8 * below(200) - here);
}

/* To a place that is not known yet; the flags may come from before a call. */
static void
jump(void)
{
	static const uint8_t condition[] = { 2, 3, 4, 5, 8, 9 };

	if (jumps == LABELS)
		return;
	if (below(3) == 0)
		EMIT(0x49, 0x83, 0xfd, (uint8_t)next());	/* cmp $x,%r13 */
	EMIT(0x0f, 0x80 | condition[below(6)]);
	open_jump[jumps++] = out;
	emit32(0);
}

/* Some of the open jumps lead here. */
static void
land(bool all)
{
	for (int i = 0; i < jumps; i++)
		if (all || below(3) == 0) {
			int32_t d = (int32_t)(out - open_jump[i] - 4);

			if (open_jump[i] + 4 <= end)
				memcpy(open_jump[i], &d, 4);
			open_jump[i--] = open_jump[--jumps];
		}
}

static void
island(void)
{
	static const unsigned char data[] = { 0x0f, 0x05, 0xb8, 0x27, 0, 0, 0, 0x0f, 0x05, 0xc3, 0x0f, 0x05 };
	uint8_t n = (uint8_t)(1 + below(sizeof(data)));

	EMIT(0xeb, n);
	bytes(data + below(sizeof(data) - n + 1), n);
}

static void
padding(void)
{
	static const unsigned char nops[9][9] = { { 0x90 }, { 0x66, 0x90 }, { 0x0f, 0x1f, 0 }, { 0x0f, 0x1f, 0x40, 0 },
		{ 0x0f, 0x1f, 0x44, 0, 0 }, { 0x66, 0x0f, 0x1f, 0x44, 0, 0 }, { 0x0f, 0x1f, 0x80, 0, 0, 0, 0 },
		{ 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 }, { 0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 } };
	uint32_t n = below(9);

	bytes(nops[n], n + 1);
}

static void
item(const unsigned char *start, uint32_t at)
{
	switch (below(11)) {
	case 0: case 1: case 2: call(); break;
	case 3: case 4: arithmetic(); break;
	case 5: red_zone(); break;
	case 6: pool(start, at); break;
	case 7: jump(); break;
	case 8: land(false); break;
	case 9: below(2) ? island() : padding(); break;
	default: number(); break;
	}
}

/* void f(uint64_t *registers), for this place in the image, at most so long; its length, or 0: it did not fit. */
static uint32_t
generate(unsigned char *to, uint32_t at, uint32_t most)
{
	uint32_t items = 3 + below(24);

	out = to;
	end = to + most;
	jumps = 0;
	EMIT(0x53, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57, 0x57);
	for (int i = 0; i < REGISTERS; i++)
		load(registers[i], large());
	number();
	while (items-- > 0)
		item(to, at);
	land(true);
	EMIT(0x59);
	for (int i = 0; i < REGISTERS; i++)
		EMIT(0x48 | (registers[i] >> 3) << 2, 0x89, 0x41 | (registers[i] & 7) << 3, (uint8_t)(8 * i));
	EMIT(0x41, 0x5f, 0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5b, 0xc3);
	return out > end ? 0 : (uint32_t)(out - to);
}

/* ---- the object ---- */

static void
headers(void)
{
	Elf64_Ehdr *eh = (void *)image;
	Elf64_Phdr *ph = (void *)(eh + 1);

	*eh = (Elf64_Ehdr){ .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN, .e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_phoff = sizeof(*eh),
		.e_shoff = IMAGE, .e_ehsize = sizeof(*eh), .e_phentsize = sizeof(*ph), .e_phnum = 2,
		.e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 5, .e_shstrndx = 4 };
	ph[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = PAGE, .p_memsz = PAGE, .p_align = PAGE };
	ph[1] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = PAGE, .p_vaddr = PAGE,
		.p_paddr = PAGE, .p_filesz = IMAGE - PAGE, .p_memsz = IMAGE - PAGE, .p_align = PAGE };
}

/* Sections behind the image: symbols of most functions. */
static void
symbols(void)
{
	static const char names[] = "\0f\0.text\0.symtab\0.strtab\0.shstrtab";
	Elf64_Sym sym[1 + FUNCTIONS] = { 0 };
	uint64_t at = IMAGE + 5 * sizeof(Elf64_Shdr), n = 1;
	Elf64_Shdr sh[5] = { 0 };

	for (int i = 0; i < FUNCTIONS; i++)
		if (functions[i].size != 0 && below(10) != 0)
			sym[n++] = (Elf64_Sym){ .st_name = 1, .st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC),
				.st_shndx = 1, .st_value = functions[i].at, .st_size = functions[i].size };
	sh[1] = (Elf64_Shdr){ .sh_name = 3, .sh_type = SHT_PROGBITS, .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
		.sh_addr = PAGE, .sh_offset = PAGE, .sh_size = IMAGE - PAGE, .sh_addralign = 16 };
	sh[2] = (Elf64_Shdr){ .sh_name = 9, .sh_type = SHT_SYMTAB, .sh_offset = at, .sh_size = n * sizeof(sym[0]),
		.sh_link = 3, .sh_info = (uint32_t)n, .sh_addralign = 8, .sh_entsize = sizeof(sym[0]) };
	sh[3] = (Elf64_Shdr){ .sh_name = 17, .sh_type = SHT_STRTAB, .sh_offset = at + sizeof(sym),
		.sh_size = sizeof(names), .sh_addralign = 1 };
	sh[4] = sh[3];
	sh[4].sh_name = 25;
	must(pwrite(fd, image, IMAGE, 0) == IMAGE && pwrite(fd, sh, sizeof(sh), IMAGE) == sizeof(sh) &&
	    pwrite(fd, sym, sizeof(sym), (off_t)at) == sizeof(sym) &&
	    pwrite(fd, names, sizeof(names), (off_t)(at + sizeof(sym))) == sizeof(names), "write");
}

static void
object(void)
{
	static const unsigned char gap[] = { 0xcc, 0x90, 0x00, 0x0f, 0x05 };
	uint32_t at = PAGE;

	for (uint32_t i = 0; i < IMAGE; i++)
		image[i] = i < PAGE ? (uint8_t)next() : gap[below(sizeof(gap))];
	headers();
	for (int i = 0; i < FUNCTIONS; i++) {
		at += below(40);
		if (below(3) == 0)
			at = (at + 15) & ~15u;
		functions[i] = (struct function){ .at = at, .dead = true };
		if (at + 300 > IMAGE)
			continue;
		functions[i].size = generate(image + at, at, IMAGE - at < 1400 ? IMAGE - at : 1400);
		functions[i].dead = functions[i].size == 0;
		at += functions[i].size;
	}
	symbols();
}

/* ---- what is done with it ---- */

static bool
touches(const struct function *f, int page)
{
	return f->at < (uint32_t)(page + 1) * PAGE && f->at + f->size > (uint32_t)page * PAGE;
}

static void
run(const struct function *f, const unsigned char *where)
{
	uint64_t regs[REGISTERS] = { 0 };

	if (f->dead)
		return;
	((void (*)(uint64_t *))(uintptr_t)(where + f->at))(regs);
	for (int i = 0; i < REGISTERS; i++)
		mix(regs[i]);
}

static void
run_all(const unsigned char *where)
{
	for (int i = 0; i < FUNCTIONS; i++)
		run(&functions[below(FUNCTIONS)], where);
}

static void
protect(int page, int n, int prot)
{
	must(mprotect(base + page * PAGE, (size_t)n * PAGE, prot) == 0, "mprotect");
}

/* Without the pages that are gone. */
static uint32_t gone;

static bool
whole(const struct function *f)
{
	for (int p = 1; p <= TEXT_PAGES; p++)
		if (touches(f, p) && (gone & 1u << p) != 0)
			return false;
	return true;
}

static void
each_page(int prot)
{
	for (int p = 1; p <= TEXT_PAGES; p++)
		if ((gone & 1u << p) == 0)
			protect(p, 1, prot);
}

/* Other code where one function was. */
static void
change(int between, int after)
{
	struct function *f = &functions[below(FUNCTIONS)];
	unsigned char code[1500];
	uint32_t n;

	if (f->dead || !whole(f) || (n = generate(code, f->at, f->size)) == 0)
		return;
	each_page(between);
	memcpy(base + f->at, code, n);
	if (between & PROT_EXEC)
		run(f, base);
	each_page(after);
	run(f, base);
}

static void
look(void)
{
	each_page(PROT_READ | PROT_WRITE);
	for (int p = 1; p <= TEXT_PAGES; p++)
		for (int i = 0; i < PAGE && (gone & 1u << p) == 0; i += 8) {
			uint64_t v;

			memcpy(&v, base + p * PAGE + i, 8);
			mix(v);
		}
	each_page(PROT_READ | PROT_EXEC);
}

static void
lose(int page)
{
	for (int i = 0; i < FUNCTIONS; i++)
		if (touches(&functions[i], page))
			functions[i].dead = true;
	gone |= 1u << page;
}

/* Memory without a file where text was, with one function of its own. */
static void
overlay(int page)
{
	struct function f = { .at = (uint32_t)page * PAGE };

	lose(page);
	must(mmap(base + f.at, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
	    0) != MAP_FAILED, "overlay");
	f.size = generate(base + f.at, f.at, PAGE);
	f.dead = f.size == 0;
	run(&f, base);
	run(&f, base);
}

static void
child(void)
{
	int status;
	pid_t pid = fork();

	must(pid >= 0, "fork");
	if (pid == 0) {
		run_all(base);
		change(PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC);
		_exit((int)(sum & 127));
	}
	must(waitpid(pid, &status, 0) == pid, "wait");
	mix((uint64_t)status);
}

static void
again(void)
{
	unsigned char *p = mmap(NULL, IMAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	must(p != MAP_FAILED, "mmap again");
	if (gone == 0)
		run(&functions[below(FUNCTIONS)], p);
	munmap(p, IMAGE);
}

static void
place(void)
{
	int way = (int)below(5), prot = PROT_READ | PROT_EXEC;
	static const int first[] = { PROT_READ | PROT_EXEC, PROT_NONE, PROT_READ | PROT_WRITE,
		PROT_READ | PROT_WRITE | PROT_EXEC, PROT_READ };

	base = mmap(NULL, IMAGE, first[way], MAP_PRIVATE, fd, 0);
	must(base != MAP_FAILED, "mmap");
	if (way == 1)
		must(mmap(base, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == base &&
		    mmap(base + PAGE, IMAGE - PAGE, prot, MAP_PRIVATE | MAP_FIXED, fd, PAGE) == base + PAGE, "fixed");
	else if (way != 0 && (way != 3 || below(2)))
		protect(1, TEXT_PAGES, prot);
	if (way == 2 || way == 4)
		protect(0, 1, PROT_READ);
}

static void
round_of_steps(void)
{
	gone = 0;
	object();
	place();
	run_all(base);
	for (uint32_t n = 2 + below(8); n > 0; n--) {
		int page = 1 + (int)below(TEXT_PAGES);

		switch (below(10)) {
		case 0: run_all(base); break;
		case 1: case 2: change(PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC); break;
		case 3: change(PROT_READ | PROT_WRITE | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC); break;
		case 4: each_page(PROT_NONE); each_page(PROT_READ | PROT_EXEC); break;
		case 5: look(); break;
		case 6: below(2) ? overlay(page) : (lose(page), (void)munmap(base + page * PAGE, PAGE)); break;
		case 7: child(); break;
		case 8: madvise(base + PAGE, IMAGE - PAGE, MADV_DONTNEED); each_page(PROT_READ | PROT_EXEC); break;
		default: again(); break;
		}
		run_all(base);
	}
	munmap(base, IMAGE);
}

int
main(int argc, char **argv)
{
	uint64_t seed;
	int rounds;

	if (argc != 4)
		return 2;
	seed = strtoull(argv[1], NULL, 0);
	rounds = atoi(argv[2]);
	fd = open(argv[3], O_RDWR | O_CREAT | O_TRUNC, 0700);
	must(fd >= 0, argv[3]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < rounds; i++) {
		state = (seed + (uint64_t)i) * 0x9e3779b97f4a7c15u | 1;
		sum = 0;
		umask(022);
		round_of_steps();
		printf("%llu %016llx\n", (unsigned long long)(seed + (uint64_t)i), (unsigned long long)sum);
	}
	return 0;
}
