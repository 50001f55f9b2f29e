/* SPDX-License-Identifier: ISC */
/*
 * What Linux knows of guests, for kern/'s _info routines: times, sizes and ids from /proc.
 * The files read here need no lock that the guest's memory management holds for long.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

#ifndef VENEER_VERSION
#define VENEER_VERSION "unknown"
#endif

enum { NS_PER_S = 1000000000, LIVE_MAX = 256 };

static uint64_t
ticks_ns(uint64_t ticks)
{
	return ticks * (NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* /proc/.../stat: what stands behind the name, from field 3 on. */
struct stat_line {
	char state;
	uint64_t minflt, majflt, utime, stime, vsize, rss;
	char name[64];
};

static bool
read_stat(const char *path, struct stat_line *st)
{
	char buf[1024], *p, *name;
	uint64_t field[25] = { 0 };
	int i;

	if (!proc_read(path, buf, sizeof(buf)))
		return false;
	p = strrchr(buf, ')');
	name = strchr(buf, '(');
	if (p == NULL || name == NULL || p[1] == '\0')
		return false;
	snprintf(st->name, sizeof(st->name), "%.*s", (int)(p - name - 1),
	    name + 1);
	st->state = p[2];
	p += 3;
	for (i = 4; i < 25 && p != NULL; i++) {
		field[i] = strtoull(p, &p, 10);
		if (*p == '\0' || *p == '\n')
			break;
	}
	st->minflt = field[10];
	st->majflt = field[12];
	st->utime = field[14];
	st->stime = field[15];
	st->vsize = field[23];
	st->rss = field[24];
	return true;
}

/* Times of the threads that live, of a crowd the first alone. */
static void
live_times(pid_t pid, struct task_facts *f)
{
	char path[64 + sizeof(((struct dirent *)0)->d_name)];
	struct stat_line st;
	struct dirent *e;
	DIR *d;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	d = opendir(path);
	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL && n < LIVE_MAX) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", (int)pid,
		    e->d_name);
		if (!read_stat(path, &st))
			continue;
		f->live_user_ns += ticks_ns(st.utime);
		f->live_system_ns += ticks_ns(st.stime);
		n++;
	}
	closedir(d);
}

static uint64_t
number_of(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p == NULL ? 0 : strtoull(p + strlen(key), NULL, 10);
}

bool
facts_task(void *host, struct task *task, struct task_facts *f)
{
	pid_t pid = (pid_t)task->node.id;
	char path[64], buf[4096];
	struct stat_line st;
	struct identity id;

	(void)host;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (!read_stat(path, &st) || identity_read(pid, &id) ||
	    id.process_start != ((struct guest_task *)task)->start)
		return false;
	f->virtual_size = st.vsize;
	f->resident = st.rss * (uint64_t)sysconf(_SC_PAGESIZE);
	f->user_ns = ticks_ns(st.utime);
	f->system_ns = ticks_ns(st.stime);
	f->faults = (uint32_t)(st.minflt + st.majflt);
	f->pageins = (uint32_t)st.majflt;
	f->uid = id.uid;
	f->gid = id.gid;
	f->ruid = id.ruid;
	f->rgid = id.rgid;
	live_times(pid, f);
	f->resident_max = f->resident;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (!proc_read(path, buf, sizeof(buf)))
		return true;
	if (number_of(buf, "\nVmHWM:") * 1024 > f->resident)
		f->resident_max = number_of(buf, "\nVmHWM:") * 1024;
	f->switches = (uint32_t)(number_of(buf, "\nvoluntary_ctxt_switches:") +
	    number_of(buf, "\nnonvoluntary_ctxt_switches:"));
	return true;
}

bool
facts_thread(void *host, struct thread *th, struct thread_facts *f)
{
	char path[64];
	struct stat_line st;

	(void)host;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat",
	    (int)th->task->node.id, (int)th->node.id);
	if (!read_stat(path, &st))
		return false;
	f->user_ns = ticks_ns(st.utime);
	f->system_ns = ticks_ns(st.stime);
	f->state = st.state;
	memcpy(f->name, st.name, sizeof(f->name));
	return true;
}

void
facts_host(void *host, struct host_facts *f)
{
	struct timespec ts;
	struct utsname u;
	struct sysinfo si;

	(void)host;
	f->ncpu = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
	f->page_size = (uint32_t)sysconf(_SC_PAGESIZE);
	if (sysinfo(&si) == 0)
		f->memory = (uint64_t)si.totalram * si.mem_unit;
	clock_gettime(CLOCK_REALTIME, &ts);
	f->wall_ns = (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
	if (uname(&u) == 0)
		snprintf(f->version, sizeof(f->version),
		    "Veneer %.30s; Linux %.60s", VENEER_VERSION, u.release);
}

bool
facts_control(void *host, struct task *task, enum task_control how)
{
	static const int signals[] = {
		[TASK_STOP] = SIGSTOP, [TASK_CONTINUE] = SIGCONT,
		[TASK_END] = SIGKILL,
	};

	(void)host;
	return pidfd_send_signal(((struct guest_task *)task)->pidfd,
	    signals[how], NULL, 0) == 0;
}
