#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# long
# Unmodified programs: the same command native and under linux@1 has the same output, exit status and side effects.
# Each test runs the shell script cases/NAME, whose head names the commands that it needs.
load ../lib
load same

setup()
{
	private_home
}

@test "busybox, static: a shell, pipes and applets" {
	same busybox
}

# Root's cases that become another user: can that one see this build at all?
reachable()
{
	[ "$(id -u)" -ne 0 ] || setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$BUILD/veneer-plan" ||
	    skip "fixture: other users cannot reach this build"
}

@test "dash: functions, traps, exit codes, a signal to itself" {
	same dash
}

@test "bash: subshells, process substitution, pipes, exec with another name" {
	same bash
}

@test "bash: job control on a terminal" {
	same jobs
}

@test "coreutils: files, sums, sorting, limits in time" {
	same coreutils
}

@test "timeout, kill, nohup, setsid, nice, env: processes and signals" {
	same timeout
}

@test "a program with sixteen descriptors, and none to spare" {
	same ulimit
}

@test "find and xargs: trees, and a command for each file" {
	same find
}

@test "grep, sed, awk: text" {
	same grep
}

@test "gawk: commands and coprocesses" {
	same gawk
}

@test "tar with xz and gzip: an archive made and unpacked" {
	same tar
}

@test "make -j2: rules, shells, recursive calls" {
	same make
}

@test "gcc and clang: programs of several files, static, static-pie and dynamic" {
	same gcc
}

@test "g++: exceptions, threads, a tool that fails" {
	same gpp
}

@test "musl, static and dynamic: threads and popen" {
	same musl
}

@test "#! scripts: arguments, nesting, and each way to fail" {
	same scripts
}

@test "a program sees itself: its link, name, arguments and mappings" {
	same self
}

@test "other guests' programs, by their links in /proc: what they say, opened, copied, executed" {
	same exelinks
}

@test "roots without /proc, roots and mounts that hide Veneer, pivot_root" {
	same roots
}

@test "the dynamic linker: as a program, its debugging, preloads, the auxiliary vector" {
	same ld
}

@test "perl: processes, pipes, alarms, sockets" {
	same perl
}

@test "python3: subprocess, threads, fork, files about itself" {
	same python
}

@test "python3: multiprocessing by fork and by spawn" {
	same multiprocessing
}

@test "git: init, commit, log, gc, clone, status" {
	same git
}

@test "sqlite3: tables, a transaction, a check" {
	same sqlite
}

@test "node: child processes, workers, timers, files" {
	same node
}

@test "java: threads, a child process, faults that are exceptions" {
	same java
}

@test "redis: a server, its benchmark, a forked save, shutdown" {
	same redis
}

@test "openssl: digests, ciphers, a key, a TLS connection to itself" {
	same openssl
}

@test "curl and a python3 server on localhost" {
	same curl
}

@test "vim -es: edits a file" {
	same vim
}

@test "tmux: a server, a session, a command in a terminal" {
	same tmux
}

@test "strace: the calls of a program" {
	same strace
}

@test "gdb: a breakpoint, a backtrace, a value" {
	same gdb
}

@test "programs built with ASan: a bug is found, a good program ends well" {
	same asan
}

@test "programs built with TSan and MSan: their address space, their findings" {
	same tsan
}

@test "a Rust program: threads, a child, a caught panic" {
	same rust
}

@test "a Go program: goroutines, signals, a child process" {
	same go
}

@test "a configure script that compiles its questions" {
	same configure
}

@test "other users, namespaces, roots" {
	reachable
	same users
}

@test "daemons: double fork, a session of its own, a parent that ends first" {
	same daemon
}

@test "a terminal of its own: script, stty, tty" {
	same script
}

@test "bc and dc: arithmetic" {
	same bc
}

@test "diff, patch, cmp, comm: files compared" {
	same diff
}

@test "compressors: bzip2, zstd, zip where installed, and back" {
	same zip
}

@test "ps, pgrep, top: what others can be seen" {
	same ps
}

@test "locale, iconv, gettext: libc loads modules by itself" {
	same locale
}

@test "valgrind: translates a program, and finds what is wrong with it" {
	same valgrind
}

@test "LuaJIT: compiled loops, calls into libc, callbacks" {
	same luajit
}

@test "git: 4,000 files, packed by threads, cloned by protocol, stashed, bisected, archived" {
	same gitlarge
}

@test "nginx: two workers, a proxy, load, reload, a new binary in flight" {
	same nginx
}

@test "gdb and strace attach from outside" {
	same outside
}

@test "sessions, groups, timeouts, and what each limit does" {
	same pgroup
}

@test "bwrap: namespaces, and a seccomp filter for all that runs in them" {
	same bwrap
}

@test "chromium: a page with a script, in its own sandbox" {
	reachable
	unshare -U true 2>/dev/null || skip "kernel: no user namespaces here"
	same chromium_sandbox
}
