# SPDX-License-Identifier: ISC
# A FreeBSD guest that attacks its own layer.

load ../lib

setup()
{
	private_home
	BSD=$BUILD/tests/attack/bsdhostile
}

# withstands VERSION ARGUMENTS...
withstands()
{
	run within 200 "$VENEER" run --log "$T/log" --layer "freebsd@$1" \
	    "$BSD" "${@:2}"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = withstood ]
	run grep -s 'our bug' "$T/log"
	[ "$status" -ne 0 ]
}

@test "attack: freebsd: memory calls over the arena are refused" {
	withstands 11 arena
	withstands 14 arena
}

@test "attack: freebsd: calls that are not there end the guest by SIGSYS" {
	withstands 11 numbers
	withstands 14 numbers
}

@test "attack: freebsd: bad pointers in every argument of every call meet no fault inside the layer" {
	withstands 12 pointers
	withstands 14 pointers
}

@test "attack: freebsd: random calls with random arguments meet no fault inside the layer" {
	withstands 11 random "${ATTACK_SEED:-7}" 60
	withstands 14 random "${ATTACK_SEED:-7}" 60
}
