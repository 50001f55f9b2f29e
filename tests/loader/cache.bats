#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# long
# shellcheck disable=SC2154
# The cache of plans: what makes a start warm, and that nothing wrong with an entry does more than
# cost one planning. The tree's veneer-plan counts how often it is asked.

load ../lib
load tree

bats_require_minimum_version 1.5.0

# Files must be older than 2 s before they are kept.
setup_file()
{
	T=$BATS_FILE_TMPDIR
	tree freebsd-14
	cp "$G/static" "$T/p"
	mv "$T/tree/veneer-plan" "$T/tree/real"
	cat > "$T/tree/veneer-plan" <<-'END'
	#!/bin/sh
	echo >> "$PLANNED"
	exec "${0%/*}/real" "$@"
	END
	chmod 755 "$T/tree/veneer-plan"
	sleep 3.1
}

setup()
{
	V=$BATS_FILE_TMPDIR/tree/veneer P=$BATS_FILE_TMPDIR/p
	export PLANNED=$T/planned VENEER_CACHE=$T/cache
	: > "$PLANNED"
}

# planned N COMMAND...: succeeds, and asks the planner so often.
planned()
{
	local n=$1 before got
	shift
	before=$(wc -l < "$PLANNED")
	within 20 "$@" > "$T/out" || { cat "$T/out"; return 1; }
	got=$(($(wc -l < "$PLANNED") - before))
	[ "$got" -eq "$n" ] || { echo "planned $got times: $*"; return 1; }
}

