#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Planned replacement: another veneerd takes over, and guests notice nothing.
load ../lib
load lib

setup() { private_home; }
teardown() { stop_supervisors; }

replace() { within 30 "$VENEER" supervisor replace ${WITH:+--with "$WITH"}; }
number() { "$VENEER" supervisor status --json | sed "s/.*\"$1\":\"*\([0-9a-f]*\).*/\1/"; }

# stepped N: exchange, a replacement before each of its steps.
stepped()
{
	local i c line=
	mkfifo "$T/in" "$T/out"
	within 300 "$VENEER" run "$BUILD/tests/mach/exchange" step "$1" \
	    < "$T/in" > "$T/out" 3>&- &
	job=$!
	exec 5> "$T/in" 6< "$T/out"
	for ((i = 0; i < $1; i++)); do
		replace > "$T/said"
		printf x >&5
		read -t 300 -r -N 1 -u 6 c && [ "$c" = . ]
	done
	read -t 300 -r -u 6 line || :
	exec 5>&- 6>&-
	wait $job
	[ "$line" = "exchange: $1 steps" ]
	[ "$(number replacements)" = "$1" ]
}

# thrice MS: both kinds park so long, and are parked after each of three replacements. 2: it took longer than that.
thrice()
{
	local jobs='' from=${EPOCHREALTIME/./} kind domain old
	for kind in client guest; do
		step $kind say $kind null echo abc park "$1" effects 1 \
		    effects 2 echo def fork null > "$T/$kind" 3>&- &
		jobs="$jobs $!"
	done
	wait_for 5 parked 2
	domain=$(number domain)
	for _ in 1 2 3; do
		old=$(number pid)
		replace
		[ "$(number pid)" != "$old" ] || return 1
		wait_for 5 test ! -e "/proc/$old"
		[ "$(number domain)" = "$domain" ] || return 1
		parked 2 || [ $((${EPOCHREALTIME/./} - from)) -ge $(($1 * 1000)) ] || return 1
	done
	[ $((${EPOCHREALTIME/./} - from)) -lt $(($1 * 1000)) ] || return 2
	# shellcheck disable=SC2086 # a list
	wait $jobs
}

@test "replace: parked calls, windows and counts pass to the new process" {
	IDLE=1 supervisor
	for ms in 5000 40000 250000; do
		code=0
		thrice $ms || code=$?
		[ $code = 2 ] || break
		wait_for 5 parked 0
	done
	[ $code = 0 ]
	for kind in client guest; do
		[ "$(cat "$T/$kind")" = "$kind
null 1
echo 3
text abc
park 0
effects 1
effects 1
echo 3
text def
null 1" ]
	done
	wait_for 10 test ! -e "$XDG_RUNTIME_DIR/veneer/socket"
}

@test "replace: 1,000 steps with messages, memory, timers and waits, a new process at each" {
	supervisor
	stepped 1000
}

@test "replace: the same under sanitizers" {
	supervisor "$BUILD/tests/trap/asan/veneerd"
	WITH=$BUILD/tests/trap/asan/veneerd
	stepped 40
	stop_supervisors
	cat "$T/veneerd.err"
	[ ! -s "$T/veneerd.err" ]
}

@test "replace: under load nothing is lost or doubled" {
	supervisor
	for kind in client guest; do
		step $kind handle-restart 14 alarms 3 nulls 20000 > "$T/$kind" 3>&- &
	done
	step client threads 50 1500 effects 1 effects 2 > "$T/threads" 3>&- &
	within 120 "$VENEER" run "$BUILD/tests/mach/exchange" 1500 > "$T/exchange" 3>&- &
	for name in echo sets memory senders semaphores; do
		within 120 "$VENEER" run "$BUILD/tests/mach/$name" > "$T/$name" 3>&- &
	done
	n=0
	while [ "$(jobs -r | wc -l)" -gt 1 ] && [ "$(number tasks)" != "" ]; do
		replace > "$T/said"
		n=$((n + 1))
	done
	wait
	for kind in client guest; do
		grep -qx 'null 20000' "$T/$kind"
	done
	[ "$(cat "$T/threads")" = "threads 50
effects 50
effects 50" ]
	grep -qx 'exchange: 1500 steps' "$T/exchange"
	grep -q answered "$T/echo"
	grep -q served "$T/sets"
	grep -q arrived "$T/memory"
	grep -q noticed "$T/senders"
	grep -q passed "$T/semaphores"
	[ $n -gt 5 ]
}

@test "replace: a successor that fails leaves the old one at work" {
	for how in version abi dies refuses; do
		export HEIR=$how
		supervisor
		step guest null park 1500 effects 2 null > "$T/out" 3>&- &
		job=$!
		wait_for 5 grep -q null "$T/out"
		pid=$(number pid)
		WITH=$BUILD/tests/trap/heir
		run replace
		[ "$status" = 3 ]
		[[ $output == *"the old one goes on"* ]]
		case $how in
		version) [[ $output == *"takes over state of version 999"* ]] ;;
		abi) [[ $output == *"speaks version 999"* ]] ;;
		refuses) [[ $output == *"it will not"* ]] ;;
		esac
		[ "$(number pid)" = "$pid" ]
		wait $job
		[ "$(cat "$T/out")" = "null 1
park 0
effects 1
null 2" ]
		stop_supervisors
		wait "$VENEERD"
	done
}

