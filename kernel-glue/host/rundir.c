/* SPDX-License-Identifier: ISC */
/*
 * The runtime directory: veneer in $XDG_RUNTIME_DIR or /run/user/UID, else
 * /tmp/veneer-UID; mode 0700 and ours.  layer/trap_join.c looks in the same places.
 * In it `lock`, held for as long as a veneerd serves, and `socket`.  Who has the lock may
 * remove and make the socket, so what a killed veneerd left behind hurts nobody.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "host.h"

enum {
	PATH_ROOM = sizeof(((struct sockaddr_un *)0)->sun_path) -
	    sizeof("/socket") + 1,
	FIRST_FD = 3,		/* of those that a service manager gives */
};

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

/* ---- a service manager ---- */
/* The listening socket that it gave, or -1. */
static int
activated(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	int type = 0, listens = 0;
	socklen_t len = sizeof(int);

	if (pid == NULL || n == NULL || atoi(pid) != (int)getpid() ||
	    atoi(n) != 1)
		return -1;
	if (getsockopt(FIRST_FD, SOL_SOCKET, SO_TYPE, &type, &len) ||
	    getsockopt(FIRST_FD, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) ||
	    type != SOCK_SEQPACKET || !listens)
		return -1;
	fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC);
	fcntl(FIRST_FD, F_SETFL, O_NONBLOCK);
	return FIRST_FD;
}

void
rundir_notify(const char *what)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	size_t n = path == NULL ? 0 : strlen(path);
	int fd;

	if (n == 0 || n >= sizeof(sa.sun_path))
		return;
	memcpy(sa.sun_path, path, n);
	if (path[0] == '@')
		sa.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, what, strlen(what), MSG_NOSIGNAL,
	    (const struct sockaddr *)&sa,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}

int
rundir_socket(char *buf, size_t size)
{
	char path[PATH_ROOM];
	int n;

	if (rundir_path(path, sizeof(path)))
		return -1;
	n = snprintf(buf, size, "%s/socket", path);
	return n < 0 || (size_t)n >= size ? -1 : 0;
}

int
rundir_open(struct server *s)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	char path[PATH_ROOM];
	int error;

	if (rundir_path(path, sizeof(path)))
		return complain(ENAMETOOLONG, "XDG_RUNTIME_DIR",
		    "a socket's path has at most 107 bytes");
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/socket", path);
	error = rundir_enter(s, path);
	if (error == 0)
		error = rundir_lock(s, path);
	if (error == 0 && s->systemd)
		s->socket = activated();
	s->activated = s->socket >= 0;
	return error || s->activated ? error : rundir_listen(s, &sa);
}

void
rundir_close(struct server *s)
{
	if (!s->activated)
		unlinkat(s->rundir, "socket", 0);
}
