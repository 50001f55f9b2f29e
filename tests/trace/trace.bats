#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
bats_require_minimum_version 1.5.0
load ../lib

G=$BUILD/tests/trace/guest

setup()
{
	private_home
}

trace()	# ARGUMENTS: into $T/out
{
	within 30 "$VENEER" trace -o "$T/out" "$@"
}

@test "calls: names, decoded arguments, results, route and way in" {
	run -7 trace "$G" names
	cat "$T/out"
	grep -Eq '^open(at)?\((AT_FDCWD, )?"/dev/null", O_RDONLY\|O_CLOEXEC.*\) = [0-9]+ <host, stub, [0-9.]+ us>$' "$T/out"
	grep -Eq '^write\([0-9]+, "quote\\"\\n", 7\) = -1 EBADF <' "$T/out"
	grep -Eq '^open(at)?\(.*"/nonexistent", O_WRONLY.*\) = -1 ENOENT <' "$T/out"
	grep -q 'sin_family=AF_INET, sin_port=9, sin_addr=127.0.0.1' "$T/out"
	grep -Eq '^call_999\(.*\) = -1 ENOSYS <none, ' "$T/out"
	grep -Eq '^writev\([0-9]+, \[\{iov_base="one", iov_len=3\}, \{iov_base="two", iov_len=3\}\], 2\) = 6 <' "$T/out"
	grep -Eq '^readv\(.*\[\{iov_base="onet", iov_len=4\}, \{iov_base="wo", iov_len=40\}\], 2\) = 6 <' "$T/out"
	grep -Eq '^exit_group\(7\) = \? <' "$T/out"
	tail -n 1 "$T/out" | grep -qx '+++ exited with 7 +++'
}

@test "calls: a pointer that cannot be read is shown as a number" {
	run -0 trace "$G" fault
	grep -Eq '^open\(0x8, .*\) = -1 EFAULT <' "$T/out"
}

@test "trace ends as the program ends, by signal too" {
	run trace "$G" segv
	[ "$status" -eq 139 ]
	tail -n 1 "$T/out" | grep -qx '+++ killed by SIGSEGV +++'
	run -0 trace "$G" true
}

@test "signals: a delivered one stands between the calls" {
	run -0 trace "$G" signals
	grep -Eq '^--- SIGUSR1 ' "$T/out"
}

@test "exec: the new program is announced and traced" {
	run -7 trace "$G" exec
	cat "$T/out"
	[ "$(grep -c '^--- start ' "$T/out")" -eq 2 ]
	grep -Eq '^execve\(".*guest", \[".*guest", "names"\], \[' "$T/out"
	grep -q '/dev/null' "$T/out"
}

@test "children: traced with -f, not without" {
	run -0 trace "$G" child
	run ! grep -q nonexistent/child "$T/out"
	run -0 trace -f "$G" child
	grep -Eq '^\[[0-9]+\] mkdir\("/nonexistent/child", 0755\) = -1 ENOENT' "$T/out"
}

@test "-c: counts every call once, by its way in" {
	run -0 trace -c "$G" many
	cat "$T/out"
	awk '$NF == "getppid" { found = ($3 == 100000 && $5 + $6 + $7 == 100000) }
	    END { exit !found }' "$T/out"
	run -0 trace -c "$G" threads
	awk '$NF == "getppid" { found = ($3 == 80000) } END { exit !found }' "$T/out"
}

@test "no call is lost or doubled when four threads fill the ring" {
	run -0 trace "$G" threads
	[ "$(grep -c 'getppid()' "$T/out")" -eq 80000 ]
}

@test "--json: every line is an object that jq reads" {
	run -7 trace --json -f "$G" names
	jq -e . "$T/out" > /dev/null
	[ "$(jq -r 'select(.type == "call" and .error == "EBADF") | .args[1].value' "$T/out")" = '"quote\"\n"' ]
	[ "$(jq -r 'select(.type == "end") | .status' "$T/out")" = 7 ]
}

@test "-o: the file is 0600, also when it was open to others" {
	run -0 trace "$G" true
	[ "$(stat -c %a "$T/out")" = 600 ]
	: > "$T/wide"; chmod 644 "$T/wide"
	run -0 within 10 "$VENEER" trace -o "$T/wide" "$G" true
	[ "$(stat -c %a "$T/wide")" = 600 ]
}

@test "without -o the trace goes to standard error, output stays the program's" {
	run -7 --separate-stderr within 10 "$VENEER" trace "$G" names
	[ -z "$output" ]
	[[ $stderr = *exit_group* ]]
}

@test "a guest killed at any point ends the trace" {
	for i in 1 2 3 4 5 6 7 8; do
		rm -f "$T/out"
		timeout -k 5 3000 "$VENEER" trace -o "$T/out" "$G" forever &
		tracer=$!
		wait_for 10 test -s "$T/out"
		sleep "0.0$i"
		guest=$(pgrep -P "$(pgrep -P $tracer)")
		kill -KILL "$guest"
		code=0; wait $tracer || code=$?
		[ "$code" -eq 137 ]
		tail -n 1 "$T/out" | grep -qx '+++ killed by SIGKILL +++'
	done
}

@test "a guest whose tracer was killed goes on and ends by itself" {
	timeout -k 5 300 "$VENEER" trace -o "$T/out" "$G" until "$T/go" "$T/done" &
	wait_for 10 test -s "$T/out"
	tracer=$(pgrep -P $!)
	guest=$(pgrep -P "$tracer")
	kill -KILL "$tracer"
	wait $! || true
	[ ! -e "$T/done" ]
	touch "$T/go"
	wait_for 20 test -e "$T/done"
	wait_for 5 test ! -e "/proc/$guest"
}

@test "freebsd: a guest's calls have FreeBSD's names, flags, signals and errors" {
	run -5 trace "$BUILD/tests/trace/freebsd"
	cat "$T/out"
	grep -Eq '^--- start ".*/freebsd" under freebsd@1[0-9] ---$' "$T/out"
	grep -Eq '^openat\(AT_FDCWD, "/dev/null", O_RDONLY\|O_CLOEXEC, 0\) = [0-9]+ <host, (site|SIGSYS), ' "$T/out"
	grep -Eq '^socket\(AF_INET6, SOCK_STREAM\|SOCK_NONBLOCK, 0\) = ' "$T/out"
	grep -Eq '^close\(77\) = -1 EBADF <' "$T/out"
	grep -Eq '^kill\(-77777777, SIGUSR1\) = -1 ESRCH <' "$T/out"
	grep -Eq '^exit\(5\) = \? <(site|SIGSYS)>$' "$T/out"
}

@test "an unknown option and a missing program are refused with 125" {
	run -125 within 10 "$VENEER" trace --nonsense "$G"
	[[ $output = *"--nonsense"* ]]
	run -125 within 10 "$VENEER" trace
	[[ $output = *"no program"* ]]
	run -127 within 10 "$VENEER" trace -o "$T/out" no-such-program-here
}
