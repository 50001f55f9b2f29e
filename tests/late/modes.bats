#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What holds with every proven site rewritten holds with none and with a random half of them.
# tier: full
# serial
# timeout: 7200

load ../lib

AREAS="tests/freebsd tests/native tests/late/late.bats tests/trap tests/trace tests/attack tests/e2e/esbuild.bats"

# MODE: the areas, in a shell of their own; the seed stands in what is shown when it fails
mode()
{
	local clean=() v
	cd "$REPO" || return
	# a bats of its own
	for v in $(compgen -e BATS_); do
		clean+=(-u "$v")
	done
	# shellcheck disable=SC2086 # words
	env "${clean[@]}" PATH="${PATH//$BATS_LIBEXEC:/}" \
	    VENEER_TIER=check VENEER_RESULTS=$T/results WITNESS='' \
	    timeout -k 10 3500 sh tests/run --rewrite "$1" check $AREAS \
	    > "$T/out" 2>&1 || {
		head -n 1 "$T/out"
		grep -h '^not ok' "$T"/results/*.tap || :
		tail -n 40 "$T/out"
		false
	}
}

@test "rewriting off: the suites pass" {
	mode none
}

@test "a random half of the sites rewritten: the suites pass" {
	mode half
}
