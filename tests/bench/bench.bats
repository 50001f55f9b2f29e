#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# serial
# That the tool works. What it measures is judged by whoever runs `ninja bench`.

load ../lib

setup()
{
	private_home
	cd "$T"
}

bench()
{
	within 120 "$BUILD/tests/bench/bench" -o "$T/out.json" "$@" \
	    "$BUILD/tests/bench" "$VENEER" $rows
}

@test "bench: a row of calls has a figure in every column" {
	rows=getppid
	run bench
	echo "$output"
	[ "$status" = 0 ]
	[[ $output != *failed* ]]
	[[ $output != *"not measured"* ]]
	for c in native site site+f trap trap+f sigsys notify ptrace; do
		grep -q "\"$c\":{\"ns\":[0-9.]*,\"ratio\":[0-9.]*," out.json
	done
}

@test "bench: every row with two processes, threads or signals works in both systems" {
	rows='pipe tcp thread fork fork+exec signal spawn-20k spawn-700k run-20k'
	run bench -c site
	echo "$output"
	[ "$status" = 0 ]
	[[ $output != *failed* ]]
	[[ $output != *"not measured"* ]]
	[ "$(grep -c '"site":{' out.json)" = 9 ]
}

@test "bench: a floor is met or missed only by the whole interval" {
	rows='fork idle'
	run bench -c site
	[ "$status" = 0 ]
	awk -F'[:,}]' '/"verdict"/ {
		for (i = 1; i < NF; i++) {
			if ($i ~ /"low"/) low = $(i + 1)
			if ($i ~ /"high"/) high = $(i + 1)
			if ($i ~ /"floor"/) floor = $(i + 1)
			if ($i ~ /"verdict"/) v = $(i + 1)
		}
		want = high <= floor ? "met" : low > floor ? "missed" : "open"
		n++
		if (v != "\"" want "\"") exit 1
	} END { if (n != 2) exit 1 }' out.json
}

@test "bench: an unknown row or column and too few rounds are refused" {
	rows=nonsense
	run bench
	[ "$status" = 2 ]
	[[ $output == *"rows: getppid"* ]]
	rows=getppid
	run bench -c nonsense
	[ "$status" = 2 ]
	run bench -n 30
	[ "$status" = 2 ]
}

@test "bench: a program that is missing fails its column alone" {
	rows=getppid
	mkdir programs
	cp "$BUILD/tests/bench/twin-linux" "$BUILD/tests/bench/ref" programs/
	run within 60 "$BUILD/tests/bench/bench" -c site -c sigsys programs \
	    "$VENEER" getppid
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *failed* ]]
}

@test "bench: the counted calls go through gate and body" {
	for c in bare getppid lseek read1 fcntl fstat sigmask; do
		within 10 "$BUILD/tests/bench/count" "$BUILD/layers" $c 100
	done
	run within 10 "$BUILD/tests/bench/count" "$BUILD/layers" nonsense 1
	[ "$status" = 2 ]
}

@test "bench: the picture shows every ratio" {
	rows='getppid fork'
	run bench -c site
	[ "$status" = 0 ]
	awk -f "$REPO/tests/bench/plot.awk" out.json > out.svg
	[ "$(grep -c '<rect x=.*class="n"' out.svg)" = 2 ]
	tail -n 1 out.svg | grep -q '</svg>'
}
