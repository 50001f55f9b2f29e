#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Text that becomes executable after the start: rewritten before anybody can run it, given up before anything
# tears it.

bats_require_minimum_version 1.5.0
load ../lib

setup()
{
	private_home
	cd "$T" || return
	G=$BUILD/tests/late
	case ${VENEER_REWRITE:-all} in
	all) EXPECT=all ;;
	none) EXPECT=none ;;
	*) EXPECT=any ;;
	esac
	# the tracer's filter refuses the planner, which no tracer of a guest follows
	[ -z "${WITNESS:-}" ] || EXPECT=any
}

# PERSONALITY TEST [OBJECT]: one with slots in its last page of text unless FULL is set, then with slots below it
guest()
{
	local object=$G/${FULL:-object}-linux.so
	[ "$1" != freebsd ] || object=${object%-*}-freebsd.so
	within 60 "$VENEER" run "$G/late-$1" "$2" "${3:-$object}" "$EXPECT"
}

everybody()
{
	local p
	for p in freebsd native linux dynamic; do
		guest "$p" "$1"
		FULL=full guest "$p" "$1"
	done
}

@test "mmap: segments over the whole file's span, as glibc and musl load" {
	everybody span
}

@test "mmap: segments over reserved memory, as FreeBSD's linker loads" {
	everybody reserved
}

@test "mmap: text alone, where the kernel likes" {
	everybody text
}

@test "mprotect: text that was readable first" {
	everybody protect
}

@test "mprotect: writable text shows the file's bytes and keeps the guest's" {
	everybody flips
}

@test "mprotect: text that was out of sight is what it was" {
	everybody hides
}

@test "munmap: a thousand loads leave nothing behind" {
	everybody again
}

@test "mmap: a hundred objects at once work, and the first are rewritten" {
	everybody many
}

@test "mmap: what the guest maps over slots is its own; the text goes on without" {
	local p
	for p in freebsd native linux dynamic; do
		FULL=full guest "$p" over_slots
	done
}

@test "mmap, munmap: text beside a part that vanished still calls" {
	everybody over_text
}

@test "mmap: an object over itself stays rewritten" {
	everybody replaced
}

@test "fork: the child's changes are its own" {
	everybody forked
}

@test "threads: text is given up under a thread that runs it" {
	everybody threads
}

@test "generated code works and stays as it is" {
	everybody generated
}

@test "the planner's child is none of the guest's, and leaves no descriptor" {
	local p
	for p in freebsd native linux dynamic; do
		VENEER_CACHE=$T/cache.$p guest "$p" unseen
	done
}

@test "mprotect: a program's own text, rewritten at its start, is given up as well" {
	guest freebsd own
	guest linux own
}

@test "mmap: over the slots of the program's own text" {
	guest freebsd own_slots
	guest linux own_slots
}

@test "mremap: text that moves still calls" {
	local p
	for p in native linux dynamic; do
		guest "$p" moved
	done
}

@test "maps: the object's rows are the object's; slots and cache are not seen" {
	local p
	for p in native linux dynamic; do
		guest "$p" view
	done
}

# DIRECTORY: the object's entry there; its last page holds the patched text.
entry_of()
{
	grep -l -a VNTX "$1"/texts/* | while read -r e; do
		[ "$(stat -c %a "$e")" != 600 ] || echo "$e"
	done
}

@test "an entry that others could write, of a wrong kind, cut off or damaged is not used but made anew" {
	local p e bad
	export VENEER_CACHE=$T/cache
	[ "$EXPECT" = all ] || skip "fixture: entries (--rewrite)"
	for p in freebsd linux; do
		rm -rf "$VENEER_CACHE"
		guest "$p" span
		mkdir "$T/good.$p"
		for e in $(entry_of "$VENEER_CACHE"); do
			cp "$e" "$T/good.$p/"
		done
		for bad in 'chmod 622 $e' 'rm $e; ln -s "$T/good.$p/${e##*/}" $e' \
		    'rm $e; mkdir $e' 'rm $e; mkfifo -m 600 $e' 'truncate -s 300 $e' \
		    'truncate -s 255 $e' 'truncate -s 0 $e' 'truncate -s -1 $e' \
		    'head -c 4096 /dev/urandom > $e' 'rm $e'; do
			for e in "$T/good.$p"/*; do
				e=$VENEER_CACHE/texts/${e##*/}
				eval "$bad"
			done
			EXPECT=any guest "$p" span
			EXPECT=any guest "$p" span
			[ "$bad" = 'rm $e; mkdir $e' ] || guest "$p" span
			for e in "$T/good.$p"/*; do
				rm -rf "$VENEER_CACHE/texts/${e##*/}"
				cp "$e" "$VENEER_CACHE/texts/"
				chmod 600 "$VENEER_CACHE/texts/${e##*/}"
			done
		done
	done
}

