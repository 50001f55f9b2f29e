#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Mach programs as native guests, against a supervisor of the test's own.
load ../lib
load ../trap/lib

setup() { private_home; supervisor; }
teardown() { stop_supervisors; }

guest()
{
	# shellcheck disable=SC2086 # a program and its arguments
	run within 60 "$VENEER" run "$BUILD/tests/mach/"$1
	echo "$output"
	[ "$status" = 0 ] && [ "$output" = "$2" ]
}

@test "mach: an echo server answers three processes, who are who they are" {
	guest echo "echo: 600 questions answered"
}

@test "mach: a port set serves many ports and a timer" {
	guest sets "sets: 20 ports and a timer served"
}

@test "mach: memory and arrays of rights travel out of line" {
	guest memory "memory: 300000 bytes and 50 rights arrived"
}

@test "mach: a server hears that its last client has gone, a client that its server died" {
	guest senders "senders: all gone and noticed"
}

@test "mach: semaphores pass items between threads, and their waits end" {
	guest semaphores "semaphores: 500 items passed"
}

@test "mach: kernel objects answer MIG's messages, those of another task too" {
	guest mig "mig: kernel objects answered, a child's too"
}

@test "mach: under a storm of signals, exported and killed waiters, a semaphore's count is kept" {
	guest "sema_storm 2000" "sema_storm: 2000 rounds, nothing lost"
}

@test "mach: large memory moves or is copied, and a fork shares none of it" {
	guest regions "regions: 20 moved, none shared"
}

@test "mach: veneer ports and tasks tell who holds what, drawable, and nothing without veneerd" {
	"$VENEER" run "$BUILD/tests/mach/echo" hold > "$T/out" 3>&- &
	holder=$!
	wait_for 20 grep -q holding "$T/out"
	run "$VENEER" tasks
	[ "$status" = 0 ] && [ "${#lines[@]}" -ge 2 ]
	run "$VENEER" ports
	grep -q 'receive,send' <<< "$output"
	grep -q ' task ' <<< "$output"
	"$VENEER" ports --dot | grep -q 'p[0-9]* -> t[0-9]*'
	"$VENEER" ports --json > "$T/json"
	head -n 1 "$T/json" | grep -q '^\['
	tail -n 1 "$T/json" | grep -q '^\]'
	run "$VENEER" tasks --dot
	[ "$status" = 125 ]
	kill $holder
	stop_supervisors
	wait_for 10 test ! -e "$XDG_RUNTIME_DIR/veneer/socket"
	[ "$("$VENEER" ports --json)" = "[]" ]
}

@test "mach: clocks agree; 1,000 periods of a timer do not drift; alarms ring once" {
	guest clocks "clocks: 1000 periods"
}

@test "mach: MIG's servers, memory of one's own, tasks, threads and words of errors" {
	guest calls "calls: all answered"
}

@test "mach: names, numbers, layouts and types of the headers are Darwin's" {
	guest facts "facts: 162"
}

@test "mach: 2,000 messages both ways under a storm of signals arrive once each, in order" {
	run within 60 "$VENEER" run "$BUILD/tests/mach/msg_storm" 2000
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *"msg_storm: 2000 both ways, once each"* ]]
}

@test "mach: a notification object gives its reader the last state" {
	guest posts "posts: the last of 1000 seen"
}

@test "mach: a child has what its parent had at the fork; of a thread that ended nothing stays" {
	guest children "children: inherited at fork, kept by exec; 100 threads gone"
}

@test "mach: handlers of exceptions take faults, change a thread's state, or let it die by its signal" {
	guest exceptions "exceptions: 5 handled"
}

@test "mach: a service is found by its name while it lives" {
	guest services "services: found by name"
}

# crowd TASKS PORTS: they idle; $before and $after are kB and descriptors of veneerd.
crowd()
{
	rm -f "$T/in$2"
	mkfifo "$T/in$2"
	"$VENEER" run "$BUILD/tests/mach/crowd" "$1" "$2" < "$T/in$2" > "$T/crowd$2" 3>&- &
	crowd=$!
	exec 5> "$T/in$2"
	wait_for 20 grep -q alone "$T/crowd$2"
	before=$(costs)
	printf x >&5
	wait_for 200 grep -q lookup "$T/crowd$2"
}

costs() { echo "$(awk '/^VmRSS/ { print $2 }' "/proc/$VENEERD/status") $(ls "/proc/$VENEERD/fd" | wc -l)"; }
switches() { cat /proc/"$VENEERD"/task/*/status | awk '/ctxt/ { n += $2 } END { print n }'; }

gone()
{
	printf x >&5
	wait "$crowd"
	exec 5>&-
}

# A second and more after the last call, when veneerd has looked after its windows.
settled() { last=$now; now=$(switches); [ "$last" = "$now" ]; }

@test "mach: idle tasks cost less than 8 KiB and a descriptor each, and wake nobody; lookup is flat" {
	n=100 seconds=5
	! tier full || n=1000 seconds=60
	crowd $n $n
	sleep 3
	last='' now=''
	wait_for 20 settled
	first=$(switches)
	sleep $seconds
	[ "$(switches)" = "$first" ]
	after=$(costs)
	echo "before: $before, after: $after (kB, descriptors); $(cat "$T/crowd$n")"
	# By the window transport each process has a thread of veneerd's, and its descriptor.
	[ "${TRANSPORT:-notify}" = window ] ||
	    [ $((${after% *} - ${before% *})) -lt $((8 * n)) ]
	[ $((${after#* } - ${before#* })) -le $((n + 66)) ]
	gone
	flat=
	for try in $(seq 20); do	# a busy machine disturbs one, not all
		crowd $n $((n * 100))
		echo "try $try"
		! awk '/lookup/ { print; exit !($7 < 2) }' "$T/crowd$((n * 100))" || flat=yes
		gone
		[ -z "$flat" ] || break
	done
	[ "$flat" = yes ]
	after=$(costs)
	echo "before: $before, after: $after (kB, descriptors)"
}
