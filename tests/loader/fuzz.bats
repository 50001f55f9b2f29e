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

# A byte that chooses the parser, then its input.
sites_corpus()
{
	mkdir -p "$T/sites"
	cd "$T/sites" || return
	"$BUILD/tests/loader/sites" /lib64/ld-linux-x86-64.so.2 "$T/ignored" \
	    > "$T/lines"
	objcopy -O binary -j .eh_frame /lib64/ld-linux-x86-64.so.2 "$T/eh"
	{ printf '\0'; head -c 4000 "$T/eh"; } > unwind
	# a header of each of Go's four formats, two functions
	for magic in fb fa f0 f1; do
		printf '\1\x'$magic'\xff\xff\xff\0\0\1\x08\2\0\0\0\0\0\0\0'
		printf '%056d%048d' 0 0 | tr 0 '\0'
	done > go
	gcc -nostdlib -static "$REPO/tests/loader/elves.S" -o static
	printf '%s\n' '.globl _start' '_start: mov $1,%eax' syscall \
	    'mov 8(%rsp),%rax' syscall 'inc %eax' syscall ret \
	    '.p2align 4' '.type _start,@function' '.size _start,.-_start' \
	    > "$T/a.s"
	gcc -nostdlib -static "$T/a.s" -o "$T/a"
	{ printf '\3'; cat "$T/a"; } > whole
	{ printf '\3'; cat static; } > elves
	rm static
	sleep 2.2	# no entry is kept of a file that is younger
	VENEER_CACHE=$T/cache "$BUILD/veneer-plan" --text rewrite=all "$T/a"
	{ printf '\2'; cat "$T"/cache/texts/*; } > entry
}

@test "sites: ten million hostile tables, entries and files are read without harm" {
	cd "$REPO"
	ninja build/tests/loader/fuzz_sites build/tests/loader/sites
	sites_corpus
	runs=${VENEER_FUZZ_RUNS:-10000000}
	nice "$BUILD/tests/loader/fuzz_sites" -runs="$runs" -max_len=20000 \
	    -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
	    -artifact_prefix="$T/" "$T/sites" > "$T/log" 2>&1 || {
		tail -n 40 "$T/log"
		false
	}
	grep number_of_executed_units "$T/log"
}

# Plans and text entries of real programs, behind the byte that tells them apart.
plan_corpus()
{
	mkdir -p "$T/plans"
	printf '#!%s\n' "$BUILD/tests/loader/static" > "$T/script"
	chmod 755 "$T/script"
	sleep 3.1
	for p in "$BUILD"/tests/native/hello "$BUILD"/tests/freebsd/files \
	    "$T/script"; do
		VENEER_CACHE=$T/cache VENEER_REWRITE='' "$VENEER" run "$p" \
		    > /dev/null 2>&1 || :
	done
	for f in "$T"/cache/plans/*; do
		{ printf '\0'; cat "$f"; } > "$T/plans/${f##*/}"
	done
	for f in "$T"/cache/texts/*; do
		{ printf '\1'; head -c 30000 "$f"; } > "$T/plans/${f##*/}"
	done
}

@test "enter: ten million hostile plans and text entries stay within bounds or are refused" {
	cd "$REPO"
	ninja build/tests/loader/fuzz_plan
	plan_corpus
	runs=${VENEER_FUZZ_RUNS:-10000000}
	nice "$BUILD/tests/loader/fuzz_plan" -runs="$runs" -max_len=32768 \
	    -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
	    -artifact_prefix="$T/" "$T/plans" > "$T/log" 2>&1 || {
		tail -n 40 "$T/log"
		false
	}
	grep number_of_executed_units "$T/log"
}
