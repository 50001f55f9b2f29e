/* SPDX-License-Identifier: ISC */
/*
 * User and group ids.  This system has one set for the process, the host one for each thread:
 * layer/cred.c makes a change everybody's.
 */
#include "cred.h"
#include "freebsd.h"
#include "hostdef.h"
#include "fbsd_state.h"

#define GROUPS_MAX 1023
#define LOGIN_MAX 33

PASS(getuid, getuid)
PASS(geteuid, geteuid)
PASS(getgid, getgid)
PASS(getegid, getegid)
PASS(getresuid, getresuid)
PASS(getresgid, getresgid)

#define CHANGE(c, name, a, b, d) \
	cred_change(call_thread(c), HOST_NR_##name, (long)(a), (long)(b), (long)(d))

CALL(setreuid)
{
	return CHANGE(c, setreuid, c->arg[0], c->arg[1], 0);
}

CALL(setregid)
{
	return CHANGE(c, setregid, c->arg[0], c->arg[1], 0);
}

CALL(setresuid)
{
	return CHANGE(c, setresuid, c->arg[0], c->arg[1], c->arg[2]);
}

CALL(setresgid)
{
	return CHANGE(c, setresgid, c->arg[0], c->arg[1], c->arg[2]);
}

CALL(seteuid)
{
	return CHANGE(c, setresuid, -1, c->arg[0], -1);
}

CALL(setegid)
{
	return CHANGE(c, setresgid, -1, c->arg[0], -1);
}

/* All three ids, for everybody: the real or effective one, or any with the privilege. */
CALL(setuid)
{
	uint32_t id = (uint32_t)c->arg[0];
	uint32_t ruid = (uint32_t)HOST(c, getuid, 0);
	uint32_t euid = (uint32_t)HOST(c, geteuid, 0);

	if (id != ruid && id != euid && euid != 0)
		return -EPERM;
	return CHANGE(c, setresuid, id, id, id);
}

CALL(setgid)
{
	uint32_t id = (uint32_t)c->arg[0];
	uint32_t rgid = (uint32_t)HOST(c, getgid, 0);
	uint32_t egid = (uint32_t)HOST(c, getegid, 0);

	if (id != rgid && id != egid && (uint32_t)HOST(c, geteuid, 0) != 0)
		return -EPERM;
	return CHANGE(c, setresgid, id, id, id);
}

CALL(issetugid)
{
	return HOST(c, getuid, 0) != HOST(c, geteuid, 0) ||
	    HOST(c, getgid, 0) != HOST(c, getegid, 0);
}

/* The first group of the set is the effective one. */
CALL(getgroups)
{
	uint32_t groups[GROUPS_MAX + 1];
	int room = arg_int(c, 0);

	groups[0] = (uint32_t)HOST(c, getegid, 0);
	long n = HOST(c, getgroups, GROUPS_MAX, groups + 1);
	if (n < 0)
		return n;
	long out = 1;
	for (long i = 1; i <= n; i++)
		if (groups[i] != groups[0])
			groups[out++] = groups[i];
	if (room == 0)
		return out;
	if (room < out)
		return -EINVAL;
	if (copyout(arg_ptr(c, 1), groups, (size_t)out * 4) < 0)
		return -EFAULT;
	return out;
}

CALL(setgroups)
{
	uint32_t groups[GROUPS_MAX + 1];
	int n = arg_int(c, 0);

	if (n < 0 || n > GROUPS_MAX + 1)
		return -EINVAL;
	if (n > 0 && copyin(groups, arg_ptr(c, 1), (size_t)n * 4) < 0)
		return -EFAULT;
	long ret = CHANGE(c, setgroups, n > 0 ? n - 1 : 0, groups + 1, 0);
	if (ret == 0 && n > 0)
		ret = CHANGE(c, setresgid, -1, groups[0], -1);
	return ret;
}

/* The host's login name belongs to nobody's session; what setlogin stored is all there is. */
CALL(getlogin)
{
	struct fbsd_page *page = fbsd_page(call_thread(c));
	uint32_t n = (uint32_t)c->arg[1];

	if (n > LOGIN_MAX)
		n = LOGIN_MAX;
	uint32_t len = 0;
	while (page->login[len] != '\0')
		len++;
	if (len + 1 > n)
		return -ERANGE;
	return copyout(arg_ptr(c, 0), page->login, len + 1);
}

CALL(setlogin)
{
	char name[LOGIN_MAX];

	if ((uint32_t)HOST(c, geteuid, 0) != 0)
		return -EPERM;
	long n = copyinstr(name, arg_ptr(c, 0), sizeof(name));
	if (n < 0)
		return n == -ENAMETOOLONG ? -EINVAL : n;
	struct fbsd_page *page = fbsd_page(call_thread(c));
	for (long i = 0; i <= n; i++)
		page->login[i] = name[i];
	return 0;
}
