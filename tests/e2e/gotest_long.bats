#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The longer of Go's library tests.
# tier: full
# timeout: 5000

load ../lib
load gotest
LIMIT=600

setup()
{
	private_home
}

@test "go test runtime" {
	same_results runtime
}

@test "go test net/http" {
	same_results net/http
}

@test "go test encoding/json" {
	same_results encoding/json
}

@test "go test bytes" {
	same_results bytes
}

@test "go test compress/gzip" {
	same_results compress/gzip
}

@test "go test text/template" {
	same_results text/template
}

@test "go test archive/tar" {
	same_results archive/tar
}

@test "go test crypto/tls" {
	same_results crypto/tls
}

@test "go test math/big" {
	same_results math/big
}

@test "go test runtime/debug" {
	same_results runtime/debug
}

@test "go test runtime/pprof" {
	same_results runtime/pprof
}
