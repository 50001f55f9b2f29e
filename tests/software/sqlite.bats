#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sqlite3 from Debian's source package under a native layer.
# tier: full

bats_require_minimum_version 1.5.0
load ../lib

setup()
{
	dir=$(nice sh "$REPO/tests/software/build" sqlite3 2>"$T/err") || {
		! grep -q '^source: ' "$T/err" ||
		    skip "fixture: $(grep '^source: ' "$T/err")"
		cat "$T/err"
		return 1
	}
	private_home
	cd "$T" || return
}

@test "sqlite3: the shell's output equals Debian's own" {
	command -v sqlite3 >/dev/null || skip "fixture: no sqlite3 installed"
	script=$REPO/tests/software/script.sql
	mkdir theirs ours
	(cd theirs && sqlite3 x.db < "$script" > ../theirs.out 2>&1) || :
	(cd ours && within 120 "$VENEER" run "$dir/sqlite3" x.db \
	    < "$script" > ../ours.out 2>&1) || :
	diff theirs.out ours.out
	[ "$(wc -l < ours.out)" -gt 80 ]
	sqlite3 ours/x.db 'pragma integrity_check' | grep -qx ok
	cmp theirs/copy.db ours/copy.db
}

@test "sqlite3: fuzzcheck over every test/fuzzdata*.db" {
	run -0 within 2400 nice "$VENEER" run "$dir/fuzzcheck" \
	    "$dir"/test/fuzzdata*.db
	[[ $output == *"fuzzcheck: 0 errors out of"* ]]
}
