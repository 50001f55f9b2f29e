#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
bats_require_minimum_version 1.5.0
load ../lib
load tree

setup()
{
	tree freebsd-14
}

# script NAME LINE
script()
{
	printf '%s\n' "$2" > "$T/$1"
	chmod 755 "$T/$1"
}

@test "#!: the interpreter decides the layer and gets the script's path" {
	script s "#!$G/static"
	run -0 within 10 "$V" run "$T/s" a b
	[ "${lines[0]}" = "argc=4 [$G/static] [$T/s] [a] [b]" ]
	[ "${lines[1]}" = "execfn=$T/s" ]
}

@test "#!: one argument, with blanks inside and none around" {
	script s "#! 	$G/static  one two	 "
	run -0 within 10 "$V" run "$T/s" a
	[ "${lines[0]}" = "argc=4 [$G/static] [one two] [$T/s] [a]" ]
}

@test "#!: the process has the script's name" {
	script s "#!$G/static cat"
	run -0 env -C / "$V" --exec 'rewrite=none' "$T/s" zero
	script s "#!$G/static auxv"
	run -0 within 10 "$V" run "$T/s"
	[[ $output = *comm=s\ * ]]
}

@test "#!: four lines may lead to each other, five not" {
	script s1 "#!$G/static x"
	script s2 "#!$T/s1 y"
	script s3 "#!$T/s2"
	script s4 "#!$T/s3"
	script s5 "#!$T/s4"
	run -0 "$V" run "$T/s4" a
	[ "${lines[0]}" = \
	    "argc=8 [$G/static] [x] [$T/s1] [y] [$T/s2] [$T/s3] [$T/s4] [a]" ]
	run "$V" run "$T/s5"
	refused 126 "more than 4"
	script loop "#!$T/loop"
	run "$V" run "$T/loop"
	refused 126 "more than 4"
}

@test "#!: a line without end, without interpreter, with one missing" {
	script s "#!"
	run "$V" run "$T/s"
	refused 126 "names no interpreter"
	script s "#!/nothere/at/all"
	run "$V" run "$T/s"
	refused 126 "/nothere/at/all: cannot open"
	script s "#!/$(printf '%0400d' 0)"
	run "$V" run "$T/s"
	refused 126 "longer than 256"
	printf '#!%s' "$G/static" > "$T/s"
	run -0 within 10 "$V" run "$T/s" a
	[ "${lines[0]}" = "argc=3 [$G/static] [$T/s] [a]" ]
	script s "#!$T"
	run "$V" run "$T/s"
	refused 126 "no regular file"
}

@test "#!: an argument that reaches the end of what is looked at is cut" {
	script s "#!$G/static $(printf '%0400d' 0)"
	run -0 within 10 "$V" run "$T/s"
	[[ ${lines[0]} = "argc=3 [$G/static] [0"*"] [$T/s]" ]]
	[ "${#lines[0]}" -lt 700 ]
}

@test "#!: a script of a Linux program is that program's" {
	script s "#!/bin/sh"
	run "$V" run "$T/s"
	refused 125 "is for Linux"
	printf 'echo "$0 $1"; exit 3\n' >> "$T/s"
	run -3 "$V" --exec '' "$T/s" zero arg
	[ "$output" = "$T/s arg" ]
}

@test "#!: text without a first line is no program" {
	script s "echo hello"
	run "$V" run "$T/s"
	refused 126 "no format"
}
