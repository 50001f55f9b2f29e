#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
bats_require_minimum_version 1.5.0
load ../lib
load tree

setup()
{
	tree freebsd-14
	cp "$G/static" "$T/p"
	L=$T/tree/layers/freebsd-14.so
}

@test "ELF: cut off anywhere it is refused, in one line" {
	for n in 4 5 16 63 64 100 200 4096 100000 500000; do
		head -c "$n" "$G/static" > "$T/p"
		run within 10 "$V" run "$T/p"
		[ "$status" -eq 126 ] || [ "$status" -eq 125 ]
		[ "${#lines[@]}" -eq 1 ]
	done
	: > "$T/p"
	run "$V" run "$T/p"
	refused 126 "is empty"
}

@test "ELF: other machines, classes and types are named" {
	poke "$T/p" 18 b700
	run "$V" run "$T/p"
	refused 126 "is for arm64"
	poke "$T/p" 18 0300
	poke "$T/p" 4 01
	run "$V" run "$T/p"
	refused 126 "is for i386"
	cp "$G/static" "$T/p"
	poke "$T/p" 5 02
	run "$V" run "$T/p"
	[ "$status" -eq 126 ]
	cp "$G/static" "$T/p"
	poke "$T/p" 16 0100
	run "$V" run "$T/p"
	refused 126 "type 1"
}

@test "ELF: program headers that make no sense are refused" {
	poke "$T/p" 56 0000		# e_phnum
	run "$V" run "$T/p"
	refused 126 "program headers"
	poke "$T/p" 56 ffff
	run "$V" run "$T/p"
	[ "$status" -eq 126 ]
	cp "$G/static" "$T/p"
	poke "$T/p" 32 ffffffffffffff7f	# e_phoff
	run "$V" run "$T/p"
	[ "$status" -eq 126 ]
	cp "$G/static" "$T/p"
	poke "$T/p" 54 0100		# e_phentsize
	run "$V" run "$T/p"
	[ "$status" -eq 126 ]
}

@test "ELF: segments out of order, range or file are refused" {
	ph=64
	poke "$T/p" $((ph + 16)) 000000000000ff7f	# p_vaddr
	run "$V" run "$T/p"
	refused 126 "makes no sense"
	cp "$G/static" "$T/p"
	poke "$T/p" $((ph + 40)) ffffffffffffffff	# p_memsz
	run "$V" run "$T/p"
	refused 126 "makes no sense"
	cp "$G/static" "$T/p"
	poke "$T/p" $((ph + 16)) 0100000000000000
	run "$V" run "$T/p"
	refused 126 "makes no sense"
	cp "$G/static" "$T/p"
	poke "$T/p" $((ph + 8)) 0000000001000000	# p_offset
	run "$V" run "$T/p"
	refused 126 "cut off"
}

@test "ELF: a program at an address that is in use is refused" {
	cp "$G/static" "$T/p"
	ph=64
	# One segment of the first two: enter's own place, page zero.
	poke "$T/p" $((ph + 16)) 0000000000000000
	run "$V" run "$T/p"
	[ "$status" -eq 125 ] || [ "$status" -eq 139 ] || [ "$status" -eq 0 ]
}

@test "ELF: an interpreter that is missing or none is named" {
	cp "$G/pie" "$T/p"
	off=$(grep -abo /lib64/ld-linux "$T/p" | head -n 1 | cut -d: -f1)
	poke "$T/p" "$off" 2f6e6f
	run "$V" run "$T/p"
	refused 126 "is missing or unusable"
	poke "$T/p" $((off + 27)) 41
	run "$V" run "$T/p"
	refused 126 "interpreter is damaged"
}

