# SPDX-License-Identifier: ISC
# witness: no
# The two witnesses of I1 bite, and let a guest pass.

load ../lib

setup()
{
	private_home
	PLANTED=$BUILD/tests/witness/planted
	PTWITNESS=$BUILD/tests/witness/ptwitness
}

@test "witness: a guest's own syscall instruction is caught by dispatch" {
	run within 20 "$VENEER" run "$PLANTED"
	[ "$status" -eq 0 ]
	[ "$output" = "before
after 1" ]
}

@test "witness: with the filter on, a guest runs as before" {
	VENEER_WITNESS=1 run within 20 "$VENEER" run "$PLANTED"
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = "after 1" ]
}

@test "witness: the filter kills at a planted syscall" {
	VENEER_WITNESS=3 run within 20 "$VENEER" run "$PLANTED"
	[ "$status" -eq 159 ]
	[ "${lines[0]}" = before ]
	[[ $output != *after* ]]
}

@test "witness: the tracer reports a planted syscall and its place" {
	VENEER_WITNESS=2 run within 20 "$PTWITNESS" -o "$T/report" \
	    "$VENEER" run "$PLANTED"
	[ "$status" -eq 97 ]
	[[ $output != *after* ]]
	grep -q '^I1 broken: planted (.*): call 39 from 0x' "$T/report"
}

@test "witness: the tracer finds nothing in a guest and keeps its status" {
	run within 20 "$PTWITNESS" -o "$T/report" "$VENEER" run "$PLANTED"
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = "after 1" ]
	[ ! -s "$T/report" ]
	run within 20 "$PTWITNESS" sh -c 'exit 7'
	[ "$status" -eq 7 ]
}

@test "witness: the tracer leaves native children of the command alone" {
	run within 20 "$PTWITNESS" -o "$T/report" \
	    sh -c 'ls / | wc -l; "$0" run "$1"; (kill -9 $$)' "$VENEER" "$PLANTED"
	[ "$status" -eq 137 ]
	[ ! -s "$T/report" ]
}
