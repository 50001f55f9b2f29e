#!/usr/bin/env bats
# SPDX-License-Identifier: ISC

load ../lib

setup()
{
	private_home
	cd "$REPO"
	[ "$BUILD" = "$REPO/build" ] || skip "fixture: build elsewhere"
	ROOT=$T/root
}

put()
{
	DESTDIR=$ROOT PREFIX=/opt/veneer VERSION=1 within 60 sh ./install.sh "$@"
}

@test "install: an installed veneer finds its parts and its layers" {
	put
	v=$ROOT/opt/veneer/bin/veneer
	run within 10 "$v" layers
	[ "$status" = 0 ]
	[[ $output == *native@1*"$ROOT/opt/veneer/lib/veneer/layers/native-1.so"* ]]
	run within 10 "$v" --version
	[ "$status" = 0 ]
}

@test "install: the installed veneer-cc builds what the installed veneer runs" {
	put
	echo 'int puts(const char *); int main(void) { puts("installed"); return 3; }' \
	    > "$T/p.c"
	within 60 "$ROOT/opt/veneer/bin/veneer-cc" -o "$T/p" "$T/p.c"
	run within 10 "$ROOT/opt/veneer/bin/veneer" run "$T/p"
	echo "$output"
	[ "$status" = 3 ]
	[ "$output" = installed ]
}

@test "install: manual pages and completion are where man and bash look" {
	put
	[ -s "$ROOT/opt/veneer/share/man/man1/veneer.1" ]
	[ -s "$ROOT/opt/veneer/share/bash-completion/completions/veneer" ]
	[ -s "$ROOT/opt/veneer/share/doc/veneer/NOTICE" ]
	grep -qx 'ExecStart=/opt/veneer/libexec/veneer/veneerd --systemd' \
	    "$ROOT/opt/veneer/lib/systemd/user/veneer.service"
	[ -s "$ROOT/opt/veneer/lib/systemd/user/veneer.socket" ]
	bash -n "$ROOT/opt/veneer/share/bash-completion/completions/veneer"
}

@test "install: nothing but this user's umask and root decides the modes" {
	put
	! find "$ROOT" -type f -perm /022 | grep .
	! find "$ROOT" -type f -perm /6000 | grep .
	[ -x "$ROOT/opt/veneer/bin/veneer" ]
}

@test "install: twice is as good as once" {
	put
	find "$ROOT" -type f | sort > "$T/once"
	put
	find "$ROOT" -type f | sort > "$T/twice"
	diff "$T/once" "$T/twice"
}

@test "uninstall: takes away what install brought and nothing else" {
	mkdir -p "$ROOT/opt/veneer/bin"
	echo mine > "$ROOT/opt/veneer/bin/other"
	put
	put -u
	run find "$ROOT" -type f
	[ "$output" = "$ROOT/opt/veneer/bin/other" ]
	[ ! -e "$ROOT/opt/veneer/lib/veneer" ]
	run put -u
	[ "$status" = 1 ]
	[[ $output == *"nothing is installed"* ]]
}
