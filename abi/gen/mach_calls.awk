# SPDX-License-Identifier: ISC
# abi/mach/calls.tbl -> C: functions of libmach that are one routine each.
function die(why) {
	printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
	failed = 1
	exit 1
}
BEGIN {
	FS = "\t"
	print "/* Generated from abi/mach/calls.tbl by mach_calls.awk. */"
	print "#include <mach/clock.h>\n#include <mach/mach_time.h>\n#include <mach/mk_timer.h>\n#include \"libmach.h\"\n"
}
/^#/ || /^[ \t]*$/ { next }
NF != 3 || $2 in seen { die("routine, new function, parameters wanted") }
{
	seen[$2] = 1
	n = split($3, p, / *\| */)
	params = words = results = ""
	out = 0
	for (i = 1; i <= n; i++) {
		sep = words == "" ? "" : ", "
		if (p[i] == "0") {
			words = words sep "0"
			continue
		}
		params = params (params == "" ? "" : ", ") p[i]
		name = p[i]
		if (!sub(/^.* /, "", name))
			die("parameter " p[i])
		if (sub(/^\*/, "", name)) {
			results = results sprintf("\tif (kr == KERN_SUCCESS)\n\t\t*%s = (__typeof__(*%s))arg[%d];\n", name, name, out++)
			continue
		}
		words = words sep "(uint64_t)" name
	}
	printf "kern_return_t\n%s(%s)\n{\n\tuint64_t arg[6] = { %s };\n", $2, params, words
	if (results == "")
		printf "\n\treturn __mach_call(MACH_ROUTINE_%s, arg);\n}\n\n", $1
	else
		printf "\tkern_return_t kr = __mach_call(MACH_ROUTINE_%s, arg);\n\n%s\treturn kr;\n}\n\n", $1, results
}
END {
	if (failed)
		exit 1
}