@test "replace: what is no program is refused, without a supervisor it is said" {
	run within 5 "$VENEER" supervisor replace
	[ "$status" = 1 ]
	[ "$output" = "no veneerd serves this user" ]
	supervisor
	WITH=$T/nothing
	run replace
	[ "$status" = 3 ]
	WITH=/bin/true
	run replace
	[ "$status" = 3 ]
	run step client null
	[ "$output" = "null 1" ]
}

@test "supervisor: status and stop, and their JSON" {
	run within 5 "$VENEER" supervisor status --json
	[ "$status" = 1 ]
	[ "$output" = '{"running":false}' ]
	supervisor
	run within 5 "$VENEER" supervisor status
	[ "$status" = 0 ]
	[[ $output == *"serves as process $VENEERD"* ]]
	[ "$(number pid)" = "$VENEERD" ]
	run within 5 "$VENEER" supervisor locks
	[ "$status" = 0 ]
	[[ $output == *"serving  rw "* ]] && [[ $output == *"kern     mutex "* ]]
	within 5 "$VENEER" supervisor locks --json > "$T/locks"
	grep -q '^{"locks":\[{"name":"serving","kind":"rw".*},{"name":"kern".*"held_max_ns":[0-9]*.*}\],"microthreads":[0-9]*,"most":[0-9]*}$' "$T/locks"
	run within 5 "$VENEER" supervisor nonsense
	[ "$status" = 2 ]
	within 5 "$VENEER" supervisor stop
	[ ! -e "$XDG_RUNTIME_DIR/veneer/socket" ]
	wait "$VENEERD"
}

@test "activation: a service manager's socket is served, and stays when veneerd ends" {
	mkdir -m 700 "$XDG_RUNTIME_DIR/veneer"
	"$BUILD/tests/trap/heir" activate "$XDG_RUNTIME_DIR/veneer/socket" \
	    "$BUILD/veneerd" --systemd --idle 1 2>"$T/veneerd.err" 3>&- &
	VENEERD=$!
	wait_for 5 test -S "$XDG_RUNTIME_DIR/veneer/socket"
	"$CLIENT" null sleep 600000 > "$T/keep" 3>&- &
	keep=$!
	wait_for 5 grep -q null "$T/keep"
	run step guest null echo abc
	[ "$output" = "null 1
echo 3
text abc" ]
	replace
	[ "$(number replacements)" = 1 ]
	pid=$(number pid)
	run step guest null
	[ "$output" = "null 1" ]
	kill $keep
	wait_for 8 test ! -e "/proc/$pid"
	[ -S "$XDG_RUNTIME_DIR/veneer/socket" ]
}
