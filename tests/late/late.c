/* SPDX-License-Identifier: ISC */
/*
 * Text that becomes executable after the start, seen from inside.  usage: late TEST OBJECT EXPECT, where EXPECT
 * is what the object's sites are to be: all (rewritten), none, or any.
 */
#include "os.h"
#include "load.h"

static const char *self, *object, *expect;

/* Calls by every function of the object are right, whichever way they come. */
static void
works(const struct image *m)
{
	long parent = os_getppid();

	EQUAL(image_call(m, LATE_A, 0), parent);
	EQUAL(image_call(m, LATE_B, m->nr), parent);
	EQUAL(image_call(m, LATE_C, m->nr), parent);
	EQUAL(image_call(m, LATE_RIP, 0), parent);
	EQUAL(image_call(m, LATE_EDGE, 0), parent);
	EQUAL(image_call(m, LATE_OTHER, 0), parent);
}

static bool
is(const char *what)
{
	return strcmp(expect, what) == 0;
}

static void
as_expected(const struct image *m)
{
	static const enum late_fn fn[] = { LATE_A, LATE_B, LATE_C, LATE_RIP,
		LATE_EDGE, LATE_OTHER };

	works(m);
	for (unsigned i = 0; i < sizeof(fn) / sizeof(fn[0]); i++) {
		if (is("all"))
			CHECK(image_patched(m, fn[i]));
		if (is("none"))
			CHECK(!image_patched(m, fn[i]));
	}
	CHECK(!image_patched(m, LATE_CONST));
	EQUAL(image_call(m, LATE_CONST, 0), 41);
}

/* As the linkers of glibc and musl map: the whole span at once, then segments over it. */
static void
span(void)
{
	struct image m = image_load(object, LOAD_SPAN);

	as_expected(&m);
	image_unload(&m);
}

/* As FreeBSD's linker maps: reserved memory, then segments over it. */
static void
reserved(void)
{
	struct image m = image_load(object, LOAD_RESERVED);

	as_expected(&m);
	image_unload(&m);
}

/* The text alone, where the kernel likes. */
static void
text(void)
{
	struct image m = image_load(object, LOAD_TEXT);
	bool rip = image_patched(&m, LATE_RIP);

	EQUAL(image_call(&m, LATE_A, 0), os_getppid());
	EQUAL(image_call(&m, LATE_B, m.nr), os_getppid());
	EQUAL(image_call(&m, LATE_C, m.nr), os_getppid());
	if (is("all"))
		CHECK(rip && image_patched(&m, LATE_B));
	image_unload(&m);
}

/* Readable first, executable by mprotect. */
static void
protect(void)
{
	struct image m = image_load(object, LOAD_PROTECT);

	if (is("all") && !image_patched(&m, LATE_A))
		expect = "any";		/* Linux before 6.11 */
	as_expected(&m);
	image_unload(&m);
}

static void
original(const struct image *m, enum late_fn fn)
{
	unsigned char want[16];
	const unsigned char *p = image_at(m, fn);

	EQUAL(os_pread(m->fd, want, 16, image_off(m, fn)), 16);
	CHECK(memcmp(p, want, 16) == 0);
}

/* Writable text shows the bytes of the file, takes others, and keeps them. */
static void
flips(void)
{
	static const unsigned char seven[] = { 0xb8, 7, 0, 0, 0, 0xc3 };
	struct image m = image_load(object, LOAD_SPAN);
	unsigned char *a = image_at(&m, LATE_A);

	as_expected(&m);
	EQUAL(os_mprotect(m.text, 4096, R | W), 0);
	for (enum late_fn fn = LATE_A; fn <= LATE_EDGE; fn++)
		original(&m, fn);
	memcpy(a, seven, sizeof(seven));
	EQUAL(os_mprotect(m.text, 4096, R | X), 0);
	EQUAL(image_call(&m, LATE_A, 0), 7);
	EQUAL(image_call(&m, LATE_B, m.nr), os_getppid());
	EQUAL(image_call(&m, LATE_EDGE, 0), os_getppid());
	if (is("all"))
		CHECK(image_patched(&m, LATE_OTHER));
	EQUAL(os_mprotect(m.text, m.text_len, R | W | X), 0);
	original(&m, LATE_OTHER);
	EQUAL(image_call(&m, LATE_OTHER, 0), os_getppid());
	image_unload(&m);
}

