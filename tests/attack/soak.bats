# SPDX-License-Identifier: ISC
# tier: soak
# timeout: 7200
# The random attacks for long, with a new seed each time; the seed is printed.

load ../lib

setup()
{
	private_home
	HOSTILE=$BUILD/tests/attack/hostile
	BSD=$BUILD/tests/attack/bsdhostile
	KILLER=$BUILD/tests/attack/killer
	SEED=${ATTACK_SEED:-$(date +%s)}
	echo "seed $SEED"
}

withstands()
{
	run within "$1" "$VENEER" run --log "$T/log" "${@:2}"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = withstood ]
	run grep -s 'our bug' "$T/log"
	[ "$status" -ne 0 ]
}

@test "soak: native: 5,000 children with random calls" {
	ATTACK_SEED=$SEED ATTACK_ROUNDS=5000 withstands 1500 "$HOSTILE" random
}

@test "soak: freebsd: 4,000 children with random calls" {
	withstands 1500 --layer freebsd@12 "$BSD" random "$SEED" 2000
	withstands 1500 --layer freebsd@14 "$BSD" random "$SEED" 2000
}

@test "soak: signal storms, threads and execs, 40 times over" {
	for i in $(seq 40); do
		withstands 60 "$HOSTILE" raw-storm
		withstands 60 "$HOSTILE" exec-storm
		withstands 60 "$HOSTILE" exit-race
		withstands 60 "$HOSTILE" thread-exit-storm
	done
}

@test "soak: 20,000 kills at random moments leave nothing behind" {
	run within 3000 "$KILLER" 20000 8000 "$SEED" "$VENEER" run "$HOSTILE" masks
	echo "$output"
	[ "$status" -eq 0 ]
}
