#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Debian's POSIX conformance tests as native guests: what passes natively (built with musl-gcc) passes under the layer.
# tier: full
# timeout: 5400
load ../lib
load suite

setup()
{
	command -v musl-gcc >/dev/null || skip "fixture: no musl-gcc installed"
	suite_get
}

@test "posix: signals" {
	compare 'sig*' raise 'kill*' pthread_kill pthread_sigmask
}

@test "posix: threads" {
	compare 'pthread_c*' pthread_exit pthread_join pthread_detach pthread_atfork \
	    'pthread_m*' 'pthread_rwlock*' 'pthread_barrier*' 'pthread_key*' pthread_once \
	    'pthread_s[ep]*' pthread_testcancel
}

@test "posix: processes, time and memory" {
	compare fork getpid nanosleep 'clock*' 'timer*' mmap munmap 'mlock*' 'munlock*' \
	    'sem_*' 'sched_*' 'shm_*' 'mq_*' 'aio_*' lio_listio fsync time
}
