#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
bats_require_minimum_version 1.5.0
load ../lib
load tree

setup()
{
	tree freebsd-14
}

@test "run: every kind of ELF file starts with its memory as it asks" {
	for kind in static static-pie pie nopie; do
		within 10 "$V" run "$G/$kind" memory
	done
}

@test "run: under ADDR_NO_RANDOMIZE two starts have the same addresses" {
	setarch -R true 2>/dev/null || skip "kernel: personality(2) is refused here"
	a=$(within 10 setarch -R "$V" run "$G/pie" cat /proc/self/maps |
	    grep -v memfd)
	b=$(within 10 setarch -R "$V" run "$G/pie" cat /proc/self/maps |
	    grep -v memfd)
	[ "$a" = "$b" ]
}

@test "run: addresses of program and arena differ from start to start" {
	a=$(within 10 "$V" run "$G/pie" cat /proc/self/maps)
	b=$(within 10 "$V" run "$G/pie" cat /proc/self/maps)
	for what in tests/loader/pie layers/; do
		x=$(grep -m 1 "$what" <<<"$a")
		y=$(grep -m 1 "$what" <<<"$b")
		[ -n "$x" ]
		[ "${x%% *}" != "${y%% *}" ]
	done
}

@test "run: nothing of a guest is writable and executable, its stack neither" {
	within 10 "$V" run "$G/static" cat /proc/self/maps > "$T/maps"
	run ! grep -E ' .wx' "$T/maps"
	grep 'rw-p.*\[stack\]' "$T/maps"
}

@test "run: argument vector and environment arrive unchanged" {
	run -0 env -i A=1 'B=x y' "$V" run --no-rewrite "$G/static" '' 'b c' $'d\ne' --json
	[ "${lines[0]}" = "argc=5 [$G/static] [] [b c] [d" ]
	[ "${lines[1]}" = "e] [--json]" ]
	[ "${lines[2]}" = "execfn=$G/static" ]
	[ "${lines[3]}" = "env A=1" ]
	[ "${lines[4]}" = "env B=x y" ]
	[ "${#lines[@]}" -eq 5 ]
}

@test "run: an empty environment stays empty" {
	run -0 env -i "$V" run --no-rewrite "$G/static"
	[ "${#lines[@]}" -eq 2 ]
}

@test "run: --argv0 gives the name, -- ends the options" {
	run -0 "$V" run --argv0 other -- "$G/static" -x
	[ "${lines[0]}" = "argc=2 [other] [-x]" ]
	run -0 "$V" run --argv0= "$G/static"
	[ "${lines[0]}" = "argc=1 []" ]
}

@test "run: /proc shows the guest's own command line, name and environment" {
	run -0 env -i A=1 "$V" run --no-rewrite "$G/static" cat /proc/self/cmdline
	[ "$output" = "$G/static|cat|/proc/self/cmdline|" ]
	run -0 env -i A=1 B=2 "$V" run --no-rewrite "$G/static" cat /proc/self/environ
	[ "$output" = "A=1|B=2|" ]
	run -0 "$V" run --argv0 x "$G/static-pie" cat /proc/self/comm
	[ "$output" = static-pie ]
}

@test "run: the auxiliary vector tells of the program" {
	for kind in static static-pie pie; do
		run -0 "$V" run "$G/$kind" auxv
		[ "$output" = "phnum=ok entry=ok comm=$kind pagesz=4096" ]
	done
}

