#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Random code in pages that become executable late, and change after they have run: what it computes is what it
# computes natively, with all, none and a random half of its calls rewritten.

load ../lib

setup()
{
	private_home
	G=$BUILD/tests/late/pages
	rounds=400
	! tier full || rounds=4000
	! tier soak || rounds=100000
	seed=${PAGES_SEED:-$((RANDOM * 32768 + RANDOM))}
	within 3000 "$G" "$seed" $rounds "$T/object" > "$T/native"
	[ "$(wc -l < "$T/native")" -eq $rounds ]
}

# MODE: a line that differs names the seed of its round: PAGES_SEED of the next run
same()
{
	VENEER_REWRITE=$1 within 3000 "$VENEER" run --layer linux "$G" "$seed" $rounds "$T/object.guest" > "$T/guest" || {
		echo "ended with $? after $(tail -n 1 "$T/guest")"
		false
	}
	cmp "$T/native" "$T/guest" || diff "$T/native" "$T/guest" | head
}

@test "pages: random text that changes after its first run computes what it computes natively" {
	same all
	same "half:$seed"
}

@test "pages: the same without rewriting" {
	same none
}

@test "pages: calls are rewritten there" {
	for mode in none all; do
		VENEER_REWRITE=$mode within 300 "$BUILD/tests/late/count" "$T/$mode" "$VENEER" run --layer linux \
		    "$G" "$seed" 300 "$T/object.guest" > /dev/null
	done
	echo "$(cat "$T/none") calls, $(cat "$T/all") by SIGSYS"
	[ $(($(cat "$T/all") * 100)) -lt $(($(cat "$T/none") * 97)) ]
}
