#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What a guest has in memory that a native process of the same program has not.

load ../lib

setup()
{
	private_home
}

# dirty NAME COMMAND...: Private_Dirty in KiB of a program that waits for its input; its text clean.
dirty()
{
	local pid kib pipe=$T/pipe.$1
	mkfifo "$pipe"
	shift
	"$@" < "$pipe" > /dev/null &
	pid=$!
	exec 8> "$pipe"
	sleep 1
	sync
	sleep 0.2
	kib=$(awk '/^Private_Dirty/ { print $2 }' "/proc/$pid/smaps_rollup")
	exec 8>&-
	wait "$pid"
	rm "$pipe"
	echo "$kib"
}

@test "memory: an idle guest has at most 64 KiB of its own more than a native process" {
	B=$BUILD/tests/bench
	[ "$(stat -f -c %T "$B")" != tmpfs ] || skip "fixture: a build on a disk; what lies on tmpfs is always dirty"
	within 20 "$VENEER" run "$B/20k-freebsd"
	native=$(dirty native "$B/twin-linux" getppid)
	for mode in all none; do
		guest=$(dirty guest env VENEER_REWRITE=$mode "$VENEER" run \
		    "$B/twin-freebsd" getppid)
		echo "$mode: native $native, guest $guest"
		[ $((guest - native)) -le 64 ]
	done
}
