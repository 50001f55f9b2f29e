#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What other ways to catch calls got wrong (wrong.c); the other such cases stand in probes.bats, tests/attack,
# tests/late and tests/loader/sites.bats.
load ../lib

setup()
{
	private_home
	P=$BUILD/tests/compat
}

# alike CASE: native and under the layer, with and without rewriting
alike()
{
	local mode program
	for program in wrong wrong-static; do
		within 30 "$P/$program" "$1" > "$T/native"
		[ -s "$T/native" ]
		for mode in all none half:7; do
			VENEER_REWRITE=$mode within 30 "$VENEER" run --layer linux "$P/$program" "$1" > "$T/guest" || {
				echo "$program $mode: status $?"
				return 1
			}
			diff -u "$T/native" "$T/guest"
		done
	done
}

@test "NULL calls and reads are faults as ever: nothing of a layer lies at zero, and no handler looks there" {
	alike null
}

@test "vfork does not return through a stack that the child has overwritten" {
	alike vfork
}

@test "children with every signal blocked are not killed by SIGSYS" {
	alike mask
}

@test "a call across the end of a page, one of the two pages made writable" {
	alike edge
}
