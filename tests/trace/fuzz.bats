#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
load ../lib

@test "trace: 100,000 arbitrary records are printed without a fault" {
	within 200 "$BUILD/tests/trace/fuzz_report" -runs=100000 -seed=1 -max_len=1016
}
