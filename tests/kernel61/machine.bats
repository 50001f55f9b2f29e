# SPDX-License-Identifier: ISC
# long
# The virtual machine itself: what every other test in it relies on.

load ../lib

setup_file() {
	export BATS_TEST_TIMEOUT=1800
	cd "$REPO" || return 1
	command -v qemu-system-x86_64 >/dev/null ||
	    skip "fixture: qemu-system-x86_64 (./configure --install-deps)"
	tests/kernel61/fetch "$FIXTURES/kernel61" 2>"$BATS_FILE_TMPDIR/fetch" ||
	    skip "fixture: $(tail -n 1 "$BATS_FILE_TMPDIR/fetch")"
	export OUT="$BATS_FILE_TMPDIR/out"
	# emulated, on a busy machine, it takes minutes
	tests/kernel61/run --timeout 1500 --user 'echo release $(uname -r)' \
	    'echo uid $(id -u)' '$BUILD/tests/kernel61/probe' \
	    'echo > /usr/planted && echo wrote' 'exit 3' > "$OUT" || echo $? >> "$OUT"
}

@test "kernel61: Debian's 6.1 runs commands as an ordinary user" {
	grep '^release 6\.1\.' "$OUT"
	grep '^uid [1-9]' "$OUT"
}

@test "kernel61: no mseal and no PROCMAP_QUERY there, dispatch and notifications work" {
	grep '^mseal no' "$OUT"
	grep '^procmap_query no' "$OUT"
	grep '^sud yes' "$OUT"
	grep '^user_notif yes' "$OUT"
}

@test "kernel61: a failing command is reported, and nothing is written to the host" {
	[ "$(tail -n 1 "$OUT")" = 1 ]
	[ ! -e /usr/planted ]
}
