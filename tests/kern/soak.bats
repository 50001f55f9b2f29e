#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# tier: soak
# timeout: 7200

load ../lib

@test "kern: 10^7 random port operations agree with the model" {
	MACH_SIM_ONLY='*agree*' MACH_SIM_STEPS=10000000 MACH_SIM_SEED=1000 \
	    within 3600 "$BUILD/tests/unit/mach_sim"
}

@test "kern: the books balance over 10^7 random port operations with failing hooks" {
	MACH_SIM_ONLY='*books*' MACH_SIM_STEPS=10000000 MACH_SIM_SEED=1000 \
	    within 1800 "$BUILD/tests/unit/mach_sim"
}

@test "kern: a kernel replaced after each of 10^5 steps loses and doubles nothing" {
	MACH_SIM_ONLY='*replace*' MACH_SIM_STEPS=100000 MACH_SIM_SEED=1000 \
	    within 1800 "$BUILD/tests/unit/mach_sim"
}

@test "kern: 10^6 requests to each routine, by message, and 10^5 by trap" {
	MACH_SIM_ONLY='*by message*' MACH_FUZZ_EACH=1000000 \
	    within 5400 "$BUILD/tests/unit/mach_fuzz"
	MACH_SIM_ONLY='*by trap*' MACH_FUZZ_EACH=100000 \
	    within 1800 "$BUILD/tests/unit/mach_fuzz"
}

@test "kern: 8 * 10^6 messages with descriptors of every kind" {
	MACH_SIM_ONLY='*descriptors*' MACH_FUZZ_EACH=1000000 \
	    within 1800 "$BUILD/tests/unit/mach_fuzz"
}
