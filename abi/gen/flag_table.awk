# SPDX-License-Identifier: ISC
# Reads a flags.tbl: lines `group NAME KIND MASK`, then `name value host`; a host value = is the value itself.
# Leaves groups 1..ngroups in group[] kind[] mask[] first[] last[], and constants 1..nconst in cname[] value[] host[].
function is_number(s) {
	return s ~ /^-?[0-9]+$/ || s ~ /^0x[0-9a-f]+$/
}
BEGIN { FS = "\t" }
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
