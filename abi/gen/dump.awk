# SPDX-License-Identifier: ISC
# With all readers: a personality's ABI as text, the golden of tests/abi, so that a review sees what changed.
# Routes and status are in the support matrix (matrix.awk).
# -v personality=freebsd
FILENAME ~ /errno\.tbl$/ && !/^#/ && !/^[ \t]*$/ {
	errline[++nerr] = FILENAME ~ /host\// ? $2 " " $1 : $1 " " $2 " " $3
	errhost[nerr] = FILENAME ~ /host\//
	if (!errhost[nerr])
		own = 1
}
function argument(i,    s) {
	s = aname[i] ":"
	if (akind[i] == "flags")
		return s "@" agroup[i]
	if (akind[i] != "pointer")
		return s akind[i]
	s = s adir[i] apointee[i]
	if (acount[i])
		s = s "[" (aat[i] ? "*" : "") aname[acount[i]] "]"
	return s (achanges[i] ? "!" : "")
}
END {
	if (failed)
		exit 1
	resolve()
	for (i = 1; i <= nrows; i++) {
		arg_parse(i)
		line = sprintf("call %d %s %s-%s", nr[i], name[i], since[i], until[i] == "-" ? "" : until[i])
		for (k = 1; k <= nargs; k++)
			line = line " " argument(k)
		print line " -> " ret[i]
	}
	for (i = 1; i <= nerr; i++)
		if (!errhost[i] || !own)
			print "errno " errline[i]
	for (g = 1; g <= ngroups; g++)
		for (i = first[g]; i <= last[g]; i++)
			print kind[g] " " group[g] " " cname[i] " " value[i] " host " host[i]
	for (s = 1; s <= nstructs; s++) {
		print "struct " struct[s] " " size[s]
		for (i = ffirst[s]; i <= flast[s]; i++)
			print "struct " struct[s] " +" off[i] " " field[i] " " base[i] (count[i] ? "[" count[i] "]" : "")
	}
}
