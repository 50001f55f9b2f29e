/* SPDX-License-Identifier: ISC */
/*
 * sysctl.  The tree is data (abi/freebsd/sysctl.tbl); a row's handler answers its value through
 * sysctl_put, any number of times.  A row that is a node and has a handler takes what stands behind
 * it in the name (req->rest, req->nrest).
 */
#ifndef VENEER_FREEBSD_SYSCTL_H
#define VENEER_FREEBSD_SYSCTL_H

#include "layer.h"

#define SYSCTL_DEPTH 8

struct sysctl_row {
	int32_t fn;		/* from sysctl_base; 0: a plain node */
	uint32_t name;		/* from sysctl_base */
	uint32_t kind;		/* FREEBSD_CTLTYPE_ */
	uint32_t depth;
	uint32_t mib[SYSCTL_DEPTH];
	int64_t value;		/* a number, or a text from sysctl_base */
};

struct sysctl_req {
	struct call *c;
	const uint32_t *rest;
	uint32_t nrest;
	gaddr old;
	uint64_t room;		/* bytes at old */
	uint64_t used;		/* bytes that the value has so far */
	bool cut;		/* some did not fit */
};

typedef long sysctl_fn(struct sysctl_req *r, const struct sysctl_row *row);

extern const char sysctl_base[];
extern const struct sysctl_row sysctl_rows[];
extern const uint32_t sysctl_count;

/* 0 or -EFAULT. */
long sysctl_put(struct sysctl_req *r, const void *v, size_t n);
long sysctl_put_string(struct sysctl_req *r, const char *s);
long sysctl_put_int(struct sysctl_req *r, int64_t v);
long sysctl_put_long(struct sysctl_req *r, int64_t v);

sysctl_fn sysctl_number, sysctl_text;
/* sysctl_kern.c */
sysctl_fn sysctl_osrelease, sysctl_version, sysctl_hostname, sysctl_clockrate,
    sysctl_boottime, sysctl_osreldate, sysctl_maxfilesperproc, sysctl_somaxconn,
    sysctl_ps_strings, sysctl_arandom, sysctl_maxcpus, sysctl_maxid, sysctl_ncpu,
    sysctl_loadavg, sysctl_swap_total, sysctl_page_count, sysctl_free_count,
    sysctl_page_count_long, sysctl_physmem, sysctl_model;
/* sysctl_proc.c */
sysctl_fn sysctl_proc_args, sysctl_proc_pathname, sysctl_proc_osrel, sysctl_proc_cwd;
/* sysctl_kinfo.c */
sysctl_fn sysctl_proc_info;
/* sysctl_route.c */
sysctl_fn sysctl_route;

#endif
