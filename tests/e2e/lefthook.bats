#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# lefthook for FreeBSD, from npm, against lefthook for Linux of the same version: git, shells and their
# children, on pipes and on pseudo-terminals.

load ../lib

setup()
{
	FOREIGN=$(fixture lefthook-freebsd)/bin/lefthook
	NATIVE=$(fixture lefthook-linux)/bin/lefthook
	private_home
	mkdir "$T/repo"
	cd "$T/repo"
	git init -q .
	git config user.email nobody@example.org
	git config user.name nobody
	cat >lefthook.yml <<-'END'
		pre-commit:
		  commands:
		    one: {run: "echo one; tty | sed s/[0-9]*$//"}
		    two: {run: "ls | wc -l"}
		    three: {run: "exit 3"}
		    four: {run: "cat {staged_files}", glob: "*.txt"}
	END
	echo text >a.txt
	git add .
	"$NATIVE" install -f >/dev/null
}

# COMMAND...: what both print, without times and colours, and their exit codes; under a pseudo-terminal when `tty` is set
same()
{
	local who status words="$*"
	for who in native foreign; do
		set -- "$NATIVE"
		[ "$who" = native ] || set -- "$VENEER" run "$FOREIGN"
		status=0
		if [ -n "${tty:-}" ]; then
			within 60 script -qec "$* $words" /dev/null >"$T/raw" 2>&1 </dev/null || status=$?
		else
			# shellcheck disable=SC2086
			within 60 "$@" $words >"$T/raw" 2>&1 </dev/null || status=$?
		fi
		sed -e 's/\x1b\[[0-9;]*m//g' -e 's/([0-9.]* seconds)//' -e 's/in [0-9.]* seconds//' \
		    -e 's/\r//' "$T/raw" >"$T/$who"
		echo "status $status" >>"$T/$who"
	done
	diff "$T/native" "$T/foreign"
}

@test "lefthook: its version, its checks and the whole configuration" {
	same version
	same validate
	same dump
}

@test "lefthook: installs hooks that git finds" {
	rm .git/hooks/pre-commit
	same install -f
	[ -x .git/hooks/pre-commit ]
	grep -q lefthook .git/hooks/pre-commit
}

@test "lefthook: runs commands on pipes and hands back their output and exit codes" {
	same run pre-commit --force
	grep -q text "$T/foreign"
	grep -q "exit status 3" "$T/foreign"
}

@test "lefthook: runs commands on pseudo-terminals of their own" {
	tty=1 same run pre-commit --force
	grep -q "exit status 3" "$T/foreign"
	grep -q /dev/pts/ "$T/foreign"
}
