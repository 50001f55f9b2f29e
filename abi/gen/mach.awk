# SPDX-License-Identifier: ISC
# abi/mach/constants.tbl -> #defines; -v header=NAME: those of one header alone.
BEGIN { FS = "\t" }
/^#/ || /^[ \t]*$/ { next }
NF < 3 || $2 in seen || $3 !~ /^(0x[0-9a-f]+|-?[0-9]+)$/ {
	printf "%s:%d: header, new name, number wanted\n", FILENAME, FNR > "/dev/stderr"
	failed = 1
	exit 1
}
{ seen[$2] = 1 }
header == "" || header == $1 {
	# Numbers with the top bit are unsigned anyway; the rest stay plain, as programs expect.
	defs = defs sprintf($3 ~ /^-/ ? "#define %s (%s)\n" : "#define %s %s\n", $2, $3)
}
END {
	if (failed)
		exit 1
	guard = "VENEER_MACH_" toupper(header == "" ? "const" : header) "_H"
	printf "/* Generated from %s by mach.awk. */\n#ifndef %s\n#define %s\n%s#endif\n", FILENAME, guard, guard, defs
}
