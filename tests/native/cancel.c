/* SPDX-License-Identifier: ISC */
/*
 * pthread_cancel: every cancellation point ends, at once when cancellation is pending and
 * when it arrives while the thread waits; and no effect is lost.
 */
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#include "t.h"

static int empty[2], full[2], sock[2], lsock, file, msgq;
static char buf[65536];
static struct iovec iov = { buf, 1 };
static struct timespec hour = { 3600, 0 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static sem_t sem;
static pid_t child;
static pthread_t sleeper;
static struct timespec when;

#define POINT(name, expr) \
	static void do_##name(void) { (void)!(long)(expr); }
/* these wait */
POINT(read, read(empty[0], buf, 1))
POINT(readv, readv(empty[0], &iov, 1))
POINT(write, write(full[1], buf, sizeof(buf)))
POINT(writev, (iov.iov_len = sizeof(buf), writev(full[1], &iov, 1)))
POINT(recv, recv(sock[0], buf, 1, 0))
POINT(recvfrom, recvfrom(sock[0], buf, 1, 0, NULL, NULL))
POINT(recvmsg, recvmsg(sock[0], &(struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 }, 0))
POINT(accept, accept(lsock, NULL, NULL))
POINT(accept4, accept4(lsock, NULL, NULL, SOCK_CLOEXEC))
POINT(nanosleep, nanosleep(&hour, NULL))
POINT(clock_nanosleep, clock_nanosleep(CLOCK_MONOTONIC, 0, &hour, NULL))
POINT(sleep, sleep(3600))
POINT(usleep, usleep(999999999))
POINT(pause, pause())
POINT(poll, poll(NULL, 0, -1))
POINT(ppoll, ppoll(NULL, 0, NULL, NULL))
POINT(select, select(0, NULL, NULL, NULL, NULL))
POINT(pselect, pselect(0, NULL, NULL, NULL, NULL, NULL))
POINT(sem_wait, sem_wait(&sem))
POINT(sem_timedwait, sem_timedwait(&sem, &when))
POINT(waitpid, waitpid(child, NULL, 0))
POINT(waitid, waitid(P_PID, (id_t)child, &(siginfo_t){ 0 }, WEXITED))
POINT(pthread_join, pthread_join(sleeper, NULL))
POINT(sigwait, sigwait(&(sigset_t){ { 1 << (SIGUSR2 - 1) } }, &(int){ 0 }))
POINT(sigwaitinfo, sigwaitinfo(&(sigset_t){ { 1 << (SIGUSR2 - 1) } }, NULL))
POINT(sigtimedwait, sigtimedwait(&(sigset_t){ { 1 << (SIGUSR2 - 1) } }, NULL, &hour))
POINT(sigsuspend, sigsuspend(&(sigset_t){ { 0 } }))
POINT(msgrcv, msgrcv(msgq, buf, 1, 0, 0))
POINT(lockf, lockf(file, F_LOCK, 0))
POINT(fcntl, fcntl(file, F_SETLKW, &(struct flock){ .l_type = F_WRLCK }))
POINT(system, system("exec sleep 2"))
/* these do not; pending cancellation alone stops them */
POINT(open, open("cancel.made", O_CREAT | O_WRONLY, 0600))
POINT(openat, openat(AT_FDCWD, "cancel.made", O_CREAT | O_WRONLY, 0600))
POINT(creat, creat("cancel.made", 0600))
POINT(close, close(dup(0)))
POINT(pread, pread(file, buf, 1, 0))
POINT(pwrite, pwrite(file, "y", 1, 0))
POINT(preadv, preadv(file, &iov, 1, 0))
POINT(pwritev, pwritev(file, &iov, 1, 0))
POINT(fsync, fsync(file))
POINT(fdatasync, fdatasync(file))
POINT(msync, msync(NULL, 0, MS_SYNC))
POINT(send, send(sock[0], "x", 1, 0))
POINT(sendto, sendto(sock[0], "x", 1, 0, NULL, 0))
POINT(sendmsg, sendmsg(sock[0], &(struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 }, 0))
POINT(connect, connect(lsock, &(struct sockaddr){ 0 }, sizeof(struct sockaddr)))
POINT(msgsnd, msgsnd(msgq, &(struct { long type; char c; }){ 1, 'x' }, 1, IPC_NOWAIT))
POINT(tcdrain, tcdrain(0))
POINT(testcancel, (pthread_testcancel(), 0))

static void
unlock(void *m)
{
	pthread_mutex_unlock(m);
}

static void
do_cond_wait(void)
{
	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock, &mutex);
	for (;;)
		pthread_cond_wait(&cond, &mutex);
	pthread_cleanup_pop(1);
}

