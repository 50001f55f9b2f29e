#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# tier: soak
# timeout: 7200
load ../lib

@test "exec and maps: 10,000,000 arbitrary files are classified without a fault or a lost descriptor" {
	within 7000 "$BUILD/tests/layer/fuzz_exec" -runs=10000000 -max_len=4096
}
