#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# long
# What the planner proves in real files, against objdump as an independent reader.
load ../lib

SITES=$BUILD/tests/loader/sites
export VENEER_REWRITE=all	# what can be proven does not depend on what is used

# against FILE: proven, found and changed as objdump sees it; the last line into $counts.
against()
{
	within 60 "$SITES" "$1" "$T/patched" > "$T/entry"
	objdump -d --no-show-raw-insn "$1" > "$T/before"
	objdump -d --no-show-raw-insn "$T/patched" > "$T/after"
	awk -v patched=1 -f "$REPO/tests/loader/sites.awk" "$T/entry" \
	    "$T/before" "$T/after" > "$T/out" || { tail -n 20 "$T/out"; false; }
	counts=$(tail -n 1 "$T/out")
	echo "$1: $counts, $(head -n 1 "$T/entry")"
}

# at_least PERCENT: of objdump's calls are rewritten; at least 99 are proven.
at_least()
{
	echo "$counts" | awk -v want="$1" '{
		exit !($2 * 100 >= want * $6 && ($2 + $4) * 100 >= 99 * $6) }' ||
	    { cat "$T/out"; false; }
}

# all AT-LEAST [LEFT]: every call but LEFT is rewritten; how many there are, the version of Go decides.
all()
{
	local sites left of
	read -r _ sites _ left _ of <<< "$counts"
	[ "$sites" -ge "$1" ] && [ "$left" -le "${2:-0}" ] && [ $((sites + left)) -eq "$of" ]
}

@test "libc.so.6: what is patched is an instruction for objdump, and nothing else changes" {
	against /lib/x86_64-linux-gnu/libc.so.6
	at_least 98
}

@test "ld-linux: the same" {
	against /lib64/ld-linux-x86-64.so.2
	at_least 95
}

@test "static glibc: the same" {
	echo 'int main(void) { return 0; }' > "$T/t.c"
	gcc -static -o "$T/t" "$T/t.c"
	against "$T/t"
	at_least 97
}

@test "static glibc, stripped of its section headers: no other sites" {
	echo 'int main(void) { return 0; }' > "$T/t.c"
	gcc -static -s -o "$T/t" "$T/t.c"
	within 60 "$SITES" "$T/t" > "$T/with"
	# e_shoff, e_shnum, e_shstrndx
	printf '\0\0\0\0\0\0\0\0' | dd of="$T/t" bs=1 seek=40 conv=notrunc status=none
	printf '\0\0\0\0' | dd of="$T/t" bs=1 seek=60 conv=notrunc status=none
	within 60 "$SITES" "$T/t" > "$T/without"
	# None that is not among the others; not quite all, since calls are all that leads to functions.
	[ -z "$(grep '^patch' "$T/without" | grep -vxFf "$T/with")" ]
	[ $(($(grep -c '^patch' "$T/without") * 10)) -ge \
	    $(($(grep -c '^patch' "$T/with") * 7)) ]
}

@test "a program linked with musl, whose local functions have no names" {
	command -v musl-gcc >/dev/null || skip "fixture: musl-gcc is not installed"
	against /usr/lib/x86_64-linux-musl/libc.so
	at_least 97
}

@test "Go programs, of this Go and stripped: every call is rewritten" {
	f=$(fixture go:hello:freebsd)
	against "$f"
	all 30
	f=$(fixture go:hello:linux)
	against "$f"
	at_least 96
}

@test "Go's os tests for FreeBSD: every call" {
	f=$(fixture gotest:os:freebsd)
	against "$f"
	all 30
}

@test "Go's os tests for DragonFly and NetBSD: every call; for Linux all but one" {
	f=$(fixture gotest:os:dragonfly)
	against "$f"
	all 30
	f=$(fixture gotest:os:netbsd)
	against "$f"
	all 30
	f=$(fixture gotest:os:linux)
	against "$f"
	all 40 1
}

@test "busybox, static and stripped" {
	f=$(command -v busybox) || skip "fixture: busybox is not installed"
	! file -L "$f" 2>/dev/null | grep -q 'dynamically' ||
	    skip "fixture: busybox is not static"
	against "$f"
	at_least 97
}

