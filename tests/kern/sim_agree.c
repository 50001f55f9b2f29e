/* SPDX-License-Identifier: ISC */
/* What a task has: the kernel's names and counts against the model's. */
#include "sim.h"

struct space *
sim_space(struct rig *rig, struct kern *k, int task)
{
	struct space *s = task_space(k, &rig->task[task]);

	while (s == NULL)	/* a hook failed */
		s = task_space(k, &rig->task[task]);
	return s;
}

static void
agree_port(struct kern *k, struct space *s, int task, uint32_t name, const struct m_port *p)
{
	uint32_t info[10], count = 10;

	assert_int_equal(kern_port_get_attributes(k, s, name,
	    MACH_PORT_RECEIVE_STATUS, info, &count), 0);
	assert_true(p->alive && p->task == task && p->name == name);
	assert_int_equal(info[1], p->seqno);
	assert_int_equal(info[2], p->mscount);
	assert_int_equal(info[3], p->qlimit);
	assert_int_equal(info[4], p->nq);
	assert_int_equal(info[5], p->sorights);
	assert_int_equal(info[6], p->srights > 0);
	assert_int_equal(info[7], p->pd >= 0);
	assert_int_equal(info[8], p->ns >= 0);
}

void
sim_agree(struct rig *rig, struct kern *k, struct model *m, int task)
{
	struct space *s = sim_space(rig, k, task);
	uint32_t at = 0, name, type, urefs, have = 0, want = 0;
	struct m_name *n;
	struct entry *e;
	int i;

	while (kern_port_names(k, s, &at, &name, &type) == 0) {
		have++;
		n = m_find(m, task, name);
		assert_non_null(n);
		e = entry_lookup(s, name);
		right_info(k, s, e, &type, &urefs);
		assert_int_equal(type, n->type | (n->request >= 0 ?
		    MACH_PORT_TYPE_DNREQUEST : 0));
		assert_int_equal(urefs, n->urefs);
		if (type & MACH_PORT_TYPE_RECEIVE)
			agree_port(k, s, task, name, &m->port[n->port]);
	}
	for (i = 0; i < M_INDEX; i++)
		want += m->name[task][i].type != 0;
	assert_int_equal(have, want);
}
