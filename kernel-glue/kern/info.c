/* SPDX-License-Identifier: ISC */
/*
 * task_info, thread_info, host_info: what the host knows, in the words of Darwin's
 * structures (mach/task_info.h, thread_info.h, host_info.h; 64-bit members are packed).
 */
#include "routine.h"

enum { NS_PER_S = 1000000000, NS_PER_US = 1000, MEMORY_32 = 0x7fffffff };

static void
put(struct in *in, uint32_t word)
{
	in->m->word[in->m->n++] = word;
}

static void
put64(struct in *in, uint64_t quad)
{
	put(in, (uint32_t)quad);
	put(in, (uint32_t)(quad >> 32));
}

static void
put_time(struct in *in, uint64_t ns)
{
	put(in, (uint32_t)(ns / NS_PER_S));
	put(in, (uint32_t)(ns % NS_PER_S / NS_PER_US));
}

static void
put_string(struct in *in, const char *s, uint32_t room)
{
	size_t n = strnlen(s, room - 1);

	memset(&in->m->word[in->m->n], 0, room);
	memcpy(&in->m->word[in->m->n], s, n);
	in->m->n += room / 4;
}

/* As many as the caller has room for. */
static int
fits(struct in *in, int otherwise)
{
	if (in->m->n <= N(2))
		return KERN_SUCCESS;
	in->m->n = 0;
	return otherwise;
}

/* ---- tasks ---- */
static uint64_t
dead(uint64_t all, uint64_t live)
{
	return all > live ? all - live : 0;
}

static void
put_dead_times(struct in *in, const struct task_facts *f)
{
	put_time(in, dead(f->user_ns, f->live_user_ns));
	put_time(in, dead(f->system_ns, f->live_system_ns));
}

static bool
task_basic(struct in *in, const struct task_facts *f)
{
	const struct task *t = in->target->task;

	switch (N(1)) {
	case TASK_BASIC_INFO_32:
		put(in, t->suspended);
		put(in, (uint32_t)f->virtual_size);
		put(in, (uint32_t)f->resident);
		break;
	case TASK_BASIC_INFO_64:
		put(in, t->suspended);
		put64(in, f->virtual_size);
		put64(in, f->resident);
		break;
	case MACH_TASK_BASIC_INFO:
		put64(in, f->virtual_size);
		put64(in, f->resident);
		put64(in, f->resident_max);
		put_dead_times(in, f);
		put(in, POLICY_TIMESHARE);
		put(in, t->suspended);
		return true;
	default:
		return false;
	}
	put_dead_times(in, f);
	put(in, POLICY_TIMESHARE);
	return true;
}

static bool
task_times(struct in *in, const struct task_facts *f)
{
	const struct task *t = in->target->task;

	switch (N(1)) {
	case TASK_ABSOLUTETIME_INFO:
		put64(in, f->user_ns);
		put64(in, f->system_ns);
		put64(in, f->live_user_ns);
		put64(in, f->live_system_ns);
		return true;
	case TASK_THREAD_TIMES_INFO:
		put_time(in, f->live_user_ns);
		put_time(in, f->live_system_ns);
		return true;
	case TASK_EVENTS_INFO:
		put(in, f->faults);
		put(in, f->pageins);
		put(in, 0);	/* not told apart from other faults */
		put(in, t->nsent);
		put(in, t->nreceived);
		put(in, t->ncalls);
		put(in, 0);	/* unix calls do not come here */
		put(in, f->switches);
		return true;
	default:
		return false;
	}
}

static bool
task_tokens(struct in *in)
{
	const struct subject *id = &in->target->task->subject;

	if (N(1) == TASK_SECURITY_TOKEN) {
		put(in, id->uid);
		put(in, id->gid);
		return true;
	}
	if (N(1) != TASK_AUDIT_TOKEN)
		return false;
	put(in, id->auid);
	put(in, id->uid);
	put(in, id->gid);
	put(in, id->ruid);
	put(in, id->rgid);
	put(in, id->pid);
	put(in, id->asid);
	put(in, id->pidversion);
	return true;
}

int
r_task_info(struct in *in)
{
	struct task_facts f = { 0 };

	in->m->n = 0;
	if (!task_tokens(in)) {
		if (in->k->hooks->task_facts == NULL ||
		    !in->k->hooks->task_facts(in->k->host, in->target->task,
		    &f))
			return KERN_FAILURE;
		if (!task_basic(in, &f) && !task_times(in, &f))
			return KERN_INVALID_ARGUMENT;
	}
	return fits(in, KERN_INVALID_ARGUMENT);
}

