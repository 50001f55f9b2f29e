#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# serial
# timeout: 300

load ../lib

setup()
{
	private_home
}

row()
{
	within 60 "$BUILD/tests/bench/bench" "$BUILD/tests/bench" "$VENEER" "$1"
}

# Noise is one-sided: of three tries one has to keep the limit.
keeps()
{
	row "$1" || row "$1" || row "$1"
}

@test "bench: a native getpid costs at most 0.02 of a raw getpid" {
	keeps getpid-stub
}

@test "bench: veneer_null costs at most 1.25 of a bare notification" {
	keeps veneer-null
}
