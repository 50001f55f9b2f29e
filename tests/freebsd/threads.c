/* SPDX-License-Identifier: ISC */
/* Threads and _umtx_op, as a thread library uses them. */
#include "guest.h"
#include "signal_defs.h"

#define NTHREADS 4
#define ROUNDS 2000

static struct thread threads[NTHREADS];
static long shared;
static volatile int count;

static uint32_t
self(void)
{
	long tid;

	SYS(N(thr_self), &tid);
	return (uint32_t)tid;
}

static long
umtx(void *obj, int op, long val, void *a, void *b)
{
	return SYS(N(_umtx_op), obj, op, val, a, b);
}

static void
run_all(void (*fn)(void *))
{
	for (int i = 0; i < NTHREADS; i++)
		thread_start(&threads[i], fn, (void *)(long)i);
	for (int i = 0; i < NTHREADS; i++)
		thread_join(&threads[i]);
}

/* ---- births and deaths ---- */

static uint64_t tls_block[4];
static volatile long tls_seen, child_tid, parent_tid, left;

static void
child(long arg)
{
	long self_tid;

	__asm__ volatile("mov %%fs:8, %0" : "=r"(tls_seen));
	SYS(N(thr_self), &self_tid);
	CHECK(self_tid == child_tid && self_tid == parent_tid && arg == 77);
	SYS(N(thr_exit), &left);
}

static void
births(void)
{
	static char stack[16384] __attribute__((aligned(16)));
	uint64_t p[13] = { (uint64_t)child, 77, (uint64_t)stack, sizeof(stack),
		(uint64_t)tls_block, sizeof(tls_block), (uint64_t)&child_tid,
		(uint64_t)&parent_tid };

	tls_block[1] = 4711;
	EQUAL(SYS(N(thr_new), p, sizeof(p)), 0);
	while (left == 0)
		umtx((void *)&left, FREEBSD_UMTX_OP_WAIT, 0, 0, 0);
	EQUAL(left, 1);
	EQUAL(tls_seen, 4711);
	EQUAL(SYS(N(thr_new), p, -1), -FREEBSD_EINVAL);
	EQUAL(SYS(N(thr_new), p, 1000), -FREEBSD_EINVAL);
	p[7] = 0x1000;
	EQUAL(SYS(N(thr_new), p, sizeof(p)), -FREEBSD_EFAULT);
	EQUAL(SYS(N(thr_set_name), self(), "name"), 0);
	EQUAL(SYS(N(thr_set_name), 999999, "name"), -FREEBSD_ESRCH);
}

/* ---- thr_kill of all others, suspend and wake ---- */

static volatile int ready;

static void
on_usr(int sig)
{
	(void)sig;
	__atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
}

static void
sleeper(void *arg)
{
	(void)arg;
	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	while (count < 2)
		pause_ms(5);
}

static void
suspended(void *arg)
{
	int64_t soon[2] = { 0, 1000000 };

	(void)arg;
	EQUAL(SYS(N(thr_suspend), soon), -FREEBSD_ETIMEDOUT);
	ready = 1;
	EQUAL(SYS(N(thr_suspend), 0), 0);
	ready = 2;
}

static void
kills(void)
{
	struct sigaction_f sa = { .handler = (uint64_t)on_usr, .flags = 0 };

	EQUAL(SYS(N(sigaction), FREEBSD_SIGUSR1, &sa, 0), 0);
	/* A thread may still be on its way out when its word says so. */
	for (int i = 0; i < 1000 && SYS(N(thr_kill), -1, 0) == 0; i++)
		pause_ms(1);
	EQUAL(SYS(N(thr_kill), -1, 0), -FREEBSD_ESRCH);
	ready = count = 0;
	thread_start(&threads[0], sleeper, 0);
	thread_start(&threads[1], sleeper, 0);
	while (ready < 2)
		pause_ms(1);
	EQUAL(SYS(N(thr_kill), -1, FREEBSD_SIGUSR1), 0);
	thread_join(&threads[0]);
	thread_join(&threads[1]);
	EQUAL(count, 2);
	ready = 0;
	thread_start(&threads[0], suspended, 0);
	long tid = threads[0].tid;
	while (ready < 1)
		pause_ms(1);
	pause_ms(10);
	EQUAL(SYS(N(thr_wake), tid), 0);
	thread_join(&threads[0]);
	EQUAL(ready, 2);
	EQUAL(SYS(N(thr_wake), 999999), -FREEBSD_ESRCH);
}

