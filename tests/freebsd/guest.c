/* SPDX-License-Identifier: ISC */
#include "guest.h"

__asm__(".text\n.globl _start\n_start:\n\t"
	"mov (%rdi), %rax\n\tlea 8(%rdi), %rsi\n\tmov %eax, %edi\n\t"
	"and $-16, %rsp\n\tcall test_main\n\t"
	"mov %eax, %edi\n\tmov $1, %eax\n\tsyscall\n\thlt\n");

void *
memset(void *p, int v, size_t n)
{
	__asm__ volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(v) : "memory");
	return p;
}

void *
memcpy(void *restrict d, const void *restrict s, size_t n)
{
	void *ret = d;

	__asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
	return ret;
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (; n != 0; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

size_t
strlen(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0')
		n++;
	return n;
}

int
strcmp(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

void
say(const char *s)
{
	SYS(N(write), 1, s, strlen(s));
}

void
say_number(const char *s, long v)
{
	char buf[24], *p = buf + sizeof(buf);
	unsigned long u = v < 0 ? 0ul - (unsigned long)v : (unsigned long)v;

	*--p = '\0';
	*--p = '\n';
	do
		*--p = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (v < 0)
		*--p = '-';
	say(s);
	say(p);
}

void
fail(const char *file, int line, const char *what, long value)
{
	say(file);
	say_number(": line ", line);
	say(what);
	say_number(" is ", value);
	for (;;)
		SYS(N(exit), 1);
}

void
pause_ms(long ms)
{
	int64_t ts[2] = { ms / 1000, ms % 1000 * 1000000 };

	SYS(N(nanosleep), ts, 0);
}

static void
thread_main(struct thread *t)
{
	t->fn(t->arg);
	SYS(N(thr_exit), &t->tid);
	__builtin_trap();
}

void
thread_start(struct thread *t, void (*fn)(void *), void *arg)
{
	struct {
		uint64_t start, arg, stack, size, tls, tls_size, child, parent;
		uint64_t flags, rtp, spare[3];
	} p = { .start = (uint64_t)thread_main, .arg = (uint64_t)t,
		.stack = (uint64_t)t->stack, .size = sizeof(t->stack),
		.parent = (uint64_t)&t->tid };

	t->fn = fn;
	t->arg = arg;
	EQUAL(SYS(N(thr_new), &p, sizeof(p)), 0);
}

void
thread_join(struct thread *t)
{
	long tid;

	while ((tid = __atomic_load_n(&t->tid, __ATOMIC_ACQUIRE)) != 1)
		SYS(N(_umtx_op), &t->tid, FREEBSD_UMTX_OP_WAIT, tid, 0, 0);
}
