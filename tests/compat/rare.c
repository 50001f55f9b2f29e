/* SPDX-License-Identifier: ISC */
/*
 * What few programs use: the vsyscall page, modify_ldt, PI and robust futexes, userfaultfd, io_uring, pivot_root, exec
 * of a descriptor without a name. Prints nothing that varies.
 */
#include <asm/ldt.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"

static void
vsyscall(void)
{
	struct timeval tv = { 0, 0 };
	unsigned cpu = 99999;
	time_t now = time(NULL), then = 0;
	long (*page)(void *, void *) = (long (*)(void *, void *))0xffffffffff600000;
	long (*page_time)(void *) = (long (*)(void *))0xffffffffff600400;
	long (*page_cpu)(void *, void *, void *) = (long (*)(void *, void *, void *))0xffffffffff600800;

	printf("%ld", page(&tv, NULL));
	printf(" %d\n", labs(tv.tv_sec - now) < 3);
	printf("%d", labs(page_time(&then) - now) < 3);
	printf(" %d\n", labs(then - now) < 3);
	printf("%ld", page_cpu(&cpu, NULL, NULL));
	printf(" %d\n", cpu < 99999);
}

static void
ldt(void)
{
	uint32_t seen = 0;
	struct user_desc d = { .entry_number = 1, .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1, .useable = 1 };
	char table[64];
	long r;

	printf("%d\n", (int)syscall(SYS_modify_ldt, 1, &d, sizeof(d)));
	r = syscall(SYS_modify_ldt, 0, table, sizeof(table));
	printf("%ld\n", r);
	__asm__ volatile("lsl %1, %0" : "=r"(seen) : "r"(1 << 3 | 7) : "cc");
	printf("%x\n", seen);
}

static int held;

static void *
holder(void *lock)
{
	pthread_mutex_lock(lock);
	__atomic_store_n(&held, 1, __ATOMIC_SEQ_CST);
	usleep(20000);
	return NULL;	/* dies with it */
}

static void
futexes(void)
{
	pthread_mutexattr_t a;
	pthread_mutex_t m;
	pthread_t t;
	int r;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&m, &a);
	pthread_create(&t, NULL, holder, &m);
	while (__atomic_load_n(&held, __ATOMIC_SEQ_CST) == 0)
		usleep(1000);
	r = pthread_mutex_lock(&m);
	printf("%d", r);
	printf(" %d", pthread_mutex_consistent(&m));
	printf(" %d\n", pthread_mutex_unlock(&m));
	pthread_join(t, NULL);
}

static char *faulting;

static void *
server(void *arg)
{
	int fd = *(int *)arg;
	struct uffd_msg msg;
	struct uffdio_copy copy;
	static char page[4096];

	memset(page, 'u', sizeof(page));
	while (read(fd, &msg, sizeof(msg)) == sizeof(msg)) {
		copy = (struct uffdio_copy){ .dst = msg.arg.pagefault.address & ~4095ul,
			.src = (uintptr_t)page, .len = 4096 };
		ioctl(fd, UFFDIO_COPY, &copy);
	}
	return NULL;
}

/* Pages that another thread supplies: touched by the program, and by a call. */
static void
faults(void)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY), pair[2];
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	pthread_t t;

	if (fd < 0) {
		printf("none\n");
		return;
	}
	faulting = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range.start = (uintptr_t)faulting;
	reg.range.len = 3 * 4096;
	printf("%d", ioctl(fd, UFFDIO_API, &api));
	printf(" %d\n", ioctl(fd, UFFDIO_REGISTER, &reg));
	pthread_create(&t, NULL, server, &fd);
	printf("%c\n", faulting[5]);
	pipe(pair);
	printf("%zd\n", write(pair[1], faulting, 10));
	pthread_cancel(t);
	pthread_join(t, NULL);
}

static void
ring(void)
{
	struct io_uring_params p;
	struct io_uring_sqe *sqe;
	char *sq, *cq;
	int fd, pair[2];
	char buf[8] = "";

	memset(&p, 0, sizeof(p));
	fd = (int)syscall(SYS_io_uring_setup, 4, &p);
	if (fd < 0) {
		printf("none %d\n", errno);
		return;
	}
	sq = mmap(NULL, p.sq_off.array + 64, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + 256, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_CQ_RING);
	sqe = mmap(NULL, 4 * sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQES);
	pipe(pair);
	write(pair[1], "through", 7);
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_READ;
	sqe->fd = pair[0];
	sqe->addr = (uintptr_t)buf;
	sqe->len = 7;
	*(unsigned *)(sq + p.sq_off.array) = 0;
	__atomic_store_n((unsigned *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	printf("%ld ", syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0));
	printf("%d %s\n", ((struct io_uring_cqe *)(cq + p.cq_off.cqes))->res, buf);
}

/* In a root of its own, without /proc. */
static void
pivot(void)
{
	uid_t uid = getuid();
	char map[32];
	int fd;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
		printf("none\n");
		return;
	}
	fd = open("/proc/self/uid_map", O_WRONLY);
	write(fd, map, (size_t)snprintf(map, sizeof(map), "0 %u 1", uid));
	close(fd);
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	printf("%d ", mount("none", "/tmp", "tmpfs", 0, NULL));
	mkdir("/tmp/old", 0700);
	printf("%ld ", syscall(SYS_pivot_root, "/tmp", "/tmp/old"));
	printf("%d", chdir("/"));
	printf(" %d\n", umount2("/old", MNT_DETACH));
	fd = open("/new", O_CREAT | O_RDWR, 0600);
	printf("%d %d\n", fd >= 0, access("/proc", F_OK));
	if (fork() == 0)
		_exit(getpid() == 1);
	wait(&fd);
	printf("%d\n", fd);
}

static void
nameless(void)
{
	int from = open("/bin/echo", O_RDONLY), fd = memfd_create("program", MFD_CLOEXEC);
	char *argv[] = { "echo", "nameless", NULL }, *envp[] = { NULL };
	struct stat st;

	fstat(from, &st);
	sendfile(fd, from, NULL, (size_t)st.st_size);
	fexecve(fd, argv, envp);
	printf("%d\n", errno);
}

int
main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	child("vsyscall", vsyscall);
	child("ldt", ldt);
	child("futexes", futexes);
	child("faults", faults);
	child("ring", ring);
	child("pivot", pivot);
	child("nameless", nameless);
	return 0;
}
