/* SPDX-License-Identifier: ISC */
/*
 * First process of the virtual machine: loads the modules named in /modules/order, mounts
 * the host's root read-only over 9p with a memory file system on top, enters it and
 * runs /job.  Whatever happens, the machine stops.
 */
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void
stop(void)
{
	klogctl(8, NULL, 1);
	reboot(RB_AUTOBOOT);	/* qemu runs with -no-reboot */
	for (;;)
		pause();
}

static _Noreturn void
fail(const char *what)
{
	printf("kernel61: init: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	stop();
}

static void
load_modules(void)
{
	char name[256], path[300];
	FILE *f;
	int fd;

	f = fopen("/modules/order", "r");
	if (f == NULL)
		fail("/modules/order");
	while (fscanf(f, "%255s", name) == 1) {
		snprintf(path, sizeof(path), "/modules/%s", name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			fail(path);
		if (syscall(SYS_finit_module, fd, "", 0) != 0 &&
		    errno != EEXIST)
			fail(path);
		close(fd);
	}
	fclose(f);
}

static void
mnt(const char *src, const char *dst, const char *type, unsigned long flags,
    const char *opts)
{
	mkdir(dst, 0755);
	if (mount(src, dst, type, flags, opts) != 0)
		fail(dst);
}

/* keep: what is tested lies in /tmp, which then shows the host's, with memory on top. */
static void
mount_all(bool keep)
{
	mkdir("/mem", 0755);
	mnt("mem", "/mem", "tmpfs", 0, "size=75%");
	mkdir("/mem/upper", 0755);
	mkdir("/mem/work", 0755);
	mnt("host", "/host", "9p", MS_RDONLY,
	    "trans=virtio,version=9p2000.L,msize=262144,cache=loose");
	mnt("overlay", "/root", "overlay", 0,
	    "lowerdir=/host,upperdir=/mem/upper,workdir=/mem/work");
	mnt("proc", "/root/proc", "proc", 0, "");
	mnt("sys", "/root/sys", "sysfs", 0, "");
	mnt("dev", "/root/dev", "devtmpfs", 0, "");
	mnt("devpts", "/root/dev/pts", "devpts", 0, "mode=620,ptmxmode=666");
	mnt("shm", "/root/dev/shm", "tmpfs", 0, "mode=1777");
	if (!keep)
		mnt("tmp", "/root/tmp", "tmpfs", 0, "mode=1777,size=60%");
	mnt("run", "/root/run", "tmpfs", 0, "mode=755");
	if (symlink("/proc/self/fd", "/root/dev/fd") != 0 ||
	    symlink("/proc/self/fd/0", "/root/dev/stdin") != 0 ||
	    symlink("/proc/self/fd/1", "/root/dev/stdout") != 0 ||
	    symlink("/proc/self/fd/2", "/root/dev/stderr") != 0)
		fail("/dev/fd");
}

static void
copy_job(void)
{
	char buf[65536];
	ssize_t n;
	int in, out;

	in = open("/job", O_RDONLY | O_CLOEXEC);
	out = open("/root/run/job", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (in < 0 || out < 0)
		fail("/job");
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			fail("/run/job");
	close(in);
	close(out);
}

static void
loopback_up(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	int s;

	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0 || ioctl(s, SIOCGIFFLAGS, &r) != 0)
		fail("lo");
	r.ifr_flags |= IFF_UP;
	if (ioctl(s, SIOCSIFFLAGS, &r) != 0)
		fail("lo");
	close(s);
}

int
main(int argc, char **argv)
{
	int status;
	pid_t pid, got;

	load_modules();
	/* The kernel hands on the words of its command line that it does not know. */
	mount_all(argc > 1 && strcmp(argv[1], "keeptmp") == 0);
	copy_job();
	loopback_up();
	sethostname("kernel61", 8);
	/* Moved, not only entered: user namespaces are refused in a chroot. */
	if (chdir("/root") != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 ||
	    chroot(".") != 0 || chdir("/") != 0)
		fail("chroot");
	pid = fork();
	if (pid == 0) {
		setsid();
		ioctl(0, TIOCSCTTY, 0);
		clearenv();
		setenv("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
		    1);
		setenv("HOME", "/root", 1);
		setenv("LANG", "C.UTF-8", 1);
		setenv("TERM", "dumb", 1);
		execl("/bin/sh", "sh", "/run/job", (char *)NULL);
		_exit(127);
	}
	do
		got = wait(&status);
	while (got != pid && (got > 0 || errno == EINTR));
	fflush(stdout);
	stop();
}
