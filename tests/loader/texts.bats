#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Text entries as enter uses them: one that does not fit the program is not used, and made anew.

load ../lib

bats_require_minimum_version 1.5.0

setup()
{
	export VENEER_CACHE=$T/cache VENEER_REWRITE=all
	P=$BUILD/tests/bench/20k-freebsd
}

entry()
{
	set -- "$VENEER_CACHE"/texts/*
	[ $# -eq 1 ] && [ -f "$1" ] && echo "$1"
}

# The guest's first page of text is mapped from where?  A program that waits for its input.
text_of()
{
	local pid pipe=$T/pipe
	mkfifo "$pipe"
	"$VENEER" run "$1" getppid < "$pipe" > /dev/null &
	pid=$!
	exec 8> "$pipe"
	wait_for 10 grep -q "${1##*/}" "/proc/$pid/comm"
	wait_for 10 grep -q '^State:.S' "/proc/$pid/status"
	sleep 0.3
	grep -m 1 'r-xp.*\(texts\|'"${1##*/}"'\)' "/proc/$pid/maps" || :
	exec 8>&-
	wait "$pid"
	rm "$pipe"
}

@test "texts: the text of a program that was seen before is the entry's" {
	B=$BUILD/tests/bench/twin-freebsd
	text_of "$B"
	[[ $(text_of "$B") = *"$VENEER_CACHE/texts/"* ]]
	run -0 "$VENEER" cache verify
}

@test "texts: an entry that is cut off, emptied or gone is made again" {
	within 20 "$VENEER" run "$P"
	e=$(entry)
	size=$(stat -c %s "$e")
	cp "$e" "$T/whole"
	for n in 0 100 256 3000 4096 $((size - 4096)) $((size - 1)); do
		head -c "$n" "$T/whole" > "$e"
		within 20 "$VENEER" run "$P"
		cmp "$T/whole" "$e"
		within 20 "$VENEER" run "$P"
	done
	rm "$e"
	within 20 "$VENEER" run "$P"
	cmp "$T/whole" "$e"
	chmod 666 "$e"
	within 20 "$VENEER" run "$P"
	cmp "$T/whole" "$e"
	[ "$(stat -c %a "$e")" = 600 ]
}

@test "texts: damaged tables are noticed, whatever they say" {
	within 20 "$VENEER" run "$P"
	e=$(entry)
	cp "$e" "$T/whole"
	# header and tables; a flag or a count of the planner's report may differ
	for n in $(seq 0 7 207); do
		cp "$T/whole" "$e"
		printf '\xa5' | dd of="$e" bs=1 seek="$n" conv=notrunc status=none
		within 20 "$VENEER" run "$P"
	done
	cp "$T/whole" "$e"
	run -0 "$VENEER" cache verify
	printf '\xa5' | dd of="$e" bs=1 seek=9000 conv=notrunc status=none
	run -1 "$VENEER" cache verify
	[[ $output = *differs* ]]
}

@test "texts: a store into a patched page that leaves size and times is what runs" {
	[ "$(stat -f -c %T /dev/shm)" = tmpfs ] || skip "fixture: /dev/shm"
	shm=$(mktemp -d /dev/shm/veneer.XXXXXX)
	cp "$P" "$shm/p"
	sleep 3.1
	ok=0
	within 20 "$VENEER" run "$shm/p" && within 20 "$VENEER" run "$shm/p" ||
	    ok=1
	before=$(stat -c '%s %y %z' "$shm/p")
	# xor %edi,%edi before the call of exit becomes mov (%rbx),%edi: a ret and nops
	python3 -c 'import mmap, sys
f = open(sys.argv[1], "r+b")
m = mmap.mmap(f.fileno(), 0)
at = m.find(b"\x31\xff\xb8\x01\0\0\0\x0f\x05")
assert at > 0
m[at:at + 2] = b"\x8b\x3b"' "$shm/p" || ok=2
	[ "$before" = "$(stat -c '%s %y %z' "$shm/p")" ] || ok=3
	run "$VENEER" run "$shm/p"
	rm -r "$shm"
	echo "$ok, status $status"
	[ "$ok" -eq 0 ] && [ "$status" -eq 195 ]
}

@test "texts: a cache that must not be executed, that is full, or read-only" {
	unshare -rm true 2>/dev/null || skip "needs-root: mounts"
	mkdir -p "$VENEER_CACHE"
	for opt in noexec size=4k ro; do
		within 60 unshare -rm sh -ec \
		    'mount -t tmpfs -o "$0",mode=700 tmpfs "$VENEER_CACHE"
		    "$1" run "$2"; "$1" run "$2"
		    ! ls -AR "$VENEER_CACHE" | grep -q new' \
		    "$opt" "$VENEER" "$P"
	done
}

@test "texts: many first starts at once" {
	pids=
	for _ in $(seq 20); do
		"$VENEER" run "$P" &
		pids="$pids $!"
	done
	for p in $pids; do
		wait "$p"
	done
	entry
	run -0 "$VENEER" cache verify
}
