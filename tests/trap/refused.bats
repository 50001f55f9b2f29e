#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Under other people's seccomp filters.
load ../lib
load lib

setup() { private_home; supervisor; }
teardown() { stop_supervisors; }

# refused MODE ERROR TEXT: both kinds of guest, and what the log says.
refused()
{
	local kind
	for kind in client guest; do
		rm -f "$T/log"
		if [ $kind = client ]; then
			run within 20 "$OUTER" "$1" "$CLIENT" null 2>"$T/log"
			[[ $output == *"null $2"* ]]
			[[ $output == *"$3"* ]]
		else
			run within 20 "$OUTER" "$1" "$VENEER" run \
			    --log "$T/log" "$GUEST" null
			[ "$output" = "null $2" ]
			[ "$(wc -l < "$T/log")" = 1 ]
			grep -q "$3" "$T/log"
		fi
	done
}

@test "filter: under a container's default profile glue calls work" {
	for kind in client guest; do
		case $kind in
		client) set -- "$CLIENT" ;;
		guest) set -- "$VENEER" run "$GUEST" ;;
		esac
		run within 20 "$OUTER" docker "$@" null handle 14 alarm 50 \
		    park 2000 effects 1 effects 3 fork null exec null
		[ "$output" = "null 1
signal 14
park EINTR
effects 1
effects 1
null 1
null 2" ]
	done
}

@test "filter: one that answers call 215 with EPERM is named" {
	refused no-trap EPERM "allow epoll_wait_old"
}

@test "filter: one that answers call 215 with ENOSYS is named" {
	refused no-trap38 EPERM "allow epoll_wait_old"
}

@test "filter: one that refuses seccomp(2) is named" {
	refused no-seccomp EPERM "seccomp(2) is refused"
}

@test "filter: a listener that another tool holds is named" {
	refused listener EBUSY "holds this process's seccomp listener"
}