@test "text that is relocated at start is left alone" {
	printf '%s\n' '.globl f' '.type f,@function' 'f: mov $39,%eax' syscall \
	    ret '.size f,.-f' '.quad f' > "$T/t.s"
	gcc -shared -nostdlib -Wl,-z,notext -o "$T/t.so" "$T/t.s"
	run "$SITES" "$T/t.so"
	[[ $output = *"text is relocated at start"* ]]
	! grep '^patch' <<< "$output"
}

@test "esbuild of a new Go, stripped, whose table does not say where text starts" {
	f=$(fixture esbuild-freebsd)/bin/esbuild
	against "$f"
	all 30
}

@test "esbuild of an old Go: the same" {
	f=$(fixture esbuild-old-freebsd)/bin/esbuild
	against "$f"
	all 30
}

@test "libcrypto: tables in text hold 0f 05, none is a call" {
	[ -e /lib/x86_64-linux-gnu/libcrypto.so.3 ] ||
	    skip "fixture: no libcrypto.so.3 here"
	within 60 "$SITES" /lib/x86_64-linux-gnu/libcrypto.so.3 > "$T/entry"
	! grep '^patch' "$T/entry"
	grep -q '^skip' "$T/entry"
}

@test "half: seeded halves differ by seed and are the same for one seed" {
	f=/lib/x86_64-linux-gnu/libc.so.6
	VENEER_REWRITE=half:1 "$SITES" "$f" > "$T/a"
	VENEER_REWRITE=half:2 "$SITES" "$f" > "$T/b"
	VENEER_REWRITE=half:1 "$SITES" "$f" > "$T/c"
	cmp "$T/a" "$T/c"
	! cmp -s "$T/a" "$T/b"
	awk '/^counts/ { n = $3 + $4 + $5; exit !(n > 190 && n < 330) }' "$T/a"
}

@test "plan: reports calls by strategy, and each that stays with its reason" {
	f=$(fixture go:hello:freebsd)
	run -0 within 20 "$VENEER" plan "$f"
	[[ $output = *"calls: "*" rewritten (A "*", B "*", C "*") on "*" pages"* ]]
	run -0 within 20 "$VENEER" plan --json "$f"
	echo "$output" | jq -e '.plan.images[0].sites |
	    .rewritten == .a + .b + .c and .rewritten > 30 and
	    (.sigsys | length) + .rewritten == .candidates and
	    ([.patches[].site] | unique | length) == .rewritten'
}

# The first start of an 11 MB program; the file is read and hashed in the same run.
@test "plan: making an 11 MB program's entry costs at most 3 times reading and hashing it" {
	f=$(fixture esbuild-freebsd)/bin/esbuild
	# processor time, the least of both in turn: other work on the machine is not counted
	cpu()
	{
		local TIMEFORMAT='%3U %3S' u s
		read -r u s < <({ time "$@" > /dev/null; } 2>&1)
		echo $((10#${u/./} + 10#${s/./}))
	}
	hash=999999 entry=999999
	for i in $(seq 30); do
		[ "$i" -le 5 ] || [ "$entry" -gt $((3 * hash)) ] || break
		t=$(cpu sha256sum "$f")
		[ "$t" -ge "$hash" ] || hash=$t
		t=$(cpu "$SITES" "$f")
		[ "$t" -ge "$entry" ] || entry=$t
	done
	echo "hash $hash ms, entry $entry ms"
	[ "$entry" -le $((3 * hash)) ]
}

@test "each way to rewrite a call keeps registers, flags, vectors and the red zone" {
	private_home
	gcc -nostdlib -static -o "$T/s" "$REPO/tests/loader/strategies.S"
	within 10 "$T/s"
	against "$T/s"
	run -0 "$SITES" "$T/s"
	[[ ${lines[0]} = "counts "* ]]
	for s in A B C; do
		grep -q "^patch .* $s " <<< "$output"
	done
	for mode in all none half:1 half:2; do
		VENEER_REWRITE=$mode within 10 "$VENEER" run "$T/s"
	done
	within 10 "$VENEER" trace -c -o "$T/trace" "$T/s"
	cat "$T/trace"
}
