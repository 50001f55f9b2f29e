/* SPDX-License-Identifier: ISC */
/*
 * The runtime directory: veneer in $XDG_RUNTIME_DIR or /run/user/UID, else
 * /tmp/veneer-UID; mode 0700 and ours.  layer/trap_join.c looks in the same places.
 * In it `lock`, held for as long as a veneerd serves, and `socket`.  Who has the lock may
 * remove and make the socket, so what a killed veneerd left behind hurts nobody.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "host.h"

static int
complain(int error, const char *path, const char *advice)
{
	fprintf(stderr, "veneerd: %s: %s; %s\n", path, strerror(error), advice);
	return error;
}

/* The directory's path; -1: too long for a socket in it. */
static int
rundir_path(char *buf, size_t size)
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	unsigned long uid = geteuid();
	char usual[64];
	int n;

	snprintf(usual, sizeof(usual), "/run/user/%lu", uid);
	if (base == NULL || base[0] != '/')
		base = access(usual, W_OK | X_OK) == 0 ? usual : NULL;
	if (base != NULL)
		n = snprintf(buf, size, "%s/veneer", base);
	else
		n = snprintf(buf, size, "/tmp/veneer-%lu", uid);
	return n < 0 || (size_t)n >= size ? -1 : 0;
}

static int
rundir_enter(struct server *s, const char *path)
{
	struct stat st;

	if (mkdir(path, 0700) && errno != EEXIST)
		return complain(errno, path,
		    "set XDG_RUNTIME_DIR to a directory of your own");
	s->rundir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->rundir < 0)
		return complain(errno, path,
		    "set XDG_RUNTIME_DIR to a directory of your own");
	if (fstat(s->rundir, &st) || st.st_uid != geteuid() ||
	    (st.st_mode & 077) != 0)
		return complain(EPERM, path,
		    "it must be yours and have mode 0700");
	return 0;
}

static int
rundir_lock(struct server *s, const char *path)
{
	s->lockfile = openat(s->rundir, "lock",
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->lockfile < 0)
		return complain(errno, path, "cannot make the lock file");
	if (flock(s->lockfile, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? EALREADY :
	    complain(errno, path, "cannot lock");
}

static int
rundir_listen(struct server *s, const struct sockaddr_un *sa)
{
	mode_t mask;
	int error = 0;

	s->socket = socket(AF_UNIX,
	    SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->socket < 0)
		return complain(errno, sa->sun_path, "cannot make a socket");
	unlinkat(s->rundir, "socket", 0);
	mask = umask(0177);
	if (bind(s->socket, (const struct sockaddr *)sa, sizeof(*sa)) ||
	    listen(s->socket, 128))
		error = complain(errno, sa->sun_path, "cannot listen");
	umask(mask);
	return error;
}

int
rundir_open(struct server *s)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	char path[sizeof(sa.sun_path) - sizeof("/socket") + 1];
	int error;

	if (rundir_path(path, sizeof(path)))
		return complain(ENAMETOOLONG, "XDG_RUNTIME_DIR",
		    "a socket's path has at most 107 bytes");
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/socket", path);
	error = rundir_enter(s, path);
	if (error == 0)
		error = rundir_lock(s, path);
	return error ? error : rundir_listen(s, &sa);
}

void
rundir_close(struct server *s)
{
	unlinkat(s->rundir, "socket", 0);
}
