# SPDX-License-Identifier: ISC
# witness: no
# gdb sees the guest's own frames, of a live process and of a core dump.

load ../lib

setup()
{
	private_home
	command -v gdb >/dev/null || skip "fixture: gdb (./configure --install-deps)"
	cd "$T" || return 1
	FRAMES=$BUILD/tests/debug/frames
}

teardown()
{
	[ -z "${PID:-}" ] || kill -9 "$PID" 2>/dev/null || true
}

# backtrace GDB-ARGUMENTS...
backtrace()
{
	within 60 gdb -nx -batch -iex 'set debuginfod enabled off' \
	    -ex 'thread apply all bt' "$@" 2>&1 </dev/null
}

# frames TEXT FUNCTION: main calls middle calls inner, by name and line.
frames()
{
	[[ $1 =~ inner\ \(.*frames\.c:[0-9]+.*middle\ \(.*frames\.c:[0-9]+.*$2\ \( ]]
}

# attach PROGRAM ARGUMENTS...
attach()
{
	"$VENEER" run "$@" > out &
	PID=$!
	wait_for 10 grep -q ready out
	wait_for 10 grep -q "^State:.S" "/proc/$PID/status"
	run backtrace "$1" "$PID"
	echo "$output"
}

# Skips where the kernel puts no core dump into the directory.
dumps()
{
	[ "$(cat /proc/sys/kernel/core_pattern)" = core ] ||
	    [ "$(cat /proc/sys/kernel/core_pattern)" = core.%p ] ||
	    skip "kernel: core_pattern sends dumps elsewhere"
	(ulimit -c unlimited) 2>/dev/null ||
	    skip "kernel: the limit on core dumps cannot be raised"
	rm -f core*
}

# core PROGRAM WHAT: $output is the backtrace of its core dump.
core()
{
	dumps
	(ulimit -c unlimited && within 20 "$VENEER" run "$@") || true
	run backtrace "$1" core*
	echo "$output"
}

@test "debug: gdb attached to a guest in a stub call shows the guest's frames" {
	attach "$FRAMES" wait
	frames "$output" main
	[[ $output == *veneer_layer* ]]
}

@test "debug: gdb attached to a static guest shows the guest's frames" {
	attach "$FRAMES-static" wait
	frames "$output" main
}

@test "debug: gdb shows the frames of a second thread in a call" {
	attach "$FRAMES-static" wait thread
	frames "$output" thread
	[[ $output == *main\ \(*frames.c* ]]
}

@test "debug: a detached guest goes on, and ends as it is told" {
	attach "$FRAMES-static" wait
	kill -TERM "$PID"
	status=0
	wait "$PID" || status=$?	# not by run: a subshell has no children
	[ "$status" -eq 143 ]
}

@test "debug: a core dump after abort() in a stub call shows the guest's frames" {
	core "$FRAMES-static" abort
	[[ $output == *SIGABRT* ]]
	frames "$output" main
}

@test "debug: a core dump of a crash is the guest's own place" {
	core "$FRAMES-static" crash
	[[ $output == *SIGSEGV* ]]
	frames "$output" main
	[[ $output != *veneer_layer* ]]
}

@test "debug: a core dump shows every thread of the guest" {
	core "$FRAMES" crash thread
	frames "$output" thread
	[[ $output == *main\ \(*frames.c* ]]
}

@test "debug: gdb attached to a FreeBSD guest in a call shows the guest's frames" {
	bsd=$BUILD/tests/debug/bsdframes
	"$VENEER" run "$bsd" > out &
	PID=$!
	wait_for 10 grep -q ready out
	wait_for 10 grep -q "^State:.S" "/proc/$PID/status"
	run backtrace -ex 'set osabi GNU/Linux' -ex "file $bsd" -ex "attach $PID" \
	    -ex bt
	echo "$output"
	[[ $output =~ veneer_layer.*call\ \(.*inner\ \(.*bsdframes\.c:[0-9]+.*middle\ \(.*start_c\ \( ]]
}

@test "debug: a core dump of a FreeBSD guest in a call shows the guest's frames" {
	bsd=$BUILD/tests/debug/bsdframes
	dumps
	(ulimit -c unlimited; exec "$VENEER" run "$bsd" > out) &
	PID=$!
	wait_for 10 grep -q ready out
	wait_for 10 grep -q "^State:.S" "/proc/$PID/status"
	kill -QUIT "$PID"
	wait "$PID" || true
	run backtrace -ex 'set osabi GNU/Linux' -ex "file $bsd" -ex "core $(echo core*)" \
	    -ex bt
	echo "$output"
	[[ $output =~ veneer_layer.*call\ \(.*inner\ \(.*bsdframes\.c:[0-9]+.*middle\ \(.*start_c\ \( ]]
}
