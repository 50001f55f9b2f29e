# SPDX-License-Identifier: ISC
# Reads a personality's layout.tbl: the first half of the generators that need one. Leaves structures 1..nstructs in
# struct[] size[] sbytes[] (what counts it counts bytes) svector[] (it points to memory) ffirst[] flast[], fields in off[] base[] count[] (0: no array) field[] how[] bytes[] (of one element).
BEGIN {
	FS = "\t"
	width["u8"] = width["i8"] = width["char"] = 1
	width["u16"] = width["i16"] = 2
	width["u32"] = width["i32"] = 4
	width["u64"] = width["i64"] = 8
}
FILENAME ~ /layout\.tbl$/ && $1 == "struct" {
	if (NF < 3 || $3 !~ /^[0-9]+$/ || $2 in isstruct)
		die("struct, a new name and a size wanted")
	isstruct[$2] = ++nstructs
	struct[nstructs] = $2; size[nstructs] = $3 + 0; sbytes[nstructs] = $4 == "bytes"; svector[nstructs] = $4 == "vector"
	ffirst[nstructs] = nfields + 1; flast[nstructs] = nfields
	next
}
FILENAME ~ /layout\.tbl$/ && !/^#/ && !/^[ \t]*$/ {
	if (NF < 3 || !nstructs || $1 !~ /^[0-9]+$/)
		die("offset, type and name wanted")
	n = ++nfields
	off[n] = $1 + 0; field[n] = $3; how[n] = $4 == "" ? "-" : $4
	base[n] = $2; count[n] = 0
	if (match($2, /\[[0-9]+\]$/)) {
		count[n] = substr($2, RSTART + 1, RLENGTH - 2) + 0
		base[n] = substr($2, 1, RSTART - 1)
	}
	if (base[n] ~ /^struct / && substr(base[n], 8) == struct[nstructs])
		die(field[n] ": a structure within itself")
	if (base[n] !~ /^struct / && !(base[n] in width))
		die("no type " base[n])
	flast[nstructs] = n
}
function resolve(    s, i, b, pos) {
	for (s = 1; s <= nstructs; s++) {
		pos = 0
		for (i = ffirst[s]; i <= flast[s]; i++) {
			b = base[i]
			if (b ~ /^struct / && !(substr(b, 8) in isstruct))
				die(struct[s] ": no " b)
			bytes[i] = b ~ /^struct / ? size[isstruct[substr(b, 8)]] : width[b]
			if (off[i] < pos)
				die(struct[s] "." field[i] " overlaps")
			pos = off[i] + bytes[i] * (count[i] ? count[i] : 1)
			if (pos > size[s])
				die(struct[s] "." field[i] " is past the end")
		}
	}
}