/* ---- words ---- */

static void
words(void)
{
	struct { int64_t sec, nsec; uint32_t flags, clock; } ut = { 0, 1000000, 0, 4 };
	uint32_t w = 1;
	long v = 1;

	EQUAL(umtx(&w, FREEBSD_UMTX_OP_WAIT_UINT, 2, 0, 0), 0);
	EQUAL(umtx(&w, FREEBSD_UMTX_OP_WAIT_UINT_PRIVATE, 1, (void *)sizeof(ut), &ut),
	    -FREEBSD_ETIMEDOUT);
	EQUAL(umtx(&w, FREEBSD_UMTX_OP_WAIT_UINT, 1, (void *)16, &ut), -FREEBSD_ETIMEDOUT);
	EQUAL(umtx(&v, FREEBSD_UMTX_OP_WAIT, 1l << 40 | 1, 0, 0), 0);
	ut.flags = FREEBSD_UMTX_ABSTIME;
	ut.clock = 0;
	EQUAL(umtx(&w, FREEBSD_UMTX_OP_WAIT_UINT, 1, (void *)sizeof(ut), &ut),
	    -FREEBSD_ETIMEDOUT);
	ut.nsec = 1000000000;
	EQUAL(umtx(&w, FREEBSD_UMTX_OP_WAIT_UINT, 1, (void *)sizeof(ut), &ut), -FREEBSD_EINVAL);
	EQUAL(umtx((void *)0x1000, FREEBSD_UMTX_OP_WAIT_UINT, 1, 0, 0), -FREEBSD_EFAULT);
	EQUAL(umtx(&w, FREEBSD_UMTX_OP_WAKE_PRIVATE, 1, 0, 0), 0);
	EQUAL(umtx(&w, 99, 0, 0, 0), -FREEBSD_EOPNOTSUPP);
	EQUAL(umtx(&w, FREEBSD_UMTX_OP_GET_MIN_TIMEOUT, 0, &v, 0), 0);
	EQUAL(v, 0);
}

/* ---- a mutex, with the library's part of the protocol ---- */

static struct { uint32_t owner, flags, ceilings[2]; uint64_t link; uint32_t spare[2]; } mutex;

static void
mutex_lock(void)
{
	uint32_t id = self(), owner;

	for (;;) {
		owner = 0;
		if (__atomic_compare_exchange_n(&mutex.owner, &owner, id, 0, 5, 5))
			return;
		if (owner == FREEBSD_UMUTEX_CONTESTED &&
		    __atomic_compare_exchange_n(&mutex.owner, &owner, id | owner, 0, 5, 5))
			return;
		CHECK(umtx(&mutex, FREEBSD_UMTX_OP_MUTEX_WAIT, 0, 0, 0) == 0);
	}
}

static void
mutex_unlock(void)
{
	uint32_t owner = mutex.owner;

	while (!__atomic_compare_exchange_n(&mutex.owner, &owner, 0, 0, 5, 5))
		;
	if (owner & FREEBSD_UMUTEX_CONTESTED)
		CHECK(umtx(&mutex, FREEBSD_UMTX_OP_MUTEX_WAKE2, 0, 0, 0) == 0);
}

static void
adder(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		mutex_lock();
		long v = shared;
		if (i % 64 == 0)
			SYS(N(sched_yield));
		shared = v + 1;
		mutex_unlock();
	}
}

