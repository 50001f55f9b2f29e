#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# timeout: 3000
# The window transport: what holds over the trap holds over it.
load ../lib
load lib

setup() { private_home; }
teardown() { stop_supervisors; }

# suite FILE: all of its tests, with guests told to use the window.
suite()
{
	TRANSPORT=window BUILD=$BUILD bats "$REPO/tests/$1" > "$T/out" 2>&1 3>&- || {
		grep -v '^ok' "$T/out"
		return 1
	}
	grep -q '^ok 1 ' "$T/out"
}

@test "window: calls, signals, stops, debuggers, fork, exec, vfork and threads" {
	suite trap/trap.bats
}

@test "window: planned replacement, at each of 1,000 steps and under load" {
	suite trap/replace.bats
}

@test "window: sudden deaths, of parties, of the supervisor; crowds" {
	suite trap/kill.bats
}

@test "window: the sanitizers find nothing" {
	suite trap/sanitizers.bats
}

@test "window: Mach programs" {
	suite mach/mach.bats
}

@test "window: no filter is installed, and no descriptor stays in the guest" {
	TRANSPORT=window supervisor
	"$VENEER" run "$GUEST" null say up park 60000 > "$T/out" 3>&- &
	job=$!
	wait_for 10 grep -q up "$T/out"
	pid=$(guest_pid guest null)
	[ "$(grep '^Seccomp' "/proc/$pid/status")" = "$(grep '^Seccomp' /proc/self/status)" ]
	! readlink /proc/"$pid"/fd/* | grep -E 'socket|memfd|seccomp'
	kill -KILL "$VENEERD"
	wait $job || :
	[ "$(tail -n 1 "$T/out")" = "park ENOTCONN" ]
}

@test "window: one that is written over while it is read hurts its guest alone" {
	TRANSPORT=window supervisor
	within 60 "$BUILD/tests/trap/hostile" "$XDG_RUNTIME_DIR/veneer/socket" window
	run step guest null echo fine
	[ "$output" = "null 1
echo 4
text fine" ]
	[ -d "/proc/$VENEERD" ]
}