static void
do_cond_timedwait(void)
{
	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock, &mutex);
	for (;;)
		pthread_cond_timedwait(&cond, &mutex, &when);
	pthread_cleanup_pop(1);
}

static const struct point {
	const char *name;
	void (*run)(void);
	int waits;
} points[] = {
#define W(name) { #name, do_##name, 1 }
#define N(name) { #name, do_##name, 0 }
	W(read), W(readv), W(write), W(writev), W(recv), W(recvfrom),
	W(recvmsg), W(accept), W(accept4), W(nanosleep), W(clock_nanosleep),
	W(sleep), W(usleep), W(pause), W(poll), W(ppoll), W(select),
	W(pselect), W(sem_wait), W(sem_timedwait), W(waitpid), W(waitid),
	W(pthread_join), W(sigwait), W(sigwaitinfo), W(sigtimedwait),
	W(sigsuspend), W(msgrcv), W(lockf), W(fcntl), W(cond_wait),
	W(cond_timedwait), W(system), N(open), N(openat), N(creat), N(close),
	N(pread), N(pwrite), N(preadv), N(pwritev), N(fsync), N(fdatasync),
	N(msync), N(send), N(sendto), N(sendmsg), N(connect), N(msgsnd),
	N(tcdrain), N(testcancel),
};

static volatile int go, ready;

static void *
runs(void *arg)
{
	const struct point *p = arg;

	ready = 1;
	while (!go)
		;
	p->run();
	return NULL;
}

/* Joined, or the point was not one. */
static void *
joined(pthread_t t, const char *name)
{
	struct timespec until;
	void *r = NULL;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 120;
	if (pthread_timedjoin_np(t, &r, &until) != 0) {
		dprintf(2, "%s: not cancelled\n", name);
		_exit(1);
	}
	return r;
}

static void
point(const struct point *p, int wait_first)
{
	pthread_t t;

	ready = 0;
	go = wait_first;
	CHECK(pthread_create(&t, NULL, runs, (void *)p) == 0);
	while (!ready)
		;
	if (wait_first)
		usleep(5000);
	CHECK(pthread_cancel(t) == 0);
	go = 1;
	if (joined(t, p->name) != PTHREAD_CANCELED) {
		dprintf(2, "%s: returned\n", p->name);
		_exit(1);
	}
	CHECK(access("cancel.made", F_OK) == -1);
	CHECK(pthread_mutex_trylock(&mutex) == 0);
	pthread_mutex_unlock(&mutex);
}

static void *
sleeps(void *arg)
{
	sleep(3600);
	return arg;
}

