/* SPDX-License-Identifier: ISC */
/*
 * Joining a domain: the first process of a tree connects to veneerd's socket, installs
 * the filter and hands the listener over.  Descriptors live for a moment, under high
 * numbers, and one that a guest's other thread takes over meanwhile only fails the call.
 *
 * The order is: connect (start veneerd when nobody listens), its greeting, filter, hand
 * over, its confirmation.  A veneerd that leaves in between gets nothing confirmed; the
 * listener is then offered to the next.
 */
#include <asm/errno.h>
#include <asm/socket.h>
#include <linux/audit.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/seccomp.h>
#include <linux/time_types.h>
#include <linux/un.h>

#include "host_nr.h"
#include "rpc.h"
#include "trap_join.h"

/* The kernel's own values, which no header of it exports to programs. */
enum {
	HOST_AF_UNIX = 1,
	HOST_SOCK_SEQPACKET = 5,
	HOST_MSG_NOSIGNAL = 0x4000,
	HOST_MSG_CMSG_CLOEXEC = 0x40000000,
	HOST_SCM_RIGHTS = 1,
};
struct host_iovec {
	const void *base;
	size_t len;
};
struct host_msghdr {
	void *name;
	uint64_t namelen;
	struct host_iovec *iov;
	size_t iovlen;
	void *control;
	size_t controllen;
	uint64_t flags;
};
struct host_rights {	/* one descriptor, or two */
	size_t len;
	int32_t level, type, fd, other;
};
struct host_ucred {
	uint32_t pid, uid, gid;
};

enum {
	PAGE = 4096,
	FD_CEILING = 1024,	/* higher numbers would grow the table */
	ATTEMPTS = 200, ATTEMPT_NS = 20 * 1000 * 1000,
	PATIENCE = 10,		/* seconds for veneerd to say a word */
	RIGHTS_BYTES = 20,	/* struct host_rights without its end */
	W_AND_X = 3,		/* access(2) */
};

static long
host_close(struct thread_block *t, long fd)
{
	return host_call(t, HOST_NR_close, fd, 0, 0, 0, 0, 0);
}

long
trap_free_fd(struct thread_block *t)
{
	struct rlimit64 rl = { 0, 0 };
	long fd, r;

	r = host_call(t, HOST_NR_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&rl, 0,
	    0);
	if (r < 0)
		return r;
	fd = rl.rlim_cur < FD_CEILING ? (long)rl.rlim_cur : FD_CEILING;
	while (--fd >= 0)
		if (host_call(t, HOST_NR_fcntl, fd, F_GETFD, 0, 0, 0, 0) ==
		    -EBADF)
			return fd;
	return -EMFILE;
}

/* Move a new descriptor out of the way, if there is a better place. */
static long
raise_fd(struct thread_block *t, long fd)
{
	long to = trap_free_fd(t), r;

	if (fd < 0 || to <= fd)
		return fd;
	r = host_call(t, HOST_NR_fcntl, fd, F_DUPFD_CLOEXEC, to, 0, 0, 0);
	if (r < 0)
		return fd;
	host_close(t, fd);
	return r;
}

/* ---- where: $XDG_RUNTIME_DIR of the program's first environment, what it would be on
 * most systems, or /tmp; veneerd decides alike (kernel-glue/host/rundir.c) ---- */

static size_t
append(char *buf, size_t n, size_t size, const char *s)
{
	while (*s != '\0' && n + 1 < size)
		buf[n++] = *s++;
	buf[n] = '\0';
	return n;
}

static size_t
append_uid(struct thread_block *t, char *buf, size_t n, size_t size)
{
	long uid = host_call(t, HOST_NR_geteuid, 0, 0, 0, 0, 0, 0);
	char digits[16];
	size_t d = sizeof(digits) - 1;

	digits[d] = '\0';
	do
		digits[--d] = (char)('0' + uid % 10);
	while ((uid /= 10) != 0);
	return append(buf, n, size, digits + d);
}

/* The value of XDG_RUNTIME_DIR, or "". */
static void
environment_dir(struct thread_block *t, char *buf, size_t size)
{
	static const char key[] = "XDG_RUNTIME_DIR=";
	char chunk[512];
	size_t n = 0, at = 0;	/* at: how much of key has been seen */
	long fd, got, i;

	buf[0] = '\0';
	fd = host_call(t, HOST_NR_openat, AT_FDCWD,
	    (long)"/proc/self/environ", O_RDONLY | O_CLOEXEC, 0, 0, 0);
	if (fd < 0)
		return;
	while ((got = host_call(t, HOST_NR_read, fd, (long)chunk,
	    sizeof(chunk), 0, 0, 0)) > 0)
		for (i = 0; i < got; i++) {
			if (at == sizeof(key) - 1 && chunk[i] == '\0')
				goto out;
			if (chunk[i] == '\0')
				at = 0;
			else if (at == sizeof(key) - 1 && n + 1 < size)
				buf[n++] = chunk[i];
			else if (at < sizeof(key) - 1)
				at = chunk[i] == key[at] ? at + 1 :
				    sizeof(key);
		}
out:
	buf[n] = '\0';
	host_close(t, fd);
}

