#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# tier: soak
load ../lib
load ../trap/lib

setup() { private_home; supervisor; }
teardown() { stop_supervisors; }

@test "mach: 10^5 messages both ways under a storm of signals arrive once each, in order" {
	run within 600 "$VENEER" run "$BUILD/tests/mach/msg_storm" 100000
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *"msg_storm: 100000 both ways, once each"* ]]
}

@test "mach: a semaphore's count is kept over 10^5 rounds of a storm" {
	run within 600 "$VENEER" run "$BUILD/tests/mach/sema_storm" 100000
	echo "$output"
	[ "$status" = 0 ]
}
