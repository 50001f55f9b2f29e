/* SPDX-License-Identifier: ISC */
/* guest NAME: one thing to see in a trace. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void
handler(int sig)
{
	(void)sig;
}

static void
vectors(void)
{
	char a[4], b[40], one[] = "one", two[] = "two";
	struct iovec out[2] = { { one, 3 }, { two, 3 } }, in[2] = { { a, 4 }, { b, 40 } };
	int fd[2];

	if (pipe(fd) != 0 || writev(fd[1], out, 2) != 6 || readv(fd[0], in, 2) != 6)
		_exit(90);
}

static int
names(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(9) };
	char b[8];
	int fd;

	fd = openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC);
	(void)!read(fd, b, sizeof(b));
	(void)!write(fd, "quote\"\n", 7);
	(void)!openat(AT_FDCWD, "/nonexistent", O_WRONLY);
	a.sin_addr.s_addr = htonl(0x7f000001);
	connect(fd, (struct sockaddr *)&a, sizeof(a));
	syscall(999);
	vectors();
	return 7;
}

static int
fault(void)
{
	syscall(SYS_open, (char *)8, 0, 0);
	return 0;
}

static int
signals(void)
{
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	return 0;
}

static int
child(void)
{
	pid_t p = fork();

	if (p == 0) {
		mkdir("/nonexistent/child", 0755);
		_exit(3);
	}
	waitpid(p, NULL, 0);
	return 0;
}

static int
many(int n)
{
	while (n-- > 0)
		getppid();
	return 0;
}

static void *
thread(void *arg)
{
	(void)arg;
	many(20000);
	return NULL;
}

static int
threads(void)
{
	pthread_t t[4];
	int i;

	for (i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, thread, NULL);
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	return 0;
}

/* Calls without a pause until there is one file, then makes another. */
static int
until(const char *go, const char *file)
{
	while (access(go, F_OK) != 0)
		many(1000);
	return creat(file, 0600) >= 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "names") == 0)
		return names();
	if (strcmp(what, "fault") == 0)
		return fault();
	if (strcmp(what, "signals") == 0)
		return signals();
	if (strcmp(what, "child") == 0)
		return child();
	if (strcmp(what, "many") == 0)
		return many(100000);
	if (strcmp(what, "forever") == 0)
		for (;;)
			many(1000);
	if (strcmp(what, "until") == 0 && argc > 3)
		return until(argv[2], argv[3]);
	if (strcmp(what, "threads") == 0)
		return threads();
	if (strcmp(what, "exec") == 0)
		execl(argv[0], argv[0], "names", (char *)NULL);
	if (strcmp(what, "segv") == 0)
		raise(SIGSEGV);
	if (strcmp(what, "true") == 0)
		return 0;
	return 99;
}
