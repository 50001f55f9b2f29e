#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Python's own tests (Debian's libpython3-testsuite): each verdict is the native one.
# tier: full
# timeout: 3600
load ../lib

setup()
{
	private_home
	[ -e /usr/lib/python3.11/test/test_os.py ] || skip "fixture: no libpython3-testsuite installed"
}

# verdicts MODULE...
verdicts()
{
	local m bad=
	for m; do
		echo "$m"
		BUILD=$BUILD within 450 "$BATS_TEST_DIRNAME/pytests" "$m" || bad=1
	done
	[ -z "$bad" ]
}

@test "python's tests of processes: os, posix, subprocess, fork1, wait3, wait4, pty" {
	verdicts test_os test_posix test_subprocess test_fork1 test_wait3 test_wait4 test_pty
}

@test "python's tests of signals: signal, eintr, threadsignals, faulthandler" {
	verdicts test_signal test_eintr test_threadsignals test_faulthandler
}

@test "python's tests of threads: threading, thread, queue" {
	verdicts test_threading test_thread test_queue
}

@test "python's tests of multiprocessing: fork, forkserver, shared memory" {
	verdicts test_multiprocessing_fork test_multiprocessing_forkserver
}

@test "python's tests of memory and files: mmap, fileio, fcntl, ioctl, tempfile, resource" {
	verdicts test_mmap test_fileio test_fcntl test_ioctl test_tempfile test_resource test_largefile
}

@test "python's tests of sockets: socket, select, epoll, poll, ssl, socketserver" {
	verdicts test_socket.GeneralModuleTests test_socket.BasicTCPTest test_socket.SendmsgTCPTest \
	    test_socket.RecvmsgIntoSCMRightsStreamTest test_socket.InterruptedRecvTimeoutTest \
	    test_socket.InterruptedSendTimeoutTest test_select test_epoll test_poll test_selectors \
	    test_ssl test_socketserver
}
