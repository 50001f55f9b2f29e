#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Glue calls, by a hosted program around layer/trap.c and by a native guest.
load ../lib
load lib

setup() { private_home; supervisor; }
teardown() { stop_supervisors; }

@test "glue: null, park, effects and echo answer" {
	each null null park 20 echo hello effects 0 effects 2 <<-'END'
	null 1
	null 2
	park 0
	echo 5
	text hello
	effects 2
	effects 1
	END
}

@test "glue: an operation that is not there is EOPNOTSUPP, not a dead supervisor" {
	run step client op 99 null
	[ "$output" = "op EOPNOTSUPP
null 1" ]
}

@test "glue: a signal without SA_RESTART ends a parked call, which has no effect" {
	each null handle 14 alarm 1000 park 60000 \
	    effects 1 effects 2 effects 3 <<-'END'
	null 1
	signal 14
	park EINTR
	effects 1
	effects 0
	effects 1
	END
}

@test "glue: with SA_RESTART a parked call goes on and has one effect" {
	each null handle-restart 14 alarm 500 park 2000 effects 2 <<-'END'
	null 1
	signal 14
	park 0
	effects 1
	END
}

@test "glue: a handler that interrupts a parked call makes calls of its own" {
	run step guest null handle-call 14 alarm 500 park 2000 effects 0
	[ "$output" = "null 1
signal 14
park 0
effects 2" ]
	run step guest handle-call 14 alarms 1 nulls 5000 alarms 0 effects 0
	calls=$(grep -c signal <<< "$output")
	[ "${lines[-1]}" = "effects $((5000 + calls))" ]
}

@test "glue: under a storm of signals each call happens once or is EINTR" {
	for kind in client guest; do
		run step "$kind" handle 14 alarms 1 nulls 20000
		grep -qx 'null 20000' <<< "$output"
		run step "$kind" handle-restart 14 alarms 1 nulls 20000
		grep -qx 'null 20000' <<< "$output"
		grep -q 'signal 14' <<< "$output"
	done
}

@test "glue: SIGSTOP and SIGCONT leave a parked call as it was" {
	for kind in client guest; do
		step "$kind" say $kind park "$((3000 * ${VENEER_SLOW:-1}))" effects 1 \
		    effects 2 > "$T/out" 3>&- &
		wait_for 5 grep -q $kind "$T/out"
		wait_for 5 parked 1
		pid=$(guest_pid $kind "say $kind")
		kill -STOP "$pid"
		wait_for 5 grep -q '^State:.T' "/proc/$pid/status"
		kill -CONT "$pid"
		wait_for 5 grep -q '^State:.S' "/proc/$pid/status"
		wait $!
		[ "$(tail -n 3 "$T/out")" = "park 0
effects 1
effects 1" ]
	done
}

@test "glue: gdb attaches to a parked guest and leaves, nothing happens twice" {
	for kind in client guest; do
		# longer, where gdb needs longer
		for ms in 4000 30000 250000; do
			step "$kind" say $kind park $ms effects 1 \
			    effects 2 > "$T/out" 3>&- &
			job=$!
			wait_for 5 grep -q $kind "$T/out"
			pid=$(guest_pid $kind "say $kind")
			# Not on a terminal: timeout's child is in the background there, and would be stopped.
			within 20 gdb -nx -batch -p "$pid" -ex detach >"$T/gdb" 2>&1 </dev/null || :
			wait $job
			! grep -q -i detach "$T/gdb" || break
		done
		cat "$T/gdb"
		grep -q -i detach "$T/gdb"
		[ "$(tail -n 3 "$T/out")" = "park 0
effects 1
effects 1" ]
	done
}

@test "fork: the child has a window and counts of its own, a parked call stays" {
	each null background 400 fork null echo child effects 0 <<-'END'
	null 1
	null 1
	echo 5
	text child
	effects 1
	background 0
	END
}

@test "exec: beside a parked call gives it up; the new program goes on" {
	each null background 400 exec null echo new \
	    effects 1 effects 2 effects 3 <<-'END'
	null 1
	null 2
	echo 3
	text new
	effects 1
	effects 0
	effects 1
	END
}

@test "vfork: parent and child call, in either order" {
	each null vfork null echo child end null echo parent <<-'END'
	null 1
	null 1
	echo 5
	text child
	null 2
	echo 6
	text parent
	END
	each vfork null echo child end null echo parent <<-'END'
	null 1
	echo 5
	text child
	null 1
	echo 6
	text parent
	END
}

@test "threads: 200 of them park at once and each is answered" {
	each threads 200 100 effects 1 effects 2 <<-'END'
	threads 200
	effects 200
	effects 200
	END
}

@test "descriptors: none stays, and 16 are enough" {
	for kind in client guest; do
		run step $kind fds null fds fork null fds
		[ "${lines[0]}" = "${lines[2]}" ]
		[ "${lines[0]}" = "${lines[4]}" ]
	done
	each nofile 16 null fork null exec null <<-'END'
	null 1
	null 1
	null 2
	END
}

@test "descriptors: when none is free the call says EMFILE, and why" {
	each fill null <<< "null EMFILE"
	grep -q 'no descriptor is free' "$T/log"
}

@test "SIGKILL: a parked guest's end is noticed and nothing of it stays" {
	for kind in client guest; do
		step $kind say $kind park 60000 > "$T/out" 3>&- &
		wait_for 5 parked 1
		kill -KILL "$(guest_pid $kind "say $kind")"
		wait $! || :
	done
	nobody() { parked 0 && "$VENEER" supervisor status | grep -qx "tasks  *0"; }
	wait_for 5 nobody
}

@test "idle: veneerd does not wake while its guests sleep" {
	"$CLIENT" null say up sleep 600000 > "$T/out" 3>&- &
	wait_for 5 grep -q up "$T/out"
	switches() { cat /proc/"$VENEERD"/task/*/status | grep '^voluntary'; }
	# once it has done what there was to do
	for _ in 1 2 3 4 5 6 7 8; do
		before=$(switches)
		sleep 2
		after=$(switches)
		[ "$before" != "$after" ] || break
	done
	kill $!
	[ "$before" = "$after" ]
}
