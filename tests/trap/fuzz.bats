#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# tier: soak
# timeout: 3600
load ../lib

@test "kern: ten million rows of hostile requests break nothing" {
	cd "$REPO"
	ninja build/tests/trap/fuzz
	mkdir -p "$T/corpus"
	printf '\x20\x40\x10\x01\x10\x00\x00\x00\x00\xff' > "$T/corpus/null"
	printf '\x20\x40\x11\x01\x10\x05\x00\x00\x01\xff' > "$T/corpus/park"
	printf '\x20\x40\x13\x01\x10\x03\x00\x00' > "$T/corpus/echo"
	runs=${VENEER_FUZZ_RUNS:-10000000}
	within 3500 nice "$BUILD/tests/trap/fuzz" -runs="$runs" -max_len=512 \
	    -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
	    -artifact_prefix="$T/" "$T/corpus" > "$T/log" 2>&1 || {
		tail -n 40 "$T/log"
		false
	}
	grep number_of_executed_units "$T/log"
}
