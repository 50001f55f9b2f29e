# SPDX-License-Identifier: ISC
# SIGKILL at any moment leaves no process, file or mapping that hurts the next run.

load ../lib

setup()
{
	private_home
	export TMPDIR=$T/tmp
	mkdir -p "$TMPDIR"
	KILLER=$BUILD/tests/attack/killer
	HOSTILE=$BUILD/tests/attack/hostile
	FRAMES=$BUILD/tests/debug/frames
}

# Files in the places where a program of ours could leave some; none of them uses /dev/shm, where other tests
# may be at work. The lock that veneerds
# take turns by stays: a file without content.
places()
{
	find "$TMPDIR" "$XDG_RUNTIME_DIR" \
	    -newer "$T/start" ! -type d ! -name lock 2>/dev/null
}

places_empty()
{
	[ -z "$(places)" ]
}

# survives RUNS MICROSECONDS COMMAND...
survives()
{
	touch "$T/start"
	sleep 0.02
	run within 900 "$KILLER" "$1" "$2" "${ATTACK_SEED:-1}" "${@:3}"
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$(places)" ]
}

@test "sigkill: during start-up of a static guest nothing is left and the next run works" {
	survives 400 4000 "$VENEER" run "$HOSTILE" numbers
}

@test "sigkill: during start-up of a dynamic guest nothing is left and the next run works" {
	survives 400 6000 "$VENEER" run "$FRAMES" abort
}

@test "sigkill: in the middle of a signal storm nothing is left" {
	survives 40 30000 "$VENEER" run "$HOSTILE" gs
}

@test "sigkill: a guest with threads and an exec under way leaves nothing" {
	survives 150 30000 "$VENEER" run "$HOSTILE" thread-exit-storm
}

@test "sigkill: of a guest's parent lets its children end by themselves" {
	KILLER_GRACE_MS=200000 survives 60 60000 "$VENEER" run "$HOSTILE" exec-storm
}

@test "sigkill: during veneer plan and veneer which nothing is left" {
	survives 200 3000 "$VENEER" plan "$HOSTILE"
	survives 200 3000 "$VENEER" which "$HOSTILE"
}

@test "sigkill: in and around glue calls; the supervisor serves the next and goes when idle" {
	touch "$T/start"
	within 20 "$VENEER" run "$BUILD/tests/trap/guest" null
	KILLER_GRACE_MS=200000 run within 900 "$KILLER" 200 12000 \
	    "${ATTACK_SEED:-1}" "$VENEER" run "$BUILD/tests/trap/guest" \
	    null park 2 effects 1 null fork park 1 null
	echo "$output"
	[ "$status" -eq 0 ]
	wait_for 15 places_empty
}
