#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# tier: full
bats_require_minimum_version 1.5.0
load ../lib
load tree
export BATS_TEST_TIMEOUT=3600

@test "Go programs of every system are told apart" {
	tree native-1
	command -v go >/dev/null || skip "fixture: no Go here"
	cd "$T"
	echo 'package main; func main() { println("hi") }' > m.go
	export GO111MODULE=off GOARCH=amd64 GOCACHE=$T/cache
	for pair in dragonfly:dragonfly netbsd:netbsd openbsd:openbsd \
	    freebsd:freebsd linux:linux illumos:solaris darwin:darwin; do
		GOOS=${pair%:*} nice go build -o p m.go
		run within 20 "$V" which p
		refused 125 "needs a layer ${pair#*:},"
	done
	GOOS=windows nice go build -o p m.go
	run within 20 "$V" which p
	refused 126 "is a Windows program"
}
