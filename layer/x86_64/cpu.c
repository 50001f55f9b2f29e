/* SPDX-License-Identifier: ISC */
/* What the processor saves: the size and the components of the vector state in standard form. */
#include "internal.h"

#define CPUID1_OSXSAVE (1u << 27)
#define HWCAP2_FSGSBASE 2u
#define AMX_COMPONENTS (3ul << 17)	/* a process has to ask for them; their state stays in the processor */
#define LEGACY_AND_HEADER 576u

static void
cpuid(uint32_t leaf, uint32_t sub, uint32_t r[4])
{
	__asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
	    : "a"(leaf), "c"(sub));
}

/*
 * Each cpuid traps to the hypervisor where there is one, which can cost as much as a hundred calls: only who
 * saves or loads vector state asks, once.
 */
static void
vector_ask(struct mm_block *mm)
{
	uint32_t r[4], lo, hi, size = LEGACY_AND_HEADER;
	uint64_t features;

	cpuid(1, 0, r);
	if ((r[2] & CPUID1_OSXSAVE) == 0)
		return;
	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	features = (lo | (uint64_t)hi << 32) & ~AMX_COMPONENTS;
	for (uint32_t i = 2; i < 63; i++) {
		if ((features >> i & 1) == 0)
			continue;
		cpuid(0xd, i, r);
		if (r[1] + r[0] > size)
			size = r[1] + r[0];
	}
	mm->xsave_size = size;
	__atomic_store_n(&mm->xfeatures, features, __ATOMIC_RELEASE);
}

void
cpu_vector(struct mm_block *mm)
{
	uint32_t asked = __atomic_load_n(&mm->flags, __ATOMIC_ACQUIRE) & MM_XSAVE;

	if (asked)
		return;
	vector_ask(mm);
	__atomic_fetch_or(&mm->flags, MM_XSAVE, __ATOMIC_RELEASE);
}

void
cpu_probe(struct mm_block *mm, uint64_t hwcap2)
{
	if (hwcap2 & HWCAP2_FSGSBASE)
		mm->flags |= MM_FSGSBASE;
}
