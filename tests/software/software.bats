#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Debian's source packages, built unchanged with veneer-cc, pass their own
# tests under a native layer and say what Debian's binaries say.

bats_require_minimum_version 1.5.0
load ../lib

software()
{
	nice sh "$REPO/tests/software/build" "$1" 2>"$T/build.err" && return
	if grep -q '^source: ' "$T/build.err"; then
		echo "$(grep '^source: ' "$T/build.err")" >"$T/why"
		return 1
	fi
	cat "$T/build.err"
	return 2
}

# want NAME: enters its directory, or skips when it cannot be fetched.
want()
{
	local status=0
	dir=$(software "$1") || status=$?
	[ $status -ne 1 ] || skip "fixture: $(cat "$T/why")"
	[ $status -eq 0 ]
	private_home
	cd "$dir" || return
}

guest()
{
	within 120 "$VENEER" run "$@"
}

@test "zlib: example" {
	want zlib
	cp example "$T" && cd "$T"
	run -0 guest ./example
	[[ $output == *"inflate with dictionary: hello, hello!"* ]]
}

@test "zlib: infcover" {
	want zlib
	guest ./infcover
}

@test "zlib: minigzip and gzip read each other" {
	want zlib
	cat ./*.c > "$T/in"
	guest ./minigzip < "$T/in" | gzip -dc | cmp - "$T/in"
	gzip -c "$T/in" | guest ./minigzip -d | cmp - "$T/in"
}

@test "bzip2: the samples, both ways, as its Makefile checks them" {
	want bzip2
	export LD_LIBRARY_PATH=.
	for i in 1 2 3; do
		guest ./bzip2 -$i < sample$i.ref | cmp - sample$i.bz2
		if [ $i = 3 ]; then s=-ds; else s=-d; fi
		guest ./bzip2 $s < sample$i.bz2 | cmp - sample$i.ref
	done
}

@test "bzip2: output equals Debian's own" {
	want bzip2
	command -v bzip2 >/dev/null || skip "fixture: no bzip2 installed"
	export LD_LIBRARY_PATH=.
	guest ./bzip2 -9 < manual.html > "$T/ours"
	env -u LD_LIBRARY_PATH bzip2 -9 < manual.html | cmp - "$T/ours"
	head -c 20000 "$T/ours" > "$T/cut"
	run -2 guest ./bzip2 -t "$T/cut"
}

@test "lua: a script's output equals Debian's own" {
	command -v lua5.4 >/dev/null || skip "fixture: no lua5.4 installed"
	want lua5.4
	export VENEER_TEST=seen TMPDIR=$T LC_ALL=C.UTF-8
	script=$REPO/tests/software/script.lua
	lua5.4 "$script" > "$T/theirs"
	guest src/lua "$script" > "$T/ours"
	diff "$T/theirs" "$T/ours"
	[ "$(wc -l < "$T/ours")" -gt 25 ]
}

@test "lua: luac's code and errors equal Debian's" {
	command -v luac5.4 >/dev/null || skip "fixture: no luac5.4 installed"
	want lua5.4
	script=$REPO/tests/software/script.lua
	luac5.4 -s -o "$T/theirs" "$script"
	guest src/luac -s -o "$T/ours" "$script"
	cmp "$T/theirs" "$T/ours"
	run -1 guest src/lua -e 'error("x")'
	run -3 guest src/lua -e 'os.exit(3, true)'
}

@test "tinyproxy, a threaded server: its own test suite" {
	want tinyproxy
	cp -R "$dir" "$T/proxy"
	VALGRIND="$VENEER run" run -0 within 120 sh \
	    "$T/proxy/tests/scripts/run_tests.sh"
	[[ $output == *"0 errors"* ]]
	[[ $output != *ERROR* ]]
}
