#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# long
# Go programs built for FreeBSD say under Veneer what their Linux twins say.

load ../lib

setup()
{
	fixture go:hello:linux >/dev/null
	private_home
}

# NAME ARGS...: both twins, each in an empty directory of its own.
same_as_linux()
{
	local name=$1 foreign native
	shift
	foreign=$(fixture "go:$name:freebsd")
	native=$(fixture "go:$name:linux")
	mkdir -p "$T/f" "$T/l"
	cd "$T/l"
	within 60 "$native" "$@" </dev/null >"$T/want" 2>&1 ||
	    echo "status $?" >>"$T/want"
	cd "$T/f"
	within 60 "$VENEER" run "$foreign" "$@" </dev/null >"$T/got" 2>&1 ||
	    echo "status $?" >>"$T/got"
	diff -u "$T/want" "$T/got"
}

@test "go: hello gets its arguments and environment" {
	GREETING='two words' same_as_linux hello a "b c" ''
}

@test "go: the exit status is the program's" {
	same_as_linux hello exit 7
}

@test "go: standard input arrives" {
	hello=$(fixture go:hello:freebsd)
	run within 20 "$VENEER" run "$hello" cat <<<"over here"
	[ "${lines[2]}" = 'stdin: "over here\n"' ]
}

@test "go: a panic ends with status 2 and a traceback that names main.main" {
	hello=$(fixture go:hello:freebsd)
	run within 20 "$VENEER" run "$hello" panic
	[ "$status" = 2 ]
	[[ $output == *"panic: asked to"* ]]
	[[ $output == *"main.main()"* ]]
}

@test "go: goroutines, locked threads, preemption and collection" {
	same_as_linux goroutines
}

@test "go: files, directories, links and times" {
	same_as_linux files
}

@test "go: TCP, HTTP, UDP and unix sockets" {
	same_as_linux network
}

@test "go: children, native and foreign" {
	same_as_linux children
}

@test "go: signals, faults that become panics, interrupted reads" {
	same_as_linux signals
}

@test "go: a program that SIGTERM ends is seen to end by SIGTERM" {
	signals=$(fixture go:signals:freebsd)
	run within 20 "$VENEER" run "$signals" die
	[ "$status" = 143 ]
}

@test "go: clocks, timers and tickers" {
	same_as_linux clock
}

@test "go: large memory, file mappings and release" {
	same_as_linux memory
}

@test "go: thirty starts in a row neither hang nor fail" {
	local n=30 i hello
	! tier full || n=200
	hello=$(fixture go:hello:freebsd)
	for i in $(seq "$n"); do
		within 20 "$VENEER" run "$hello" >/dev/null || {
			echo "run $i: status $?"
			return 1
		}
	done
}
