#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The hosted parts under sanitizers, with guests that do everything at once.
load ../lib
load lib

setup() { private_home; }
teardown() { stop_supervisors; }

stress()
{
	IDLE=1 supervisor "$1"
	for seed in 1 2 3; do
		step client random 2000 $seed null > /dev/null 3>&- &
		step client threads 60 50 fork null threads 20 10 \
		    exec null echo x > /dev/null 3>&- &
		step client handle 14 alarms 2 nulls 3000 > /dev/null 3>&- &
		step client say victim park 60000 > "$T/victim" 3>&- &
		wait_for 5 grep -q victim "$T/victim"
		kill -KILL "$(guest_pid client "say victim")"
	done
	within 30 "$BUILD/tests/trap/hostile" "$XDG_RUNTIME_DIR/veneer/socket"
	for job in $(jobs -p); do
		[ "$job" = "$VENEERD" ] || wait "$job" || :
	done
	wait "$VENEERD" || :	# what it has to say follows
	cat "$T/veneerd.err"
	[ ! -s "$T/veneerd.err" ]
}

@test "address and undefined behaviour sanitizers find nothing in veneerd" {
	stress "$BUILD/tests/trap/asan/veneerd"
}

@test "the thread sanitizer finds nothing in veneerd" {
	stress "$BUILD/tests/trap/tsan/veneerd"
}
