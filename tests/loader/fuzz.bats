#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# tier: soak
# timeout: 3600
load ../lib

# Seeds: every kind of file that the planner tells apart, whole and cut off.
corpus()
{
	mkdir -p "$T/corpus"
	cd "$T/corpus" || return
	gcc -nostdlib -static "$REPO/tests/loader/elves.S" -o static
	gcc -nostdlib -pie "$REPO/tests/loader/elves.S" -o pie
	strip static pie
	cp "$BUILD/layers/native-1.so" layer
	for f in static static-pie pie nopie fb12 abi12; do
		head -c 20000 "$BUILD/tests/loader/$f" > "cut-$f"
	done
	printf '#!/bin/sh -x\n' > script
	printf '\xcf\xfa\xed\xfe\x07\0\0\1%0100d' 0 > macho
	printf '\xca\xfe\xba\xbe\0\0\0\2%0100d' 0 > fat
	printf '\177ELF\2\1\1%0100d\xff Go buildinf:build\tGOOS=dragonfly\n' \
	    0 > go
}

@test "planner: ten million hostile files neither crash nor plan nonsense" {
	cd "$REPO"
	ninja build/tests/loader/fuzz
	corpus
	runs=${VENEER_FUZZ_RUNS:-10000000}
	nice "$BUILD/tests/loader/fuzz" -runs="$runs" -max_len=32768 \
	    -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
	    -artifact_prefix="$T/" "$T/corpus" > "$T/log" 2>&1 || {
		tail -n 40 "$T/log"
		false
	}
	grep number_of_executed_units "$T/log"
}
