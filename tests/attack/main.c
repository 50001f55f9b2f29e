/* SPDX-License-Identifier: ISC */
/* hostile NAME: one attack; ends with 0 when the layer withstood it. */
#include "hostile.h"

static const struct {
	const char *name;
	attack_fn *fn;
} attacks[] = {
	{ "arena", attack_arena },
	{ "descriptors", attack_descriptors },
	{ "limit", attack_limit },
	{ "sigsys", attack_sigsys },
	{ "masks", attack_masks },
	{ "handlers", attack_handlers },
	{ "bad-stack", attack_bad_stack },
	{ "small-stacks", attack_small_stacks },
	{ "wild-rsp", attack_wild_rsp },
	{ "storm", attack_storm },
	{ "raw-storm", attack_raw_storm },
	{ "vm-children", attack_vm_children },
	{ "vm-execs", attack_vm_execs },
	{ "threads", attack_threads },
	{ "forks", attack_forks },
	{ "gs", attack_gs },
	{ "jump", attack_jump },
	{ "numbers", attack_numbers },
	{ "int80", attack_int80 },
	{ "stubs", attack_stubs },
	{ "read", attack_read },
	{ "pointers", attack_pointers },
	{ "random", attack_random },
	{ "exec-storm", attack_exec_storm },
	{ "exit-race", attack_exit_race },
	{ "thread-exit-storm", attack_thread_exit_storm },
	{ "dispatch-off", attack_dispatch_off },
	{ "fork-storm", attack_fork_storm },
	{ "thread-fork", attack_thread_fork },
	{ "block-storm", attack_block_storm },
	{ "stop-storm", attack_stop_storm },
	{ "mask-storm", attack_mask_storm },
	{ "small-space", attack_small_space },
};

int
main(int argc, char **argv)
{
	size_t i;
	int ret;

	for (i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		if (argc < 2 || strcmp(argv[1], attacks[i].name) != 0)
			continue;
		ret = attacks[i].fn();
		puts(ret == 0 ? "withstood" : "fell");
		return ret;
	}
	for (i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		puts(attacks[i].name);
	return 2;
}
