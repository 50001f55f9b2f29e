#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Native programs: what the layer promises them (docs/native-abi.md).

bats_require_minimum_version 1.5.0
load ../lib

setup()
{
	private_home
	cd "$T" || return
	G=$BUILD/tests/native
}

guest()
{
	within 60 "$VENEER" run "$@"
}

@test "errors: stubs answer -1, the layer stores through the pointer" {
	guest "$G/error"
}

@test "TLS: the first guest instruction finds it finished" {
	[ "$(guest "$G/tls_first")" = "tls: finished" ]
}

@test "TLS: libc adopts the loader's block, static, pie and dynamic" {
	guest "$G/tls-static"
	guest "$G/tls-static-pie"
	guest "$G/tls"
}

@test "maps: the table is one row without a name, all else is hidden" {
	guest "$G/maps-static"
	guest "$G/maps"
}

@test "identity from memory is right in fork, vfork, CLONE_VM, namespaces" {
	run -0 guest "$G/ids"
	[ "$output" != no-namespaces ] ||
	    skip "needs-root: no user namespaces for this user"
}

@test "identity, clocks, cpu and masks are answered without a host call" {
	within 60 strace -f -o "$T/calls" "$VENEER" run "$G/userspace"
	# from the first getppid to the second
	awk '/getppid/ { n++; next } n == 1' "$T/calls" > "$T/between"
	[ "$(grep -c getppid "$T/calls")" -eq 2 ]
	[ "$(wc -l < "$T/between")" -eq 0 ] || { head "$T/between"; false; }
}

@test "a mask in memory is seen by fork, exec, pending, signalfd, sigwait; what is meant for one thread stays its own" {
	guest "$G/masks"
}

@test "pthread_cancel: every cancellation point ends, no effect is lost" {
	run -0 guest "$G/cancel" 300
	[ "${lines[0]}" = "51 cancellation points" ]
	[ "${lines[1]}" = "300 rounds" ]
}

@test "versions: an old file keeps its structure and effects in native@2" {
	for layer in native@1 native@2; do
		run -0 guest --layer $layer "$G/grown-1"
		[ "${lines[0]}" = "struct old" ]
		[ "${lines[1]}" = "readlink 4" ]
	done
}

@test "versions: a new file has the grown structure and changed effect" {
	run -0 guest --layer native@2 "$G/grown-2"
	[ "${lines[0]}" = "struct native@2" ]
	[ "${lines[1]}" = "readlink ERANGE" ]
	run -0 guest --layer native@1 "$G/grown-2"
	[ "${lines[0]}" = "struct old" ]
	[ "${lines[1]}" = "readlink 4" ]
}

@test "ranges: marked 1 runs under native@2, marked 1 to 2 under native@1" {
	run -3 guest --layer native@2 "$G/hello-static"
	run -3 guest --layer native@1 "$G/hello-static"
	run -3 guest --layer native@1 "$G/hello-1-2"
	run -3 guest --layer native@2 "$G/hello-1-2"
	run -3 guest --layer native@2 "$G/hello-2-2"
}

@test "ranges: marked 2 alone, native@1 refuses it and names both" {
	run -125 guest --layer native@1 "$G/hello-2-2"
	[[ $output == *native@2*native@1* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "objects: start-up and dlopened ones get their own table mapped" {
	guest "$G/objects" "$G/libsecond.so"
}

@test "objects: one that needs a newer layer is not loaded" {
	run -0 guest --layer native@1 "$G/objects" "$G/libsecond.so" \
	    "$G/libnew.so"
	[[ $output == *libnew.so*"Not supported"* ]]
}

@test "objects: a hundred, each with its own table" {
	for i in $(seq 100); do
		cp "$G/libsecond.so" "lib$i.so"
	done
	run -0 guest "$G/many" "$T"/lib*.so
	[ "$output" = 100 ]
}

@test "unwinding from a handler passes signal frame, stub and libc" {
	guest "$G/unwind"
	guest "$G/unwind-static"
}

@test "a storm of threads, children and signals loses nothing" {
	guest "$G/storm" 3
	guest "$G/storm-static" 3
}