@test "run: no descriptor of ours stays open" {
	run -0 bash -c 'for d in /proc/self/fd/*; do
	    n=${d##*/}; [ "$n" -le 2 ] || eval "exec $n>&-" 2>/dev/null || :
	done; exec "$0" run "$1" descriptors' "$V" "$G/static"
	[ "$output" = 0 ]
}

@test "run: the guest keeps the process id" {
	run -0 bash -c 'echo $$; exec "$0" run "$1" pid' "$V" "$G/static"
	[ "${lines[0]}" = "${lines[1]}" ]
}

@test "run: exit status of the guest is veneer's" {
	for n in 0 1 7 125 126 127 255; do
		run "-$n" "$V" run "$G/static" exit "$n"
	done
}

@test "run: a guest that dies of a signal dies of that signal" {
	for n in 6 9 11 15; do
		run "$V" run "$G/static" kill "$n"
		[ "$status" -eq $((128 + n)) ]
	done
}

@test "run: standard input is the guest's" {
	run -0 bash -c 'echo typed | "$0" run "$1" cat /dev/stdin' "$V" \
	    "$G/static"
	[ "$output" = typed ]
}

@test "run: terminal, process group and foreground are the guest's" {
	# Into a file: script(1), whose own input ends at once, may leave before it has copied the last line.  exec, since
	# not every shell gives its own place to the last command.
	SHELL=/bin/sh run -0 within 10 \
	    script -qec "exec $V run $G/static tty > $T/said" /dev/null < /dev/null
	run -0 cat "$T/said"
	[ "$output" = "tty=1 foreground=1 leader=1" ]
}

@test "run: a guest stops, goes on and dies where it is told to" {
	"$V" run "$G/static" sleep &
	pid=$!
	wait_for 5 grep -q '^Name:.static' "/proc/$pid/status"
	kill -STOP "$pid"
	wait_for 5 grep -q '^State:.T' "/proc/$pid/status"
	kill -CONT "$pid"
	wait_for 5 grep -q '^State:.S' "/proc/$pid/status"
	kill "$pid"
	code=0
	wait "$pid" || code=$?	# not by run: a subshell has no children
	[ "$code" -eq 143 ]
	[ ! -e "/proc/$pid" ]
}

@test "run: SIGKILL at any point of the start leaves nothing behind" {
	for delay in 0 0.0005 0.001 0.002 0.003 0.005; do
		"$V" run "$G/static" sleep &
		pid=$!
		sleep "$delay"
		kill -KILL "$pid"
		wait "$pid" || [ "$?" -eq 137 ]
	done
	none() { [ -z "$(pgrep -f "$T/tree")" ]; }
	wait_for 5 none
	within 10 "$V" run "$G/static" exit 0
}

@test "run: what a guest sets for its dynamic linker does not reach us" {
	run -0 env LD_PRELOAD=/nonexistent.so LD_LIBRARY_PATH=/nonexistent \
	    LD_DEBUG=all "$V" run "$G/static" exit 0
	[ -z "$output" ]
}

@test "PATH: a name without a slash is searched, empty parts are here" {
	mkdir "$T/a" "$T/b"
	cp "$G/static" "$T/b/prog"
	cd "$T/b"
	PATH=$T/a:$T/b run -0 "$V" run prog
	[ "${lines[0]}" = "argc=1 [prog]" ]
	[ "${lines[1]}" = "execfn=$T/b/prog" ]
	PATH=$T/a: run -0 "$V" run prog
	[ "${lines[1]}" = "execfn=./prog" ]
}

@test "PATH: a file that may not be executed does not end the search" {
	mkdir "$T/a" "$T/b" "$T/a/dir"
	: > "$T/a/prog"
	cp "$G/static" "$T/b/prog"
	PATH=$T/a:$T/b run -0 "$V" run prog exit 0
	PATH=$T/a run "$V" run prog
	refused 126 "permission denied"
	PATH=$T/a run "$V" run dir
	refused 126 "directory"
	PATH=$T/a run -127 "$V" run nothere
	refused 127 "not found in PATH"
	PATH=$T/a run -127 "$V" run ''
	refused 127 "not found in PATH"
	run -127 env -u PATH "$V" run nothere
	refused 127 "not found in PATH"
}

@test "run: paths that do not lead to a program" {
	run -127 "$V" run ./nothere
	refused 127 "no such file"
	run -127 "$V" run "$G/static/x"
	refused 127 "no directory"
	run "$V" run /
	refused 126 "directory"
	cp "$G/static" "$T/noexec"
	chmod 644 "$T/noexec"
	run "$V" run "$T/noexec"
	refused 126 "permission denied"
	mkfifo "$T/fifo"
	chmod 755 "$T/fifo"
	run within 10 "$V" run "$T/fifo"
	refused 126 "permission denied"
	run "$V" run "$T/$(printf '%0300d' 0)"
	refused 126 "too long"
	ln -s loop "$T/loop"
	run "$V" run "$T/loop"
	refused 126 "symbolic links"
}

@test "options: what is unknown or incomplete is an error that names it" {
	run "$V"
	[ "$status" -eq 125 ]
	[ "${lines[0]#usage:}" != "${lines[0]}" ]
	run "$V" walk
	refused 125 "'walk'"
	run "$V" run
	refused 125 "no program"
	run "$V" run --nonsense "$G/static"
	refused 125 "'--nonsense'"
	run "$V" run --layer
	refused 125 "--layer"
	run "$V" run --log 'a;b' "$G/static"
	refused 125 "';'"
	run "$V" --exec x
	refused 125 "--exec"
}

@test "COMMAND --help answers on standard output" {
	local command
	for command in run trace plan which layers supervisor ports tasks cache; do
		run -0 --separate-stderr "$V" "$command" --help
		[[ $output == usage:* ]]
		[[ $output == *"$command"* ]]
		[ -z "$stderr" ]
	done
}

@test "--version and --help answer on standard output" {
	run -0 --separate-stderr "$V" --version
	[[ $output =~ ^veneer\ [0-9] ]]
	[ -z "$stderr" ]
	run -0 --separate-stderr "$V" --help
	[ -z "$stderr" ]
}

@test "run: an incomplete installation says which part is missing" {
	rm "$T/tree/veneer-plan"
	run "$V" run "$G/static"
	refused 125 "/veneer-plan: no such file"
	run "$V" trace "$G/static"
	refused 125 "/veneer-trace: no such file"
}

@test "run: found as installed, through a symbolic link too" {
	mkdir -p "$T/p/bin" "$T/p/libexec/veneer" "$T/p/lib/veneer"
	cp "$BUILD/veneer" "$T/p/bin"
	cp "$BUILD/veneer-plan" "$T/p/libexec/veneer"
	cp -r "$T/tree/layers" "$T/p/lib/veneer"
	ln -s "$T/p/bin/veneer" "$T/v"
	run -0 "$T/v" run "$G/static" exit 0
	run -0 "$T/v" layers
	[[ $output = *"$T/p/lib/veneer/layers/freebsd-14.so"* ]]
}
