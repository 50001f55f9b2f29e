/* SPDX-License-Identifier: ISC */
/* The machine of seccomp filters: what a program may contain, and what it answers. */
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "filter.h"
#include "filter_bpf.h"
#include "freestanding.h"

#define A_FROM_K	BPF_K
#define CLASS(i)	BPF_CLASS((i)->code)

static bool
load_valid(const struct sock_filter *i)
{
	switch (i->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return i->k < sizeof(struct seccomp_data) && (i->k & 3) == 0;
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
		return true;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return i->k < BPF_MEMWORDS;
	default:
		return false;
	}
}

static bool
alu_valid(const struct sock_filter *i)
{
	uint32_t op = BPF_OP(i->code);

	if (i->code == (BPF_ALU | BPF_NEG))
		return true;
	if ((i->code & ~(BPF_CLASS(0xff) | BPF_OP(0xff) | BPF_SRC(0xff))) != 0 ||
	    op > BPF_XOR || op == BPF_NEG || op == BPF_MOD)
		return false;
	if (BPF_SRC(i->code) == BPF_X)
		return true;
	return (op != BPF_DIV || i->k != 0) &&
	    ((op != BPF_LSH && op != BPF_RSH) || i->k < 32);
}

static bool
jump_valid(const struct sock_filter *i, uint32_t left)
{
	uint32_t op = BPF_OP(i->code);

	if (i->code == (BPF_JMP | BPF_JA))
		return i->k < left;
	if ((i->code & ~(BPF_CLASS(0xff) | BPF_OP(0xff) | BPF_SRC(0xff))) != 0 ||
	    op > BPF_JSET || op == BPF_JA)
		return false;
	return i->jt < left && i->jf < left;
}

/* Every word of the scratch memory is stored on every way to where it is loaded. */
static bool
memory_valid(const struct sock_filter *code, uint32_t len)
{
	uint16_t valid[BPF_MAXINSNS], now = 0;

	memset(valid, 0xff, len * sizeof(valid[0]));
	for (uint32_t n = 0; n < len; n++) {
		const struct sock_filter *i = &code[n];

		now &= valid[n];
		switch (i->code) {
		case BPF_ST:
		case BPF_STX:
			now |= (uint16_t)(1u << i->k);
			break;
		case BPF_LD | BPF_MEM:
		case BPF_LDX | BPF_MEM:
			if ((now >> i->k & 1) == 0)
				return false;
			break;
		case BPF_JMP | BPF_JA:
			valid[n + 1 + i->k] &= now;
			now = 0xffff;
			break;
		default:
			if (CLASS(i) != BPF_JMP)
				break;
			valid[n + 1 + i->jt] &= now;
			valid[n + 1 + i->jf] &= now;
			now = 0xffff;
		}
	}
	return true;
}

static bool
one_valid(const struct sock_filter *i, uint32_t left)
{
	switch (CLASS(i)) {
	case BPF_ALU:
		return alu_valid(i);
	case BPF_JMP:
		return jump_valid(i, left);
	case BPF_RET:
		return i->code == (BPF_RET | BPF_K) || i->code == (BPF_RET | BPF_A);
	case BPF_MISC:
		return i->code == (BPF_MISC | BPF_TAX) ||
		    i->code == (BPF_MISC | BPF_TXA);
	default:
		return load_valid(i);
	}
}

bool
filter_valid(const struct sock_filter *code, uint32_t len)
{
	if (len == 0 || len > BPF_MAXINSNS || CLASS(&code[len - 1]) != BPF_RET)
		return false;
	for (uint32_t n = 0; n < len; n++)
		if (!one_valid(&code[n], len - n - 1))
			return false;
	return memory_valid(code, len);
}

struct machine {
	uint32_t a, x, mem[BPF_MEMWORDS];
};

static void
compute(struct machine *m, const struct sock_filter *i)
{
	uint32_t v = BPF_SRC(i->code) == BPF_X ? m->x : i->k;

	switch (BPF_OP(i->code)) {
	case BPF_ADD: m->a += v; break;
	case BPF_SUB: m->a -= v; break;
	case BPF_MUL: m->a *= v; break;
	case BPF_DIV: m->a = v != 0 ? m->a / v : 0; break;
	case BPF_OR: m->a |= v; break;
	case BPF_AND: m->a &= v; break;
	case BPF_XOR: m->a ^= v; break;
	case BPF_LSH: m->a <<= v & 31; break;
	case BPF_RSH: m->a >>= v & 31; break;
	default: m->a = 0u - m->a; break;
	}
}

/* How far a jump goes. */
static uint32_t
jump(const struct machine *m, const struct sock_filter *i)
{
	uint32_t v = BPF_SRC(i->code) == BPF_X ? m->x : i->k;
	bool yes;

	switch (BPF_OP(i->code)) {
	case BPF_JA: return i->k;
	case BPF_JEQ: yes = m->a == v; break;
	case BPF_JGT: yes = m->a > v; break;
	case BPF_JGE: yes = m->a >= v; break;
	default: yes = (m->a & v) != 0; break;
	}
	return yes ? i->jt : i->jf;
}

static void
load(struct machine *m, const struct sock_filter *i, const struct seccomp_data *d)
{
	uint32_t v = i->k;

	if (BPF_MODE(i->code) == BPF_ABS)
		memcpy(&v, (const char *)d + i->k, sizeof(v));
	else if (BPF_MODE(i->code) == BPF_MEM)
		v = m->mem[i->k];
	else if (BPF_MODE(i->code) == BPF_LEN)
		v = sizeof(*d);
	if (CLASS(i) == BPF_LD)
		m->a = v;
	else
		m->x = v;
}

uint32_t
filter_run(const struct sock_filter *i, const struct seccomp_data *d)
{
	struct machine m = { 0 };

	for (;; i++) {
		switch (CLASS(i)) {
		case BPF_LD:
		case BPF_LDX:
			load(&m, i, d);
			break;
		case BPF_ST:
			m.mem[i->k] = m.a;
			break;
		case BPF_STX:
			m.mem[i->k] = m.x;
			break;
		case BPF_ALU:
			compute(&m, i);
			break;
		case BPF_JMP:
			i += jump(&m, i);
			break;
		case BPF_RET:
			return BPF_RVAL(i->code) == BPF_A ? m.a : i->k;
		default:
			if (BPF_MISCOP(i->code) == BPF_TAX)
				m.x = m.a;
			else
				m.a = m.x;
		}
	}
}
