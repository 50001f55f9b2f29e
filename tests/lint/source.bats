#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What must hold of every file in the repository.

load ../lib

setup()
{
	cd "$REPO"
}

# What git tracks, or would.
files()
{
	git ls-files -co --exclude-standard -- "$@"
}

sh_files()
{
	files | while read -r f; do
		case $f in *.bats|*.c|*.h|*.S|*.awk|*.md) continue ;; esac
		head -c 40 "$f" | head -n 1 | grep -aqE "^#!.*[/ ]$1\$" &&
		    echo "$f" || :
	done
}

@test "every file names its licence" {
	bad=$(files | while read -r f; do
		case $f in
		LICENSE|*.gitignore|sdk/veneer.specs|*/corpus/*|*.golden|*/golden/*) continue ;;
		*.json|*.elf|*.bin|*.patch|*.diff) continue ;;
		esac
		head -n 5 "$f" | grep -q 'SPDX-License-Identifier: ' ||
		    echo "$f"
	done)
	echo "$bad"
	[ -z "$bad" ]
}

@test "includes point one way" {
	headers=$(files '*.h' '*.inc' | awk -F/ '{
		d = $1
		if (d == "compat" || d == "kernel-glue")
			d = NF > 2 ? d "/" $2 : d
		print $NF, d
	}')
	files '*.c' '*.h' '*.S' | xargs grep -nE '^[ 	]*#[ 	]*include' |
	    awk -v headers="$headers" -f tests/lint/includes.awk
}

@test "functions and files keep their sizes" {
	files '*.c' '*.h' | grep -v '^tests/' | xargs awk -f tests/lint/sizes.awk
}

@test "no line is wider than 120 columns" {
	! files '*.c' '*.h' '*.S' | xargs awk '
	    length($0) > 120 { print FILENAME ":" FNR ": " length($0) }' |
	    grep .
}

@test "call tables are in order and say what is missing" {
	awk -f tests/lint/tables.awk abi/freebsd/syscalls.tbl \
	    abi/native/syscalls.tbl abi/linux/syscalls.tbl
}

@test "call numbers of the host come from the table alone" {
	! files 'layer/*.[ch]' 'compat/*.[ch]' 'loader/*.c' | grep -v '^loader/[a-z]*/' |
	    xargs grep -nE '\b(__NR_|SYS_)[a-z]' | grep -v 'FREEBSD_SYS_'
}

@test "no hosted header or libc name in freestanding code" {
	! files 'layer/*.[ch]' 'compat/*.[ch]' |
	    xargs grep -nE '\b(printf|malloc|abort|errno) *\(' |
	    grep -v '_errno'
}

@test "every folder has a README of 10 to 30 lines" {
	bad=$(files | awk -F/ 'NF > 1 { print $1 } NF > 2 && $1 ~ /^(compat|kernel-glue)$/ { print $1 "/" $2 }' |
	    sort -u | grep -vE '^(\.ci|\.|docs)$' | while read -r d; do
		n=$(wc -l < "$d/README.md" 2>/dev/null || echo 0)
		[ "$n" -ge 10 ] && [ "$n" -le 30 ] || echo "$d: $n lines"
	done)
	echo "$bad"
	[ -z "$bad" ]
}

@test "no machine path, registry host or mirror is committed" {
	! files | grep -v '^tests/lint/' | xargs grep -nIE \
	    '/wor[k]/|/roo[t]/\.|registry\.[a-z]|npmjs\.|proxy\.golang|deb\.debian\.org|snapshot\.debian'
}

@test "no binary and nothing generated is committed" {
	bad=$(files | grep -vE '/corpus/' | while read -r f; do
		[ ! -s "$f" ] || grep -qI . "$f" || echo "$f"
		case $f in build/*|*.o|*.so|*.a|*.tgz) echo "$f" ;; esac
	done)
	echo "$bad"
	[ -z "$bad" ]
}

@test "shell scripts pass shellcheck" {
	command -v shellcheck
	{ sh_files sh; sh_files bash; } | xargs shellcheck -S warning -e SC1007,SC2209,SC3013
}

@test "bats files pass shellcheck" {
	files '*.bats' '*.bash' | xargs shellcheck -S warning \
	    -e SC2034,SC2046,SC2030,SC2031,SC2154,SC2164,SC2314,SC2315,SC2317
}

@test "no sentence of a test's title is used twice" {
	dup=$(files '*.bats' | xargs grep -h '^@test ' | sort | uniq -d)
	echo "$dup"
	[ -z "$dup" ]
}

@test "every bats file gives its guests a time limit" {
	bad=$(files '*.bats' | grep -v '^tests/lint/' | xargs grep -L \
	    -E '\b(within|timeout|deadline)\b')
	echo "$bad"
	[ -z "$bad" ]
}
