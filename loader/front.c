/* SPDX-License-Identifier: ISC */
/*
 * veneer: the front.
 *
 * Static, without libc, at a fixed address: it costs what an execve costs.  It reads its
 * options and finds the program.  Where the cache has a plan (cache.c), it goes on as enter
 * (enter.c) in the same image; else it becomes veneer-plan, which becomes this image again, as
 * `veneer --enter`.  One process from the first to the last, so stdin, terminal, job control and
 * the way the program ends are untouched.
 */
#include <asm/errno.h>
#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/auxvec.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/mman.h>
#include <linux/resource.h>

#include "cache.h"
#include "cache_dir.h"
#include "enter.h"
#include "host.h"
#include "text.h"

#define OWN_ARGS	8	/* slots for what stands before the program's arguments */
#define ROOM_BYTES	16384
#define ROOM_BELOW	16384	/* the frames above it have this much: they share pages with what the guest uses */
#define ENTER_ARGS	5	/* veneer --enter FD EXECFN SETTINGS */
#define SPARE_FDS	4	/* what the planner and enter have open at once */

struct front {
	int argc;
	char **argv, **envp;
	const char *layer, *argv0, *log, *trace, *rewrite, *follow;
	const char *mode;		/* the planner's: --start-run or --start-exec */
	const char *program;		/* its path */
	int own;			/* arguments that are not the program's */
	uint64_t *sp;
	const char *settings;
	struct room room;
	struct cache cache;
};

static const char usage[] =
    "usage: veneer run [--layer PERSONALITY[@VERSION]] [--argv0 NAME] [--log FILE]\n"
    "                  [--no-rewrite] [--no-follow] [--] PROGRAM [ARGUMENT ...]\n"
    "       veneer trace [-f] [-c] [-o FILE] [--json] PROGRAM [ARGUMENT ...]\n"
    "       veneer plan | which [--json] [--layer PERSONALITY[@VERSION]] PROGRAM\n"
    "       veneer layers [--json]\n"
    "       veneer supervisor status|locks [--json] | stop | replace [--json] [--with PROGRAM]\n"
    "       veneer ports [--json | --dot]\n"
    "       veneer tasks [--json]\n"
    "       veneer cache ls [--json] | purge [--stale] [PROGRAM] | verify [--json]\n"
    "       veneer --version | --help\n"
    "\n"
    "  run         run a program under its layer\n"
    "  trace       show or count its calls\n"
    "  plan        what would be mapped and rewritten, and what not, and why\n"
    "  which       the layer that it gets, and why\n"
    "  layers      the layers that are installed\n"
    "  supervisor  veneerd's state; end it, or let another process take over\n"
    "  ports       who holds which Mach right; tasks: who has joined\n"
    "  cache       plans and rewritten texts\n"
    "\n"
    "Exit: the program's own; 125 Veneer failed, 126 not executable, 127 not found. Manual: veneer(1).\n";

/* Subcommands that need libraries are programs of their own. */
static const struct {
	const char *name, *program;
} commands[] = {
	{ "plan", "veneer-plan" },
	{ "which", "veneer-plan" },
	{ "layers", "veneer-plan" },
	{ "cache", "veneer-plan" },
	{ "trace", "veneer-trace" },
	{ "supervisor", "veneerd" },
	{ "ports", "veneer-ports" },
	{ "tasks", "veneer-ports" },
};

static const struct {
	const char *name;
	const char *value;	/* what it means; NULL: it takes an argument */
	size_t field;		/* where that goes in struct front */
} options[] = {
	{ "--layer", NULL, offsetof(struct front, layer) },
	{ "--argv0", NULL, offsetof(struct front, argv0) },
	{ "--log", NULL, offsetof(struct front, log) },
	{ "--trace", NULL, offsetof(struct front, trace) },	/* veneer-trace's: the ring's path */
	{ "--no-rewrite", "none", offsetof(struct front, rewrite) },
	{ "--follow", "1", offsetof(struct front, follow) },
	{ "--no-follow", "0", offsetof(struct front, follow) },
};