/* Text that is taken out of sight and comes back is what it was. */
static void
hides(void)
{
	struct image m = image_load(object, LOAD_SPAN);

	EQUAL(os_mprotect(m.text, m.text_len, 0), 0);
	EQUAL(os_mprotect(m.text, m.text_len, R | X), 0);
	works(&m);
	EQUAL(os_mprotect(m.text, m.text_len, 0), 0);
	EQUAL(os_mprotect(m.text, 4096, R | W), 0);
	original(&m, LATE_A);
	EQUAL(os_mprotect(m.text, m.text_len, R | X), 0);
	works(&m);
	image_unload(&m);
}

/* A thousand loads leave nothing behind that would hinder the next. */
static void
again(void)
{
	for (int i = 0; i < 1000; i++) {
		struct image m = image_load(object, i & 1 ? LOAD_SPAN :
		    LOAD_RESERVED);

		if (i % 100 == 99)
			as_expected(&m);
		image_unload(&m);
	}
}

/* As many objects at once as there are; each works, rewritten or not. */
static void
many(void)
{
	static struct image m[100];

	for (int i = 0; i < 100; i++)
		m[i] = image_load(object, LOAD_SPAN);
	for (int i = 0; i < 100; i++)
		works(&m[i]);
	if (is("all"))
		CHECK(image_patched(&m[0], LATE_A));
	for (int i = 0; i < 100; i++)
		image_unload(&m[i]);
}

/* The guest maps over the place below the image, where slots are: its text goes on without them. */
static void
over_slots(void)
{
	struct image m = image_load(object, LOAD_RESERVED);
	char *below = m.base - 4096;
	volatile char *p;

	as_expected(&m);
	p = (char *)os_mmap(below, 4096, R | W, OS_PRIVATE | OS_ANON | OS_FIXED,
	    -1, 0);
	CHECK(p == below);
	EQUAL(p[0] + p[4095], 0);
	p[64] = 1;
	works(&m);
	if (is("all"))
		CHECK(!image_patched(&m, LATE_A));
	EQUAL(os_munmap(below, 4096), 0);
	works(&m);
	image_unload(&m);
}

/* A part of the text is replaced: the rest still calls. */
static void
over_text(void)
{
	struct image m = image_load(object, LOAD_SPAN);

	/* late_edge begins on the first page and ends on the second */
	CHECK(os_mmap(m.text + 4096, 4096, R, OS_PRIVATE | OS_ANON | OS_FIXED,
	    -1, 0) == (long)(m.text + 4096));
	EQUAL(image_call(&m, LATE_A, 0), os_getppid());
	EQUAL(image_call(&m, LATE_B, m.nr), os_getppid());
	EQUAL(*(unsigned char *)image_at(&m, LATE_EDGE), 0xb8);
	EQUAL(os_munmap(m.text, 4096), 0);
	EQUAL(image_call(&m, LATE_OTHER, 0), os_getppid());
	image_unload(&m);
}

/* The same object over itself; then another file over it. */
static void
replaced(void)
{
	struct image m = image_load(object, LOAD_SPAN);

	for (int i = 0; i < 3; i++) {
		CHECK(os_mmap(m.text, m.text_len, R | X, OS_PRIVATE | OS_FIXED,
		    m.fd, m.text_off) == (long)m.text);
		works(&m);
	}
	if (is("all"))
		CHECK(image_patched(&m, LATE_A));
	image_unload(&m);
}

static void
forked(void)
{
	struct image m = image_load(object, LOAD_SPAN);
	int status = -1;
	long me, pid = os_fork();

	if (pid == 0) {
		as_expected(&m);
		CHECK(os_mprotect(m.text, m.text_len, R | W) == 0);
		memset(m.text, 0xf4, 4096);
		CHECK(os_mprotect(m.text, m.text_len, R | X) == 0);
		CHECK(image_call(&m, LATE_OTHER, 0) == os_getppid());
		image_unload(&m);
		m = image_load(object, LOAD_RESERVED);
		works(&m);
		os_exit(0);
	}
	me = pid;
	EQUAL(os_wait(pid, &status), me);
	EQUAL(status, 0);
	as_expected(&m);
	image_unload(&m);
}

static struct image shared;
static int stop;

static void
caller(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		works(&shared);
}

