# SPDX-License-Identifier: ISC
# long
# witness: no
# A signal at every instruction of a call's path has an outcome that the kernel itself shows.

load ../lib

setup()
{
	private_home
	G=$BUILD/tests/gate
}

# steps WAY GUEST
steps()
{
	local full=
	tier full && full=-f
	# shellcheck disable=SC2086 # an option or nothing
	within 600 "$G/steps" $full "$1" "$G/linux" "$VENEER" run "$G/$2"
}

@test "gate: a signal at each instruction of a rewritten FreeBSD site" {
	steps freebsd-c freebsd
}

@test "gate: a signal at each instruction of a FreeBSD site rewritten by way of padding" {
	steps freebsd-b freebsd
}

@test "gate: a signal at each instruction of a FreeBSD call that is caught" {
	steps freebsd-sigsys freebsd
}

@test "gate: a signal at each instruction of a rewritten Linux site" {
	steps linux-c linux
}

@test "gate: a signal at each instruction of a Linux call that is caught" {
	steps linux-sigsys linux
}

@test "gate: a signal at each instruction of a stub call" {
	steps native-stub native
}

@test "gate: a number that is no call is ENOSYS, and only its lower half counts" {
	within 60 "$VENEER" run "$G/numbers"
	within 60 "$VENEER" run --no-rewrite "$G/numbers"
}
