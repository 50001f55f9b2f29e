#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Programs whose segments lie as no linker lays them: with rewriting they do what they do without, and natively.

bats_require_minimum_version 1.5.0
load ../lib

setup()
{
	export VENEER_CACHE=$T/cache
	cat > "$T/elf.py" <<'P'
# elf.py FILE TYPE ENTRY SEGMENT...: a program; a segment is FLAGS:VADDR:OFFSET:FILESZ:MEMSZ:ALIGN.  The file is
# 0x4000 bytes: exit_group(7) at 0x400, exit_group(the byte at 0x601400) at 0x800, by way of 0x1400.
import struct, sys
seg = [[int(x, 0) for x in s.split(":")] for s in sys.argv[4:]]
f = bytearray(0x4000)
struct.pack_into("<16sHHIQQQIHHHHHH", f, 0, b"\x7fELF\2\1\1", int(sys.argv[2], 0), 62, 1,
    int(sys.argv[3], 0), 64, 0, 0, 64, 56, len(seg), 0, 0, 0)
for i, (flags, vaddr, off, filesz, memsz, align) in enumerate(seg):
    struct.pack_into("<IIQQQQQQ", f, 64 + 56 * i, 1, flags, off, vaddr, vaddr, filesz, memsz, align)
end = b"\xb8\xe7\0\0\0\x0f\x05\xf4"
def put(at, code):
    f[at:at + len(code)] = code
put(0x400, b"\xbf\7\0\0\0" + end)
put(0x800, b"\x0f\xb6\x3c\x25" + struct.pack("<I", 0x601400) + b"\xe9" + struct.pack("<i", 0x1400 - 0x80d))
put(0x1400, b"\xb8\xe7\0\0\0\x0f\x05\xf4")
open(sys.argv[1], "wb").write(f)
P
}

# NAME TYPE ENTRY SEGMENT...
elf()
{
	rm -f "$T/$1"
	python3 "$T/elf.py" "$T/$1" "${@:2}"
	chmod 755 "$T/$1"
}

# A status: natively, and under the layer in every mode; also by a kept plan.
same()
{
	local mode
	run within 10 "$T/p"
	[ "$status" -eq "$1" ]
	for mode in none all all half:1; do
		VENEER_REWRITE=$mode run within 20 "$VENEER" run --layer linux@1 "$T/p"
		echo "$mode: $status $output"
		[ "$status" -eq "$1" ]
	done
	sleep 2.2
	for mode in all all all; do
		VENEER_REWRITE=$mode run within 20 "$VENEER" run --layer linux@1 "$T/p"
		echo "kept: $status $output"
		[ "$status" -eq "$1" ]
	done
}

# COUNT calls are, where the mode is all
rewritten()
{
	VENEER_REWRITE=all run -0 within 20 "$VENEER" plan --layer linux@1 "$T/p"
	echo "$output"
	[[ $output = *"calls: $1 rewritten"* ]]
}

X=5:0x400000:0:0x2000:0x2000:0x1000

@test "layout: one segment, a call is rewritten" {
	elf p 2 0x400400 $X
	rewritten 1
	same 7
}

@test "layout: the lowest address that the kernel allows leaves no room for slots" {
	elf p 2 0x10400 5:0x10000:0:0x2000:0x2000:0x1000
	same 7
	elf p 2 0x11400 5:0x11000:0:0x2000:0x2000:0x1000
	same 7
}

@test "layout: the same bytes of the file as text twice" {
	elf p 2 0x800400 $X 5:0x800000:0:0x2000:0x2000:0x1000
	same 7
	elf p 2 0x400400 $X 5:0x402000:0:0x2000:0x2000:0x1000 5:0x404000:0x1000:0x1000:0x1000:0x1000
	same 7
}

@test "layout: data shows the file's bytes where text shows calls that are rewritten" {
	# 0xb8, the mov
	elf p 2 0x400800 5:0x400000:0:0x2000:0x2000:0x1000 4:0x600000:0:0x2000:0x2000:0x1000
	rewritten 1
	same 184
	elf p 2 0x400800 5:0x400000:0:0x2000:0x2000:0x1000 6:0x600000:0:0x2000:0x2000:0x1000
	same 184
	elf p 2 0x600800 5:0x600000:0:0x1500:0x1500:0x1000 7:0x601800:0x1800:0x100:0x100:0x1000
	same 184
}

@test "layout: text and data on one page" {
	elf p 2 0x400400 5:0x400000:0:0x1200:0x1200:0x1000 6:0x401200:0x1200:0x400:0x2000:0x1000
	same 7
}

@test "layout: text that begins and ends inside pages" {
	elf p 2 0x400400 5:0x400400:0x400:0x20:0x20:0x1000
	same 7
}

@test "layout: text with a tail that is not in the file" {
	elf p 2 0x400400 7:0x400000:0:0x1800:0x5000:0x1000
	same 7
	elf p 2 0x400400 5:0x400000:0:0x4000:0x4000:0x1000
	same 7
}

@test "layout: alignments of nothing, one, a huge page and a gigabyte" {
	local a
	for a in 0 1 0x200000 0x40000000; do
		elf p 2 0x400400 "5:0x400000:0:0x2000:0x2000:$a"
		same 7
		elf p 3 0x400 "5:0:0:0x2000:0x2000:$a"
		same 7
	done
}

@test "layout: text beside and below what is ours, or the kernel's, runs or is refused in one line" {
	local a
	for a in 0x10000 0x1f000 0x20000 0x27000 0x2f000 0x30000 0x20000000 0x20001000 0x6e0000000000 0x6e0001000000 0x6e03ffff0000 0x6e0400000000 0x6e0480000000 \
	    0x6e0480001000 0x6e0480008000 0x6e0480009000 0x6e0480010000 0x7ffffffd0000 0x7fffffff8000; do
		elf p 2 $((a + 0x400)) "5:$a:0:0x2000:0x2000:0x1000"
		for mode in none all; do
			VENEER_REWRITE=$mode run within 20 "$VENEER" run --layer linux@1 "$T/p"
			echo "$a $mode: $status $output"
			[ "$status" -eq 7 ] || { [ "$status" -ge 125 ] && [ "$status" -le 126 ] &&
			    [ "${#lines[@]}" -eq 1 ]; }
		done
	done
}

@test "layout: text as large as the address space, or that wraps, is refused in one line" {
	local s
	for s in 5:0x400000:0:0x2000:0x7fff00000000:0x1000 5:0x400000:0:0x2000:0xffffffffffffffff:0x1000 \
	    5:0xfffffffffffff000:0:0x1000:0x1000:0x1000 5:0x400000:0:0x2000:0x1000:0x1000 \
	    5:0x400000:0xffffffffffffe000:0x2000:0x2000:0x1000 5:0x400001:0:0x2000:0x2000:0x1000; do
		elf p 2 0x400400 "$s"
		run within 20 "$VENEER" run --layer linux@1 "$T/p"
		echo "$s: $status $output"
		[ "$status" -ge 125 ] && [ "$status" -le 126 ]
		[ "${#lines[@]}" -eq 1 ]
	done
	elf p 2 0x400400 $X 5:0x401000:0:0x2000:0x2000:0x1000
	run within 20 "$VENEER" run --layer linux@1 "$T/p"
	[ "$status" -eq 126 ]
}
