#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
load ../lib

@test "exec and maps: 200,000 arbitrary files are classified without a fault or a lost descriptor" {
	within 200 "$BUILD/tests/layer/fuzz_exec" -runs=200000 -seed=1 -max_len=4096
}
