#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
bats_require_minimum_version 1.5.0
load ../lib

GEN="$REPO/abi/gen"

# read_table ROWS: what table.awk says to a table of these rows.
read_table()
{
	printf '%b' "$1" > "$T/syscalls.tbl"
	within 10 awk -f "$GEN/die.awk" -f "$GEN/table.awk" \
	    -f "$GEN/${2:-nr.awk}" -v personality=x "$T/syscalls.tbl"
}

refused()
{
	run read_table "$1"
	[ "$status" -ne 0 ]
	[[ $output = *"$2"* ]]
}

entry_bytes()	# NR: the first 16 bytes of a stub, as hex
{
	objdump -s -j .stubs --start-address=$(($1 * 16)) \
	    --stop-address=$(($1 * 16 + 16)) "$T/stubs.o" |
	    awk '/^ [0-9a-f]+ / { printf "%s%s%s%s", $2, $3, $4, $5 }'
}

@test "golden: the dump of each personality is what the tables say" {
	for p in native freebsd linux; do
		diff -u "$BATS_TEST_DIRNAME/golden/$p.txt" "$BUILD/gen/$p.txt" ||
		    { echo "ninja golden renews it"; return 1; }
	done
}

@test "matrix: docs/matrix-*.md are what the tables say" {
	for p in native freebsd linux; do
		diff -u "$REPO/docs/matrix-$p.md" "$BUILD/gen/matrix-$p.md" ||
		    { echo "ninja golden renews it"; return 1; }
	done
}

@test "table: a row that is right is read" {
	run -0 read_table '1\texit\t1\t-\tlayer\tfull\tvoid\trval:int\n'
	[[ $output = *"#define X_SYS_exit 1"* ]]
}

@test "table: falling numbers are refused" {
	refused '2\ta\t1\t-\thost\tfull\tint\t-\n1\tb\t1\t-\thost\tfull\tint\t-\n' "must rise"
}

@test "table: versions of one number that overlap are refused" {
	refused '1\ta\t1\t3\thost\tfull\tint\t-\n1\tb\t3\t-\thost\tfull\tint\t-\n' overlaps
	refused '1\ta\t1\t-\thost\tfull\tint\t-\n1\tb\t2\t2\thost\tfull\tint\t-\n' overlaps
}

@test "table: one number may change its meaning between versions" {
	run -0 read_table '1\ta\t1\t2\thost\tfull\tint\t-\n1\tb\t3\t-\thost\tfull\tint\t-\n'
}

@test "table: one name with two numbers is refused" {
	refused '1\ta\t1\t-\thost\tfull\tint\t-\n2\ta\t1\t-\thost\tfull\tint\t-\n' "two numbers"
}

@test "table: an unknown route, an unknown status and a part without a note are refused" {
	refused '1\ta\t1\t-\tmagic\tfull\tint\t-\n' "no route"
	refused '1\ta\t1\t-\thost\tgood\tint\t-\n' "no status"
	refused '1\ta\t1\t-\thost\tpart\tint\t-\n' "needs a note"
}

@test "sysent: a length that names no argument is refused" {
	printf '1\tread\t1\t-\thost\tfull\tsize\tfd:fd buf:>bytes[count]\n' > "$T/syscalls.tbl"
	: > "$T/layout.tbl"
	run within 10 awk -v personality=x -v version=1 -f "$GEN/die.awk" \
	    -f "$GEN/table.awk" -f "$GEN/struct_table.awk" \
	    -f "$GEN/arg_words.awk" -f "$GEN/sysent.awk" \
	    "$T/syscalls.tbl" "$T/layout.tbl"
	[ "$status" -ne 0 ]
	[[ $output = *"no argument count"* ]]
}

@test "sysent: every number that a layer has stands at its index, others at nosys" {
	for v in 11 14; do
		awk '/\.long.*- sysent_base/ { sub(/^\t\.long\t/, "")
			sub(/ - .*/, ""); print n++, $0 }' \
		    "$BUILD/gen/freebsd-${v}_sysent.S" > "$T/have"
		awk -F '\t' -v v=$v '/^[0-9]/ && $3 <= v &&
		    ($4 == "-" || v <= $4) && $6 != "none" {
			print $1, "freebsd_" $2 }' \
		    "$REPO/abi/freebsd/syscalls.tbl" > "$T/want"
		grep -vw freebsd_nosys "$T/have" | diff - "$T/want"
	done
}

@test "freebsd: every number that Go programs use has a row" {
	run -0 awk -F '\t' 'FNR == NR { if ($1 ~ /^[0-9]+$/) row[$1] = 1; next }
	    !/^#/ { n = split($0, w, " ")
		for (i = 1; i <= n; i++) if (!(w[i] in row)) print w[i] }' \
	    "$REPO/abi/freebsd/syscalls.tbl" "$BATS_TEST_DIRNAME/go-freebsd.txt"
	[ -z "$output" ]
}

@test "freebsd: the 64-bit inode calls exist since 12, not in 11" {
	for name in freebsd_fstat freebsd_kevent freebsd_getdirentries; do
		run ! grep -qw "$name" "$BUILD/gen/freebsd-11_sysent.S"
	done
	run -0 awk -F '\t' '$2 == "fstat" || $2 == "kevent" { print $3 }' \
	    "$REPO/abi/freebsd/syscalls.tbl"
	[ "$output" = "12
12" ]
}

@test "stubs: entry n lies at 16 n, loads n and goes to the gate; 1023 takes its number from %eax" {
	cc -I"$BUILD/gen" -c -o "$T/stubs.o" "$BUILD/gen/native-1_stubs.S"
	size -A "$T/stubs.o" | grep -q '^\.stubs *16384 '
	for n in 0 1 57 335 600; do
		[[ $(entry_bytes $n) = b8$(printf '%02x%02x' $((n & 255)) $((n >> 8)))00006* ]]
	done
	[[ $(entry_bytes 1023) = 65ff2425* ]]
}

@test "stubs: getpid and gettid read the thread block and return" {
	cc -I"$BUILD/gen" -c -o "$T/stubs.o" "$BUILD/gen/native-2_stubs.S"
	for n in 39 186; do
		[[ $(entry_bytes $n) = 658b0425????????c3* ]]
	done
}

@test "errno: a host errno that leads nowhere is refused" {
	printf '1\tEPERM\n2\tENOENT\n' > "$T/host.tbl"
	printf 'EPERM\t1\tEPERM\n' > "$T/errno.tbl"
	run within 10 awk -v personality=x -f "$GEN/errno.awk" "$T/host.tbl" "$T/errno.tbl"
	[ "$status" -ne 0 ]
	[[ $output = *"ENOENT leads nowhere"* ]]
}

@test "layout: overlapping fields are refused" {
	printf 'struct\ts\t8\n0\tu64\ta\n4\tu32\tb\n' > "$T/layout.tbl"
	run within 10 awk -v personality=x -f "$GEN/die.awk" \
	    -f "$GEN/struct_table.awk" -f "$GEN/witness.awk" "$T/layout.tbl"
	[ "$status" -ne 0 ]
	[[ $output = *overlaps* ]]
}

@test "maps: errnos, signals and flags go to the host and back" {
	cc -std=gnu11 -Wall -Wextra -Werror -I"$BUILD/gen" -o "$T/maps" \
	    "$BATS_TEST_DIRNAME/maps.c"
	within 10 "$T/maps"
}
