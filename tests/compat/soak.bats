#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The programs of programs.bats for an hour on two processors, while random processes of theirs are stopped and killed.
# tier: soak
# timeout: 4800
load ../lib

setup()
{
	private_home
	chmod 755 "$T"
	SECONDS_EACH=${SOAK_SECONDS:-3600}
	SEED=${SOAK_SEED:-$(date +%s)}
	echo "seed $SEED"
}

# Not jobs, users and script: bash, su and script watch for stopped children, and act on it as natively (script can lose its child's
# end: of two such signals while it is stopped it sees the first).
# cases: those whose needs are installed.
cases()
{
	local c need
	for c in $(sed -n 's/^	same //p' "$BATS_TEST_DIRNAME/programs.bats") postgres; do
		case $c in jobs|users|script) continue ;; esac
		for need in $(sed -n 's/^# needs: //p' "$BATS_TEST_DIRNAME/cases/$c"); do
			command -v "$need" >/dev/null || continue 2
		done
		echo "$BATS_TEST_DIRNAME/cases/$c"
	done
}

@test "soak: programs under random SIGSTOP and SIGKILL end as natively, none hangs, nothing is left behind" {
	local list a b n=0 alone=()
	list=$(cases)
	export VENEER_CACHE=$T/cache CASES=$BATS_TEST_DIRNAME/cases LC_ALL=C.UTF-8 TZ=UTC TERM=dumb
	mkdir -m 755 "$T/a" "$T/b" "$T/shm" "$VENEER_CACHE"
	# A /dev/shm of its own, where that can be: others use the machine's meanwhile.
	! unshare -m true 2>/dev/null || alone=(unshare -m sh -c 'chmod 1777 "$0" && mount --bind "$0" /dev/shm && exec "$@"' "$T/shm")
	# shellcheck disable=SC2086 # words
	(cd "$T/a" && exec "${alone[@]}" "$BUILD/tests/compat/soak" "$SECONDS_EACH" "$SEED" "$VENEER" $list) >"$T/a.log" 2>&1 &
	a=$!
	# shellcheck disable=SC2086
	(cd "$T/b" && exec "${alone[@]}" "$BUILD/tests/compat/soak" "$SECONDS_EACH" $((SEED + 1)) "$VENEER" $list) >"$T/b.log" 2>&1 &
	b=$!
	wait $a || n=1
	wait $b || n=1
	tail -n 60 "$T/a.log" "$T/b.log"
	find "$T/a" "$T/b" -name 'run.*' | sed 's/^/left behind: /' | tee "$T/left"
	find "$T/shm" -name 'veneer*' | sed 's/^/left behind: /' | tee -a "$T/left"
	[ $n = 0 ]
	[ ! -s "$T/left" ]
}
