# SPDX-License-Identifier: ISC
# Reads a syscalls.tbl: the first half of every generator that needs one (awk -f table.awk -f other.awk).
# Columns, tab separated: nr name since until route status ret args # note.  until "-" means still there.
# Checks the form, that numbers rise, and that ranges of one number are disjoint.  Leaves rows 1..nrows in
# nr[] name[] since[] until[] route[] status[] ret[] args[] note[].
# The words of an args column: those with a colon are arguments, the others markers.
function count_args(s,    w, n, i, c) {
	n = split(s, w, " ")
	for (i = 1; i <= n; i++)
		if (w[i] ~ /^[a-z_0-9]+:/ && w[i] !~ /^(fast|cred|pass0?):/)
			c++
	return c + 0
}
function marker(s, want,    w, n, i) {
	n = split(s, w, " ")
	for (i = 1; i <= n; i++)
		if (w[i] == want)
			return 1
	return 0
}
function in_version(i, v) {
	return since[i] <= v && (until[i] == "-" || v <= until[i])
}
function check_row(i,    j) {
	if (nr[i] !~ /^[0-9]+$/ || name[i] !~ /^[a-z_][a-z0-9_]*$/)
		die("nr and name wanted")
	if (since[i] !~ /^[0-9]+$/ || until[i] !~ /^([0-9]+|-)$/)
		die(name[i] ": since and until are versions")
	if (until[i] != "-" && until[i] + 0 < since[i] + 0)
		die(name[i] ": until is before since")
	if (!(route[i] in routes))
		die(name[i] ": no route '" route[i] "'")
	if (!(status[i] in statuses))
		die(name[i] ": no status '" status[i] "'")
	if (status[i] == "part" && note[i] == "")
		die(name[i] ": a status other than full needs a note")
	if (count_args(args[i]) > 8)
		die(name[i] ": too many arguments")
	if (i > 1 && nr[i] + 0 < nr[i - 1] + 0)
		die("numbers must rise")
	for (j = i - 1; j > 0 && nr[j] == nr[i]; j--)
		if ((until[j] == "-" || until[j] + 0 >= since[i] + 0) && \
		    (until[i] == "-" || until[i] + 0 >= since[j] + 0))
			die(name[i] " overlaps " name[j])
	if (name[i] in byname && nr[byname[name[i]]] != nr[i])
		die(name[i] " has two numbers")
	byname[name[i]] = i
}
BEGIN {
	FS = "\t"
	routes["layer"] = 0; routes["host"] = 1; routes["glue"] = 2; routes["none"] = 3
	statuses["full"] = 0; statuses["part"] = 1; statuses["none"] = 2
}
FILENAME ~ /syscalls\.tbl$/ && !/^#/ && !/^[ \t]*$/ {
	if (NF < 8)
		die("eight columns wanted")
	nrows++
	nr[nrows] = $1; name[nrows] = $2; since[nrows] = $3; until[nrows] = $4
	route[nrows] = $5; status[nrows] = $6; ret[nrows] = $7; args[nrows] = $8
	note[nrows] = $9
	sub(/^# */, "", note[nrows])
	check_row(nrows)
}
