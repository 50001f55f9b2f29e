#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# long
# Go's own library tests, built for FreeBSD: what passes on Linux passes here.

load ../lib
load gotest

setup()
{
	private_home
}

@test "go test sort" {
	same_results sort
}

@test "go test strings" {
	same_results strings
}

@test "go test io" {
	same_results io
}

@test "go test io/fs" {
	same_results io/fs
}

@test "go test io/ioutil" {
	same_results io/ioutil
}

@test "go test bufio" {
	same_results bufio
}

@test "go test sync" {
	same_results sync
}

@test "go test sync/atomic" {
	same_results sync/atomic
}

@test "go test path/filepath" {
	same_results path/filepath
}

@test "go test context" {
	same_results context
}

@test "go test internal/poll" {
	same_results internal/poll
}

@test "go test log" {
	same_results log
}

@test "go test syscall" {
	same_results syscall
}

@test "go test time" {
	same_results time
}

@test "go test os" {
	same_results os
}

@test "go test os/exec" {
	same_results os/exec
}

@test "go test os/signal" {
	same_results os/signal
}

@test "go test os/user" {
	same_results os/user
}

@test "go test net" {
	same_results net
}

@test "go test -exec: the go tool runs FreeBSD test programs through veneer" {
	cp -R "$(go env GOROOT)/src/container/heap" "$T/heap"
	cd "$T/heap"
	printf 'module heap\n' > go.mod
	GOCACHE=$FIXTURES/gocache GOOS=freebsd GOFLAGS=-mod=mod GOPROXY=off \
	    CGO_ENABLED=0 GOTOOLCHAIN=local \
	    within 120 go test -count=1 -vet=off -v \
	    -exec "$VENEER run --" . >"$T/log" 2>&1 || {
		cat "$T/log"
		return 1
	}
	grep -q '^ok ' "$T/log"
}