# The one entry.
entry()
{
	set -- "$VENEER_CACHE"/plans/*
	[ $# -eq 1 ] && [ -f "$1" ] && echo "$1"
}

@test "cache: the second start asks no planner and is the same" {
	planned 1 "$V" run "$P" '' 'b c' $'d\ne'
	grep ^arg "$T/out" > "$T/first"
	planned 0 "$V" run "$P" '' 'b c' $'d\ne'
	grep ^arg "$T/out" | diff "$T/first" -
	planned 0 env -i VENEER_CACHE="$VENEER_CACHE" A=1 VENEER_REWRITE=none \
	    "$V" run "$P" cat /proc/self/environ
	[ "$(tr '|' '\n' < "$T/out" | grep -c =)" -eq 3 ]
	planned 0 "$V" run --log "$T/log" "$P" cat /proc/self/cmdline
	[ "$(cat "$T/out")" = "$P|cat|/proc/self/cmdline|" ]
	planned 0 "$V" run "$P" cat /proc/self/comm
	[ "$(cat "$T/out")" = p ]
	[ "$(stat -c %a "$(entry)" "$VENEER_CACHE"/plans | tr '\n' ' ')" = \
	    "600 700 " ]
}

@test "cache: --argv0 and PATH find the same entry's plan, with their names" {
	planned 1 "$V" run "$P" exit 0
	planned 0 "$V" run --argv0 other "$P" cat /proc/self/cmdline
	[ "$(cat "$T/out")" = "other|cat|/proc/self/cmdline|" ]
	planned 0 env PATH="${P%/*}" "$V" run p cat /proc/self/cmdline
	[ "$(cat "$T/out")" = "p|cat|/proc/self/cmdline|" ]
	planned 0 env PATH="${P%/*}" "$V" run p cat /proc/self/environ
	tr '|' '\n' < "$T/out" | grep -qx "PATH=${P%/*}"
}

@test "cache: a relative path is another program in another directory" {
	mkdir "$T/d"
	cp "$G/static" "$T/d/p"
	sleep 3.1
	cd "${P%/*}"
	planned 1 "$V" run ./p exit 0
	planned 0 "$V" run ./p exit 0
	cd "$T/d"
	planned 1 "$V" run ./p exit 0
	planned 0 "$V" run ./p cat /proc/self/maps
	grep -q "$T/d/p" "$T/out"
}

@test "cache: a program that is replaced, or written with its time put back, is planned once" {
	cp "$G/static" "$T/q"
	sleep 3.1
	planned 1 "$V" run "$T/q" exit 0
	planned 0 "$V" run "$T/q" exit 0
	touch -r "$T/q" "$T/when"
	printf x | dd of="$T/q" bs=1 seek=9 conv=notrunc status=none
	touch -r "$T/when" "$T/q"
	planned 1 "$V" run "$T/q" exit 0
	sleep 3.1
	within 20 "$V" run "$T/q" exit 0	# the last start may have been too early to be kept
	planned 0 "$V" run "$T/q" exit 0
	cp "$G/static-pie" "$T/r"
	mv "$T/r" "$T/q"
	sleep 3.1
	planned 1 "$V" run "$T/q" exit 0
	planned 0 "$V" run "$T/q" exit 0
	entry
}

@test "cache: a store through a mapping that leaves size and times" {
	[ "$(stat -f -c %T /dev/shm)" = tmpfs ] || skip "fixture: /dev/shm"
	shm=$(mktemp -d /dev/shm/veneer.XXXXXX)
	cp "$G/static" "$shm/q"
	sleep 3.1
	planned 1 "$V" run "$shm/q" exit 0
	planned 0 "$V" run "$shm/q" exit 0
	before=$(stat -c '%s %y %z' "$shm/q")
	python3 -c 'import mmap, sys
f = open(sys.argv[1], "r+b")
mmap.mmap(f.fileno(), 4096)[9] = 1' "$shm/q"
	after=$(stat -c '%s %y %z' "$shm/q")
	ok=0
	planned 1 "$V" run "$shm/q" exit 0 || ok=1
	rm -r "$shm"
	echo "$before / $after"
	[ "$ok" -eq 0 ]
}

@test "cache: a link that leads elsewhere is followed anew" {
	cp "$G/static" "$T/a"
	cp "$G/static-pie" "$T/b"
	sleep 3.1
	ln -s a "$T/link"
	planned 1 "$V" run "$T/link" exit 0
	planned 0 "$V" run "$T/link" exit 0
	ln -sfn b "$T/link"
	planned 1 "$V" run "$T/link" cat /proc/self/maps
	grep -q "$T/b" "$T/out"
	planned 0 "$V" run "$T/link" exit 0
	# The name that the program has for itself must stay true.
	mkdir "$T/d"
	mv "$T/b" "$T/d/b"
	ln -sfn d/b "$T/link"
	planned 1 "$V" run "$T/link" exit 0
}

@test "cache: scripts are planned once, and again when their line changes" {
	printf '#!%s -x\n' "$P" > "$T/s"
	printf '#!%s exit\n' "$P" > "$T/s2"
	chmod 755 "$T/s" "$T/s2"
	sleep 3.1
	planned 1 "$V" run "$T/s" a b
	grep ^arg "$T/out" > "$T/first"
	planned 0 "$V" run "$T/s" a b
	grep ^arg "$T/out" | diff "$T/first" -
	grep -q -e -x "$T/first"
	planned 0 "$V" run --argv0 other "$T/s" a b
	grep ^arg "$T/out" | diff "$T/first" -
	ln "$T/s2" "$T/s3"
	sleep 3.1
	mv "$T/s3" "$T/s"
	run "$V" run "$T/s"
	[ "$(wc -l < "$PLANNED")" -eq 2 ]
}

@test "cache: another layer is seen: added, taken away, replaced" {
	cp -r "$BATS_FILE_TMPDIR/tree" "$T/tree"
	V=$T/tree/veneer
	sleep 3.1
	planned 1 "$V" run "$G/fb11" exit 0
	planned 0 "$V" run "$G/fb11" exit 0
	cp "$G/layers/freebsd-12.so" "$T/tree/layers"
	sleep 3.1
	planned 1 "$V" run "$G/fb11" exit 0
	planned 0 "$V" run "$G/fb11" cat /proc/self/maps
	grep -q freebsd-12 "$T/out"
	rm "$T/tree/layers/freebsd-12.so"
	planned 1 "$V" run "$G/fb11" cat /proc/self/maps
	grep -q freebsd-14 "$T/out"
	printf x >> "$T/tree/layers/freebsd-14.so"
	run "$V" run "$G/fb11" exit 0
	refused 125 "digest"
}

@test "cache: the settings that matter have entries of their own" {
	planned 1 "$V" run "$P" exit 0
	planned 1 "$V" run --layer freebsd@14 "$P" exit 0
	planned 1 "$V" run --layer freebsd "$P" exit 0
	planned 1 "$V" --exec "rewrite=none;cache=$VENEER_CACHE" "$P" x exit 0
	planned 0 "$V" run --layer freebsd@14 "$P" exit 0
	planned 0 "$V" run --layer freebsd "$P" exit 0
	planned 0 "$V" --exec "rewrite=none;cache=$VENEER_CACHE;log=/dev/null" "$P" x exit 0
	[ "$(ls "$VENEER_CACHE/plans" | wc -l)" -eq 4 ]
}

@test "cache: a guest that has no environment finds it" {
	planned 1 env -i PLANNED="$PLANNED" "$V" --exec "rewrite=none;cache=$VENEER_CACHE" \
	    "$P" x exit 0
	planned 0 env -i "$V" --exec "rewrite=none;cache=$VENEER_CACHE" "$P" x exit 0
}

@test "cache: many starts at once leave one whole entry" {
	pids=
	for _ in $(seq 40); do
		"$V" run "$P" exit 0 &
		pids="$pids $!"
	done
	# shellcheck disable=SC2086 # a list
	wait $pids
	entry
	[ "$(ls -A "$VENEER_CACHE/plans" | wc -l)" -eq 1 ]
	planned 0 "$V" run "$P" exit 0
}

@test "cache: damaged, cut off or strange entries cost one planning each" {
	planned 1 "$V" run "$P" exit 0
	e=$(entry)
	cp "$e" "$T/whole"
	size=$(stat -c %s "$e")
	for n in 0 1 100 511 512 700 $((size - 1)); do
		head -c "$n" "$T/whole" > "$e"
		planned 1 "$V" run "$P" exit 0
		planned 0 "$V" run "$P" exit 0
	done
	for n in $(seq 3 61 "$size"); do
		cp "$T/whole" "$e"
		poke "$e" "$n" a5
		cmp -s "$T/whole" "$e" || planned 1 "$V" run "$P" exit 0
	done
	cp "$T/whole" "$e"
	printf x >> "$e"
	planned 1 "$V" run "$P" exit 0
	planned 0 "$V" run "$P" exit 0
	rm "$e"
	mkfifo -m 600 "$e"
	planned 1 "$V" run "$P" exit 0
	rm -f "$e"
	mkdir "$e"
	planned 1 "$V" run "$P" exit 0
	rmdir "$e"
	# An entry under another one's name.
	cp "$T/whole" "$T/other"
	planned 1 "$V" run --layer freebsd "$P" exit 0
	cp "$T/whole" "$(entry)"
	planned 1 "$V" run --layer freebsd "$P" exit 0
}

@test "cache: links in it are not followed" {
	planned 1 "$V" run "$P" exit 0
	e=$(entry)
	mv "$e" "$T/elsewhere"
	ln -s "$T/elsewhere" "$e"
	planned 1 "$V" run "$P" exit 0
	[ ! -L "$e" ]
	planned 0 "$V" run "$P" exit 0
	mv "$VENEER_CACHE/plans" "$T/plans"
	ln -s "$T/plans" "$VENEER_CACHE/plans"
	planned 1 "$V" run "$P" exit 0
	planned 1 "$V" run "$P" exit 0
}

@test "cache: what others can write is neither used nor written" {
	planned 1 "$V" run "$P" exit 0
	chmod 620 "$(entry)"
	planned 1 "$V" run "$P" exit 0
	[ "$(stat -c %a "$(entry)")" = 600 ]
	planned 0 "$V" run "$P" exit 0
	chmod 777 "$VENEER_CACHE/plans"
	planned 1 "$V" run "$P" exit 0
	planned 1 "$V" run "$P" exit 0
	rm "$(entry)"
	planned 1 "$V" run "$P" exit 0
	[ -z "$(ls -A "$VENEER_CACHE/plans")" ]
	chmod 700 "$VENEER_CACHE/plans"
	chmod 707 "$VENEER_CACHE"
	planned 1 "$V" run "$P" exit 0
	[ -z "$(ls -A "$VENEER_CACHE/plans")" ]
}

@test "cache: what another user owns is neither used nor written" {
	[ "$(id -u)" -eq 0 ] || skip "needs-root: chown"
	planned 1 "$V" run "$P" exit 0
	chown 12345 "$(entry)"
	planned 1 "$V" run "$P" exit 0
	planned 0 "$V" run "$P" exit 0
	chown 12345 "$VENEER_CACHE/plans"
	planned 1 "$V" run "$P" exit 0
	chown 0 "$VENEER_CACHE/plans"
	chown 12345 "$VENEER_CACHE"
	rm "$(entry)"
	planned 1 "$V" run "$P" exit 0
	[ -z "$(ls -A "$VENEER_CACHE/plans")" ]
}

# mounted OPTIONS COMMANDS: sh -c, where $VENEER_CACHE is a file system of its own.
mounted()
{
	mkdir -p "$VENEER_CACHE"
	unshare -rm true 2>/dev/null || skip "needs-root: mounts"
	within 60 unshare -rm sh -ec \
	    'mount -t tmpfs -o "$0" tmpfs "$VENEER_CACHE"; '"$2" "$1" "$V" "$P"
}

@test "cache: a full disk, a read-only one, one that must not be executed" {
	mounted size=8k,mode=700 'head -c 8192 /dev/zero > "$VENEER_CACHE/full"
	    for i in 1 2 3 4; do "$1" run "$2" exit 0; done
	    ! ls -AR "$VENEER_CACHE" | grep -q new'
	[ "$(wc -l < "$PLANNED")" -eq 4 ]
	mounted nr_inodes=3,mode=700 '"$1" run "$2" exit 0; "$1" run "$2" exit 0'
	mounted ro,mode=700 '"$1" run "$2" exit 0; "$1" run "$2" exit 0'
	: > "$PLANNED"
	mounted noexec,mode=700 '"$1" run "$2" exit 0; "$1" run "$2" exit 0'
	[ "$(wc -l < "$PLANNED")" -eq 1 ]
}

@test "cache: none without a home, or where the name is not absolute" {
	for vars in VENEER_CACHE=none VENEER_CACHE=cache HOME=relative \
	    XDG_CACHE_HOME=x; do
		planned 1 env -i -C "$T" VENEER_REWRITE=none PLANNED="$PLANNED" "$vars" "$V" run \
		    "$P" exit 0
	done
	[ ! -e "$T/cache" ]
	mkdir "$T/h"
	export VENEER_REWRITE=none
	planned 1 env -u VENEER_CACHE HOME="$T/h" "$V" run "$P" exit 0
	planned 0 env -u VENEER_CACHE HOME="$T/h" "$V" run "$P" exit 0
	planned 0 env -u VENEER_CACHE HOME=/ XDG_CACHE_HOME="$T/h/.cache" \
	    "$V" run "$P" exit 0
	[ "$(stat -c %a "$T/h/.cache")" = 700 ]
}

@test "cache: nothing is kept of a file that may be changing" {
	for _ in $(seq 20); do
		rm -rf "$VENEER_CACHE"
		from=${EPOCHREALTIME/./}
		cp "$G/static" "$T/young"
		planned 1 "$V" run "$T/young" exit 0
		# a busy machine makes it old meanwhile
		[ $((${EPOCHREALTIME/./} - from)) -ge 1500000 ] || break
	done
	[ ! -e "$VENEER_CACHE/plans" ] || [ -z "$(ls "$VENEER_CACHE/plans")" ]
	sleep 3.1
	exec 7>> "$T/young"
	planned 1 "$V" run "$T/young" exit 0
	planned 1 "$V" run "$T/young" exit 0
	exec 7>&-
	planned 1 "$V" run "$T/young" exit 0
	planned 0 "$V" run "$T/young" exit 0
}

@test "cache: nothing is kept of a program that gives rights" {
	cp "$G/static" "$T/q"
	chmod 4755 "$T/q"
	sleep 3.1
	planned 1 "$V" run "$T/q" exit 0
	planned 1 "$V" run "$T/q" exit 0
}

@test "cache: a warm start with one free descriptor" {
	planned 1 "$V" run "$P" exit 0
	planned 0 bash -c 'ulimit -S -n 4; exec "$0" run "$1" limit' "$V" \
	    "$P" 3>&- 4>&- 5>&- 6>&-
}

@test "cache: entries that nobody used for a month go when another is made" {
	planned 1 "$V" run "$P" exit 0
	e=$(entry)
	: > "$VENEER_CACHE/plans/.new-1-dead"
	touch -d '40 days ago' "$e" "$VENEER_CACHE/swept" \
	    "$VENEER_CACHE/plans/.new-1-dead"
	planned 1 "$V" run --layer freebsd "$P" exit 0
	[ ! -e "$e" ]
	[ "$(ls -A "$VENEER_CACHE/plans" | wc -l)" -eq 1 ]
}

@test "veneer cache: ls, verify and purge" {
	run -0 "$VENEER" cache ls
	run -0 "$VENEER" cache verify
	planned 1 "$V" run "$P" exit 0
	planned 1 "$V" run --layer freebsd "$P" exit 0
	run -0 "$VENEER" cache ls
	[ "${#lines[@]}" -eq 3 ]
	[[ ${lines[1]} = freebsd@14*$(date +%Y-%m-%d)*"$P" ]]
	run -0 "$VENEER" cache ls --json
	echo "$output" | python3 -c 'import json, sys
j = json.load(sys.stdin)
assert len(j) == 2 and all(e["layer"] == "freebsd@14" for e in j), j
assert all(e["program"] == sys.argv[1] and e["bytes"] > 1000 for e in j), j' \
	    "$P"
	run -0 "$VENEER" cache verify
	[ -z "$output" ]
	set -- "$VENEER_CACHE"/plans/*
	poke "$1" 600 ff
	run -1 "$VENEER" cache verify
	[[ $output = *damaged* ]]
	run -0 "$VENEER" cache purge --stale
	[ "$(ls "$VENEER_CACHE/plans" | wc -l)" -eq 1 ]
	run -0 "$VENEER" cache purge "$G/static"
	[[ $output = *"nothing is kept of"* ]]
	run -0 "$VENEER" cache purge "$P"
	[ -z "$(ls "$VENEER_CACHE/plans")" ]
	planned 1 "$V" run "$P" exit 0
	run -0 "$VENEER" cache purge
	[ -z "$(ls "$VENEER_CACHE/plans")" ]
	run "$VENEER" cache
	refused 125 "usage: veneer cache"
	run "$VENEER" cache purge --stale "$P"
	refused 125 "usage: veneer cache"
	run env -i "$VENEER" cache ls
	refused 125 "there is none"
}

@test "veneer cache verify: an entry whose program changed is stale" {
	cp "$G/static" "$T/q"
	sleep 3.1
	planned 1 "$V" run "$T/q" exit 0
	touch "$T/q"
	run -1 "$VENEER" cache verify
	[[ $output = *"stale: $T/q has changed" ]]
}
