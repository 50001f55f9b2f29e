#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What must hold of what was built.

load ../lib

bodies()
{
	ls "$BUILD"/layers/*.so
}

@test "layer images have R and RX segments only, none writable" {
	for f in $(bodies); do
		readelf -lW "$f" | awk -v f="$f" '
		    $1 == "LOAD" {
			flags = $7 $8
			sub(/0x.*/, "", flags)
			if (flags !~ /^(R|RE)$/) {
				print f ": segment " flags
				bad = 1
			}
		    }
		    $1 == "GNU_STACK" && $7 ~ /E/ { print f; bad = 1 }
		    END { exit bad }'
	done
}

@test "layer images have no relocations, no undefined symbols, no library" {
	for f in $(bodies); do
		! readelf -rW "$f" | grep -i R_X86_64
		! nm -u "$f" | grep .
		! readelf -dW "$f" | grep -E 'NEEDED|TEXTREL|RELA?\b'
	done
}

@test "layer images export nothing" {
	for f in $(bodies); do
		! nm -D --defined-only "$f" 2>/dev/null | grep .
	done
}

@test "the gate holds nine syscall instructions, bodies and stubs none" {
	n=$(objdump -d "$BUILD/layer/gate.o" | grep -cw syscall)
	echo "gate: $n"
	[ "$n" = 9 ]
	objcopy -O binary -j .gate "$BUILD/layer/gate.o" "$T/first"
	[ "$(stat -c %s "$T/first")" = 4096 ]
	for f in $(bodies); do
		! objdump -d -j .text -j .stubs "$f" | grep -wE 'syscall|sysenter|int +\$0x80'
		objcopy -O binary -j .gate "$f" "$T/gate"
		cmp "$T/gate" "$T/first"
	done
}

@test "layer code touches no vector or x87 register" {
	for f in $(bodies); do
		! objdump -d --no-show-raw-insn "$f" |
		    grep -E '%(xmm|ymm|zmm|mm|st)[0-9(]'
	done
}

@test "programs have no writable and executable segment, and full relro" {
	for f in veneer veneer-plan veneerd veneer-trace; do
		[ -e "$BUILD/$f" ] || continue
		! readelf -lW "$BUILD/$f" | grep -E '(LOAD|GNU_STACK).* RWE'
		readelf -lW "$BUILD/$f" | grep -q INTERP || continue
		readelf -dW "$BUILD/$f" | grep -q BIND_NOW
		readelf -lW "$BUILD/$f" | grep -q GNU_RELRO
	done
}

@test "the front, which is enter too, is static, needs no libc and is small" {
	[ -x "$BUILD/veneer" ]
	! readelf -lW "$BUILD/veneer" | grep INTERP
	[ "$(size "$BUILD/veneer" | awk 'NR == 2 { print $4 }')" -lt 131072 ]
}
