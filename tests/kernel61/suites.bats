# SPDX-License-Identifier: ISC
# tier: full
# serial
# witness: no
# timeout: 5400
# Whole suites on Debian 12's own kernel, as an ordinary user. The machine is slow without
# /dev/kvm, so what only compiles or only measures stays out.

load ../lib

setup()
{
	command -v qemu-system-x86_64 >/dev/null ||
	    skip "fixture: qemu-system-x86_64 (./configure --install-deps)"
	cd "$REPO" || return 1
	tests/kernel61/fetch "$FIXTURES/kernel61" 2>"$T/fetch" ||
	    skip "fixture: $(tail -n 1 "$T/fetch")"
}

# on61 SECONDS FILE...: every test passes there; what fails is shown.
on61()
{
	local limit=$1
	shift
	run within $((limit + 30)) tests/kernel61/run --timeout "$limit" \
	    --each "$limit" --user "$@"
	echo "$output" | grep -a -A 30 -e '^not ok' -e '^kernel61:'
	[ "$status" -eq 0 ]
}

@test "kernel61: native guests" {
	on61 600 tests/native/native.bats
}

@test "kernel61: the trap and the supervisor" {
	on61 600 tests/trap/trap.bats tests/trap/veneerd.bats
}

@test "kernel61: kernels and containers that refuse" {
	on61 300 tests/trap/refused.bats
}

@test "kernel61: witnesses and debuggers" {
	on61 300 tests/witness/witness.bats tests/debug/frames.bats
}

@test "kernel61: hostile guests" {
	on61 1200 tests/attack/native.bats tests/attack/freebsd.bats
}

@test "kernel61: FreeBSD Go programs" {
	on61 900 tests/e2e/go.bats
}

@test "kernel61: esbuild for FreeBSD" {
	on61 1200 tests/e2e/esbuild.bats
}

@test "kernel61: text that comes later, and a signal at each instruction of a call" {
	on61 3000 tests/late/late.bats tests/gate/gate.bats
}

@test "kernel61: the loader" {
	on61 1500 tests/loader/cache.bats tests/loader/texts.bats tests/loader/layout.bats tests/loader/start.bats
}

@test "kernel61: FreeBSD guests" {
	on61 1200 tests/freebsd/kernel.bats tests/freebsd/system.bats
}
