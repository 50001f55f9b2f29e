/* SPDX-License-Identifier: ISC */
/*
 * Exec of a file that gains rights.  The trap's filter needs no_new_privs, under which
 * the kernel drops set-id bits and file capabilities without a word.  So under a filter
 * of ours such an exec is refused, and logged.
 */
#include <asm/errno.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/prctl.h>
#include <linux/stat.h>

#include "host.h"
#include "trap.h"

enum { MOUNT_NOSUID = 2, GROUP_EXEC = 010 };	/* statfs.f_flags; mode bit */

/* Rights that the file itself has to give; fd: the file, -1 where only its path is known. */
static bool
has_rights(struct thread_block *t, long fd, const char *path, const struct stat *st)
{
	static const char name[] = "security.capability";
	long euid = HOST0(t, HOST_NR_geteuid);

	if ((st->st_mode & S_ISUID) != 0 && st->st_uid != (uint32_t)euid)
		return true;
	if ((st->st_mode & S_ISGID) != 0 && (st->st_mode & GROUP_EXEC) != 0 &&
	    st->st_gid != (uint32_t)HOST0(t, HOST_NR_getegid))
		return true;
	if (euid == 0)
		return false;
	return (fd >= 0 ? HOST4(t, HOST_NR_fgetxattr, fd, name, 0, 0) :
	    HOST4(t, HOST_NR_getxattr, path, name, 0, 0)) > 0;
}

/* Would the kernel give this file's process rights, without no_new_privs? */
bool
trap_exec_gains(struct thread_block *t, long fd, const char *path, const struct stat *st)
{
	struct statfs fs;

	return has_rights(t, fd, path, st) &&
	    ((fd >= 0 ? HOST2(t, HOST_NR_fstatfs, fd, &fs) : HOST2(t, HOST_NR_statfs, path, &fs)) != 0 ||
	    (fs.f_flags & MOUNT_NOSUID) == 0);
}

/* Is it a filter of ours, by this process or one before it, that takes the rights? */
static bool
filtered(struct thread_block *t)
{
	struct mm_block *mm = t->mm;

	if (host_call(t, HOST_NR_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0, 0) !=
	    1)
		return false;
	return mm->transport == RPC_TRANSPORT_NOTIFY &&
	    (mm->supervisor != SUPERVISOR_NONE || trap_answers(t));
}

bool
trap_exec_refuse(struct thread_block *t)
{
	if (!filtered(t))
		return false;
	log_missing(&t->call, "exec of a set-id or capable file refused: "
	    "under the supervisor's filter it would lose its rights");
	return true;
}