/* One thread runs what another gives up, by flips of protection. */
static void
threads(void)
{
	static struct thread t;

	shared = image_load(object, LOAD_SPAN);
	stop = 0;
	thread_start(&t, caller, NULL);
	for (int i = 0; i < 200; i++) {
		struct image m = image_load(object, LOAD_RESERVED);

		as_expected(&m);
		if (i == 20)
			EQUAL(os_mprotect(shared.text, 4096, R | W | X), 0);
		if (i == 40)
			EQUAL(os_mprotect(shared.text, 4096, R | X), 0);
		if (i == 60)
			EQUAL(os_mprotect(shared.text, shared.text_len,
			    R | W | X), 0);
		EQUAL(os_mprotect(m.text, m.text_len, R | W), 0);
		image_unload(&m);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	thread_join(&t);
	image_unload(&shared);
}

/* Generated code has no file: it works and stays as it is. */
static void
generated(void)
{
	struct image m = image_load(object, LOAD_SPAN);
	char *p = (char *)os_mmap(0, 4096, R | W, OS_PRIVATE | OS_ANON, -1, 0);

	memcpy(p, "\xb8____\x0f\x05\xc3", 8);
	memcpy(p + 1, &m.nr, 4);
	for (int i = 0; i < 100; i++) {
		EQUAL(os_mprotect(p, 4096, R | X), 0);
		EQUAL(((long (*)(void))(void *)p)(), os_getppid());
		EQUAL((unsigned char)p[0], 0xb8);
		EQUAL(os_mprotect(p, 4096, R | W), 0);
	}
	image_unload(&m);
}

/* OBJECT can be written: new text on a page without calls, and on one with, through a shared mapping and not. */
static void
changed(void)
{
	static const unsigned char one[] = { 0xb8, 1, 0, 0, 0, 0xc3 };
	struct image m = image_load(object, LOAD_SPAN);
	long fd = os_open(object, OS_RDWR), at;
	unsigned char *p;

	as_expected(&m);
	image_unload(&m);
	at = image_off(&m, LATE_CONST) & ~4095l;
	p = (unsigned char *)os_mmap(0, 4096, R | W, OS_SHARED, fd, at);
	CHECK(!os_failed(p));
	p[(image_off(&m, LATE_CONST) & 4095) + 1] = 42;
	EQUAL(os_munmap(p, 4096), 0);
	m = image_load(object, LOAD_SPAN);
	works(&m);
	EQUAL(image_call(&m, LATE_CONST, 0), 42);
	image_unload(&m);
	at = image_off(&m, LATE_OTHER);
	EQUAL(os_write(fd, one, sizeof(one), at), sizeof(one));
	m = image_load(object, LOAD_RESERVED);
	EQUAL(image_call(&m, LATE_A, 0), os_getppid());
	EQUAL(image_call(&m, LATE_OTHER, 0), 1);
	EQUAL(image_call(&m, LATE_CONST, 0), 42);
	image_unload(&m);
}

#ifndef LATE_FREEBSD
static volatile int alarms, children;

static void
count(int sig)
{
	if (sig == SIGALRM)
		alarms++;
	else
		children++;
}

/* Alarms all the time, and a look for children of every kind. */
static void
disturb(void)
{
	struct itimerval often = { { 0, 500 }, { 0, 500 } };

	signal(SIGALRM, count);
	signal(SIGCHLD, count);
	setitimer(ITIMER_REAL, &often, NULL);
}

static void
disturbed(void)
{
	struct itimerval never = { { 0, 0 }, { 0, 0 } };

	setitimer(ITIMER_REAL, &never, NULL);
	EQUAL(children, 0);
	EQUAL(waitpid(-1, NULL, __WALL), -1);
}
#else
static void disturb(void) { }
static void disturbed(void) { }
#endif

/* Nothing of the planner's child is left for the guest: no child, no signal, no descriptor. */
static void
unseen(void)
{
	long before = os_open(object, 0), after;
	struct image m;
	int status;

	os_close(before);
	disturb();
	m = image_load(object, LOAD_SPAN);
	disturbed();
	as_expected(&m);
	CHECK(os_failed(os_wait(-1, &status)));
	image_unload(&m);
	after = os_open(object, 0);
	EQUAL(after, before);
}

/* The text that this program runs, and where it lies in its file; it is linked to its address. */
static struct image
own_text(void)
{
	struct image m = { .fd = os_open(self, 0) };
	Elf64_Phdr ph[16];
	Elf64_Ehdr eh;

	EQUAL(os_pread(m.fd, &eh, sizeof(eh), 0), sizeof(eh));
	EQUAL(eh.e_type, ET_EXEC);
	CHECK(eh.e_phnum <= 16);
	EQUAL(os_pread(m.fd, ph, sizeof(ph[0]) * eh.e_phnum, eh.e_phoff),
	    (long)sizeof(ph[0]) * eh.e_phnum);
	for (int i = eh.e_phnum - 1; i >= 0; i--) {
		if (ph[i].p_type != PT_LOAD)
			continue;
		m.base = (char *)(ph[i].p_vaddr & ~4095ul);
		if ((ph[i].p_flags & PF_X) == 0)
			continue;
		m.text = (char *)(ph[i].p_vaddr & ~4095ul);
		m.text_off = (long)(ph[i].p_offset & ~4095ul);
		m.text_len = (long)(ph[i].p_vaddr + ph[i].p_filesz -
		    (uint64_t)m.text);
	}
	return m;
}

/* How many bytes are not the file's. */
static long
differences(const struct image *m)
{
	char page[4096];
	long n = 0, got;

	for (long at = 0; at < m->text_len; at += got) {
		got = os_pread(m->fd, page, m->text_len - at < 4096 ?
		    m->text_len - at : 4096, m->text_off + at);
		CHECK(got > 0);
		for (long i = 0; i < got; i++)
			n += page[i] != m->text[at + i];
	}
	return n;
}

/* What a program was started with is given up as what came later is. */
static void
own(void)
{
	struct image m = own_text();

	if (is("all"))
		CHECK(differences(&m) != 0);
	EQUAL(os_mprotect(m.text, up(m.text_len), R | W | X), 0);
	EQUAL(differences(&m), 0);
	EQUAL(os_mprotect(m.text, up(m.text_len), R | X), 0);
	CHECK(os_getppid() > 0);
}

static void
own_slots(void)
{
	struct image m = own_text();
	char *p = m.base - 4096;

	CHECK(os_mmap(p, 4096, R | W, OS_PRIVATE | OS_ANON | OS_FIXED, -1, 0) ==
	    (long)p);
	memset(p, 0xcc, 4096);
	CHECK(os_getppid() > 0);
	EQUAL(os_munmap(p, 4096), 0);
	CHECK(os_getppid() > 0);
}

#ifndef LATE_FREEBSD
/* Text that moves still calls. */
static void
moved(void)
{
	struct image m = image_load(object, LOAD_TEXT);
	char *to = mmap(NULL, (size_t)m.text_len, 0, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);

	if (mremap(m.text, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, to) !=
	    to)
		CHECK(errno == EFAULT);
	else {
		m.base = to - m.text_addr;
		EQUAL(image_call(&m, LATE_A, 0), os_getppid());
		EQUAL(image_call(&m, LATE_B, m.nr), os_getppid());
		EQUAL(image_call(&m, LATE_C, m.nr), os_getppid());
	}
}

/* The guest's own view shows the object, and neither slots nor the cache. */
static void
view(void)
{
	struct image m = image_load(object, LOAD_SPAN);
	unsigned long from, to;
	int rows = 0, text_rows = 0;
	char line[4400];
	FILE *f = fopen("/proc/self/maps", "r");

	while (fgets(line, sizeof(line), f) != NULL) {
		CHECK(strstr(line, "/texts/") == NULL);
		CHECK(sscanf(line, "%lx-%lx", &from, &to) == 2);
		CHECK(to <= (unsigned long)m.base - 4096 ||
		    from >= (unsigned long)m.base ||
		    strstr(line, "r-x") == NULL);
		rows += strstr(line, object) != NULL;
		text_rows += from == (unsigned long)m.text &&
		    strstr(line, " 00001000 ") != NULL &&
		    strstr(line, object) != NULL;
	}
	fclose(f);
	CHECK(rows >= 3);
	EQUAL(text_rows, 1);
	image_unload(&m);
}
#endif

static const struct { const char *name; void (*run)(void); } tests[] = {
#ifndef LATE_FREEBSD
	{ "moved", moved }, { "view", view },
#endif
	{ "own", own }, { "own_slots", own_slots },
	{ "span", span }, { "reserved", reserved }, { "text", text },
	{ "protect", protect }, { "flips", flips }, { "hides", hides },
	{ "again", again }, { "many", many }, { "over_slots", over_slots },
	{ "over_text", over_text }, { "replaced", replaced },
	{ "forked", forked }, { "threads", threads },
	{ "generated", generated }, { "changed", changed },
	{ "unseen", unseen },
};

static int
run(int argc, char **argv)
{
	if (argc == 4)
		for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
			if (strcmp(argv[1], tests[i].name) == 0) {
				self = argv[0];
				object = argv[2];
				expect = argv[3];
				tests[i].run();
				return 0;
			}
	say("usage: late TEST OBJECT all|none|any\n");
	return 2;
}

#ifdef LATE_FREEBSD
int
test_main(int argc, char **argv)
{
	return run(argc, argv);
}
#else
int
main(int argc, char **argv)
{
	return run(argc, argv);
}
#endif