/* The directory in which `veneer` is, or "". */
static void
runtime_dir(struct thread_block *t, char *buf, size_t size)
{
	size_t n;

	environment_dir(t, buf, size);
	if (buf[0] == '/')
		return;
	n = append(buf, 0, size, "/run/user/");
	append_uid(t, buf, n, size);
	if (host_call(t, HOST_NR_access, (long)buf, W_AND_X, 0, 0, 0, 0) != 0)
		buf[0] = '\0';
}

static void
socket_path(struct thread_block *t, const char *runtime, char *buf,
    size_t size)
{
	size_t n;

	if (runtime[0] == '/') {
		n = append(buf, 0, size, runtime);
		append(buf, n, size, "/veneer/socket");
		return;
	}
	n = append(buf, 0, size, "/tmp/veneer-");
	n = append_uid(t, buf, n, size);
	append(buf, n, size, "/socket");
}

/* ---- the connection ---- */

static long
say(struct thread_block *t, long sock, int listener, int status)
{
	struct trap_message m = {
		.magic = MAGIC_TRAP_MESSAGE, .version = VERSION_TRAP_MESSAGE,
		.size = SIZEOF_TRAP_MESSAGE, .abi = RPC_ABI, .status = status,
		.domain = thread_mm(t)->domain,
	};
	struct host_rights rights = {
		.len = RIGHTS_BYTES, .level = SOL_SOCKET,
		.type = HOST_SCM_RIGHTS, .fd = listener,
	};
	struct host_iovec iov = { &m, sizeof(m) };
	struct host_msghdr mh = {
		.iov = &iov, .iovlen = 1,
		.control = &rights, .controllen = listener < 0 ? 0 : sizeof(rights),
	};
	long r;

	do
		r = host_call(t, HOST_NR_sendmsg, sock, (long)&mh,
		    HOST_MSG_NOSIGNAL, 0, 0, 0);
	while (r == -EINTR);
	return r == (long)sizeof(m) ? 0 : -EPROTO;
}

/* A word from veneerd: 0, what it refuses with, or -EPIPE: it has gone. */
static long
hear(struct thread_block *t, long sock, struct trap_message *m)
{
	long r;

	do
		r = host_call(t, HOST_NR_recvfrom, sock, (long)m, sizeof(*m),
		    0, 0, 0);
	while (r == -EINTR);
	if (r <= 0)
		return r == -EAGAIN ? -ETIMEDOUT : -EPIPE;
	if (r != (long)sizeof(*m) || m->magic != MAGIC_TRAP_MESSAGE ||
	    m->abi != RPC_ABI)
		return -EPROTO;
	return m->status == 0 ? 0 : -m->status;
}

/* The same with two descriptors. */
static long
hear_fds(struct thread_block *t, long sock, int32_t fd[2])
{
	struct trap_message m;
	struct host_rights rights = { .len = 0 };
	struct host_iovec iov = { &m, sizeof(m) };
	struct host_msghdr mh = {
		.iov = &iov, .iovlen = 1,
		.control = &rights, .controllen = sizeof(rights),
	};
	long r;

	do
		r = host_call(t, HOST_NR_recvmsg, sock, (long)&mh,
		    HOST_MSG_CMSG_CLOEXEC, 0, 0, 0);
	while (r == -EINTR);
	if (r <= 0)
		return r == -EAGAIN ? -ETIMEDOUT : -EPIPE;
	if (r != (long)sizeof(m) || m.magic != MAGIC_TRAP_MESSAGE)
		return -EPROTO;
	if (m.status != 0)
		return -m.status;
	if (mh.controllen < sizeof(rights) || rights.len != sizeof(rights))
		return -EMFILE;
	fd[0] = rights.fd;
	fd[1] = rights.other;
	return 0;
}

static bool
same_user(struct thread_block *t, long sock)
{
	struct host_ucred cred = { 0, 0, 0 };
	uint32_t len = sizeof(cred);

	return host_call(t, HOST_NR_getsockopt, sock, SOL_SOCKET, SO_PEERCRED,
	    (long)&cred, (long)&len, 0) == 0 && cred.uid ==
	    (uint32_t)host_call(t, HOST_NR_geteuid, 0, 0, 0, 0, 0, 0);
}

static long
connect_once(struct thread_block *t, const char *path, struct trap_message *m)
{
	struct sockaddr_un sa = { .sun_family = HOST_AF_UNIX };
	struct { int64_t sec, usec; } patience = { PATIENCE, 0 };
	long r, sock = host_call(t, HOST_NR_socket, HOST_AF_UNIX,
	    HOST_SOCK_SEQPACKET | O_CLOEXEC, 0, 0, 0, 0);

	sock = raise_fd(t, sock);
	if (sock < 0)
		return sock;
	append(sa.sun_path, 0, sizeof(sa.sun_path), path);
	host_call(t, HOST_NR_setsockopt, sock, SOL_SOCKET, SO_RCVTIMEO,
	    (long)&patience, sizeof(patience), 0);
	do
		r = host_call(t, HOST_NR_connect, sock, (long)&sa, sizeof(sa),
		    0, 0, 0);
	while (r == -EINTR);
	if (r == 0 && !same_user(t, sock))
		r = -EACCES;
	if (r == 0)
		r = hear(t, sock, m);
	if (r == 0)
		return sock;
	host_close(t, sock);
	return r;
}

