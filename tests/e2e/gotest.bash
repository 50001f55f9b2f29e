# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Runs the test program of a package of Go's own library under Veneer and
# natively. A test that passes natively must pass; gotest.known lists the
# exceptions with their reasons.

# PACKAGE OPTIONS...: of Go's own library
same_results()
{
	local pkg=$1 foreign native
	shift
	native=$(fixture "gotest:$pkg:linux")
	foreign=$(fixture "gotest:$pkg:freebsd")
	cd "$(go env GOROOT)/src/$pkg" || return
	run_both "$@"
}

# PACKAGE OPTIONS...: of a library as Debian packages it
same_lib_results()
{
	local pkg=$1 foreign native
	shift
	native=$(fixture "golib:$pkg:linux")
	foreign=$(fixture "golib:$pkg:freebsd")
	cp -R "/usr/share/gocode/src/$pkg" "$T/src"	# some write beside their source
	cd "$T/src" || return
	run_both "$@"
}

# Wants pkg, native and foreign.
run_both()
{
	export GOCACHE=$FIXTURES/gocache GOPROXY=off GOTOOLCHAIN=local
	within "${LIMIT:-120}" "$native" -test.short -test.v "$@" \
	    </dev/null >"$T/native" 2>&1 || :
	# Programs that a test builds are to be FreeBSD's too; what a shell starts for a test stays under its layer.
	GOOS=freebsd within "${LIMIT:-120}" "$VENEER" run "$foreign" -test.short -test.v "$@" \
	    </dev/null >"$T/foreign" 2>&1 || echo "status $?" >>"$T/foreign"
	awk -v pkg="$pkg" -f "$BATS_TEST_DIRNAME/gotest.awk" \
	    "$BATS_TEST_DIRNAME/gotest.known" "$T/native" "$T/foreign" || {
		tail -n 60 "$T/foreign"
		return 1
	}
}
