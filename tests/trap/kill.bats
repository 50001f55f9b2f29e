#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Sudden deaths: of either party at a step of an exchange, and of the supervisor.
load ../lib
load lib

setup() { private_home; }
teardown() { stop_supervisors; }

count() { "$VENEER" supervisor status --json | sed "s/.*\"$1\":\([0-9]*\).*/\1/"; }
# The bystander alone is left.
none() { [ "$(count tasks) $(count ports) $(count messages)" = "1 0 0" ]; }

# The two processes of this test's exchange.
parties()
{
	local p
	for p in $(pgrep -x exchange); do
		if { tr '\0' '\n' < "/proc/$p/environ"; } 2>/dev/null |
		    grep -qx "XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR"; then
			echo "$p"
		fi
	done
}

both() { [ "$(parties | wc -l)" = 2 ]; }

# die_at STEP WHO: the exchange runs so far, then one of the two is killed, then the other.
die_at()
{
	local pids job dots
	rm -f "$T/in" "$T/out"
	mkfifo "$T/in" "$T/out"
	within 60 "$VENEER" run "$BUILD/tests/mach/exchange" step 1001 \
	    < "$T/in" > "$T/out" 3>&- &
	job=$!
	exec 5> "$T/in" 6< "$T/out"
	printf "%$(($1 + 1))s" >&5
	if [ "$1" -gt 0 ]; then
		read -t 300 -r -N "$1" -u 6 dots
		[ "${#dots}" = "$1" ] && [ -z "${dots//./}" ]
	fi
	wait_for 5 both
	mapfile -t pids < <(parties)
	[ "${#pids[@]}" = 2 ]
	kill -KILL "${pids[$2]}"
	kill -KILL "${pids[1 - $2]}" 2> /dev/null || :
	exec 5>&- 6>&-
	wait $job || :
	wait_for 10 none
}

@test "killed: sender or receiver, at any step of an exchange of 1,000: nothing of them stays" {
	supervisor
	"$CLIENT" null sleep 600000 > "$T/other" 3>&- &
	other=$!
	wait_for 5 grep -q null "$T/other"
	every=41	# odd: each kind of step has its turn, and either party
	! tier full || every=1
	for ((n = 0; n < 1000; n += every)); do
		die_at "$n" $((n / every % 2))
	done
	[ -d "/proc/$VENEERD" ]
	kill "$other"
}

# Of a busy machine's many tries one must be as fast as that, over what the same costs there without a supervisor's
# end: what is measured is the wait, not the machine.
@test "killed: the supervisor; blocked and later calls end within 100 ms" {
	limit=$((100000 * ${VENEER_SLOW:-1}))
	best=$((limit * 1000)) least=$best
	for try in $(seq 40); do
		[ "$try" -le 3 ] || [ "$best" -ge "$limit" ] || break
		supervisor
		before=${EPOCHREALTIME/./}
		step client threads 30 0 null null > "$T/out"
		took=$((${EPOCHREALTIME/./} - before))
		[ "$took" -ge "$least" ] || least=$took
		limit=$((100000 * ${VENEER_SLOW:-1} + least))
		step client say up threads 30 60000 null null > "$T/out" 3>&- &
		job=$!
		wait_for 5 grep -q up "$T/out"
		wait_for 5 sh -c "'$VENEER' supervisor status | grep -qx 'parked       30'"
		before=${EPOCHREALTIME/./}
		kill -KILL "$VENEERD"
		wait $job || :
		took=$((${EPOCHREALTIME/./} - before))
		[ "$took" -ge "$best" ] || best=$took
		[ "$(cat "$T/out")" = "up
threads 0
null ENOTCONN
null ENOTCONN" ]
		wait "$VENEERD" || :
	done
	echo "$best us"
	[ "$best" -lt "$limit" ]
}

@test "killed: the supervisor; every kind of wait ends within 100 ms with its documented code" {
	limit=$((100000 * ${VENEER_SLOW:-1}))
	best=$((limit * 1000))
	for try in $(seq 20); do
		[ "$try" -le 2 ] || [ "$best" -ge "$limit" ] || break
		supervisor
		"$VENEER" run "$BUILD/tests/mach/blocked" > "$T/blocked" 3>&- &
		job=$!
		wait_for 20 grep -q '11 wait' "$T/blocked"
		wait_for 20 sh -c "'$VENEER' supervisor status | grep -qx 'parked       11'"
		before=${EPOCHREALTIME/./}
		kill -KILL "$VENEERD"
		wait $job
		took=$((${EPOCHREALTIME/./} - before))
		[ "$took" -ge "$best" ] || best=$took
		[ "$(cat "$T/blocked")" = "11 wait
all ended" ]
		wait "$VENEERD" || :
	done
	echo "$best us"
	[ "$best" -lt "$limit" ]
}

@test "crowd: 4,000 parked calls, fork bombs and nonsense; others are served, memory returns" {
	supervisor
	rss() { awk '/^VmRSS/ { print $2 }' "/proc/$VENEERD/status"; }
	step client null
	"$CLIENT" null sleep 600000 > "$T/keep" 3>&- &
	keep=$!
	wait_for 5 grep -q null "$T/keep"
	before=$(rss)
	jobs=
	for seed in 1 2 3 4; do
		step client threads 1000 4000 > "$T/crowd$seed" 3>&- &
		jobs="$jobs $!"
		step client random 3000 $seed fork random 500 $seed fork random \
		    500 $seed fork null > "$T/nonsense$seed" 3>&- &
		jobs="$jobs $!"
	done
	run step guest null echo fine
	[ "$output" = "null 1
echo 4
text fine" ]
	for job in $jobs; do
		wait "$job" || :
	done
	wait_for 10 none
	grep -q "threads" "$T/crowd1"
	after=$(rss)
	echo "$before kB before, $after kB after"
	[ "$after" -lt $((before + 4096)) ]
	kill "$keep" 2> /dev/null || :
}
