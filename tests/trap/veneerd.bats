#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# veneerd as a process: started by guests, alone, gone when idle, killed.
load ../lib
load lib

setup() { private_home; }
teardown() { stop_supervisors; }

ours()
{
	local p
	for p in $(pgrep -x veneerd); do
		{ tr '\0' '\n' < "/proc/$p/environ"; } 2>/dev/null |
		    grep -qx "XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR" && echo "$p"
	done
	return 0
}
serving() { [ -n "$(ours)" ]; }
gone() { [ -z "$(ours)" ]; }

@test "start: the first guest starts veneerd and sees nothing of it" {
	for kind in client guest; do
		each handle 17 null wait sleep 100 wait fds <<-END
		null 1
		wait ECHILD
		wait ECHILD
		fds $(step client fds | cut -d' ' -f2)
		END
		serving
		stop_supervisors
		wait_for 5 gone
	done
}

@test "start: a guest that adopts orphans does not adopt veneerd" {
	run within 10 "$OUTER" adopt "$CLIENT" null sleep 200 wait
	[ "$output" = "null 1
wait ECHILD" ]
}

@test "start: veneerd holds none of the guest's descriptors" {
	run within 4 sh -c "'$CLIENT' null | cat"
	[ "$output" = "null 1" ]
	pid=$(ours)
	[ "$(ls "/proc/$pid/fd" | wc -l)" -lt 15 ]
	grep -q '^SigBlk:.*[02468ace]...$' "/proc/$pid/status"
	[ "$(awk '/^NSpgid/ { print $2 }' "/proc/$pid/status")" = "$(
	    awk '{ print $5 }' "/proc/$pid/stat")" ]
}

@test "start: eight guests at once share one veneerd" {
	for _ in 1 2 3 4 5 6 7 8; do
		step client null sleep 2000 >> "$T/out" 3>&- &
	done
	# those that come second see it and end
	one() { [ "$(ours | wc -l)" = 1 ]; }
	wait_for 5 grep -q 'null 1' "$T/out"
	wait_for 5 one
	wait
	[ "$(grep -c 'null 1' "$T/out")" = 8 ]
}

@test "idle: veneerd ends, its socket too, and the next guest starts another" {
	IDLE=1 supervisor
	step client null
	wait_for 5 test ! -e "/proc/$VENEERD"
	wait_for 5 test ! -e "$XDG_RUNTIME_DIR/veneer/socket"
	run step client null
	[ "$output" = "null 1" ]
}

@test "killed: a parked call and later ones end at once with ENOTCONN" {
	for kind in client guest; do
		supervisor
		step $kind say $kind park 60000 null fork null \
		    > "$T/out" 3>&- &
		job=$!
		wait_for 5 parked 1
		kill -KILL "$VENEERD"
		wait $job || :
		[ "$(tail -n 3 "$T/out")" = "park ENOTCONN
null ENOTCONN
null ENOTCONN" ]
		wait "$VENEERD" || :
	done
	grep -q 'supervisor has died' "$T/log"
}

@test "killed: the next guest starts a new veneerd, past the stale socket" {
	supervisor
	kill -KILL "$VENEERD"
	wait "$VENEERD" || :
	[ -S "$XDG_RUNTIME_DIR/veneer/socket" ]
	each null <<< "null 1"
}

@test "killed: a program that a cut-off guest execs joins a new domain" {
	supervisor
	step client null park 600000 null exec null > "$T/out" 3>&- &
	wait_for 5 parked 1
	kill -KILL "$VENEERD"
	wait $!
	[ "$(cat "$T/out")" = "null 1
park ENOTCONN
null ENOTCONN
null 1" ]
}

@test "one at a time: a second veneerd says so and ends" {
	supervisor
	run within 5 "$BUILD/veneerd" --foreground
	[ "$status" = 1 ]
	[[ $output == *"another veneerd serves"* ]]
	run within 5 "$BUILD/veneerd"
	[ "$status" = 0 ]
	[ -d "/proc/$VENEERD" ]
}

@test "runtime directory: one that others can enter is refused" {
	mkdir -m 755 "$XDG_RUNTIME_DIR/veneer"
	run within 5 "$BUILD/veneerd" --foreground
	[ "$status" = 1 ]
	[[ $output == *"must be yours and have mode 0700"* ]]
	run step client null
	[ "$output" = "null ECONNREFUSED" ]
}

@test "runtime directory: a symbolic link is refused" {
	mkdir -m 700 "$T/elsewhere"
	ln -s "$T/elsewhere" "$XDG_RUNTIME_DIR/veneer"
	run within 5 "$BUILD/veneerd" --foreground
	[ "$status" = 1 ]
}

@test "options: help and version succeed, nonsense is 2" {
	run "$BUILD/veneerd" --help
	[ "$status" = 0 ]
	[[ $output == usage:* ]]
	run "$BUILD/veneerd" --version
	[ "$status" = 0 ]
	[[ $output == "veneerd "* ]]
	for wrong in "--idle x" "--idle -1" "--nonsense" "word"; do
		# shellcheck disable=SC2086 # words on purpose
		run "$BUILD/veneerd" $wrong
		[ "$status" = 2 ]
	done
}

@test "SIGTERM: veneerd ends and takes its socket away" {
	supervisor
	kill "$VENEERD"
	wait "$VENEERD"
	[ ! -e "$XDG_RUNTIME_DIR/veneer/socket" ]
}

@test "hostile: nonsense through trap and socket does not stop it" {
	supervisor
	for seed in 1 2 3; do
		run step client random 3000 $seed null
		[[ ${lines[-1]} == "null "[0-9]* ]]
	done
	within 30 "$BUILD/tests/trap/hostile" "$XDG_RUNTIME_DIR/veneer/socket"
	[ -d "/proc/$VENEERD" ]
	each null echo fine <<-'END'
	null 1
	echo 4
	text fine
	END
}