@test "native note: ranges and sections that make no sense are refused" {
	tree native-1 native-2
	cp "$G/abi12" "$T/p"
	off=$(grep -abo Veneer "$T/p" | head -n 1 | cut -d: -f1)
	poke "$T/p" $((off + 8 + 4)) 03000000	# abi_min over abi_max
	run "$V" run "$T/p"
	refused 126 "Veneer note makes no sense"
	cp "$G/abi12" "$T/p"
	poke "$T/p" $((off + 8 + 16)) 0000000000000040
	run "$V" run "$T/p"
	refused 126 "Veneer note makes no sense"
	cp "$G/abi12" "$T/p"
	poke "$T/p" $((off + 8 + 24)) 00000040
	run "$V" run "$T/p"
	refused 126 "Veneer note makes no sense"
}

@test "layer file: truncated, emptied or with one bit changed" {
	size=$(stat -c %s "$L")
	for n in 0 1 64 300 $((size / 2)) $((size - 1)); do
		head -c "$n" "$G/layers/freebsd-14.so" > "$L"
		run "$V" run "$G/static"
		refused 125 "layer freebsd@14 is"
		refused 125 "install it again"
	done
	for off in 8 70 $((size / 2)) $((size - 1)); do
		cp "$G/layers/freebsd-14.so" "$L"
		old=$(od -An -tx1 -j "$off" -N 1 "$L" | tr -d ' ')
		poke "$L" "$off" "$(printf %02x $((0x$old ^ 1)))"
		run "$V" run "$G/static"
		refused 125 "layer freebsd@14 is damaged"
	done
	cp "$G/layers/freebsd-14.so" "$L"
	echo >> "$L"
	run "$V" run "$G/static"
	refused 125 "digest"
}

@test "layer file: a directory, not there, or a layer by another name" {
	cp "$G/layers/native-1.so" "$L"
	run "$V" run "$G/static"
	refused 125 "names another layer"
	rm "$L"
	mkdir "$L"
	run "$V" run "$G/static"
	refused 125 "no regular file"
	rmdir "$L"
	ln -s /nothere "$L"
	run "$V" run "$G/static"
	refused 125 "No such file"
}

@test "layer file: unreadable" {
	[ "$(id -u)" -ne 0 ] || skip "needs-user: root reads everything"
	chmod 0 "$L"
	run "$V" run "$G/static"
	refused 125 "Permission denied"
}

@test "layer file: made for another gate, or with a writable segment" {
	off=$(grep -abo Veneer "$L" | head -n 1 | cut -d: -f1)
	poke "$L" $((off + 8 + 4)) 09000000
	"$BUILD/stamp" "$L"
	run "$V" run "$G/static"
	refused 125 "made for gate ABI 9"
	cp "$G/layers/freebsd-14.so" "$L"
	poke "$L" $((64 + 4)) 06000000
	"$BUILD/stamp" "$L"
	run "$V" run "$G/static"
	refused 125 "has a writable segment"
}

@test "layer file: without a gate, or with another one than its note says" {
	poke "$L" 32768 00
	"$BUILD/stamp" "$L"
	run "$V" run "$G/static"
	refused 125 "has no gate"
	cp "$G/layers/freebsd-14.so" "$L"
	poke "$L" $((32768 + 8)) 09000000
	"$BUILD/stamp" "$L"
	run "$V" run "$G/static"
	refused 125 "has no gate"
}

@test "limits: no descriptors left is an error that says so" {
	run bash -c 'ulimit -n 3; exec "$0" run "$1" exit 0' "$V" "$G/static"
	refused 125 "no file descriptors left"
}

@test "limits: a soft limit on descriptors is stretched and put back" {
	run -0 bash -c 'ulimit -S -n 3; exec "$0" run "$1" limit' "$V" \
	    "$G/static"
	[ "$output" = 3 ]
	run -0 bash -c 'exec 3>&- 4>&-; ulimit -S -n 5; exec "$0" --exec "" /bin/sh sh \
	    -c "ulimit -S -n"' "$V"
	[ "$output" = 5 ]
}

