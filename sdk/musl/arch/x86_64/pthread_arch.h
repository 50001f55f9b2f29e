/* SPDX-License-Identifier: ISC */
static inline uintptr_t
__get_tp(void)
{
	uintptr_t tp;

	__asm__("mov %%fs:0, %0" : "=r"(tp));
	return tp;
}

#define MC_PC gregs[REG_RIP]

/* src/env/veneer_tls.c: the loader's thread block as this thread's struct pthread. */
__attribute__((__visibility__("hidden"))) void *__veneer_adopt_tls(void);
