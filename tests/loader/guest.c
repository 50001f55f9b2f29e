/* SPDX-License-Identifier: ISC */
/*
 * What a started program sees, one answer per first argument.  Built several times: for
 * each kind of ELF file and each note.  Its calls are Linux's: body.S lets them through.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

#ifdef OSRELDATE
__asm__(".section .note.tag, \"a\", @note\n"
    ".balign 4\n.long 8, 4, 1\n.asciz \"FreeBSD\"\n.long " TEXT(OSRELDATE) "\n"
    ".previous\n");
#endif
#ifdef ABI_MIN
__asm__(".section .note.veneer, \"a\", @note\n"
    ".balign 4\n.long 7, 32, 1\n.asciz \"Veneer\"\n.balign 4\n"
    "1: .long 1, " TEXT(ABI_MIN) ", " TEXT(ABI_MAX) ", 512\n"
    ".quad stub_section - 1b, 16384\n.previous\n"
    ".section .veneer.stubs, \"aw\", @nobits\n.balign 4096\n"
    ".globl stub_section\n.hidden stub_section\nstub_section: .skip 16384\n"
    ".previous\n");
extern const unsigned char stub_section[] __attribute__((visibility("hidden")));
#endif

static char bss[70000];		/* ends inside a page, starts inside another */
static int data = 42;

static int
dump(const char *path)
{
	char buf[65536];
	FILE *f = fopen(path, "r");
	size_t n, i;

	if (f == NULL)
		return 1;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		for (i = 0; i < n; i++)
			putchar(buf[i] == '\0' ? '|' : buf[i]);
	fclose(f);
	return 0;
}

static int
memory(void)
{
	size_t i;
	char *brk0 = sbrk(0), *p;

	for (i = 0; i < sizeof(bss); i++)
		if (bss[i] != 0)
			return 1;
	if (data != 42)
		return 2;
	p = sbrk(1 << 20);
	if (p != brk0 || p < bss)
		return 3;
	memset(p, 1, 1 << 20);
	return 0;
}

static int
descriptors(void)
{
	int fd, n = 0;

	for (fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			n++;
	printf("%d\n", n);
	return 0;
}

static int
vector(int argc, char **argv, char **envp)
{
	int i;

	printf("argc=%d", argc);
	for (i = 0; i < argc; i++)
		printf(" [%s]", argv[i]);
	printf("\nexecfn=%s\n", (char *)getauxval(AT_EXECFN));
	for (i = 0; envp[i] != NULL; i++)
		printf("env %s\n", envp[i]);
	return argv[argc] == NULL ? 0 : 1;
}

static int
auxv(void)
{
	const unsigned char *phdr = (const unsigned char *)getauxval(AT_PHDR);
	unsigned long sp;
	char comm[17] = "";

	__asm__("mov %%rsp, %0" : "=r"(sp));
	prctl(PR_GET_NAME, comm);
	printf("phnum=%s entry=%s comm=%s pagesz=%lu\n",
	    phdr != NULL && getauxval(AT_PHNUM) > 0 ? "ok" : "bad",
	    getauxval(AT_ENTRY) != 0 ? "ok" : "bad", comm,
	    getauxval(AT_PAGESZ));
	return 0;
}

#ifdef ABI_MIN
static int
stubs(void)
{
	printf("%02x%02x\n", stub_section[0], stub_section[16383]);
	return 0;
}
#endif

int
main(int argc, char **argv, char **envp)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct rlimit rl;

	if (strcmp(what, "exit") == 0)
		return atoi(argv[2]);
	if (strcmp(what, "kill") == 0)
		return raise(atoi(argv[2]));
	if (strcmp(what, "cat") == 0)
		return dump(argv[2]);
	if (strcmp(what, "memory") == 0)
		return memory();
	if (strcmp(what, "descriptors") == 0)
		return descriptors();
	if (strcmp(what, "auxv") == 0)
		return auxv();
	if (strcmp(what, "tty") == 0)
		return printf("tty=%d foreground=%d leader=%d\n", isatty(0),
		    tcgetpgrp(0) == getpgrp(), getpid() == getpgrp()) < 0;
	if (strcmp(what, "sleep") == 0)
		return pause();
	if (strcmp(what, "pid") == 0)
		return printf("%d\n", (int)getpid()) < 0;
	if (strcmp(what, "limit") == 0)
		return getrlimit(RLIMIT_NOFILE, &rl) != 0 ||
		    printf("%lu\n", (unsigned long)rl.rlim_cur) < 0;
#ifdef ABI_MIN
	if (strcmp(what, "stubs") == 0)
		return stubs();
#endif
	return vector(argc, argv, envp);
}
