#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# tier: soak

bats_require_minimum_version 1.5.0
load ../lib

@test "ten minutes of threads, children and signals lose nothing" {
	private_home
	within 400 "$VENEER" run "$BUILD/tests/native/storm" 300
	within 400 "$VENEER" run "$BUILD/tests/native/storm-static" 300
}

@test "pthread_cancel loses no effect in a hundred thousand rounds" {
	private_home
	cd "$T" || return
	within 900 "$VENEER" run "$BUILD/tests/native/cancel" 100000
}
