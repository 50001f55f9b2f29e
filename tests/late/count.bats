#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# long
# At least 99 of 100 calls enter by rewritten sites, counted from outside: what Syscall User Dispatch catches
# with rewriting off is what a program calls, and what it still catches with rewriting on was missed.
# And veneer trace, which counts inside, says the same.
# witness: no

load ../lib

setup()
{
	private_home
	cd "$T" || return
	COUNT=$BUILD/tests/late/count
}

# PROGRAM ARGUMENTS...: their own status does not matter here
counted()
{
	local made missed traced sites
	VENEER_REWRITE=none within 200 "$COUNT" "$T/made" "$VENEER" run "$@" \
	    > /dev/null 2>&1 || :
	VENEER_REWRITE=all within 200 "$COUNT" "$T/missed" "$VENEER" run "$@" \
	    > /dev/null 2>&1 || :
	VENEER_REWRITE=all within 200 "$VENEER" trace -f -c -o "$T/trace" "$@" \
	    > /dev/null 2>&1 || :
	made=$(cat "$T/made")
	missed=$(cat "$T/missed")
	read -r _ _ traced _ _ sites _ < <(grep ' total$' "$T/trace")
	echo "made $made, missed $missed; traced $traced, by sites $sites"
	[ "$made" -gt 500 ]
	[ "$traced" -gt 500 ]
	[ $((missed * 100)) -le "$made" ]
	[ $((sites * 100)) -ge $((traced * 99)) ]
}

# PACKAGE of Go's library
go_test()
{
	local program
	program=$(fixture "gotest:$1:freebsd")
	cd "$(go env GOROOT)/src/$1" || return
	export GOCACHE=$FIXTURES/gocache GOPROXY=off GOTOOLCHAIN=local GOOS=freebsd
	counted "$program" -test.short
}

@test "a static C program" {
	counted "$BUILD/tests/late/clang-freebsd"
}

@test "esbuild" {
	local program
	program=$(fixture esbuild-freebsd)/bin/esbuild
	cd "$(fixture project)" || return
	counted "$program" --bundle --minify --log-level=error \
	    node_modules/react-dom/index.js --outfile="$T/out.js"
}

@test "the tests of Go's os" {
	go_test os
}

@test "the tests of Go's net" {
	go_test net
}