/* A connection that has been greeted, with *m. */
static long
reach(struct thread_block *t, const char **why, struct trap_message *m)
{
	struct __kernel_timespec pause = { .tv_nsec = ATTEMPT_NS };
	char runtime[UNIX_PATH_MAX], path[UNIX_PATH_MAX];
	long r = 0;
	int i;

	runtime_dir(t, runtime, sizeof(runtime));
	socket_path(t, runtime, path, sizeof(path));
	for (i = 0; i < ATTEMPTS; i++) {
		r = connect_once(t, path, m);
		if (r >= 0)
			return r;
		*why = r == -EMFILE ? "no descriptor is free: close one" :
		    "the supervisor's socket cannot be used: see veneerd(8)";
		if (r != -ENOENT && r != -ECONNREFUSED && r != -EPIPE &&
		    r != -EAGAIN)
			return r;
		*why = "veneerd cannot be started: run veneerd --foreground";
		if (i % 50 == 0 && trap_spawn(t, runtime) < 0)
			return -ECONNREFUSED;
		host_call(t, HOST_NR_nanosleep, (long)&pause, 0, 0, 0, 0, 0);
	}
	return -ECONNREFUSED;
}

/* By architecture and number alone: the kernel then remembers the verdicts. */
static long
install(struct thread_block *t, const char **why)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HOST_NR_epoll_wait_old, 0,
		    1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };
	long r;

	*why = "prctl(PR_SET_NO_NEW_PRIVS) is refused: allow it outside";
	r = host_call(t, HOST_NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
	if (r < 0)
		return r;
	r = host_call(t, HOST_NR_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_TSYNC |
	    SECCOMP_FILTER_FLAG_TSYNC_ESRCH, (long)&prog, 0, 0, 0);
	*why = "seccomp(2) is refused: allow filters with a listener outside";
	if (r == -EBUSY)
		*why = "another tool holds this process's seccomp listener: "
		    "run the program outside of it";
	if (r == -ESRCH)
		*why = "a thread of the program has a seccomp filter of its "
		    "own: join earlier";
	return raise_fd(t, r);
}

long
trap_connect(struct thread_block *t, const char **why)
{
	long r, sock, listener = -1;
	struct trap_message m;

	do {
		sock = reach(t, why, &m);
		r = sock < 0 ? sock : 0;
		if (r == 0 && listener < 0 &&
		    m.transport == RPC_TRANSPORT_WINDOW) {
			*why = NULL;
			r = -EOPNOTSUPP;
		}
		if (r == 0 && listener < 0)
			r = listener = install(t, why);
		if (r >= 0)
			r = say(t, sock, (int)listener, 0);
		if (r == 0)
			r = hear(t, sock, &m);
		if (sock >= 0)
			host_close(t, sock);
	} while (r == -EPIPE);
	if (listener >= 0)
		host_close(t, listener);
	return r;
}

static long
map(struct thread_block *t, uint64_t at, uint64_t size, int prot, int fd)
{
	long r = host_call(t, HOST_NR_mmap, (long)at, (long)size, prot,
	    MAP_SHARED | MAP_FIXED, fd, 0);

	host_close(t, fd);
	return r < 0 && r >= -4095 ? r : 0;
}

long
trap_connect_window(struct thread_block *t, const char **why)
{
	struct mm_block *mm = t->mm;
	uint64_t at = mm->arena + ARENA_WINDOW,
	    size = ARENA_WINDOW_END - ARENA_WINDOW;
	struct trap_message m;
	int32_t fd[2] = { -1, -1 };
	long r, sock;

	do {
		sock = reach(t, why, &m);
		r = sock < 0 ? sock : 0;
		if (r == 0 && mm->domain != 0 && mm->domain != m.domain)
			r = -ENOTCONN;
		if (r == 0)
			r = say(t, sock, -1, RPC_JOIN_WINDOW);
		if (r == 0)
			r = hear_fds(t, sock, fd);
		if (sock >= 0)
			host_close(t, sock);
	} while (r == -EPIPE);
	if (r < 0)
		return r;
	r = map(t, (uint64_t)t->commpage, PAGE, PROT_READ, fd[1]);
	if (r == 0)
		r = map(t, at, size, PROT_READ | PROT_WRITE, fd[0]);
	else
		host_close(t, fd[0]);
	if (r < 0)
		return r;
	mm->window = at;
	mm->window_size = size;
	mm->domain = m.domain;
	mm->supervisor_pid = 0;
	mm->transport = RPC_TRANSPORT_WINDOW;
	return 0;
}
