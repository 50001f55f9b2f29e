# SPDX-License-Identifier: ISC
# layout.tbl -> one header for C (structures, static asserts) and assembly (offsets).
# -v only="names" leaves the others out.  Holes become padding; overlaps and misalignment are errors.
function die(msg) { printf "%s:%d: %s\n", FILENAME, FNR, msg > "/dev/stderr"; failed = 1; exit 1 }
function upper(s) { return toupper(s) }
function flush_struct() {
	if (name == "") return
	if (pos > size) die("struct " name " is longer than its size")
	if (pos < size) body = body sprintf("\tuint8_t pad_%d[%d];\n", pos, size - pos)
	out = out sprintf("struct %s {\n%s};\n", name, body)
	out = out sprintf("_Static_assert(sizeof(struct %s) == %d, \"%s\");\n", name, size, name)
	out = out asserts "\n"
	sizes[name] = size
}
BEGIN {
	FS = "\t"
	csize["u8"] = 1; csize["u16"] = 2; csize["u32"] = 4; csize["u64"] = 8
	csize["i8"] = 1; csize["i16"] = 2; csize["i32"] = 4; csize["i64"] = 8; csize["ptr"] = 8
	ctype["u8"] = "uint8_t"; ctype["u16"] = "uint16_t"
	ctype["u32"] = "uint32_t"; ctype["u64"] = "uint64_t"
	ctype["i8"] = "int8_t"; ctype["i16"] = "int16_t"
	ctype["i32"] = "int32_t"; ctype["i64"] = "int64_t"; ctype["ptr"] = "void *"
	if (guard == "") guard = "VENEER_LAYOUT_H"
}
/^#/ || /^[ \t]*$/ { next }
$1 == "const" {
	if (NF < 3) die("const wants a name and a value")
	asmdefs = asmdefs sprintf("#define %s %s\n", $2, $3)
	cdefs = cdefs sprintf("#define %s %s%s\n", $2, $3, $4 ~ /^#/ ? "" : $4)
	next
}
$1 == "struct" {
	order[++nstruct] = $2
	magic[$2] = $3; version[$2] = $4; total[$2] = $5; line[$2] = FNR
	cur = $2; next
}
{
	if (NF < 3) die("three columns wanted")
	n = ++fields[cur]; off[cur, n] = $1; typ[cur, n] = $2; fld[cur, n] = $3
}
# Field i of structure s: base type, count, size and C type, into the globals of those names.
function field(s, i,    t) {
	t = base = typ[s, i]
	cnt = 0
	if (match(t, /\[[0-9]+\]/)) {
		cnt = substr(t, RSTART + 1, RLENGTH - 2) + 0
		base = substr(t, 1, RSTART - 1)
	}
	if (base ~ /^struct /) {
		if (!(substr(base, 8) in sizes))
			die("unknown " base " in " s)
		sz = sizes[substr(base, 8)]
		w = base
		return
	}
	if (!(base in csize))
		die("unknown type " base " in " s)
	sz = csize[base]
	w = ctype[base]
	if (off[s, i] % sz)
		die(s "." fld[s, i] " is misaligned")
}
function emit(s,    i, t) {
	if (done[s])
		return
	for (i = 1; i <= fields[s]; i++) {
		t = typ[s, i]
		sub(/\[.*/, "", t)
		if (t ~ /^struct /)
			emit(substr(t, 8))
	}
	done[s] = 1
	name = s
	size = total[s]
	body = asserts = ""
	pos = 0
	for (i = 1; i <= fields[s]; i++) {
		field(s, i)
		if (off[s, i] < pos)
			die(s "." fld[s, i] " overlaps")
		if (off[s, i] > pos)
			body = body sprintf("\tuint8_t pad_%d[%d];\n", pos, off[s, i] - pos)
		body = body sprintf("\t%s%s%s%s;\n", w, w ~ /\*$/ ? "" : " ", fld[s, i], \
		    cnt ? "[" cnt "]" : "")
		asserts = asserts sprintf("_Static_assert(__builtin_offsetof(struct %s, %s) == %d," \
		    " \"%s.%s\");\n", s, fld[s, i], off[s, i], s, fld[s, i])
		defs = defs sprintf("#define OFF_%s_%s %d\n", upper(s), upper(fld[s, i]), off[s, i])
		pos = off[s, i] + (cnt ? cnt : 1) * sz
	}
	defs = defs sprintf("#define SIZEOF_%s %d\n#define MAGIC_%s %s\n#define VERSION_%s %s\n", \
	    upper(s), size, upper(s), magic[s], upper(s), version[s])
	flush_struct()
}
END {
	if (failed) exit 1
	for (k = 1; k <= nstruct; k++)
		if (only == "" || index(" " only " ", " " order[k] " "))
			emit(order[k])
	printf "/* Generated from %s by layout.awk. */\n#ifndef %s\n#define %s\n%s", FILENAME, guard, guard, defs
	printf "#ifdef __ASSEMBLER__\n%s#else\n#include <stddef.h>\n#include <stdint.h>\n%s%s#endif\n#endif\n", asmdefs, cdefs, out
}
