#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Small programs that look closely: every kind of call site is seen, and what the kernel shows of calls and signals is the same.
load ../lib

setup()
{
	private_home
	P=$BUILD/tests/compat
}

# seen MODE KINDS PROGRAM ARGS...: the marked calls of these kinds, and no others, came by the layer.
seen()
{
	local mode=$1 kinds=$2
	shift 2
	VENEER_REWRITE=$mode within 60 "$VENEER" trace -f -o "$T/trace" "$@"
	run sed -n 's/.*getpriority(77, \([0-9]*\)).*/\1/p' "$T/trace"
	[ "$(echo "$output" | sort -nu | tr '\n' ' ')" = "$kinds " ]
}

ALL="1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"

@test "calls of constructors, main, libc, threads, handlers, children, execs, dlopen and generated code are all seen" {
	seen all "$ALL" "$P/kinds" "$P/kinds.so"
	seen none "$ALL" "$P/kinds" "$P/kinds.so"
}

@test "a static program's calls, those after an exec with an empty environment included, are all seen" {
	seen all "${ALL/11 /}" "$P/kinds-static" ""
	seen none "${ALL/11 /}" "$P/kinds-static" ""
}

@test "I1: not one of these calls leaves from outside the gate" {
	VENEER_WITNESS=1 within 60 "$VENEER" run "$P/kinds" "$P/kinds.so"
	VENEER_WITNESS=1 within 60 "$VENEER" run "$P/kinds-static" ""
}

# alike PROGRAM ARGS...: says the same native and under the layer, with and without rewriting.
alike()
{
	local p=$P/$1 mode leave='^$'
	shift
	within 30 "$p" "$@" >"$T/native"
	# a container's filter says that there is no clone3; the layer looks at its arguments before it asks
	! grep -q '^bad pointers:.* -1 38, -1 38, -1 38$' "$T/native" || leave='^bad pointers:'
	sed -i "/$leave/d" "$T/native"
	for mode in all none; do
		VENEER_REWRITE=$mode within 30 "$VENEER" run "$p" "$@" >"$T/guest"
		sed -i "/$leave/d" "$T/guest"
		diff -u "$T/native" "$T/guest"
	done
}

@test "frames, alternate stacks, masks, waits, numbers and a program's view of itself are the kernel's" {
	alike probe
}

@test "the same of a static-pie program" {
	alike probe-static
}

@test "a program's own seccomp filters: every verdict, on calls that pass and calls that the layer answers" {
	alike filters
}

@test "a program's own Syscall User Dispatch: selector, ranges, what is inherited" {
	alike dispatch
}

@test "a program that has %gs for itself keeps it over calls, signals, threads and children" {
	grep -q fsgsbase /proc/cpuinfo || skip "fixture: a processor without wrgsbase"
	alike gs
}

@test "a program, or a library of it, that sets %gs by the instruction alone keeps it, too" {
	grep -q fsgsbase /proc/cpuinfo || skip "fixture: a processor without wrgsbase"
	alike gs instruction
	alike gs-static instruction
	alike gs-shared instruction
}

# elf32 MACHINE: an executable of 32 bits that exits with status 7, as far as it gets.
elf32()
{
	{
		printf '\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\2\0'
		# shellcheck disable=SC2059 # the byte itself
		printf "\\$(printf %o "$1")"
		printf '\0\1\0\0\0\124\200\4\10\64\0\0\0\0\0\0\0\0\0\0\0\64\0\40\0\1\0\0\0\0\0\0\0'
		printf '\1\0\0\0\0\0\0\0\0\200\4\10\0\200\4\10\140\0\0\0\140\0\0\0\5\0\0\0\0\20\0\0'
		printf '\263\7\61\300\100\315\200'
	} >"$T/elf32"
	chmod 755 "$T/elf32"
}

@test "32-bit programs are refused by name: what veneer says, what a guest's execve answers, what the log says" {
	local m
	for m in 3:i386 62:x32; do
		elf32 "${m%:*}"
		run within 10 "$VENEER" run "$T/elf32"
		[ "$status" = 126 ]
		[[ $output == *"is for ${m#*:}"* ]]
		: >"$T/log"
		run within 10 "$VENEER" run --log "$T/log" python3 -c 'import os,sys
try:
	os.execv(sys.argv[1], sys.argv[1:])
except OSError as e:
	print("errno", e.errno)' "$T/elf32"
		[ "$output" = "errno 8" ]
		grep -q "exec refused: a program for ${m#*:}" "$T/log"
	done
}

@test "the vDSO: its symbols and versions, every clock, backtraces out of it" {
	alike vdso
}

@test "the vDSO: clocks of processor time enter the gate, not by SIGSYS" {
	command -v strace >/dev/null || skip "fixture: no strace installed"
	within 60 strace -f -qq -e trace=none -e signal=SIGSYS -o "$T/signals" "$VENEER" run "$P/vdso" calm >/dev/null
	[ "$(grep -c __NR_clock_gettime "$T/signals")" -lt 200 ]
}

@test "the vsyscall page, modify_ldt, PI futexes, userfaultfd, io_uring, pivot_root, nameless files: as the kernel's" {
	alike rare
}

@test "restartable sequences: a signal aborts a section as the kernel would, none is committed twice" {
	alike sections
}

@test "a signal near the stack's end finds room, in a thousand layouts" {
	within 60 "$P/edge" 1000
	within 60 "$VENEER" run "$P/edge" 1000
}
