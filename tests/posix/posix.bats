#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Debian's POSIX conformance tests as native guests: what passes natively (built with musl-gcc) passes under the layer.
# tier: full
# timeout: 5400
load ../lib

setup()
{
	command -v musl-gcc >/dev/null || skip "fixture: no musl-gcc installed"
	src=$(sh "$REPO/sdk/source" "$REPO/tests/posix/sources.tbl" posixtestsuite 2>"$T/err") ||
	    skip "fixture: $(cat "$T/err")"
	tar -xzf "$src"/posixtestsuite_*.orig.tar.gz -C "$T"
	suite=$(echo "$T"/posix*)
	export BUILD
}

# compare NAMES...: every test of these interfaces.
compare()
{
	for i; do
		find "$suite"/conformance/interfaces/$i -name '[0-9]*-[0-9]*.c' \
		    ! -path '*/speculative/*'
	done | sort |
	    nice xargs -P2 -n1 "$REPO/tests/posix/compare" "$suite" >"$T/result"
	cut -d' ' -f1 "$T/result" | sort | uniq -c | sed 's/^/# /' >&3
	! grep '^FAIL' "$T/result"
	grep -q '^pass' "$T/result"
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
