/* SPDX-License-Identifier: ISC */
/*
 * Calls that every FreeBSD kernel has, but that say no where something is missing: the option in the
 * kernel, the feature in the file system, the privilege.  They must not look like numbers that nobody
 * knows, because programs ask and go on.
 */
#include "freebsd.h"

/* A file system that cannot do it: descriptor or path are looked at first. */
#define NO_FILE_FEATURE(name) CALL(name)			\
{								\
	return path_says_no(c);					\
}
#define NO_DESCRIPTOR_FEATURE(name) CALL(name)			\
{								\
	return descriptor_says_no(c);				\
}

static long
path_says_no(struct call *c)
{
	long ret = HOST(c, faccessat, -100, c->arg[0], 0);

	return ret < 0 ? ret : -EOPNOTSUPP;
}

static long
descriptor_says_no(struct call *c)
{
	long ret = HOST(c, fcntl, c->arg[0], 1 /* F_GETFD */);

	return ret < 0 ? ret : -EOPNOTSUPP;
}

NO_FILE_FEATURE(__acl_get_file)
NO_FILE_FEATURE(__acl_set_file)
NO_FILE_FEATURE(__acl_delete_file)
NO_FILE_FEATURE(__acl_aclcheck_file)
NO_FILE_FEATURE(__acl_get_link)
NO_FILE_FEATURE(__acl_set_link)
NO_FILE_FEATURE(__acl_delete_link)
NO_FILE_FEATURE(__acl_aclcheck_link)
NO_DESCRIPTOR_FEATURE(__acl_get_fd)
NO_DESCRIPTOR_FEATURE(__acl_set_fd)
NO_DESCRIPTOR_FEATURE(__acl_delete_fd)
NO_DESCRIPTOR_FEATURE(__acl_aclcheck_fd)
NO_FILE_FEATURE(extattr_set_file)
NO_FILE_FEATURE(extattr_get_file)
NO_FILE_FEATURE(extattr_delete_file)
NO_FILE_FEATURE(extattr_list_file)
NO_FILE_FEATURE(extattr_set_link)
NO_FILE_FEATURE(extattr_get_link)
NO_FILE_FEATURE(extattr_delete_link)
NO_FILE_FEATURE(extattr_list_link)
NO_DESCRIPTOR_FEATURE(extattr_set_fd)
NO_DESCRIPTOR_FEATURE(extattr_get_fd)
NO_DESCRIPTOR_FEATURE(extattr_delete_fd)
NO_DESCRIPTOR_FEATURE(extattr_list_fd)

/* Options that are not in this kernel: mandatory access control, tracing, auditing, accounting. */
ABSENT(__mac_get_proc)
ABSENT(__mac_set_proc)
ABSENT(__mac_get_fd)
ABSENT(__mac_get_file)
ABSENT(__mac_set_fd)
ABSENT(__mac_set_file)
ABSENT(__mac_get_pid)
ABSENT(__mac_get_link)
ABSENT(__mac_set_link)
ABSENT(__mac_execve)
ABSENT(mac_syscall)
ABSENT(ktrace)
ABSENT(audit)
ABSENT(auditon)
ABSENT(getauid)
ABSENT(setauid)
ABSENT(getaudit)
ABSENT(setaudit)
ABSENT(getaudit_addr)
ABSENT(setaudit_addr)
ABSENT(auditctl)
ABSENT(rctl_get_racct)
ABSENT(rctl_get_rules)
ABSENT(rctl_get_limits)
ABSENT(rctl_add_rule)
ABSENT(rctl_remove_rule)

/* Modules: none is loaded, and nobody may change that. */
#define NOT_ALLOWED(name) CALL(name)		\
{						\
	(void)c;				\
	return -EPERM;				\
}
#define NOT_FOUND(name) CALL(name)		\
{						\
	(void)c;				\
	return -ENOENT;				\
}
NOT_ALLOWED(kldload)
NOT_ALLOWED(kldunload)
NOT_ALLOWED(kldunloadf)
NOT_FOUND(kldfind)
NOT_FOUND(modfind)
NOT_ALLOWED(reboot)
NOT_ALLOWED(acct)
NOT_ALLOWED(mount)
NOT_ALLOWED(nmount)
NOT_ALLOWED(swapon)

/* There is no jail but the system itself. */
static long
no_jail(struct call *c)
{
	return HOST(c, geteuid, 0) == 0 ? -EINVAL : -EPERM;
}

CALL(jail_attach)
{
	return no_jail(c);
}

CALL(jail_remove)
{
	return no_jail(c);
}

/* Taking a device away from who has it open is not to be had from the host. */
CALL(revoke)
{
	long ret = HOST(c, faccessat, -100, c->arg[0], 0);

	return ret < 0 ? ret : -EPERM;
}

CALL(getloginclass)
{
	static const char name[] = "default";

	if (c->arg[1] < sizeof(name))
		return -ERANGE;
	return copyout(arg_ptr(c, 0), name, sizeof(name));
}

NOT_ALLOWED(setloginclass)
