# SPDX-License-Identifier: ISC
# Takes the words of an args column apart: arg_parse(row) leaves, for arguments 1..nargs,
#	aname[] akind[] (the kind of a plain value, or "flags" or "pointer")
#	agroup[]	group of a flags kind; acount[] the argument that chooses among its cases
#	adir[] (< > =) apointee[] acount[] (0 one, n argument n) aat[] (1: what argument n points to) achanges[] (!)
function arg_parse(row,    w, n, i, p, s, c) {
	nargs = 0
	n = split(args[row], w, " ")
	for (i = 1; i <= n; i++) {
		p = index(w[i], ":")
		if (!p || w[i] ~ /^(fast|cred|pass0?):/)
			continue
		nargs++
		aname[nargs] = substr(w[i], 1, p - 1)
		s = substr(w[i], p + 1)
		agroup[nargs] = adir[nargs] = apointee[nargs] = ""
		acount[nargs] = aat[nargs] = achanges[nargs] = 0
		c = substr(s, 1, 1)
		if (c == "@") {
			akind[nargs] = "flags"
			agroup[nargs] = substr(s, 2)
			if (match(agroup[nargs], /\[.*\]$/)) {
				acount[nargs] = substr(agroup[nargs], RSTART + 1, RLENGTH - 2)
				agroup[nargs] = substr(agroup[nargs], 1, RSTART - 1)
			}
		} else if (c == "<" || c == ">" || c == "=") {
			akind[nargs] = "pointer"
			arg_pointer(row, c, substr(s, 2))
		} else
			akind[nargs] = s
	}
	for (i = 1; i <= nargs; i++)
		if (acount[i] != 0)
			acount[i] = arg_index(row, acount[i])
}
function arg_pointer(row, dir, s) {
	adir[nargs] = dir
	if (sub(/!$/, "", s))
		achanges[nargs] = 1
	if (match(s, /\[.*\]$/)) {
		acount[nargs] = substr(s, RSTART + 1, RLENGTH - 2)
		s = substr(s, 1, RSTART - 1)
		if (sub(/^\*/, "", acount[nargs]))
			aat[nargs] = 1
	}
	apointee[nargs] = s
}
function arg_index(row, want,    i) {
	for (i = 1; i <= nargs; i++)
		if (aname[i] == want)
			return i
	die(name[row] ": no argument " want)
}
# Bytes of what an argument points to (of one element).
function pointee_size(row, i,    p) {
	p = apointee[i]
	if (p == "bytes" || p == "path" || p == "str" || p == "strv")
		return 1
	if (p == "int")
		return 4
	if (p in width)
		return width[p]
	if (p in isstruct)
		return sbytes[isstruct[p]] ? 1 : size[isstruct[p]]
	die(name[row] ": no pointee " p)
}