static void
kernel_adder(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		EQUAL(umtx(&mutex, FREEBSD_UMTX_OP_MUTEX_LOCK, 0, 0, 0), 0);
		shared++;
		EQUAL(umtx(&mutex, FREEBSD_UMTX_OP_MUTEX_UNLOCK, 0, 0, 0), 0);
	}
}

static void
mutexes(void)
{
	shared = 0;
	run_all(adder);
	EQUAL(shared, NTHREADS * ROUNDS);
	run_all(kernel_adder);
	EQUAL(shared, 2 * NTHREADS * ROUNDS);
	mutex.owner = 5;
	EQUAL(umtx(&mutex, FREEBSD_UMTX_OP_MUTEX_TRYLOCK, 0, 0, 0), -FREEBSD_EBUSY);
	EQUAL(umtx(&mutex, FREEBSD_UMTX_OP_MUTEX_UNLOCK, 0, 0, 0), -FREEBSD_EPERM);
	mutex.owner = 0;
}

/* ---- condition variable ---- */

static struct { uint32_t waiters, flags, clock, spare; } cond;
static int tokens, eaten;

static void
eater(void *arg)
{
	(void)arg;
	mutex_lock();
	while (eaten < ROUNDS) {
		if (tokens == 0) {
			CHECK(umtx(&cond, FREEBSD_UMTX_OP_CV_WAIT, 0, &mutex, 0) == 0);
			mutex_lock();
			continue;
		}
		tokens--;
		eaten++;
	}
	mutex_unlock();
	if (cond.waiters)
		umtx(&cond, FREEBSD_UMTX_OP_CV_BROADCAST, 0, 0, 0);
}

static void
conditions(void)
{
	int64_t soon[2] = { 0, 1000000 };

	for (int i = 0; i < NTHREADS; i++)
		thread_start(&threads[i], eater, 0);
	for (int i = 0; i < ROUNDS; i++) {
		mutex_lock();
		tokens++;
		mutex_unlock();
		if (cond.waiters)
			EQUAL(umtx(&cond, FREEBSD_UMTX_OP_CV_SIGNAL, 0, 0, 0), 0);
	}
	for (int i = 0; i < NTHREADS; i++)
		thread_join(&threads[i]);
	EQUAL(eaten, ROUNDS);
	mutex_lock();
	EQUAL(umtx(&cond, FREEBSD_UMTX_OP_CV_WAIT, 0, &mutex, soon), -FREEBSD_ETIMEDOUT);
	EQUAL(mutex.owner, 0);
}

/* ---- read-write lock: always by the kernel ---- */

static struct { uint32_t state, flags, readers, writers, spare[4]; } rw;
static volatile long inside_readers, rw_value;

static void
rw_user(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		if ((i + (long)arg) % 4 == 0) {
			EQUAL(umtx(&rw, FREEBSD_UMTX_OP_RW_WRLOCK, 0, 0, 0), 0);
			CHECK(inside_readers == 0);
			rw_value = rw_value + 1;
			EQUAL(umtx(&rw, FREEBSD_UMTX_OP_RW_UNLOCK, 0, 0, 0), 0);
		} else {
			EQUAL(umtx(&rw, FREEBSD_UMTX_OP_RW_RDLOCK, 0, 0, 0), 0);
			__atomic_add_fetch(&inside_readers, 1, 5);
			if (i % 16 == 0)
				SYS(N(sched_yield));
			__atomic_sub_fetch(&inside_readers, 1, 5);
			EQUAL(umtx(&rw, FREEBSD_UMTX_OP_RW_UNLOCK, 0, 0, 0), 0);
		}
	}
}

static void
rwlocks(void)
{
	run_all(rw_user);
	EQUAL(rw_value, NTHREADS * ROUNDS / 4);
	EQUAL(rw.state, 0);
	EQUAL(rw.readers | rw.writers, 0);
	EQUAL(umtx(&rw, FREEBSD_UMTX_OP_RW_UNLOCK, 0, 0, 0), -FREEBSD_EPERM);
}