/* ---- threads ---- */
static uint32_t
run_state(char state)
{
	switch (state) {
	case 'R':
		return TH_STATE_RUNNING;
	case 'T':
	case 't':
		return TH_STATE_STOPPED;
	case 'D':
		return TH_STATE_UNINTERRUPTIBLE;
	case 'X':
	case 'Z':
		return TH_STATE_HALTED;
	default:
		return TH_STATE_WAITING;
	}
}

static void
thread_basic(struct in *in, const struct thread_facts *f)
{
	put_time(in, f->user_ns);
	put_time(in, f->system_ns);
	put(in, 0);		/* no usage is kept */
	put(in, POLICY_TIMESHARE);
	put(in, run_state(f->state));
	put(in, 0);
	put(in, in->thread->task->suspended);
	put(in, 0);
}

static void
thread_extended(struct in *in, const struct thread_facts *f)
{
	enum { BASEPRI_DEFAULT = 31, MAXPRI_USER = 63, NAME = 64 };

	put64(in, f->user_ns);
	put64(in, f->system_ns);
	put(in, 0);
	put(in, POLICY_TIMESHARE);
	put(in, run_state(f->state));
	put(in, 0);
	put(in, 0);
	put(in, BASEPRI_DEFAULT);
	put(in, BASEPRI_DEFAULT);
	put(in, MAXPRI_USER);
	put_string(in, f->name, NAME);
}

int
r_thread_info(struct in *in)
{
	struct thread_facts f = { 0 };

	in->m->n = 0;
	if (in->k->hooks->thread_facts == NULL ||
	    !in->k->hooks->thread_facts(in->k->host, in->thread, &f))
		return KERN_FAILURE;
	switch (N(1)) {
	case THREAD_BASIC_INFO:
		thread_basic(in, &f);
		break;
	case THREAD_IDENTIFIER_INFO:
		put64(in, in->thread->node.id);
		put64(in, 0);
		put64(in, 0);
		break;
	case THREAD_EXTENDED_INFO:
		thread_extended(in, &f);
		break;
	default:
		return KERN_INVALID_ARGUMENT;
	}
	return fits(in, KERN_INVALID_ARGUMENT);
}

/* ---- the host ---- */
static void
facts(struct in *in, struct host_facts *f)
{
	memset(f, 0, sizeof(*f));
	if (in->k->hooks->host_facts != NULL)
		in->k->hooks->host_facts(in->k->host, f);
}

/* A caller of old knows the first five words. */
static int
host_basic(struct in *in)
{
	enum { OLD = 5, ALL = 12 };
	struct host_facts f;
	int i;

	facts(in, &f);
	put(in, f.ncpu);
	put(in, f.ncpu);
	put(in, f.memory > MEMORY_32 ? MEMORY_32 : (uint32_t)f.memory);
	put(in, CPU_TYPE_X86_64);
	put(in, CPU_SUBTYPE_X86_64_ALL);
	put(in, 0);
	for (i = 0; i < 4; i++)
		put(in, f.ncpu);
	put64(in, f.memory);
	if (N(2) >= OLD && N(2) < ALL)
		in->m->n = OLD;
	return fits(in, KERN_FAILURE);
}

int
r_host_info(struct in *in)
{
	/* xnu's: kernel, system, server, user, depressed, idle, least, greatest */
	static const uint32_t priorities[] = { 80, 80, 64, 31, 0, 0, 0, 79 };
	enum { TICK_MS = 10, RESOURCES = 5 };
	uint32_t i;

	in->m->n = 0;
	switch (N(1)) {
	case HOST_BASIC_INFO:
		return host_basic(in);
	case HOST_SCHED_INFO:
		put(in, TICK_MS);
		put(in, TICK_MS);
		break;
	case HOST_RESOURCE_SIZES:
		for (i = 0; i < RESOURCES; i++)
			put(in, 0);	/* xnu: not told */
		break;
	case HOST_PRIORITY_INFO:
		for (i = 0; i < sizeof(priorities) / 4; i++)
			put(in, priorities[i]);
		break;
	case HOST_PREFERRED_USER_ARCH:
		put(in, CPU_TYPE_X86_64);
		put(in, CPU_SUBTYPE_X86_64_ALL);
		break;
	case HOST_SEMAPHORE_TRAPS:
	case HOST_MACH_MSG_TRAP:
		break;
	default:
		return KERN_INVALID_ARGUMENT;
	}
	return fits(in, KERN_FAILURE);
}

int
r_host_kernel_version(struct in *in)
{
	struct host_facts f;

	facts(in, &f);
	put_string(in, f.version, sizeof(f.version));
	return KERN_SUCCESS;
}

int
r_host_page_size(struct in *in)
{
	struct host_facts f;

	facts(in, &f);
	return result(in, f.page_size, KERN_SUCCESS);
}