@test "an entry with any one bit wrong in header or tables harms nobody" {
	local p e n i
	# tmpfs keeps no times of stores: patches are compared with the file's bytes, and a wrong one ends the start
	[ "$(stat -f -c %T "$G")" != tmpfs ] || skip "fixture: a build on a disk"
	export VENEER_CACHE=$T/cache
	[ "$EXPECT" = all ] || skip "fixture: entries (--rewrite)"
	guest freebsd span
	for e in "$VENEER_CACHE"/texts/*; do
		! grep -q -a "$(printf 'VNTX')" "$e" || cp "$e" "$T/${e##*/}"
	done
	EXPECT=any
	for e in "$T"/????????????????????????????????; do
		[ "$(stat -c %a "$e")" = 600 ] || continue
		for i in $(seq 0 9 255) $(seq 256 31 1000); do
			n=$(od -An -tu1 -j "$i" -N 1 "$e")
			cp "$e" "$VENEER_CACHE/texts/"
			# shellcheck disable=SC2059 # a byte
			printf "\\x$(printf %02x $((n ^ 1 << i % 8)))" |
			    dd of="$VENEER_CACHE/texts/${e##*/}" bs=1 seek="$i" \
			    conv=notrunc status=none
			guest freebsd span
		done
	done
}

@test "a file that changed is not what was planned, on disk and on tmpfs" {
	local p object
	for p in freebsd linux; do
		for object in "$T/$p.so" "/dev/shm/late.$$.$p.so"; do
			cp "$G/object-$p.so" "$object"
			sleep 2.2
			EXPECT=any guest "$p" changed "$object" || {
				rm -f "$object"
				false
			}
			rm -f "$object"
		done
	done
}

@test "where no entry can be kept, text is patched in private pages" {
	local p
	touch "$T/file"
	for p in freebsd native linux dynamic; do
		VENEER_CACHE=$T/file guest "$p" span
		VENEER_CACHE=/proc/nonexistent/cache guest "$p" reserved
		VENEER_CACHE=/proc/nonexistent/cache guest "$p" flips
		VENEER_CACHE=/proc/nonexistent/cache guest "$p" unseen
	done
	VENEER_CACHE=/proc/nonexistent/cache guest freebsd text
	VENEER_CACHE=/proc/nonexistent/cache guest freebsd replaced
	VENEER_CACHE=/proc/nonexistent/cache guest freebsd forked
	VENEER_CACHE='' HOME='' XDG_CACHE_HOME='' guest freebsd span
	unshare -rm true 2>/dev/null || skip "needs-root: mounts"
	mkdir -p "$T/cache"
	for p in noexec size=4k ro; do
		VENEER_CACHE=$T/cache EXPECT=$EXPECT within 120 unshare -rm sh -ec \
		    'mount -t tmpfs -o "$0,mode=700" tmpfs "$VENEER_CACHE"
		    for i in 1 2; do
			"$1" run "$2/late-freebsd" span "$2/object-freebsd.so" "$EXPECT"
			"$1" run "$2/late-dynamic" span "$2/object-linux.so" "$EXPECT"
		    done' "$p" "$VENEER" "$G"
	done
}

@test "where there is no memory for a child or no descriptor, text stays as it is" {
	local p
	EXPECT=any
	for p in freebsd linux; do
		# three descriptors and the object's
		(exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
		ulimit -S -n 4
		exec "$VENEER" run "$G/late-$p" span "$G/object-$p.so" any)
		(ulimit -v 2500000; guest "$p" span)
	done
}
