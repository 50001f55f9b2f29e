#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
bats_require_minimum_version 1.5.0
load ../lib
load tree

which()
{
	run -0 "$V" which "$@"
	layer=${output##*: layer }
	layer=${layer%% *}
}

@test "freebsd: the exact major, else the next newer, runs a program" {
	tree freebsd-12 freebsd-14 native-1
	which "$G/fb12"
	[ "$layer" = freebsd@12 ]
	which "$G/fb11"
	[ "$layer" = freebsd@12 ]
	which "$G/fb13"
	[ "$layer" = freebsd@14 ]
	within 10 "$V" run "$G/fb13" exit 0
}

@test "freebsd: without a note the newest layer runs a program" {
	tree freebsd-12 freebsd-14
	which "$G/static"
	[ "$layer" = freebsd@14 ]
}

@test "freebsd: a program newer than every layer is refused, both named" {
	tree freebsd-12 freebsd-14 native-1
	run "$V" run "$G/fb15"
	refused 125 "freebsd@15 or newer"
	refused 125 "installed: native@1, freebsd@12, freebsd@14"
}

@test "native: the newest layer that the program knows runs it" {
	tree native-1 native-2
	which "$G/abi1"
	[ "$layer" = native@1 ]
	which "$G/abi12"
	[ "$layer" = native@2 ]
	which "$G/abi2"
	[ "$layer" = native@2 ]
}

@test "native: an old program runs under a newer layer" {
	tree native-2
	which "$G/abi1"
	[ "$layer" = native@2 ]
	within 10 "$V" run "$G/abi1" exit 0
}

@test "native: a program of 1 to 2 runs under 1, of 2 alone refuses 1" {
	tree native-1
	which "$G/abi12"
	[ "$layer" = native@1 ]
	run "$V" run "$G/abi2"
	refused 125 "native@2"
	refused 125 "installed: native@1"
	run "$V" run --layer native@1 "$G/abi2"
	refused 125 "needs native@2; layer native@1 is older"
}

@test "native: the stub table lies over the stub section, and ends with it" {
	tree native-1 native-2
	for prog in abi1 abi2 abi2-pie; do
		run -0 within 10 "$V" run "$G/$prog" stubs
		[ "$output" = f4f4 ]
		run -0 within 10 "$V" run "$G/$prog" memory
	done
}

@test "native: an interpreter that is not native is refused" {
	tree native-1
	run "$V" run "$G/abi12-dyn"
	refused 126 "is not native; link it with veneer-cc"
}

@test "--layer: a version that is installed is taken" {
	tree freebsd-12 freebsd-14
	run -0 "$V" which --layer freebsd@12 "$G/static"
	[[ $output = *"layer freebsd@12 "* ]]
	run -0 "$V" which --layer freebsd "$G/static"
	[[ $output = *"layer freebsd@14 "* ]]
	run -0 "$V" run --layer=freebsd@12 "$G/static" exit 0
}

@test "--layer: what is not installed, not a layer or another system's" {
	tree freebsd-14
	run "$V" run --layer freebsd@13 "$G/static"
	refused 125 "layer freebsd@13 is not installed; installed: freebsd@14"
	for bad in plan9 freebsd@ freebsd@x freebsd@0 freebsd@1x @14 ''; do
		run "$V" run --layer "$bad" "$G/static"
		refused 125 "'$bad' is not PERSONALITY[@VERSION]"
	done
	run "$V" run --layer native@1 "$G/static"
	refused 125 "is for FreeBSD (EI_OSABI); layer native@1 cannot run it"
}

@test "no layer at all: the error says so" {
	tree
	run "$V" run "$G/static"
	refused 125 "installed: none"
	rm -r "$T/tree/layers"
	run "$V" run "$G/static"
	refused 125 "cannot read the layers in $T/tree/layers"
}

@test "Linux programs need a layer when run directly" {
	tree freebsd-14
	run "$V" run /bin/true
	refused 125 "is for Linux and needs a layer linux"
	run "$V" run --layer linux /bin/true
	refused 125 "is for Linux"
}

@test "--exec: a Linux program runs natively with everything kept" {
	tree freebsd-14
	run -7 env -i A=1 "$V" --exec 'log=/x' /bin/sh other -c \
	    'echo "$0 $1 $A"; exit 7' name arg
	[ "$output" = "name arg 1" ]
	run -0 "$V" --exec '' /usr/bin/cat zzz /proc/self/cmdline
	[ "$(tr '\0' '|' <<<"$output")" != "" ]
}

@test "--exec: a program of a layer stays under it" {
	tree freebsd-12 freebsd-14
	run -0 "$V" --exec 'rewrite=none;layer=freebsd@12;log=/x' "$G/static" zero one
	[ "${lines[0]}" = "argc=2 [zero] [one]" ]
	[ "${lines[1]}" = "execfn=$G/static" ]
	run -0 "$V" --exec 'rewrite=none;layer=native@9' "$G/static" zero exit 0
	run "$V" --exec 'layer=freebsd@9' "$G/static" zero exit 0
	refused 125 "layer freebsd@9 is not installed"
}

@test "--exec: an empty argument vector becomes one empty argument" {
	tree freebsd-14
	run -0 "$V" --exec 'rewrite=none' "$G/static"
	[ "${lines[0]}" = "argc=1 []" ]
}

@test "layers: lists what is there, --json as a list" {
	tree native-1 freebsd-14
	run -0 "$V" layers
	[ "${lines[0]%% *}" = native@1 ]
	[ "${lines[1]%% *}" = freebsd@14 ]
	run -0 bash -c '"$0" layers --json | jq -r ".[].layer"' "$V"
	[ "$output" = $'native@1\nfreebsd@14' ]
	: > "$T/tree/layers/freebsd-14.so"
	run -125 bash -c '"$0" layers --json | jq -r ".[1].usable"
	    exit ${PIPESTATUS[0]}' "$V"
	[ "$output" = false ]
}

@test "plan: --json holds program, body and gate, and plans nothing twice" {
	tree freebsd-14
	run -0 bash -c '"$0" plan --json "$1" |
	    jq -r ".plan.images[].role"' "$V" "$G/pie"
	[ "$output" = $'program\ninterpreter\nbody\ngate' ]
	run -0 "$V" plan "$G/static"
	[[ $output = *"r-x"* ]]
	run "$V" plan
	refused 125 usage
	run -127 "$V" which nothere
	[ "$status" -eq 127 ]
}

@test "file formats: each system is told by its own mark" {
	tree freebsd-14
	declare -A osabi=([02]=netbsd [06]=solaris [0c]=openbsd)
	for k in "${!osabi[@]}"; do
		cp "$G/static" "$T/p"
		poke "$T/p" 7 "$k"
		run "$V" run "$T/p"
		refused 125 "a layer ${osabi[$k]}"
	done
	printf '\xcf\xfa\xed\xfe\x07\0\0\1%0100d' 0 > "$T/p"
	run "$V" run "$T/p"
	refused 125 "is for macOS and needs a layer darwin"
	printf '\xca\xfe\xba\xbe\0\0\0\2%0100d' 0 > "$T/p"
	run "$V" run "$T/p"
	refused 125 "a layer darwin"
	printf '\xca\xfe\xba\xbe\0\0\0\x34%0100d' 0 > "$T/p"
	run "$V" run "$T/p"
	refused 126 "no format"
}
