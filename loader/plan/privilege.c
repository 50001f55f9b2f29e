/* SPDX-License-Identifier: ISC */
/*
 * Programs that gain rights when the kernel executes them.  enter maps them like any other
 * file, so they would run without these rights: that must not go unnoticed.
 */
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "planner.h"

/* Mounts and processes for which the kernel ignores set-id bits and file capabilities. */
static bool
ignored(const struct image_file *f)
{
	struct statvfs fs;

	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ||
	    (statvfs(f->path, &fs) == 0 && (fs.f_flag & ST_NOSUID) != 0);
}

int
program_privileged(const struct program *pr, struct problem *p)
{
	const struct image_file *f = &pr->file;
	const char *what = NULL;

	if ((f->mode & S_ISUID) != 0 && f->uid != geteuid())
		what = "set-user-ID";
	else if ((f->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
	    f->gid != getegid())
		what = "set-group-ID";
	else if (geteuid() != 0 &&
	    getxattr(f->path, "security.capability", NULL, 0) > 0)
		what = "given capabilities";
	if (what == NULL || ignored(f))
		return 0;
	return problem_set(p, EXIT_VENEER, "%.700s: is %s; a layer cannot give"
	    " it these rights: run it as their owner or copy it without them",
	    f->path, what);
}
