#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Debian's POSIX conformance tests as unmodified Linux programs: what passes natively passes under linux@1.
# tier: full
# timeout: 7200
load ../lib
load suite

setup()
{
	suite_get
	export GUEST=linux
}

@test "posix, linux: signals" {
	compare 'sig*' raise 'kill*' pthread_kill pthread_sigmask
}

@test "posix, linux: threads" {
	compare 'pthread_c*' pthread_exit pthread_join pthread_detach pthread_atfork \
	    'pthread_m*' 'pthread_rwlock*' 'pthread_barrier*' 'pthread_key*' pthread_once \
	    'pthread_s[ep]*' pthread_testcancel
}

@test "posix, linux: processes, time and memory" {
	compare fork getpid nanosleep 'clock*' 'timer*' mmap munmap 'mlock*' 'munlock*' \
	    'sem_*' 'sched_*' 'shm_*' 'mq_*' 'aio_*' lio_listio fsync time
}
