# SPDX-License-Identifier: ISC
# What every reader of a table says when a row is wrong. A writer begins its END with `if (failed) exit 1`.
function die(msg) {
	printf "%s:%d: %s\n", FILENAME, FNR, msg > "/dev/stderr"
	failed = 1
	exit 1
}