void loader_main(uint64_t *sp);

static void
say(int fd, const char *s)
{
	host3(HOST_NR_write, fd, (long)s, (long)text_len(s));
}

static const char *
env_get(struct front *f, const char *name)
{
	size_t n = text_len(name);
	char **e;

	for (e = f->envp; *e != NULL; e++)
		if (text_starts(*e, name) && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}

/* dst := a b c; false when it does not fit. */
static bool
join(char *dst, size_t size, const char *a, size_t alen, const char *b,
    const char *c)
{
	size_t blen = text_len(b), clen = text_len(c);

	if (alen + blen + clen >= size)
		return false;
	memcpy(dst, a, alen);
	memcpy(dst + alen, b, blen);
	memcpy(dst + alen + blen, c, clen + 1);
	return true;
}

/* Becomes a program that is installed with this one. */
APART static _Noreturn void
become(struct front *f, const char *name, char **argv)
{
	static const char libexec[] = "/../libexec/veneer/";
	char self[PATH_MAX], path[PATH_MAX];
	size_t dir;
	long n;

	n = host3(HOST_NR_readlink, (long)"/proc/self/exe", (long)self,
	    sizeof(self) - 1);
	if (n < 0) {	/* a root without /proc: a guest's layer has named us by our path */
		const char *us = (const char *)aux_find(f->envp, AT_EXECFN);

		if (us == NULL || us[0] != '/' || text_len(us) >= sizeof(self))
			fail(EXIT_VENEER, "cannot read /proc/self/exe: ", text_error(n),
			    "; mount /proc", NULL);
		n = (long)text_len(us);
		memcpy(self, us, (size_t)n);
	}
	self[n] = '\0';
	dir = (size_t)(text_base(self) - self);
	if (dir > 0)
		dir--;
	self[dir] = '\0';
	if ((!text_eq(text_base(self), "bin") ||
	    !join(path, PATH_MAX, self, dir, libexec, name) ||
	    host3(HOST_NR_access, (long)path, 1, 0) != 0) &&
	    !join(path, PATH_MAX, self, dir, "/", name))
		fail(EXIT_VENEER, self, ": the path is too long", NULL);
	n = host3(HOST_NR_execve, (long)path, (long)argv, (long)f->envp);
	fail(EXIT_VENEER, "cannot execute ", path, ": ", text_error(n),
	    n == -ENOENT ? "; is Veneer installed completely?" : "", NULL);
}

/* 0 when path is a file that the kernel would let us execute, or its error. */
static long
executable(const char *path)
{
	struct stat st;
	long ret;

	ret = host3(HOST_NR_stat, (long)path, (long)&st, 0);
	if (ret < 0)
		return ret;
	if ((st.st_mode & 0170000) == 0040000)
		return -EISDIR;
	if ((st.st_mode & 0170000) != 0100000)
		return -EACCES;
	ret = host4(HOST_NR_faccessat2, AT_FDCWD, (long)path, 1, AT_EACCESS);
	if (ret == -ENOSYS || ret == -EPERM)
		ret = host3(HOST_NR_access, (long)path, 1, 0);
	return ret;
}

static _Noreturn void
not_executable(const char *name, long error)
{
	int status = error == -ENOENT || error == -ENOTDIR ?
	    EXIT_NOTFOUND : EXIT_NOEXEC;

	fail(status, name, ": ", text_error(error), NULL);
}

/* For a path, or less. */
static size_t
room_size(const struct front *f)
{
	return f->room.left < PATH_MAX ? f->room.left : PATH_MAX;
}

/* The string at the room's start stays there. */
static const char *
room_keep(struct front *f)
{
	const char *s = f->room.at;
	size_t n = (text_len(s) + 1 + 7) & ~7ul;

	f->room.at += n;
	f->room.left -= n;
	return s;
}

/*
 * As execvp: a name with a slash is a path; otherwise PATH, where a file that may not be
 * executed does not end the search.
 */
static const char *
search(struct front *f, const char *name)
{
	const char *dir, *end, *path;
	long ret, denied = 0;
	size_t n;

	for (end = name; *end != '\0'; end++)
		if (*end == '/') {
			if ((ret = executable(name)) < 0)
				not_executable(name, ret);
			return name;
		}
	path = env_get(f, "PATH");
	if (path == NULL)
		path = "/bin:/usr/bin";
	for (dir = path; *name != '\0'; dir = end + 1) {
		for (end = dir; *end != '\0' && *end != ':'; end++)
			;
		n = (size_t)(end - dir);
		if (join(f->room.at, room_size(f), n == 0 ? "." : dir,
		    n == 0 ? 1 : n, "/", name)) {
			ret = executable(f->room.at);
			if (ret == 0)
				return room_keep(f);
			if (ret == -EACCES || ret == -EISDIR)
				denied = ret;
		}
		if (*end == '\0')
			break;
	}
	if (denied != 0)
		not_executable(name, denied);
	fail(EXIT_NOTFOUND, name, ": not found in PATH", NULL);
}

static void
setting_add(struct front *f, const char *key, const char *value)
{
	size_t len = text_len(f->settings);
	char *to = f->room.at;
	const char *s;

	for (s = value; *s != '\0'; s++)
		if (*s == ';' || (unsigned char)*s < ' ')
			fail(EXIT_VENEER, key, ": '", value,
			    "' holds a ';' or a control character", NULL);
	if (len + text_len(key) + text_len(value) + 3 > SETTINGS_MAX ||
	    len + text_len(key) + text_len(value) + 3 > f->room.left)
		fail(EXIT_VENEER, "the settings are too long", NULL);
	memcpy(to, f->settings, len);
	if (len > 0)
		to[len++] = ';';
	join(to + len, SETTINGS_MAX, key, text_len(key), "=", value);
	f->settings = room_keep(f);
}

/* The guest may change its directory: the log's path must not depend on it. */
APART static void
setting_log(struct front *f)
{
	char path[PATH_MAX];
	size_t len = 0;
	long ret;

	if (f->log == NULL)
		return;
	if (f->log[0] != '/') {
		ret = host3(HOST_NR_getcwd, (long)path, PATH_MAX, 0);
		if (ret < 0)
			fail(EXIT_VENEER, "--log: cannot tell the current"
			    " directory: ", text_error(ret), NULL);
		len = text_len(path);
	}
	if (!join(path, PATH_MAX, path, len, len > 0 ? "/" : "", f->log))
		fail(EXIT_VENEER, "--log: the path is too long", NULL);
	setting_add(f, "log", path);
	ret = host3(HOST_NR_open, (long)f->log,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
	    0600);
	if (ret < 0)
		fail(EXIT_VENEER, "--log: cannot write '", f->log, "': ",
		    text_error(ret), NULL);
	host3(HOST_NR_close, ret, 0, 0);
}

/* A guest may start programs with an empty environment: they find the cache by the settings. */
static void
setting_cache(struct front *f)
{
	const char *s, *dir = f->room.at;

	if (!cache_dir(f->room.at, room_size(f), f->envp, NULL) ||
	    text_len(f->settings) + text_len(dir) + sizeof(";cache=") >
	    SETTINGS_MAX)
		return;
	for (s = dir; *s != '\0'; s++)
		if (*s == ';' || (unsigned char)*s < ' ')
			return;
	setting_add(f, "cache", room_keep(f));
}

/*
 * Planning and entering need a few descriptors.  Where the soft limit leaves none it is raised
 * as far as the hard one allows; enter puts it back.
 */
static void
spare_descriptors(struct front *f)
{
	long fd[SPARE_FDS], ret = 0;
	struct rlimit64 rl, more;
	char digits[24];
	int n, i;

	for (n = 0; n < SPARE_FDS; n++) {
		ret = host3(HOST_NR_open, (long)"/", O_PATH | O_CLOEXEC, 0);
		if (ret < 0)
			break;
		fd[n] = ret;
	}
	for (i = 0; i < n; i++)
		host3(HOST_NR_close, fd[i], 0, 0);
	if (n == SPARE_FDS)
		return;
	if (ret == -EMFILE && setting_find(f->settings, "nofile",
	    &(size_t){ 0 }) == NULL &&
	    host4(HOST_NR_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&rl) == 0 &&
	    rl.rlim_max >= SPARE_FDS &&
	    rl.rlim_cur <= rl.rlim_max - SPARE_FDS) {
		more = rl;
		more.rlim_cur += SPARE_FDS;
		if (host4(HOST_NR_prlimit64, 0, RLIMIT_NOFILE, (long)&more, 0) == 0) {
			setting_add(f, "nofile", text_decimal(digits, rl.rlim_cur));
			return;
		}
	}
	fail(EXIT_VENEER, "cannot start: ", text_error(ret),
	    "; close some or raise the limit (ulimit -n)", NULL);
}

/* No plan is to be had from the cache: the planner makes one. */
static void
start_cold(struct front *f)
{
	int nargs = f->argc - f->own, n = 0;
	char **argv;
	long mem;

	/* A guest's layer has looked already, and a cached plan knows the file. */
	mem = executable(f->program);
	if (mem < 0)
		not_executable(f->program, mem);
	spare_descriptors(f);
	mem = host6(HOST_NR_mmap, 0,
	    (long)sizeof(char *) * ((nargs > 0 ? nargs : 0) + OWN_ARGS),
	    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem < 0)
		fail(EXIT_VENEER, "cannot start: ", text_error(mem), NULL);
	argv = (char **)mem;
	argv[n++] = (char *)(uintptr_t)"veneer-plan";
	argv[n++] = (char *)(uintptr_t)f->mode;
	argv[n++] = (char *)(uintptr_t)f->settings;
	argv[n++] = (char *)(uintptr_t)f->cache.path;
	argv[n++] = (char *)(uintptr_t)f->program;
	argv[n++] = (char *)(uintptr_t)f->argv0;
	if (nargs > 1)
		memcpy(argv + n, f->argv + f->own + 1,
		    sizeof(char *) * (size_t)(nargs - 1));
	become(f, "veneer-plan", argv);
}

/* The warm start.  Whatever is wrong with a cached plan or with its use, the planner is asked. */
static _Noreturn void
start(struct front *f)
{
	struct enter_from from = {
		.sp = f->sp,
		.own = (uint32_t)f->own,
		.argv0 = f->argv0,
		.path = f->program,
		.settings = f->settings,
		.room = &f->room,
		.cached = true,
		.cold = start_cold,
		.front = f,
	};

	if (cache_lookup(&f->cache, &f->room, f->mode, f->program, f->settings,
	    f->envp)) {
		from.mapped = f->cache.mapped;
		enter(&from, f->cache.plan, f->cache.bytes);
	}
	start_cold(f);
	leave(EXIT_VENEER);
}

static _Noreturn void
bad_usage(const char *a, const char *b, const char *c)
{
	fail(EXIT_VENEER, a, b, c, "; see veneer --help", NULL);
}

/* The option that argv[i] names, -1 when it is none; *value is its argument in either spelling. */
static int
option_match(struct front *f, int i, const char **value)
{
	const char *arg = f->argv[i], *name;
	size_t k;

	for (k = 0; k < sizeof(options) / sizeof(options[0]); k++) {
		name = options[k].name;
		if (options[k].value != NULL) {
			*value = options[k].value;
			if (text_eq(arg, name))
				return (int)k;
			continue;
		}
		if (text_eq(arg, name)) {
			if (i + 1 >= f->argc)
				bad_usage(name, " needs an argument", "");
			*value = f->argv[i + 1];
			return (int)k;
		}
		if (text_starts(arg, name) && arg[text_len(name)] == '=') {
			*value = arg + text_len(name) + 1;
			return (int)k;
		}
	}
	return -1;
}

static _Noreturn void
run(struct front *f)
{
	const char *value;
	int i, k;

	for (i = 2; i < f->argc; i++) {
		if (f->argv[i][0] != '-')
			break;
		if (text_eq(f->argv[i], "--")) {
			i++;
			break;
		}
		k = option_match(f, i, &value);
		if (k < 0)
			bad_usage("run: unknown option '", f->argv[i], "'");
		memcpy((char *)f + options[k].field, &value, sizeof(value));
		if (value == f->argv[i + 1])
			i++;
	}
	if (i >= f->argc)
		bad_usage("run: no program given", "", "");
	if (f->layer != NULL)
		setting_add(f, "layer", f->layer);
	if (f->trace != NULL)
		setting_add(f, "trace", f->trace);
	setting_log(f);
	value = env_get(f, "VENEER_WITNESS");
	if (value != NULL && *value != '\0')
		setting_add(f, "witness", value);
	if (f->follow != NULL)
		setting_add(f, "follow", f->follow);
	if (f->rewrite == NULL)
		f->rewrite = env_get(f, "VENEER_REWRITE");
	if (f->rewrite != NULL && *f->rewrite != '\0')
		setting_add(f, "rewrite", f->rewrite);
	setting_cache(f);
	f->mode = "--start-run";
	f->program = search(f, f->argv[i]);
	f->own = i;
	if (f->argv0 == NULL)
		f->argv0 = f->argv[i];
	start(f);
}

/* veneer --exec SETTINGS PATH ARGV0 ARGS...: a guest's execve.  The path is taken as it is. */
static _Noreturn void
run_exec(struct front *f)
{
	if (f->argc < 4)
		bad_usage("--exec: settings and path wanted", "", "");
	if (text_len(f->argv[2]) >= SETTINGS_MAX)
		fail(EXIT_VENEER, "the settings are too long", NULL);
	f->settings = f->argv[2];
	f->mode = "--start-exec";
	f->program = f->argv[3];
	f->own = 4;
	f->argv0 = f->argc > 4 ? f->argv[4] : "";
	start(f);
}

/* veneer --enter FD EXECFN SETTINGS ARGV0 ARGS...: the planner hands over its plan. */
static _Noreturn void
run_enter(struct front *f)
{
	struct enter_from from = {
		.sp = f->sp,
		.own = ENTER_ARGS,
		.room = &f->room,
	};
	int fd;

	if (f->argc <= ENTER_ARGS || (fd = text_number(f->argv[2])) < 0)
		bad_usage("--enter is for veneer-plan, not to be used by hand",
		    "", "");
	from.argv0 = f->argv[ENTER_ARGS];
	from.path = f->argv[3];
	from.settings = f->argv[4];
	enter_from_fd(&from, fd);
}

void
loader_main(uint64_t *sp)
{
	char *room = (char *)sp - ROOM_BELOW - ROOM_BYTES;
	struct front front = { 0 }, *f = &front;
	size_t k;

	f->sp = sp;
	f->settings = "";
	f->room.at = room + (-(uintptr_t)room & (PAGE - 1));
	f->room.left = ROOM_BYTES - PAGE;
	f->room.low = room;
	f->argc = (int)sp[0];
	f->argv = (char **)(sp + 1);
	f->envp = f->argv + f->argc + 1;
	if (f->argc < 2) {
		say(2, usage);
		leave(EXIT_VENEER);
	}
	if (f->argc == 3 && f->argv[1][0] != '-' && text_eq(f->argv[2], "--help")) {
		say(1, usage);
		leave(0);
	}
	if (text_eq(f->argv[1], "run"))
		run(f);
	if (text_eq(f->argv[1], "--exec"))
		run_exec(f);
	if (text_eq(f->argv[1], "--enter"))
		run_enter(f);
	for (k = 0; k < sizeof(commands) / sizeof(commands[0]); k++)
		if (text_eq(f->argv[1], commands[k].name))
			become(f, commands[k].program, f->argv + 1);
	if (text_eq(f->argv[1], "--version")) {
		say(1, "veneer " VENEER_VERSION "\n");
		leave(0);
	}
	if (text_eq(f->argv[1], "--help") || text_eq(f->argv[1], "-h")) {
		say(1, usage);
		leave(0);
	}
	bad_usage("unknown command '", f->argv[1], "'");
}
