#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Tests of Go libraries as Debian packages them, built for FreeBSD: what passes on Linux passes here.
# tier: full
# timeout: 1800

load ../lib
load gotest

setup()
{
	private_home
}

@test "fsnotify: files and directories watched by kqueue" {
	same_lib_results github.com/fsnotify/fsnotify
}

@test "golang.org/x/sys/unix: the calls themselves" {
	same_lib_results golang.org/x/sys/unix
}

@test "golang.org/x/term: terminals" {
	same_lib_results golang.org/x/term
}

@test "golang.org/x/net/ipv4: options and control messages of sockets" {
	same_lib_results golang.org/x/net/ipv4
}

@test "golang.org/x/net/nettest: connections and listeners" {
	same_lib_results golang.org/x/net/nettest
}

@test "flock: locks between processes" {
	same_lib_results github.com/gofrs/flock
}

@test "mmap-go: mapped files" {
	same_lib_results github.com/edsrzf/mmap-go
}

@test "go-ps: the processes that there are" {
	same_lib_results github.com/mitchellh/go-ps
}
