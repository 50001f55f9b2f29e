#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# long
# esbuild for FreeBSD, from npm, against esbuild for Linux of the same version.

load ../lib

setup()
{
	PROJECT=$(fixture project)
	FOREIGN=$(fixture esbuild-freebsd)/bin/esbuild
	NATIVE=$(fixture esbuild-linux)/bin/esbuild
	private_home
	cd "$PROJECT"
	mkfifo "$T/stdin"	# open at both ends: no end of file
	exec 7<>"$T/stdin"
}

teardown()
{
	[ -z "${child:-}" ] || {
		kill "$child" 2>/dev/null || :
		wait "$child" || :
	}
}

foreign()
{
	within 120 "$VENEER" run "$FOREIGN" "$@"
}

# FILE OPTIONS...: bundled by both; map and code must be the same bytes.
same_bundle()
{
	local in=$1
	shift
	within 60 "$NATIVE" --bundle --log-level=error "$@" \
	    --outfile="$T/native/out.js" "$in"
	foreign --bundle --log-level=error "$@" \
	    --outfile="$T/foreign/out.js" "$in"
	[ -s "$T/native/out.js" ]
	diff -rq "$T/native" "$T/foreign"
}

@test "esbuild: --version" {
	run foreign --version
	[ "$status" = 0 ]
	[ "$output" = 0.28.2 ]
}

@test "esbuild: react-dom bundles and minifies to the same bytes" {
	same_bundle node_modules/react-dom/index.js --minify
}

@test "esbuild: three bundles and minifies to the same bytes, with a source map" {
	same_bundle node_modules/three/build/three.module.js --minify \
	    --sourcemap
}

@test "esbuild: typescript's library bundles and minifies to the same bytes" {
	same_bundle node_modules/typescript/lib/typescript.js --minify \
	    --platform=node
}

@test "esbuild: three's sources, several hundred files, bundle to the same bytes" {
	same_bundle node_modules/three/src/Three.js --minify --format=esm
}

@test "esbuild: an older version, built by Go 1.19 without a note" {
	FOREIGN=$(fixture esbuild-old-freebsd)/bin/esbuild
	NATIVE=$(fixture esbuild-old-linux)/bin/esbuild
	same_bundle node_modules/react-dom/index.js --minify
	same_bundle node_modules/three/build/three.module.js --minify
}

@test "esbuild: an error in the source is reported as the twin reports it" {
	printf 'let x = ;\nimport "./missing"\n' > "$T/bad.js"
	cd "$T"
	run within 20 "$NATIVE" --bundle bad.js --outfile=n.js
	want=$output
	[ "$status" = 1 ]
	run foreign --bundle bad.js --outfile=f.js
	[ "$status" = 1 ]
	[ "$output" = "$want" ]
}

@test "esbuild: standard input to standard output" {
	echo 'const answer = "42"; console.log(answer)' > "$T/in.js"
	want=$("$NATIVE" --minify < "$T/in.js")
	got=$(foreign --minify < "$T/in.js")
	[ -n "$got" ]
	[ "$got" = "$want" ]
}

@test "esbuild: --serve answers HTTP" {
	mkdir "$T/www"
	echo 'console.log("served")' > "$T/www/app.js"
	cd "$T/www"
	"$VENEER" run "$FOREIGN" app.js --bundle --outdir=. --serve=127.0.0.1:0 \
	    <&7 >"$T/log" 2>&1 3>&- &
	child=$!
	wait_for 30 grep -q 'http://127' "$T/log"
	url=$(grep -o 'http://127[^ ]*' "$T/log" | head -n 1)
	for i in 1 2 3 4 5; do
		run curl -sS -m 2000 "${url}app.js"
		[ "$status" = 0 ]
		[[ $output == *'console.log("served")'* ]]
	done
	run curl -sS -m 2000 -o /dev/null -w '%{http_code}' "${url}nothing"
	[ "$output" = 404 ]
	for i in $(seq 20); do
		curl -sS -m 200 "${url}app.js" >"$T/c$i" 3>&- &
		pids="${pids:-} $!"
	done
	wait $pids
	for i in $(seq 20); do
		cmp "$T/c1" "$T/c$i"
	done
	[ -s "$T/c1" ]
	kill -0 "$child"
}

@test "esbuild: --watch rebuilds when a file changes" {
	mkdir "$T/src"
	echo 'console.log("first")' > "$T/src/a.js"
	cd "$T/src"
	"$VENEER" run "$FOREIGN" a.js --bundle --outfile=out.js \
	    --watch <&7 >"$T/log" 2>&1 3>&- &
	child=$!
	wait_for 30 grep -q first out.js
	sleep 1
	echo 'console.log("second")' > a.js
	wait_for 30 grep -q second out.js
	sleep 1
	echo 'console.log("third")' > a.js
	wait_for 30 grep -q third out.js
}

@test "esbuild: many runs in a row, none hangs" {
	local n=30 i
	! tier full || n=200
	"$NATIVE" --bundle --minify --log-level=error --outfile="$T/want.js" \
	    node_modules/react-dom/index.js
	for i in $(seq "$n"); do
		within 30 "$VENEER" run "$FOREIGN" --bundle --minify \
		    --log-level=error --outfile="$T/got.js" \
		    node_modules/react-dom/index.js || {
			echo "run $i of $n: status $?"
			return 1
		}
		cmp "$T/want.js" "$T/got.js"
		rm "$T/got.js"
	done
}
