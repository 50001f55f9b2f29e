# SPDX-License-Identifier: ISC
# Reads a flags.tbl: lines `group NAME KIND MASK`, then `name value host`; a host value = is the value itself.
# A line `case GROUP NAME OTHER`: names of GROUP are OTHER's where the argument that chooses has the value NAME.
# Leaves groups 1..ngroups in group[] kind[] mask[] first[] last[], and constants 1..nconst in cname[] value[] host[],
# and cases 1..ncases in cbase[] cvalue[] cother[].
function is_number(s) {
	return s ~ /^-?[0-9]+$/ || s ~ /^0x[0-9a-f]+$/
}
BEGIN { FS = "\t" }
FILENAME ~ /flags\.tbl$/ && $1 == "case" {
	if (NF < 4 || !($2 in isgroup) || !($3 in cbyname) || !($4 in isgroup))
		die("case GROUP NAME GROUP wanted, all known above")
	cbase[++ncases] = $2; cvalue[ncases] = value[cbyname[$3]]; cother[ncases] = $4
	next
}
FILENAME ~ /flags\.tbl$/ && $1 == "group" {
	if (NF < 4 || ($3 != "set" && $3 != "enum" && $3 != "const"))
		die("group NAME KIND MASK wanted")
	if ($2 in isgroup)
		die("group " $2 " is there twice")
	isgroup[$2] = ++ngroups
	group[ngroups] = $2; kind[ngroups] = $3; mask[ngroups] = $4
	first[ngroups] = nconst + 1; last[ngroups] = nconst
	next
}
FILENAME ~ /flags\.tbl$/ && !/^#/ && !/^[ \t]*$/ {
	if (NF < 3 || !ngroups || !is_number($2) || ($3 != "-" && $3 != "=" && !is_number($3)))
		die("name, value and host value wanted")
	if ($1 in cbyname)
		die($1 " is there twice")
	cbyname[$1] = ++nconst
	cname[nconst] = $1; value[nconst] = $2; host[nconst] = $3 == "=" ? $2 : $3
	last[ngroups] = nconst
}
