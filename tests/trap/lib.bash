# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154
# For the bats files here: a veneerd of the test's own, and two kinds of guest.

CLIENT=$BUILD/tests/trap/client
GUEST=$BUILD/tests/trap/guest
OUTER=$BUILD/tests/trap/outer

# supervisor [PROGRAM]: in the foreground, gone $IDLE seconds after its last guest.
supervisor()
{
	# The socket of one that was killed is no sign of the next.
	"$VENEER" supervisor status >/dev/null 2>&1 || rm -f "$XDG_RUNTIME_DIR/veneer/socket"
	"${1:-$BUILD/veneerd}" --foreground --idle "${IDLE:-600}" ${TRANSPORT:+--transport "$TRANSPORT"} 2>"$T/veneerd.err" 3>&- &
	VENEERD=$!
	wait_for 5 test -S "$XDG_RUNTIME_DIR/veneer/socket"
}

# Run STEPS... as client or guest; log lines go to $T/log.
step()
{
	local kind=$1
	shift
	if [ "$kind" = client ]; then
		within 30 "$CLIENT" "$@" 2>>"$T/log"
	else
		within 30 "$VENEER" run --log "$T/log" "$GUEST" "$@"
	fi
}

# each STEPS...: output of both kinds must be what stands on stdin.
each()
{
	local want kind
	want=$(cat)
	for kind in client guest; do
		run step "$kind" "$@"
		[ "$output" = "$want" ] || {
			echo "$kind $*: $output"
			return 1
		}
	done
}

# parked N: so many calls of guests wait in the supervisor.
parked() { "$VENEER" supervisor status | grep -qx "parked  *$1"; }

# The pid of the guest (not of what waits for it) that runs with these steps.
guest_pid()
{
	pgrep -n -f "trap/$1 $2"
}

stop_supervisors()
{
	local p
	for p in $(pgrep -x veneerd); do
		if { tr '\0' '\n' < "/proc/$p/environ"; } 2>/dev/null |
		    grep -qx "XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR"; then
			kill "$p" 2>/dev/null || :
		fi
	done
}
