/* SPDX-License-Identifier: ISC */
/*
 * libc ROW [COMMAND...]: work of ordinary Linux programs, through libc, in the worker's protocol: a number comes in, as
 * many are made, the cycles that it took go out. With a command, that is a server, which runs meanwhile.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

extern char **environ;
static const char *port;

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(125);
}

static void *
nothing(void *arg)
{
	return arg;
}

static void
threads(uint64_t n)
{
	pthread_t t;

	while (n-- > 0)
		if (pthread_create(&t, NULL, nothing, NULL) != 0 || pthread_join(t, NULL) != 0)
			die("pthread_create");
}

static void
ended(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		die("child");
}

static void
trues(uint64_t n)
{
	while (n-- > 0) {
		pid_t pid = fork();

		if (pid == 0) {
			execl("/bin/true", "true", (char *)NULL);
			_exit(127);
		}
		ended(pid);
	}
}

static void
pipes(uint64_t n)
{
	static int to[2], from[2];
	char c = 0;

	if (to[1] == 0) {
		if (pipe(to) != 0 || pipe(from) != 0)
			die("pipe");
		switch (fork()) {
		case -1:
			die("fork");
		case 0:
			close(to[1]);
			close(from[0]);
			while (read(to[0], &c, 1) == 1 && write(from[1], &c, 1) == 1)
				;
			_exit(0);
		}
		close(to[0]);
		close(from[1]);
	}
	while (n-- > 0)
		if (write(to[1], &c, 1) != 1 || read(from[0], &c, 1) != 1)
			die("ping-pong");
}

static void
gets_of_redis(uint64_t n)
{
	char requests[32];
	const char *argv[] = { "redis-benchmark", "-p", port, "-q", "-t", "get", "-n", requests, NULL };
	posix_spawn_file_actions_t quiet;
	pid_t pid = -1;

	snprintf(requests, sizeof(requests), "%llu", (unsigned long long)n * 4000);
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1, 0);
	if (posix_spawnp(&pid, argv[0], &quiet, NULL, (char **)(uintptr_t)argv, environ) != 0)
		die(argv[0]);
	posix_spawn_file_actions_destroy(&quiet);
	ended(pid);
}

static int
answers(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error = connect(s, (struct sockaddr *)&at, sizeof(at));

	close(s);
	return error == 0;
}

static void
serve(char **argv)
{
	pid_t pid;

	for (char **a = argv; *a != NULL; a++)
		if (strcmp(*a, "--port") == 0)
			port = a[1];
	pid = port != NULL ? fork() : -1;
	if (pid < 0)
		die("server");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(0);
		dup2(open("/dev/null", O_RDWR | O_CLOEXEC), 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	for (int i = 0; i < 1000 && !answers(); i++)
		usleep(10000);
}

static const struct {
	const char *name;
	void (*work)(uint64_t n);
} rows[] = {
	{ "thread", threads },
	{ "true", trues },
	{ "pipe", pipes },
	{ "redis", gets_of_redis },
};

int
main(int argc, char **argv)
{
	uint64_t n, t;
	size_t i = 0;

	while (i < sizeof(rows) / sizeof(rows[0]) && (argc < 2 || strcmp(rows[i].name, argv[1]) != 0))
		i++;
	if (i == sizeof(rows) / sizeof(rows[0]))
		return 2;
	if (argc > 2)
		serve(argv + 2);
	while (read(0, &n, sizeof(n)) == (ssize_t)sizeof(n)) {
		t = __rdtsc();
		rows[i].work(n);
		t = __rdtsc() - t;
		if (write(1, &t, sizeof(t)) != (ssize_t)sizeof(t))
			return 1;
	}
	return 0;
}
