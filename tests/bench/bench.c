/* SPDX-License-Identifier: ISC */
/*
 * What a call, a thread, a process, a start cost under Veneer against the same natively, and what
 * other mechanisms would cost instead. Every row is measured in rounds; a round measures each column
 * once, in turning order, and gives one ratio to its native figure. Shown are medians over rounds with
 * a 95 % interval from order statistics: no assumption about the noise, and pairing cancels what all
 * columns feel.
 */
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "bench.h"

const struct column columns[COLUMNS] = {
	[NATIVE] = { "native", "the Linux twin", false, false, NULL, NULL, "-" },
	[SITE] = { "site", "veneer, rewritten sites", true, false, "all", NULL, "-" },
	[SITE_FILTER] = { "site+f", "the same under the supervisor's filter", true, true, "all",
	    "filter", "-" },
	[TRAP] = { "trap", "veneer, nothing rewritten", true, false, "none", NULL, "-" },
	[TRAP_FILTER] = { "trap+f", "the same under the supervisor's filter", true, true, "none",
	    "filter", "-" },
	[REF_SUD] = { "sud", "reference: native, User Dispatch on and never used", false, false, NULL, NULL,
	    "sud" },
	[REF_FILTER] = { "filter", "reference: native under the supervisor's filter", false, true, NULL,
	    "filter", "-" },
	[REF_SUD_FILTER] = { "sud+f", "reference: both", false, true, NULL, "filter", "sud" },
	[REF_SIGSYS] = { "sigsys", "reference: a SIGSYS handler that makes the call", false, false, NULL,
	    NULL, "sigsys" },
	[REF_NOTIFY] = { "notify", "reference: a notification for each call", false, true, NULL,
	    "notify", "-" },
	[REF_PTRACE] = { "ptrace", "reference: a tracer stops each call twice", false, true, NULL,
	    "ptrace", "-" },
};

#define CALL(name, what, floor, filter)	\
	{ name, what, ROW_TWIN, COLUMNS_CALL, NULL, NULL, floor, filter, NULL }
#define TWIN(name, what, helper, floor)	\
	{ name, what, ROW_TWIN, COLUMNS_VENEER, helper, NULL, floor, 0, NULL }
#define STATIC(name, what, helper, floor)	\
	{ name, what, ROW_STATIC, COLUMNS_VENEER, helper, NULL, floor, 0, NULL }
#define LIBRARY(name)	"/lib/x86_64-linux-gnu/" name
#define LIBC(name, what, row, starts, floor)	\
	{ name, what, ROW_LIBC, COLUMNS_LINUX, row, starts, floor, 0, NULL }
#define LINUX(name, what, command, floor)	\
	{ name, what, ROW_COMMAND, COLUMNS_LINUX, NULL, command, floor, 0, NULL }
