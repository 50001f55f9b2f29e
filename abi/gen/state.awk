# SPDX-License-Identifier: ISC
# abi/native/state.tbl -> -v side=names (state_table.h: versions and enumerations) | rows (state_rows.h, for kernel-glue/kern/state.c: the rows,
# and for each structure a constant whose initialiser names every field: one that the table lacks is a missing initialiser).
function die(msg) {
	printf "%s:%d: %s\n", FILENAME, FNR, msg > "/dev/stderr"
	failed = 1
	exit 1
}
BEGIN { FS = "\t" }
/^#/ || /^[ \t]*$/ { next }
$1 == "version" { current = $2; oldest = $3; next }
$1 == "struct" {
	ntypes++
	type[ntypes] = $2; class[ntypes] = $3
	born[ntypes] = $4 ~ /^[0-9]+$/ ? $4 : 1
	number[$2] = ntypes
	next
}
{
	if (!ntypes || $2 !~ /^(num|raw|key|part|link|list|owns|ref|send|sonce|sends|own|lend|right|memory|drop|code)$/)
		die($1 ": no such way to save it")
	i = ++nfields[ntypes]
	field[ntypes, i] = $1; how[ntypes, i] = $2; arg[ntypes, i] = $3
	element[ntypes, i] = $2 ~ /^(list|owns)$/ ? $4 : ""
	since[ntypes, i] = $2 !~ /^(list|owns)$/ && $4 ~ /^[0-9]+$/ ? $4 : $5 ~ /^[0-9]+$/ ? $5 : 1
	if (since[ntypes, i] > current)
		die($1 ": is newer than the table")
}
# Zeroes for all fields of a structure.
function zeroes(t,    i, s) {
	s = "{"
	for (i = 1; i <= nfields[t]; i++)
		s = s (i == 1 ? " " : ", ") zero(t, i)
	return s " }"
}
function zero(t, i) {
	if (how[t, i] == "part")
		return zeroes(number[arg[t, i]])
	if (how[t, i] ~ /^(raw|key|link|list|owns|sends|right)$/ || type[t] == "space" && field[t, i] == "rights" ||
	    type[t] == "entry" && (field[t, i] == "node" || field[t, i] == "object"))
		return "{ 0 }"
	return "0"
}
# How a field is read and written changes the format; so does its place.
function hash(s,    i) {
	for (i = 1; i <= length(s); i++)
		sum = (sum * 31 + index(alphabet, substr(s, i, 1))) % 2147483647
}
function one(t, i,    what, a, e, max) {
	what = how[t, i]
	a = what ~ /^(part|list|owns|ref|own|lend)$/ ? "STATE_" arg[t, i] : "0"
	if (what ~ /^(part|list|owns|ref|own|lend)$/ && !(arg[t, i] in number))
		die(type[t] "." field[t, i] ": no type " arg[t, i])
	e = element[t, i] == "" ? "0" : "offsetof(struct " arg[t, i] ", " element[t, i] ")"
	max = what == "num" && arg[t, i] != "" ? arg[t, i] : what == "code" ? "CODE_" arg[t, i] : "0"
	printf "\t{ HOW_%s, %d, %s, offsetof(struct %s, %s), sizeof(((struct %s *)0)->%s), %s, %s },\n", what, since[t, i], a, type[t],
	    field[t, i], type[t], field[t, i], e, max
}
function names(    t, i) {
	printf "#define STATE_VERSION %d\n#define STATE_OLDEST %d\n\n", current, oldest
	printf "enum state_type {\n\tSTATE_NONE"
	for (t = 1; t <= ntypes; t++)
		printf ",\n\tSTATE_%s", type[t]
	print ",\n\tSTATE_TYPES\n};"
	printf "enum state_code {\n\tCODE_NONE"
	for (t = 1; t <= ntypes; t++)
		for (i = 1; i <= nfields[t]; i++)
			if (how[t, i] == "code")
				printf ",\n\tCODE_%s", arg[t, i]
	print "\n};"
}
function rows(    t, i) {
	for (t = 1; t <= ntypes; t++) {
		printf "static const struct state_field fields_%s[] = {\n", type[t]
		for (i = 1; i <= nfields[t]; i++)
			one(t, i)
		printf "};\n__attribute__((unused)) static const struct %s known_%s = %s;\n\n", type[t], type[t], zeroes(t)
	}
	print "const struct state_struct state_structs[STATE_TYPES] = {"
	for (t = 1; t <= ntypes; t++)
		printf "\t[STATE_%s] = { \"%s\", fields_%s, %d, sizeof(struct %s), %d },\n", type[t], type[t], type[t], nfields[t], type[t],
		    class[t] == "object"
	print "};"
}
# One number for what an image of each version looks like.
function shapes(    v, t, i) {
	print "static const uint32_t shapes[] = {"
	for (v = oldest; v <= current; v++) {
		sum = 7
		for (t = 1; t <= ntypes; t++) {
			if (born[t] > v)
				continue;
			hash(type[t])
			for (i = 1; i <= nfields[t]; i++)
				if (since[t, i] <= v)
					hash(field[t, i] " " how[t, i] " " element[t, i])
		}
		printf "\t%du,\n", sum
	}
	print "};"
}
END {
	if (failed)
		exit 1
	alphabet = "abcdefghijklmnopqrstuvwxyz_0123456789 .->"
	printf "/* Generated from abi/native/state.tbl by state.awk. */\n#ifndef VENEER_STATE_%s_H\n#define VENEER_STATE_%s_H\n\n", side, side
	if (side == "names") {
		names()
	} else {
		rows()
		shapes()
	}
	print "#endif"
}
