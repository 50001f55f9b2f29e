#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Files, sockets, memory, processes and sysctl of the FreeBSD personality, seen from inside a guest.

load ../lib

setup()
{
	private_home
	G=$BUILD/tests/freebsd
}

# PROGRAM TEST VERSION...: each in a directory of its own
under()
{
	local program=$1 name=$2 v
	shift 2
	for v; do
		mkdir "$T/$v"
		cd "$T/$v"
		within 60 "$VENEER" run --layer "freebsd@$v" "$G/$program" "$name"
	done
}

@test "stat: the form with 64-bit inode numbers fills 224 bytes, its fields in their places" {
	under files stat_new 12 13 14
}

@test "stat: the form of version 11 fills 120 bytes and no more, in every version" {
	under files stat_old 11 12 13 14
}

@test "getdirentries: both forms give every name once through a buffer of 512 bytes" {
	under files entries 11 12 13 14
}

@test "files: errors have FreeBSD's numbers, and its own where the host has another" {
	under files errors 11 14
}

@test "fcntl: a record lock has FreeBSD's structure, and another process sees its holder" {
	under files locks 11 14
}

@test "descriptors: pipe answers in two registers; dup onto a number, status flags, closefrom" {
	under files descriptors 11 14
}

@test "utimensat: UTIME_NOW and UTIME_OMIT have FreeBSD's values" {
	under files times 11 14
}

@test "statfs: both forms name the mount, each with its version" {
	under files mounts 11 12 14
}

@test "sockets: an IPv4 address has its length; accept inherits O_NONBLOCK, accept4 does not" {
	under sockets inet 11 14
}

@test "sockets: AF_INET6 is 28 on both ways" {
	under sockets inet6 11 14
}

@test "sockets: a local name is cut and counted as FreeBSD does; names without a file are not there" {
	under sockets local 11 14
}

@test "sendmsg: a descriptor travels in FreeBSD's control message, close-on-exec on request" {
	under sockets rights 11 14
}

@test "sockopt: sizes are those that were set, SO_ERROR has FreeBSD's numbers" {
	under sockets options 11 14
}

@test "sendfile: headers, a part of the file and trailers go out, and all is counted" {
	under sockets send_file 11 14
}

@test "memory: DONTNEED keeps contents, EXCL refuses, alignment holds, munmap takes whole pages" {
	under system memory 11 14
}

@test "mmap: an offset inside a page shows in the address" {
	under system map_offset 11 14
}

@test "wait: status words and siginfo carry FreeBSD's signal numbers" {
	under system children 11 14
}

@test "rfork(RFSPAWN): the child has no handlers, its parent keeps its own" {
	under system spawns 11 14
}

@test "calls: a number that this version has not is SIGSYS, one that it has is not" {
	under system unknown 11 12 13 14
}

@test "calls: syscall and __syscall take the number first and the sixth argument from the stack" {
	under system indirect 11 14
}

@test "calls: the carry flag says how it went, rdx is kept" {
	under system registers 11 14
}

@test "limits: numbers and infinity are FreeBSD's" {
	under system limits 11 14
}

@test "clocks: FreeBSD's ids, a second without its parts, sleeping" {
	under system clocks 11 14
}

@test "sysctl: names, numbers, a value cut to its buffer, and what the version says" {
	under system tree 11 12 13 14
}

@test "sysctl: kern.proc.pathname is the program's own path" {
	mkdir "$T/x"
	cd "$T/x"
	run within 60 "$VENEER" run "$G/system" pathname
	[ "$status" -eq 0 ]
	[ "$output" = "$(realpath "$G/system")" ]
}

# refuses ERRNO FILE
refuses()
{
	within 60 "$VENEER" run "$G/system" refuses "$1" "$2"
}

@test "System V shared memory: segments, their structure, and a child that shares one" {
	under sysv shm 11 14
}

@test "System V semaphores: a set waits, wakes, undoes and is removed" {
	under sysv sems 11 14
}

@test "System V messages: by type, cut, waited for; the queue's structure" {
	under sysv queues 11 14
}

@test "POSIX message queues: priorities, attributes, time-outs and notification" {
	under sysv posix_queues 11 14
}

@test "aio: requests are done, their results taken once; what could wait is refused" {
	under aio results 11 14
}

@test "aio: a signal with its value, a kevent until the result is taken" {
	under aio telling 11 12 14
}

@test "aio: lists, with one request that fails, and told as a whole" {
	under aio lists 11 14
}

@test "aio: as many requests as FreeBSD keeps, none of them inherited" {
	under aio limits 11 14
}

@test "sendfile: cut short by a signal it says EINTR and how much went out" {
	under sockets cut_short 11 14
}

@test "execve: a program that cannot be started is the call's error, and its caller goes on" {
	cd "$T"
	head -c 4096 "$G/system" > short
	cp "$G/system" type
	printf '\1' | dd of=type bs=1 seek=16 conv=notrunc status=none
	printf '#!%s/short\n' "$T" > script
	printf '#!%s/absent\n' "$T" > lost
	cp "$G/system" plain
	chmod 755 short type script lost
	chmod 644 plain
	refuses 8 "$T/short"
	refuses 8 "$T/type"
	refuses 8 "$T/script"
	refuses 2 "$T/lost"
	refuses 13 "$T/plain"
	refuses 13 "$T"
	refuses 2 "$T/absent"
	refuses 2 "$G/dynamic"
	refuses 8 "$BUILD/tests/loader/fb15"
}

@test "run: what a shell starts for a FreeBSD program has its layer" {
	cat > "$T/script" <<-'END'
	#!/bin/sh
	exec "$1" pathname
	END
	chmod 755 "$T/script"
	run within 60 "$VENEER" run "$G/system" starts "$T/script" "$G/system"
	[ "$status" -eq 0 ]
	[ "$output" = "$(realpath "$G/system")" ]
}

# PID NAME: the process is called sleep and executes a file of this name; without a name, the layer's
runs_as()
{
	local exe
	exe=$(readlink "/proc/$1/exe")
	[ "$(cat "/proc/$1/comm")" = sleep ] || return
	[ "${exe##*/}" = "${2:-veneer}" ] || [[ -z $2 && $exe == */layers/* ]]
}

@test "run --no-follow: a Linux program that a FreeBSD program starts has no layer" {
	local args pid
	printf '#!/bin/sh\nsleep 300 >&- &\necho $!\n' > "$T/sleeper"
	chmod 755 "$T/sleeper"
	for args in "" --no-follow; do
		pid=$(within 60 "$VENEER" run $args "$G/system" starts "$T/sleeper" -)
		# its shell first, then what it becomes
		wait_for 5 runs_as "$pid" "${args:+sleep}"
		kill "$pid"
	done
}

@test "run: a program whose interpreter is missing is an error that names it and what to do" {
	run within 60 "$VENEER" run "$G/dynamic"
	[ "$status" -eq 126 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *"/libexec/ld-elf.so.1"* ]]
	[[ $output == *"FreeBSD"* ]]
}

@test "terminals: what both sides of a pseudo-terminal and other devices are called" {
	under terminal names 11 14
}

@test "terminals: sizes, settings and lines go through, packets are marked" {
	under terminal settings 11 14
}

@test "terminals: a session of its own, and the hang-up when the master is closed" {
	under terminal session 11 14
}

@test "sysctl: kern.proc tells of one process, a group's and all" {
	under system processes 11 14
}
