#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The SDK: what veneer-cc links, and what that says without a loader.

bats_require_minimum_version 1.5.0
load ../lib

setup()
{
	private_home
	cd "$T" || return
	cat > x.c <<-'END'
	#include <stdio.h>
	static __thread int x = 42;
	int main(int argc, char **argv)
	{
		printf("hello %d %s\n", x, argc > 1 ? argv[1] : "");
		return 3;
	}
	END
}

modes="-static -static-pie -no-pie -pie"

each()
{
	for cc in gcc clang; do
		for mode in $modes; do
			VENEER_CC=$cc "$BUILD/veneer-cc" -O2 $mode -o x x.c
			"$@" || { echo "$cc $mode"; return 1; }
		done
	done
}

runs()
{
	out=$(within 10 "$VENEER" run ./x there) && return 1
	[ $? -eq 3 ] && [ "$out" = "hello 42 there" ]
}

@test "veneer-cc: gcc and clang programs run in every link mode" {
	each runs
}

syscalls()
{
	objdump -d --no-show-raw-insn "$1" |
	    awk '$2 ~ /^(syscall|sysenter)$/' | grep -c . || true
}

no_syscall()
{
	[ "$(syscalls x)" -eq 0 ]
}

@test "linked files hold no syscall instruction, libc neither" {
	each no_syscall
	[ "$(syscalls "$BUILD/sdk/lib/libc.so")" -eq 0 ]
	for f in "$BUILD"/tests/native/lib*.so "$BUILD/tests/native/cancel"; do
		[ "$(syscalls "$f")" -eq 0 ]
	done
}

@test "the search for syscall instructions finds a planted one" {
	echo 'int main(void) { __asm__("syscall"); return 0; }' > y.c
	"$BUILD/veneer-cc" -o y y.c
	[ "$(syscalls y)" -eq 1 ]
}

@test "int 0x80 stands in one function of start code alone" {
	"$BUILD/veneer-cc" -static -o x x.c
	for f in x "$BUILD/sdk/lib/libc.so"; do
		objdump -d --no-show-raw-insn "$f" > dump
		[ "$(grep -c 'int  *\$0x80' dump)" -eq 3 ]
		[ "$(awk '/>:$/ { f = $2 }
		    /int  *\$0x80/ { print f }' dump | sort -u)" = \
		    "<__veneer_unlayered>:" ]
	done
}

one_message()
{
	local status=0 out
	out=$(within 10 ./x there 2>&1) || status=$?
	[ $status -eq 125 ] &&
	    [[ $out == "./x: "*"use: veneer run ./x" ]] &&
	    [ "$(printf '%s\n' "$out" | wc -l)" -eq 1 ]
}

@test "without the loader: one line that names the program, status 125" {
	each one_message
	"$BUILD/veneer-cc" -static -o x x.c
	run -125 within 10 sh -c 'exec ./x 2>&1 >/dev/null'
	[[ $output == "./x: "* ]]
	run -125 within 10 bash -c "exec -a '' ./x"
	run -125 within 10 env -i ./x
}

@test "without the loader: a long name is cut, not a crash" {
	"$BUILD/veneer-cc" -static -o x x.c
	run -125 within 10 bash -c \
	    'exec -a "$(printf "%05000d" 0)" ./x'
	[ "${#output}" -lt 3000 ]
}

# value of a symbol or of the note's stub address
stubs_of()
{
	readelf -SW "$1" | awk '{ sub(/^ *\[ *[0-9]+\]/, "") }
	    $1 == ".veneer.stubs" { print $2, $3, $5, $7, $NF }'
}

page_alone()
{
	# shellcheck disable=SC2046
	set -- $(stubs_of x)
	[ "$1" = NOBITS ] && [ "$3" = 004000 ] && [ "$4" = WA ] &&
	    [ "$5" = 4096 ] || return 1
	local at=$((0x$2))
	[ $((at % 4096)) -eq 0 ] || return 1
	# no other allocated section reaches into its pages
	readelf -SW x | awk -v at=$at '{ sub(/^ *\[ *[0-9]+\]/, "") }
	    $1 != ".veneer.stubs" && $7 ~ /A/ { print "0x" $3, "0x" $5 }' |
	while read -r a n; do
		[ $((a)) -ge $((at + 16384)) ] || [ $((a + n)) -le $at ] ||
		    { echo "shared with $a"; return 1; }
	done
}

@test "the stub section is NOBITS, writable and alone on its pages" {
	each page_alone
}

note_right()
{
	# shellcheck disable=SC2046
	set -- $(stubs_of x)
	local at=$((0x$2)) off note
	note=$(readelf -SW x | awk '{ sub(/^ *\[ *[0-9]+\]/, "") }
	    $1 == ".note.veneer" { print $3 }')
	off=$(readelf -nW x | awk '$1 == "Veneer" { v = 1 }
	    v && /description data:/ { sub(/.*data: /, ""); print; exit }')
	set -- $off
	[ "$1$2$3$4" = 01000000 ] || return 1
	# little-endian difference from the descriptor (20 bytes in) to the section
	[ $((0x${20}${19}${18}${17} + 0x$note + 20)) -eq $at ] || return 1
	readelf -lW x | grep -q '^  NOTE'
}

@test "the note finds the section without a relocation" {
	each note_right
}

@test "pkg-config: gcc alone builds a program that runs" {
	export PKG_CONFIG_PATH=$BUILD/pkgconfig
	# shellcheck disable=SC2046
	gcc $(pkg-config --cflags veneer) -O2 -c -o x.o x.c
	# shellcheck disable=SC2046
	gcc x.o $(pkg-config --libs veneer) -o x
	runs
}

@test "veneer-cc: --abi options mark the note; nonsense is refused" {
	"$BUILD/veneer-cc" -static --abi-min=1 --abi-max=2 -o x x.c
	readelf -nW x | grep -q 'data: 01 00 00 00 01 00 00 00 02 00 00 00'
	run -1 "$BUILD/veneer-cc" --abi-max=9 -o x x.c
	[[ $output == *"1 to 2"* ]]
	run -1 "$BUILD/veneer-cc" --abi-min=2 --abi-max=1 -o x x.c
	run -1 "$BUILD/veneer-cc" --abi-min=x -o x x.c
}

@test "veneer-cc: -c, -E, -S, -M, --help, --version, --sdk behave" {
	"$BUILD/veneer-cc" -Werror -Wall -c x.c && [ -s x.o ]
	"$BUILD/veneer-cc" -E x.c | grep -q printf
	"$BUILD/veneer-cc" -S x.c && [ -s x.s ]
	"$BUILD/veneer-cc" -M x.c | grep -q "$BUILD/sdk/include/stdio.h"
	"$BUILD/veneer-cc" --help | grep -q abi-min
	"$BUILD/veneer-cc" --version | grep -q '^veneer-cc '
	[ "$("$BUILD/veneer-cc" --sdk)" = "$BUILD/sdk" ]
	"$BUILD/veneer-cc" -o x x.o && runs
	VENEER_CC=clang "$BUILD/veneer-cc" -Werror -Wall -c x.c
	echo 'int main(void) { return 7; }' |
	    "$BUILD/veneer-cc" -x c -o z -
	run -7 within 10 "$VENEER" run ./z
	run -1 env VENEER_CC=/does/not/exist "$BUILD/veneer-cc" x.c
	[[ $output == *VENEER_CC* ]]
}

@test "veneer-cc: system libraries for another libc are not found" {
	run -1 "$BUILD/veneer-cc" -o x x.c -lz
}
