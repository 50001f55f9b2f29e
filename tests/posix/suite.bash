# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# For bats files here: `load suite`. suite_get unpacks the suite; compare runs whole interfaces.

suite_get()
{
	src=$(sh "$REPO/sdk/source" "$REPO/tests/posix/sources.tbl" posixtestsuite 2>"$T/err") ||
	    skip "fixture: $(cat "$T/err")"
	tar -xzf "$src"/posixtestsuite_*.orig.tar.gz -C "$T"
	suite=$(echo "$T"/posix*)
	export BUILD
}

# compare NAMES...: every test of these interfaces.
compare()
{
	for i; do
		find "$suite"/conformance/interfaces/$i -name '[0-9]*-[0-9]*.c' \
		    ! -path '*/speculative/*'
	done | sort |
	    nice xargs -P2 -n1 "$REPO/tests/posix/compare" "$suite" >"$T/result"
	cut -d' ' -f1 "$T/result" | sort | uniq -c | sed 's/^/# /' >&3
	! grep '^FAIL' "$T/result"
	grep -q '^pass' "$T/result"
}