/* ---- semaphores ---- */

static struct { uint32_t count, flags; } sem;

static void
sem_taker(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++)
		CHECK(umtx(&sem, FREEBSD_UMTX_OP_SEM2_WAIT, 0, 0, 0) == 0);
	__atomic_add_fetch(&eaten, ROUNDS, 5);
}

static void
semaphores(void)
{
	struct { int64_t sec, nsec; uint32_t flags, clock; } ut = { 0, 1000000, 0, 4 };

	eaten = 0;
	for (int i = 0; i < NTHREADS; i++)
		thread_start(&threads[i], sem_taker, 0);
	for (int i = 0; i < NTHREADS * ROUNDS; i++) {
		uint32_t old = __atomic_fetch_add(&sem.count, 1, 5);

		if (old & FREEBSD_USEM_HAS_WAITERS)
			EQUAL(umtx(&sem, FREEBSD_UMTX_OP_SEM2_WAKE, 0, 0, 0), 0);
	}
	for (int i = 0; i < NTHREADS; i++)
		thread_join(&threads[i]);
	EQUAL(eaten, NTHREADS * ROUNDS);
	EQUAL(sem.count & FREEBSD_USEM_MAX_COUNT, 0);
	EQUAL(umtx(&sem, FREEBSD_UMTX_OP_SEM2_WAIT, 0, (void *)sizeof(ut), &ut),
	    -FREEBSD_ETIMEDOUT);
}

/* ---- robust: the mutex of a thread that is gone ---- */

static uint64_t robust_head;

static void
dies_with_mutex(void *arg)
{
	uint64_t lists[3] = { (uint64_t)&robust_head };

	(void)arg;
	EQUAL(umtx(0, FREEBSD_UMTX_OP_ROBUST_LISTS, sizeof(lists), lists, 0), 0);
	EQUAL(umtx(&mutex, FREEBSD_UMTX_OP_MUTEX_LOCK, 0, 0, 0), 0);
	robust_head = (uint64_t)&mutex;
}

static void
robust(void)
{
	mutex.owner = 0;
	mutex.flags = FREEBSD_UMUTEX_ROBUST;
	thread_start(&threads[0], dies_with_mutex, 0);
	thread_join(&threads[0]);
	EQUAL(mutex.owner, FREEBSD_UMUTEX_RB_OWNERDEAD);
	EQUAL(umtx(&mutex, FREEBSD_UMTX_OP_MUTEX_LOCK, 0, 0, 0), -FREEBSD_EOWNERDEAD);
	EQUAL(mutex.owner, FREEBSD_UMUTEX_CONTESTED | self());
	mutex.owner = FREEBSD_UMUTEX_RB_NOTRECOV;
	EQUAL(umtx(&mutex, FREEBSD_UMTX_OP_MUTEX_LOCK, 0, 0, 0), -FREEBSD_ENOTRECOVERABLE);
}

/* ---- one set of credentials for all; run as root ---- */

static int blocked[2];
static volatile uint32_t step, done;

static void
await(volatile uint32_t *word, uint32_t v)
{
	while (*word != v)
		pause_ms(1);
}

static void
follower(void *arg)
{
	uint32_t groups[16];

	(void)arg;
	await(&step, 1);
	EQUAL(SYS(N(access), "secret", 4), 0);	/* by the real ids still */
	EQUAL(SYS(N(open), "secret", FREEBSD_O_RDONLY, 0), -FREEBSD_EACCES);
	EQUAL(SYS(N(geteuid)), 1000);
	done = 1;
	await(&step, 2);
	EQUAL(SYS(N(geteuid)), 0);
	done = 2;
	await(&step, 3);
	EQUAL(SYS(N(access), "secret", 4), -FREEBSD_EACCES);
	EQUAL(SYS(N(getuid)) + SYS(N(geteuid)), 2000);
	EQUAL(SYS(N(getgid)), 1001);
	EQUAL(SYS(N(getgroups), 16, groups), 2);
	EQUAL(groups[1], 4242);
	EQUAL(SYS(N(setuid), 0), -FREEBSD_EPERM);
	done = 3;
}