static void
setup(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct flock lock = { .l_type = F_WRLCK };
	sigset_t s;

	CHECK(pipe(empty) == 0 && pipe(full) == 0);
	CHECK(fcntl(full[1], F_SETFL, O_NONBLOCK) == 0);
	while (write(full[1], buf, 1024) > 0)
		;
	CHECK(fcntl(full[1], F_SETFL, 0) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sock) == 0);
	snprintf(un.sun_path + 1, 64, "veneer-cancel-%d", getpid());
	lsock = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(lsock, (void *)&un, sizeof(un)) == 0 &&
	    listen(lsock, 4) == 0);
	file = open("cancel.file", O_RDWR | O_CREAT, 0600);
	msgq = msgget(IPC_PRIVATE, 0600);
	CHECK(file >= 0 && write(file, "x", 1) == 1 && msgq >= 0);
	CHECK(sem_init(&sem, 0, 0) == 0);
	clock_gettime(CLOCK_REALTIME, &when);
	when.tv_sec += 3600;
	sigemptyset(&s);
	sigaddset(&s, SIGUSR2);
	CHECK(sigprocmask(SIG_BLOCK, &s, NULL) == 0);
	child = fork();
	if (child == 0) {	/* holds the lock */
		fcntl(file, F_SETLK, &lock);
		write(sock[1], "l", 1);
		for (;;)
			pause();
	}
	CHECK(child > 0 && read(sock[0], buf, 1) == 1);
	CHECK(pthread_create(&sleeper, NULL, sleeps, NULL) == 0);
}

/* What a cancelled thread has read is what is gone from the pipe. */
static volatile int nread, nwritten, nopened;
static int pipefd[2];

static void *
reads(void *arg)
{
	char b;

	while (read(pipefd[0], &b, 1) == 1)
		nread++;
	return arg;
}

static void *
writes(void *arg)
{
	while (write(pipefd[1], "w", 1) == 1)
		nwritten++;
	return arg;
}

static void *
opens(void *arg)
{
	for (;;) {
		int fd = open("/dev/null", O_RDONLY);

		if (fd < 0)
			break;
		nopened++;
	}
	return arg;
}

static void
spin(unsigned n)
{
	while (n--)
		__asm__ volatile("");
}

static int
in_pipe(void)
{
	int n = 0;
	char b;

	CHECK(fcntl(pipefd[0], F_SETFL, O_NONBLOCK) == 0);
	while (read(pipefd[0], &b, 1) == 1)
		n++;
	CHECK(fcntl(pipefd[0], F_SETFL, 0) == 0);
	return n;
}

static void
effects(unsigned round)
{
	pthread_t t;
	int first, last;

	nread = nwritten = nopened = 0;
	CHECK(pipe(pipefd) == 0);
	CHECK(pthread_create(&t, NULL, reads, NULL) == 0);
	for (int i = 0; i < 40; i++) {
		CHECK(write(pipefd[1], "r", 1) == 1);
		if (i == 20 + (int)(round % 20))
			pthread_cancel(t);
		spin(round * 37 % 5000);
	}
	CHECK(joined(t, "reads") == PTHREAD_CANCELED);
	CHECK(nread + in_pipe() == 40);
	CHECK(pthread_create(&t, NULL, writes, NULL) == 0);
	spin(20000 + round * 997 % 100000);
	pthread_cancel(t);
	CHECK(joined(t, "writes") == PTHREAD_CANCELED);
	CHECK(nwritten == in_pipe());
	close(pipefd[0]);
	close(pipefd[1]);
	first = dup(0);
	CHECK(pthread_create(&t, NULL, opens, NULL) == 0);
	spin(10000 + round * 991 % 50000);
	pthread_cancel(t);
	CHECK(joined(t, "opens") == PTHREAD_CANCELED);
	last = dup(0);
	CHECK(last - first - 1 == nopened);
	for (int fd = first; fd <= last; fd++)
		close(fd);
}

int
main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 100;
	size_t i;

	for (int fd = 3; fd < 1024; fd++)
		close(fd);	/* effects() counts on numbers without holes */
	setup();
	for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		point(&points[i], 0);
		if (points[i].waits)
			point(&points[i], 1);
	}
	printf("%zu cancellation points\n", i);
	for (unsigned r = 0; r < rounds; r++)
		effects(r);
	printf("%u rounds\n", rounds);
	kill(child, SIGKILL);
	msgctl(msgq, IPC_RMID, NULL);
	unlink("cancel.file");
	fflush(stdout);
	_exit(0);
}
