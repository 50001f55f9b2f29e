#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Signals, threads and kqueue of the FreeBSD personality, seen from inside a guest.

load ../lib

setup()
{
	private_home
	cd "$T"
	G=$BUILD/tests/freebsd
}

# VERSION PROGRAM TEST
guest()
{
	within 60 "$VENEER" run --layer "freebsd@$1" "$G/$2" "$3"
}

# PROGRAM TEST: under every version
all()
{
	local v
	for v in 11 12 13 14; do
		guest "$v" "$1" "$2"
	done
}

# kevent has its number since 12
newer()
{
	local v
	for v in 12 14; do
		guest "$v" "$1" "$2"
	done
}

@test "signal: a fault's frame has address, code, trap number; the handler's changes hold" {
	all signals frames
}

@test "signal: divide, undefined instruction and breakpoint carry FreeBSD's codes" {
	all signals traps
}

@test "signal: sigreturn restores general and vector registers" {
	all signals registers
}

@test "sigaltstack: handlers run on it; it cannot be changed meanwhile" {
	all signals stacks
}

@test "signal: every number arrives as itself by kill and thr_kill" {
	all signals numbers
}

@test "sigaction: flags and masks read back; RESETHAND resets; bad ones are refused" {
	all signals actions
}

@test "sigprocmask: 128 bits read back; sigpending and sigsuspend see blocked signals" {
	all signals masks
}

@test "sigwait, sigtimedwait, sigwaitinfo: what is pending is taken, with its value" {
	all signals waits
}

@test "signal: a read is interrupted without SA_RESTART and goes on with it" {
	all signals restarts
}

@test "exec: mask and ignored signals are inherited, handlers are not" {
	all signals execs
}

@test "signal: one that arrives between a handler's end and its sigreturn is delivered there" {
	all signals between
}

@test "getcontext, setcontext, swapcontext go back where they were" {
	all signals contexts
}

@test "thr_new: TLS, both thread ids and the exit word" {
	all threads births
}

@test "thr_kill to all others; thr_suspend ends by thr_wake" {
	all threads kills
}

@test "_umtx_op: waits compare, time out and refuse" {
	all threads words
}

@test "_umtx_op: mutexes of four threads lose no update" {
	all threads mutexes
}

@test "_umtx_op: a condition variable loses no wake-up" {
	all threads conditions
}

@test "_umtx_op: read-write locks keep readers and writers apart" {
	all threads rwlocks
}

@test "_umtx_op: semaphores lose no post" {
	all threads semaphores
}

@test "_umtx_op: a dead thread's robust mutex is owner-dead" {
	all threads robust
}

@test "setuid, seteuid, setgroups are of the whole process: running, sleeping and new threads follow" {
	[ "$(id -u)" -eq 0 ] || skip "needs-root: changes its user"
	chmod 755 "$T"
	for v in 11 14; do
		rm -f secret
		guest "$v" threads identity
		rm -f secret
		guest "$v" threads identities
	done
}

@test "kevent: a level-triggered knote is told while there is data, then EV_EOF" {
	newer kqueue level
}

@test "kevent: EV_CLEAR tells each arrival once" {
	newer kqueue edge
}

@test "kevent: EV_ONESHOT fires once and deletes, EV_DISPATCH fires once and disables" {
	newer kqueue once
}

@test "kevent: READ and WRITE of one descriptor are independent" {
	newer kqueue both
}

@test "kevent: NOTE_LOWAT holds back" {
	newer kqueue lowat
}

@test "kevent: an unconnected socket is silent; a listening one counts connections" {
	newer kqueue sockets
}

@test "kevent: files are readable by offset; EVFILT_VNODE tells writes, renames, deletion" {
	newer kqueue files
}

@test "kevent: EVFILT_VNODE calls truncation a change of attributes" {
	newer kqueue truncation
}

@test "kevent: EVFILT_VNODE tells an open directory of its removal" {
	newer kqueue directories
}

@test "kevent: EVFILT_USER wakes who waits, and stays triggered without EV_CLEAR" {
	newer kqueue user
}

@test "kevent: timers fire once or count their periods" {
	newer kqueue timers
}

@test "kevent: EVFILT_SIGNAL counts ignored and handled signals" {
	newer kqueue signals
}

@test "kevent: EVFILT_PROC tells a child's exit status; kqueues are not inherited" {
	newer kqueue processes
}

@test "kevent: errors and receipts are events; bad arguments are refused" {
	newer kqueue errors
}

@test "kqueue: one can be watched by another, and has as many names as it is dupped" {
	newer kqueue nested
}

@test "kqueue: it outlives close_range and a program that takes every other descriptor" {
	newer kqueue closing
}

@test "kqueue: the layer's own descriptors are not there for the guest and make room for it" {
	newer kqueue own
}

@test "kevent: more events than fit are told by the next call" {
	newer kqueue many
}
