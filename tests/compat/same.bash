# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# For the bats files of this folder.

# same NAME
same()
{
	local case="$BATS_TEST_DIRNAME/cases/$1" need limit
	for need in $(sed -n 's/^# needs: //p' "$case"); do
		command -v "$need" >/dev/null || skip "fixture: no $need installed"
	done
	limit=$(sed -n 's/^# limit: //p' "$case")
	BUILD=$BUILD within $((2 * (limit < 300 ? 300 : limit) + 60)) "$BATS_TEST_DIRNAME/same" "$limit" "$case"
}
