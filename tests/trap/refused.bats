#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Under other people's seccomp filters.
load ../lib
load lib

setup() { private_home; supervisor; }
teardown() { stop_supervisors; }

# refused MODE TEXT: both kinds of guest are served by the window transport, and a log line
# says why.
refused()
{
	local kind
	for kind in client guest; do
		rm -f "$T/log"
		if [ $kind = client ]; then
			run within 20 "$OUTER" "$1" "$CLIENT" null echo abc \
			    handle 14 alarm 300 park 60000 effects 3 fork \
			    null exec null 2>"$T/log"
			[[ $output == *"$2"* ]]
		else
			run within 20 "$OUTER" "$1" "$VENEER" run \
			    --log "$T/log" "$GUEST" null echo abc handle 14 \
			    alarm 300 park 60000 effects 3 fork null exec null
			grep -q "$2" "$T/log"
		fi
		[ "$(grep -v '^client: ' <<< "$output")" = "null 1
echo 3
text abc
signal 14
park EINTR
effects 1
null 1
null 2" ]
	done
}

@test "filter: under a container's default profile glue calls work" {
	for kind in client guest; do
		case $kind in
		client) set -- "$CLIENT" ;;
		guest) set -- "$VENEER" run "$GUEST" ;;
		esac
		run within 20 "$OUTER" docker "$@" null handle 14 alarm 1000 \
		    park 60000 effects 1 effects 3 fork null exec null
		[ "$output" = "null 1
signal 14
park EINTR
effects 1
effects 1
null 1
null 2" ]
	done
}

@test "filter: one that answers call 215 with EPERM is named; the window serves" {
	refused no-trap "allow epoll_wait_old"
}

@test "filter: one that answers call 215 with ENOSYS is named; the window serves" {
	refused no-trap38 "allow epoll_wait_old"
}

@test "filter: one that refuses seccomp(2) is named; the window serves" {
	refused no-seccomp "seccomp(2) is refused"
}

@test "filter: a listener that another tool holds is named; the window serves" {
	refused listener "holds this process's seccomp listener"
}

# A file that changes its user when it is executed natively, for whoever runs this.
set_id_file()
{
	if [ "$(id -u)" = 0 ]; then
		cp /bin/true "$T/setid"
		chown 1:1 "$T/setid"
		chmod 4755 "$T/setid"
		echo "$T/setid"
	else
		echo /usr/bin/su
	fi
}

@test "exec: a set-id file is not run without its rights, and the log says so" {
	file=$(set_id_file)
	run step guest null run "$file"
	[ "$output" = "null 1
run EPERM" ]
	grep -q 'exec of a set-id' "$T/log"
	# Not by a program either that inherited the filter and never called.
	run step guest null exec run "$file"
	[ "${lines[-1]}" = "run EPERM" ]
	# Without a glue call there is no filter, and nothing is refused.
	run step guest run "$file"
	[ "$output" != "run EPERM" ]
}
