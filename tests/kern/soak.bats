#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# tier: soak
# timeout: 5400

load ../lib

@test "kern: 10^7 random port operations agree with the model" {
	MACH_SIM_STEPS=10000000 MACH_SIM_SEED=1000 \
	    within 5000 "$BUILD/tests/unit/mach_sim"
}
