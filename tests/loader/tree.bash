# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034,SC2154
# A Veneer of its own in $T/tree, with fake layers that pass calls through.

# No test here may hang.
export BATS_TEST_TIMEOUT=900

# Fake layers have no gate for rewritten calls to enter.
export VENEER_REWRITE=none

G=$BUILD/tests/loader

# tree LAYER...: only these are installed. V is its veneer.
tree()
{
	local layer
	mkdir -p "$T/tree/layers"
	ln -f "$BUILD/veneer" "$BUILD/veneer-plan" "$T/tree" 2>/dev/null ||
	    cp "$BUILD/veneer" "$BUILD/veneer-plan" "$T/tree"
	for layer; do
		cp "$G/layers/$layer.so" "$T/tree/layers"
	done
	V=$T/tree/veneer
}

# poke FILE OFFSET HEX: overwrites bytes.
poke()
{
	printf '%b' "$(printf '%s' "$3" | sed 's/../\\x&/g')" |
	    dd of="$1" bs=1 seek=$(($2)) conv=notrunc status=none
}

# refused STATUS WORDS: the last run ended so, in one line that says them.
refused()
{
	[ "$status" -eq "$1" ] || { echo "status $status: $output"; return 1; }
	[ "${#lines[@]}" -eq 1 ] || { echo "lines: $output"; return 1; }
	case $output in
	"veneer: "*"$2"*) ;;
	*) echo "text: $output"; return 1 ;;
	esac
}
