#!/usr/bin/env bats
# SPDX-License-Identifier: ISC

load ../lib

setup()
{
	cd "$REPO"
}

@test "man pages pass mandoc's lint" {
	mandoc -T lint -W warning docs/man/*
}

@test "every subcommand and option of the usage text is in veneer(1)" {
	[ -x "$VENEER" ]
	within 5 "$VENEER" --help | grep -oE -- '--[a-z][a-z0-9-]+' |
	    sort -u | while read -r o; do
		mandoc -T ascii docs/man/veneer.1 | col -b |
		    grep -q -- "$o" || { echo "$o"; exit 1; }
	done
}

@test "links in the documents lead to files" {
	bad=$(git ls-files '*.md' | while read -r f; do
		grep -oE '\]\([^)#]+' "$f" | sed 's/](//' |
		    grep -vE '^[a-z]+:' | while read -r to; do
			[ -e "$(dirname "$f")/$to" ] || echo "$f: $to"
		done
	done)
	echo "$bad"
	[ -z "$bad" ]
}

@test "configure refuses an unknown option and says what to do" {
	run ./configure --frobnicate
	[ "$status" != 0 ]
	[[ $output == *"unknown option '--frobnicate'"*"--help"* ]]
}

@test "configure --help names every option and changes nothing" {
	before=$(stat -c %Y build/config.ninja)
	run ./configure --help
	[ "$status" = 0 ]
	for o in --prefix --cc --install-deps --help; do
		[[ $output == *"$o"* ]]
	done
	[ "$(stat -c %Y build/config.ninja)" = "$before" ]
}

@test "the version is the same in the front, CHANGELOG and configuration" {
	v=$(sed -n 's/^version = //p' "$BUILD/config.ninja")
	grep -q "^## $v" CHANGELOG.md
	run within 5 "$VENEER" --version
	[ "$output" = "veneer $v" ]
}
