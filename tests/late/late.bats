#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Text that becomes executable after the start: rewritten before anybody can run it, given up before anything
# tears it.
# timeout: 900

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

# PERSONALITY TEST [OBJECT]
guest()
{
	local object=$G/object-linux.so
	[ "$1" != freebsd ] || object=$G/object-freebsd.so
	within 60 "$VENEER" run "$G/late-$1" "$2" "${3:-$object}" "$EXPECT"
}

everybody()
{
	local p
	for p in freebsd native linux dynamic; do
		guest "$p" "$1"
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
	everybody over_slots
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

@test "an entry that others could write is not used" {
	export VENEER_CACHE=$T/cache
	guest freebsd span
	[ -e "$VENEER_CACHE/texts" ] || return 0
	chmod 666 "$VENEER_CACHE"/texts/*
	EXPECT=none guest freebsd span
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

@test "where there is no cache, no memory for a child or no descriptor, text stays as it is" {
	local p
	mkdir -m 500 "$T/ro"
	EXPECT=any
	VENEER_CACHE=$T/ro guest freebsd span
	VENEER_CACHE=/proc/nonexistent/cache guest linux span
	for p in freebsd linux; do
		# three descriptors and the object's
		(exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
		ulimit -S -n 4
		exec "$VENEER" run "$G/late-$p" span "$G/object-$p.so" any)
		(ulimit -v 2500000; guest "$p" span)
	done
}
