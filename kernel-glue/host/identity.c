/* SPDX-License-Identifier: ISC */
/*
 * Who a thread id is, from /proc.  The caller checks afterwards that the notification
 * which named the thread is still alive: then the answer was about that thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

bool
proc_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	return true;
}

uint64_t
identity_start(pid_t pid, pid_t tid)
{
	enum { FIELD_STATE = 3, FIELD_START = 22 };
	char path[64], buf[1024], *p;
	int field;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid,
	    (int)tid);
	if (!proc_read(path, buf, sizeof(buf)))
		return 0;
	p = strrchr(buf, ')');	/* the name before it may hold anything */
	if (p == NULL)
		return 0;
	p++;
	for (field = FIELD_STATE; field < FIELD_START && p != NULL; field++)
		p = strchr(p + 1, ' ');
	return p == NULL ? 0 : strtoull(p, NULL, 10);
}

static long
status_number(const char *status, const char *key)
{
	const char *p = strstr(status, key);

	return p == NULL ? 0 : strtol(p + strlen(key), NULL, 10);
}

static void
read_ids(const char *status, const char *key, uint32_t *real, uint32_t *effective)
{
	const char *p = strstr(status, key);
	char *end;

	*real = *effective = UINT32_MAX;
	if (p == NULL)
		return;
	*real = (uint32_t)strtoul(p + strlen(key), &end, 10);
	*effective = (uint32_t)strtoul(end, NULL, 10);
}

int
identity_read(pid_t tid, struct identity *id)
{
	char path[64], buf[4096];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	if (!proc_read(path, buf, sizeof(buf)))
		return ESRCH;
	id->tid = tid;
	id->pid = (pid_t)status_number(buf, "\nTgid:\t");
	id->parent = (pid_t)status_number(buf, "\nPPid:\t");
	read_ids(buf, "\nUid:\t", &id->ruid, &id->uid);
	read_ids(buf, "\nGid:\t", &id->rgid, &id->gid);
	id->start = identity_start(id->pid, tid);
	id->process_start = identity_start(id->pid, id->pid);
	return id->start == 0 || id->process_start == 0 ? ESRCH : 0;
}
