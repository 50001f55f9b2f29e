# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# For bats files: `load ../lib`. Sets BUILD (absolute), VENEER, FIXTURES and a
# private home in $T, and gives the helpers below.

REPO=$(cd "${BATS_TEST_DIRNAME}/../.." && pwd)
BUILD=${BUILD:-$REPO/build}
case $BUILD in /*) ;; *) BUILD=$REPO/$BUILD ;; esac
VENEER=$BUILD/veneer
FIXTURES=${VENEER_FIXTURES:-${XDG_CACHE_HOME:-$HOME/.cache}/veneer/fixtures}
export VENEER_FIXTURES=$FIXTURES
T=${BATS_TEST_TMPDIR:-$BATS_TMPDIR}
# Tests share their plans with each other, not with who runs them; a temporary BUILD may be read-only.
export VENEER_CACHE=${VENEER_CACHE:-$BUILD/cache}
umask 022

# Sockets of a test are its own.
private_home()
{
	export HOME=$T/home XDG_CACHE_HOME=$T/home/.cache
	export XDG_RUNTIME_DIR=$T/home/run
	mkdir -p "$XDG_CACHE_HOME" "$XDG_RUNTIME_DIR"
	chmod 700 "$XDG_RUNTIME_DIR"
}

# within SECONDS COMMAND...: 124 when it did not end. A limit catches hangs and nothing else: it is five minutes
# at least, whatever a usual machine needs. VENEER_SLOW is how many times slower this one is.
within()
{
	local limit=$((($1 < 300 ? 300 : $1) * ${VENEER_SLOW:-1}))
	shift
	timeout -k 10 "$limit" "$@"
}

# fixture NAME: its directory on stdout, or the test is skipped.
fixture()
{
	sh "$REPO/tests/fixtures/get" "$1" 2>"$T/fixture.err" ||
	    skip "fixture: $1: $(tail -n 1 "$T/fixture.err")"
}

# wait_for SECONDS COMMAND...: polls until the command succeeds; a busy machine has five minutes at least.
wait_for()
{
	local end=$((SECONDS + ($1 < 300 ? 300 : $1) * ${VENEER_SLOW:-1}))
	shift
	while ! "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# tier full: is this run of that tier or above?
tier()
{
	case ${VENEER_TIER:-check}:$1 in
	*:check|full:full|soak:*) ;;
	*) return 1 ;;
	esac
}
