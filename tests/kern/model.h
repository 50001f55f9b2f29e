/* SPDX-License-Identifier: ISC */
/*
 * What Mach's ports should do, written down a second time: eager, recursive and without
 * any regard for memory or time.  It shares nothing with kern/ but Mach's numbers.
 */
#ifndef VENEER_TESTS_KERN_MODEL_H
#define VENEER_TESTS_KERN_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "mach_const.h"

enum { M_TASKS = 3, M_PORTS = 8192, M_INDEX = 2048, M_SETS = 512, M_BODY = 2,
	M_WAITS = 16 };
enum { M_NULL = -1, M_DEAD = -2 };	/* instead of a port */

struct m_right {
	int port;
	uint32_t type;		/* MACH_MSG_TYPE_PORT_x */
};
struct m_msg {
	struct m_msg *next;
	uint32_t id, word;
	bool notification;
	uint64_t step;		/* of coming into the queue */
	bool dying;		/* a task died in that step */
	int sender;		/* thread */
	struct m_right dest, reply, body[M_BODY];
	int nbody;
};
struct m_port {
	bool alive;
	int task;		/* of its receiver, -1 on its way */
	int to;			/* in a message to that port, or -1 */
	uint32_t name, srights, sorights, mscount, seqno, qlimit, nq;
	struct m_msg *q, **qend;
	int ns, pd;		/* notify ports, or -1 */
	bool died_now;		/* in this step */
};
struct m_set {
	bool used;
	int member[64], n;
};
struct m_name {
	uint32_t name, type, urefs;
	int port;		/* or set */
	int request;		/* notify port of a dead-name request, or -1 */
};
struct m_wait {
	int thread, task;
	struct m_msg *out;	/* sends it */
	int port, set;		/* receives there; -1 */
};
/* A message that a waiting receiver got in this step. */
struct m_arrival {
	int thread, task;
	struct m_msg *msg;
	uint32_t seqno;
};
struct model {
	struct m_port port[M_PORTS];
	int nports;
	struct m_set set[M_SETS];
	int nsets;
	struct m_name name[M_TASKS][M_INDEX];
	struct m_wait wait[M_WAITS];	/* in the order of coming */
	int nwaits;
	struct m_arrival arrival[M_WAITS];
	int narrivals;
	int done[M_WAITS];	/* threads whose send went through */
	int ndone;
	int gone[M_WAITS];	/* threads whose port or set went away */
	int ngone;
	uint64_t step;
	bool dying;		/* a task dies in this one */
};

struct m_name *m_find(struct model *m, int task, uint32_t name);
int m_allocate(struct model *m, int task, uint32_t right, uint32_t name);
int m_deallocate(struct model *m, int task, uint32_t name);
int m_destroy(struct model *m, int task, uint32_t name);
int m_mod_refs(struct model *m, int task, uint32_t name, uint32_t right,
    int32_t delta);
/* A right out of a name. */
int m_copyin(struct model *m, int task, uint32_t name, uint32_t disposition,
    struct m_right *out);
/* A right that came as `name`; false: it should not have. */
bool m_copyout(struct model *m, int task, struct m_right r, uint32_t name);
bool m_copyout_as(struct model *m, int task, struct m_right r, uint32_t name,
    int *kr);
void m_drop(struct model *m, struct m_right r);
int m_request(struct model *m, int task, uint32_t name, uint32_t id,
    uint32_t sync, int notify, int *previous);
int m_member(struct model *m, int task, uint32_t name, uint32_t set, bool in);
/* The rights of a header. MACH_SEND_x. */
int m_header(struct model *m, int task, uint32_t remote, uint32_t rd,
    uint32_t local, uint32_t ld, struct m_msg *msg);
/* Would a receive right for `port` in a message to `to` make a circle? */
bool m_circle(const struct model *m, int port, int to);
bool m_full(const struct model *m, int port);
/* The message may make a circle: then it is destroyed. */
bool m_transit(struct model *m, struct m_msg *msg);
void m_post(struct model *m, struct m_msg *msg);
void m_wait_send(struct model *m, int thread, int task, struct m_msg *msg);
void m_wait_receive(struct model *m, int thread, int task, uint32_t name);
struct m_msg *m_unwait(struct model *m, int thread);	/* what it was sending */
void m_limit(struct model *m, int port, uint32_t qlimit);
/* The message that was received on a port; it is out of the queue. */
struct m_msg *m_take(struct model *m, int port, uint32_t id, uint32_t word);
void m_consume_dest(struct model *m, struct m_msg *msg);
void m_discard(struct model *m, struct m_msg *msg);
void m_kill_task(struct model *m, int task);
void m_step(struct model *m);	/* forget what happened in the last step */

#endif