#define ESBUILD " --bundle --minify --log-level=error --outfile=out.js "
static const struct row rows[] = {
	CALL("getppid", "getppid: nothing to translate", 1.15, 1.25),
	CALL("lseek", "lseek: nothing to translate", 1.15, 1.25),
	CALL("fcntl", "fcntl F_GETFL: flags translated", 1.22, 1.35),
	CALL("fstat", "fstat: a structure translated", 1.22, 1.35),
	CALL("clock", "clock_gettime", 1.22, 1.35),
	CALL("sigmask", "sigprocmask, asking", 1.22, 1.35),
	CALL("read1", "read 1 byte of /dev/zero", 1.15, 0),
	CALL("read16k", "read 16 KiB of /dev/zero", 1.05, 0),
	CALL("open", "open and close", 1.05, 0),
	CALL("stat", "stat of a path", 1.05, 0),
	CALL("readdir", "a directory of 100 entries", 1.10, 0),
	TWIN("pipe", "pipe ping-pong, two processes", NULL, 1.10),
	TWIN("tcp", "TCP ping-pong, two processes", NULL, 1.10),
	TWIN("thread", "thread create and join", NULL, 1.3),
	TWIN("fork", "fork, exit, wait", NULL, 1.1),
	TWIN("fork+exec", "fork, exec of 20 KiB, exit, wait", "20k", 1.6),
	TWIN("signal", "kill itself, handler, return", NULL, 3),
	TWIN("spawn-20k", "vfork, exec of 20 KiB, exit, wait", "20k", 1.6),
	TWIN("spawn-700k", "vfork, exec of 700 KiB, exit, wait", "700k", 1.15),
	TWIN("map-libm", "map and unmap an object; nothing to rewrite", LIBRARY("libm.so.6"), 0),
	TWIN("map-20k", "map and unmap an object of 20 KiB, one site", "20k", 0),
	TWIN("map-libc", "map and unmap libc, 526 sites", LIBRARY("libc.so.6"), 0),
	{ "run-20k", "`veneer run` of 20 KiB from a native process", ROW_COMMAND, COLUMNS_VENEER,
	    "%V run %B/20k-freebsd", "%B/20k-linux", 2.5, 0, NULL },
	{ "cold-11m", "first start of esbuild (11 MB) / sha256sum of it", ROW_COMMAND,
	    COLUMNS_PAIR, "COLD %V run %F --version", "sha256sum %F", 3, 0, NULL },
	{ "esbuild-20ms", "esbuild, a bundle of about 20 ms", ROW_COMMAND, COLUMNS_VENEER,
	    "%V run %F" ESBUILD "%P/node_modules/react-dom/index.js",
	    "%L" ESBUILD "%P/node_modules/react-dom/index.js", 1.4, 0, NULL },
	{ "esbuild-2s", "esbuild, a bundle of about 2 s", ROW_COMMAND, COLUMNS_VENEER,
	    "%V run %F" ESBUILD "many.js", "%L" ESBUILD "many.js", 1.06, 0, NULL },
	STATIC("spawn-musl", "Linux: vfork, exec of a static musl program, exit, wait", "musl", 1.6),
	STATIC("spawn-glibc", "Linux: vfork, exec of a static glibc program, exit, wait", "glibc", 1.15),
	{ "run-musl", "`veneer run` of a static musl program from a native process", ROW_COMMAND,
	    COLUMNS_VENEER, "%V run %B/musl-linux", "%B/musl-linux", 2.5, 0, NULL },
	LIBC("pthread", "Linux: pthread_create and pthread_join", "thread", NULL, 1.2),
	LIBC("true", "Linux: fork, exec of /bin/true, wait", "true", NULL, 1.25),
	LIBC("pipe-linux", "Linux: pipe ping-pong, two processes", "pipe", NULL, 1.05),
	LIBC("redis", "redis-benchmark, 4,000 GETs of 50 clients", "redis",
	    "redis-server --loglevel warning --appendonly no --port", 1.031),
	LINUX("find", "find over /usr", "find /usr -name nothing", 1.05),
	LINUX("sqlite", "sqlite3, 3,000 inserts", "sqlite3 -init %W/inserts.sql %W/t.db .exit", 1.03),
	LINUX("git", "git status of 4,000 files", "git -C %W/repository status --short", 1.05),
	LINUX("python", "python3, start and end", "/usr/bin/python3 -c pass", 1.12),
	LINUX("gcc", "gcc of a small file", "gcc -O1 -c %W/small.c -o %W/small.o", 1.12),
	LINUX("bash", "bash, a loop of 50 execs", "bash %W/loop.sh", 1.3),
	LINUX("java", "java, start and end", "java -Xshare:auto --version", 1.1),
	LINUX("node", "node, start and end", "node -e 0", 1.1),
	{ "getpid-stub", "native personality: getpid by its stub / raw getpid", ROW_PAIR,
	    COLUMNS_PAIR, "stub_getpid", "raw_getpid", 0.02, 0, NULL },
	{ "getpid-libc", "native personality: the SDK's getpid() / raw getpid", ROW_PAIR,
	    COLUMNS_PAIR, "libc_getpid", "raw_getpid", 0, 0, NULL },
	{ "veneer-null", "veneer_null / a bare notification, one core", ROW_PAIR, COLUMNS_PAIR,
	    "stub_null", "bare_null", 1.25, 0, NULL },
	{ "mach-rpc", "mach_msg, question and answer of 32 bytes / a futex ping-pong, one core",
	    ROW_PAIR, COLUMNS_PAIR, "mach_rpc", "futex_pair", 2.75, 0, NULL },
	{ "mach-rpc-free", "the same, nothing pinned", ROW_FREE, COLUMNS_PAIR, "mach_rpc",
	    "futex_pair", 1.25, 0, NULL },
	{ "mach-rpc-socket", "the same / datagrams to a server in epoll, nothing pinned", ROW_FREE,
	    COLUMNS_PAIR, "mach_rpc", "socket_rpc", 1, 0, NULL },
	{ "mach-sem", "semaphore_signal or _wait, uncontended / raw getpid", ROW_PAIR,
	    COLUMNS_PAIR, "mach_sem", "raw_getpid", 0.2, 0, NULL },
	{ "idle", "KiB Private_Dirty of an idle guest over native", ROW_MEMORY, COLUMNS_PAIR, NULL,
	    NULL, 64, 0, memory_idle },
	{ "idle-thread", "KiB Private_Dirty of a thread over native", ROW_MEMORY, COLUMNS_PAIR, NULL,
	    NULL, 32, 0, memory_thread },
	{ "share", "copies of the text that 100 guests have in memory", ROW_MEMORY, COLUMNS_PAIR,
	    NULL, NULL, 1.05, 0, memory_share },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

struct options opt = { .rounds = ROUNDS_MIN, .columns = COLUMNS_CALL };

static _Noreturn void
usage(void)
{
	fprintf(stderr, "usage: bench [-n ROUNDS] [-c COLUMN]... [-o JSON] PROGRAMS VENEER [ROW...]\n"
	    "rows:");
	for (size_t i = 0; i < ROWS; i++)
		fprintf(stderr, " %s", rows[i].name);
	fprintf(stderr, "\ncolumns:");
	for (int i = 0; i < COLUMNS; i++)
		fprintf(stderr, " %s", columns[i].name);
	fprintf(stderr, "\n");
	exit(2);
}

static unsigned
column_bit(const char *name)
{
	for (int i = 0; i < COLUMNS; i++)
		if (strcmp(columns[i].name, name) == 0)
			return BIT(i);
	usage();
}

static int
removed(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
clean_up(void)
{
	nftw(opt.temp, removed, 16, FTW_DEPTH | FTW_PHYS);
}

static void
make_file(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT, 0600);

	if (fd < 0 || close(fd) != 0) {
		perror(name);
		exit(125);
	}
}

/* What the rows work on; the caches of what is measured are here too. */
static void
make_place(void)
{
	static char temp[] = "/tmp/veneer-bench.XXXXXX";
	char name[64];

	if (mkdtemp(temp) == NULL || chdir(temp) != 0 || mkdir("dir", 0700) != 0) {
		perror(temp);
		exit(125);
	}
	opt.temp = temp;
	atexit(clean_up);
	make_file("file");
	for (int i = 0; i < 98; i++) {
		snprintf(name, sizeof(name), "dir/entry-%d", i);
		make_file(name);
	}
	setenv("XDG_CACHE_HOME", temp, 1);
	setenv("VENEER_CACHE", temp, 1);
	setenv("XDG_RUNTIME_DIR", temp, 1);	/* a supervisor of our own build */
}

static void
measure(const struct row *row, FILE *json)
{
	struct result res = { .row = row, .rounds = opt.rounds };

	if (getloadavg(&res.load, 1) != 1)
		res.load = -1;
	switch (row->kind) {
	case ROW_TWIN:
	case ROW_STATIC:
		measure_twin(&res);
		break;
	case ROW_LIBC:
		measure_libc(&res);
		break;
	case ROW_PAIR:
		measure_pair(&res);
		break;
	case ROW_FREE:
		measure_free(&res);
		break;
	case ROW_COMMAND:
		measure_command(&res);
		break;
	case ROW_MEMORY:
		measure_memory(&res);
		break;
	}
	report(&res, stdout, false);
	if (json != NULL)
		report(&res, json, true);
}

static bool
wanted(const char *name, char **names, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return n == 0;
}

static void
check_names(char **names, int n)
{
	for (int i = 0; i < n; i++) {
		size_t k = 0;

		while (k < ROWS && strcmp(rows[k].name, names[i]) != 0)
			k++;
		if (k == ROWS) {
			fprintf(stderr, "bench: no row '%s'\n", names[i]);
			usage();
		}
	}
}

int
main(int argc, char **argv)
{
	unsigned only = 0;
	FILE *json = NULL;
	int o;

	while ((o = getopt(argc, argv, "n:c:o:")) != -1)
		if (o == 'n')
			opt.rounds = atoi(optarg);
		else if (o == 'c')
			only |= column_bit(optarg) | BIT(NATIVE);
		else if (o != 'o')
			usage();
		else if ((json = fopen(optarg, "we")) == NULL) {
			perror(optarg);
			return 125;
		}
	argc -= optind;
	argv += optind;
	if (opt.rounds < ROUNDS_MIN || opt.rounds > ROUNDS_MAX || argc < 2)
		usage();
	if (only != 0)
		opt.columns = only;
	opt.programs = realpath(argv[0], NULL);
	opt.veneer = realpath(argv[1], NULL);
	if (opt.programs == NULL || opt.veneer == NULL) {
		perror("bench: PROGRAMS or VENEER");
		return 125;
	}
	check_names(argv + 2, argc - 2);
	signal(SIGPIPE, SIG_IGN);
	make_place();
	opt.ns_per_cycle = cycle_ns();
	report_head(stdout, false);
	if (json != NULL)
		report_head(json, true);
	for (size_t i = 0; i < ROWS; i++)
		if (wanted(rows[i].name, argv + 2, argc - 2))
			measure(&rows[i], json);
	if (json != NULL && fclose(json) != 0) {
		perror("bench: JSON");
		return 125;
	}
	return 0;
}