static void
sleeping(void *arg)
{
	char c;

	(void)arg;
	EQUAL(SYS(N(read), blocked[0], &c, 1), 1);
	EQUAL(SYS(N(open), "secret", FREEBSD_O_RDONLY, 0), -FREEBSD_EACCES);
	EQUAL(SYS(N(getuid)), 1000);
}

static void
is_user(void *arg)
{
	(void)arg;
	EQUAL(SYS(N(open), "secret", FREEBSD_O_RDONLY, 0), -FREEBSD_EACCES);
	EQUAL(SYS(N(getuid)), 1000);
}

static void
identity(void)
{
	uint32_t groups[2] = { 1001, 4242 };
	int fd = (int)SYS(N(open), "secret", FREEBSD_O_CREAT | FREEBSD_O_RDWR, 0600);

	CHECK(fd >= 0);
	SYS(N(close), fd);
	EQUAL(SYS(N(pipe2), blocked, 0), 0);
	thread_start(&threads[0], follower, 0);
	thread_start(&threads[1], sleeping, 0);
	EQUAL(SYS(N(seteuid), 1000), 0);
	step = 1;
	await(&done, 1);
	EQUAL(SYS(N(seteuid), 0), 0);
	step = 2;
	await(&done, 2);
	EQUAL(SYS(N(setgroups), 2, groups), 0);
	EQUAL(SYS(N(setresgid), 1001, 1001, 1001), 0);
	long child = SYS(N(vfork));	/* its change is its own */
	if (child == 0) {
		EQUAL(SYS(N(setuid), 777), 0);
		SYS(N(exit), 0);
	}
	EQUAL(SYS(N(wait4), child, 0, 0, 0), child);
	EQUAL(SYS(N(getuid)), 0);
	EQUAL(SYS(N(setuid), 1000), 0);
	step = 3;
	await(&done, 3);
	SYS(N(write), blocked[1], "x", 1);
	thread_start(&threads[2], is_user, 0);
	for (int i = 0; i < 3; i++)
		thread_join(&threads[i]);
}

/* Threads are born and call while the ids change: none is ever left behind. */
static void
churner(void *arg)
{
	(void)arg;
	while (!done)
		SYS(N(getppid));
}

static void
born(void *arg)
{
	(void)arg;
	EQUAL(SYS(N(geteuid)), step);
}

static void
identities(void)
{
	done = 0;
	step = 0;
	thread_start(&threads[0], churner, 0);
	thread_start(&threads[1], churner, 0);
	for (uint32_t i = 0; i < 300; i++) {
		uint32_t id = i % 2 ? 0 : 1000 + i;

		EQUAL(SYS(N(seteuid), id), 0);
		step = id;
		thread_start(&threads[2], born, 0);
		thread_join(&threads[2]);
		EQUAL(SYS(N(geteuid)), id);
	}
	done = 1;
	thread_join(&threads[0]);
	thread_join(&threads[1]);
}

int
test_main(int argc, char **argv)
{
	static const struct { const char *name; void (*fn)(void); } tests[] = {
		{ "births", births }, { "kills", kills }, { "words", words },
		{ "mutexes", mutexes }, { "conditions", conditions }, { "rwlocks", rwlocks },
		{ "semaphores", semaphores }, { "robust", robust },
		{ "identity", identity }, { "identities", identities },
	};

	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (argc < 2 || strcmp(argv[1], tests[i].name) == 0)
			tests[i].fn();
	say("ok\n");
	return 0;
}