@test "limits: a small address space is enough: the arena reserves none" {
	for mb in 8000 2000 500 200 40 8; do
		run -0 bash -c 'ulimit -v $2; exec "$0" run "$1" memory' \
		    "$V" "$G/static" $((mb * 1024))
	done
}

@test "limits: no limit on file sizes keeps a program from starting" {
	run -0 bash -c 'ulimit -f 0; "$0" run "$1" exit 0' "$V" "$G/static"
}

@test "set-user-ID: a program that would lose its rights is refused" {
	chmod 4755 "$T/p"
	within 10 "$V" run "$T/p" exit 0
	[ "$(id -u)" -eq 0 ] || skip "needs-root: to give a file away"
	chown 65534 "$T/p"
	chmod 4755 "$T/p"
	run "$V" run "$T/p" exit 0
	refused 125 "is set-user-ID"
	run -0 setpriv --no-new-privs "$V" run "$T/p" exit 0
}

@test "--log: a file that cannot be written is an error at once" {
	run "$V" run --log "$T/no/log" "$G/static" exit 0
	refused 125 "--log: cannot write"
	run "$V" run --log '' "$G/static" exit 0
	refused 125 "--log: cannot write"
	cd "$T"
	run -0 "$V" run --log log "$G/static" exit 0
	[ "$(stat -c %a log)" = 600 ]
}

@test "trace ring: mapped into the arena, refused when it cannot be" {
	truncate -s 65536 "$T/ring"
	run -0 "$V" --exec "rewrite=none;trace=$T/ring" "$G/static" x cat /proc/self/maps
	grep "rw-s.*$T/ring" <<<"$output" | grep -E '^6e[0-9a-f]+600000-|00000-'
	truncate -s 16M "$T/ring"
	run "$V" --exec "trace=$T/ring" "$G/static" x exit 0
	refused 125 "cannot map $T/ring"
	run "$V" --exec "trace=$T/nothere" "$G/static" x exit 0
	refused 125 "cannot open the trace ring"
}

@test "kernel: without Syscall User Dispatch or seccomp it says what to do" {
	run "$G/deny" 157:59 22 "$V" run "$G/static" exit 0	# prctl
	refused 125 "Syscall User Dispatch is refused here"
	refused 125 "Linux 5.11"
	run "$G/deny" 157:21 22 "$V" run "$G/static" exit 0
	refused 125 "no seccomp"
}

@test "kernel: what containers may refuse besides is done without" {
	run -0 "$G/deny" 157:35 1 "$V" run "$G/static" exit 0	# PR_SET_MM
	run -0 "$G/deny" 319 38 "$V" run "$G/static" exit 0	# memfd_create
	run -0 "$G/deny" 439 38 "$V" run "$G/static" exit 0	# faccessat2
	run -0 "$G/deny" 462 38 "$V" run "$G/static" exit 0	# mseal
	run -0 "$G/deny" 135 1 "$V" run "$G/static" exit 0	# personality
	run -0 "$G/deny" 318 38 "$V" run "$G/static" exit 0	# getrandom
}

@test "run: a program without a name, by its descriptor" {
	run -0 bash -c 'exec 7<"$1"; rm "$1"; exec "$0" run /proc/self/fd/7 \
	    exit 0' "$V" "$T/p"
}

@test "--enter and veneer-plan refuse to be started by hand" {
	run "$V" --enter
	refused 125 "by hand"
	run "$V" --enter 7 x y z
	refused 125 "the plan"
	run "$V" --enter 0 x y z < "$G/static"
	refused 125 "another version"
	run "$T/tree/veneer-plan"
	refused 125 "not by hand"
}

@test "messages: control characters in names do not reach the terminal" {
	run -127 "$V" run $'/no\e[31m\nthere'
	refused 127 '/no?[31m?there'
	mkdir "$T/"$'\e'
	: > "$T/"$'\e'/p
	chmod 755 "$T/"$'\e'/p
	run "$V" run "$T/"$'\e'/p
	refused 126 '/?/p'
}
