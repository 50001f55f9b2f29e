# SPDX-License-Identifier: ISC
# abi/mach/routines.tbl -> for kern/: handlers, and how their arguments travel; -v numbers=1: MACH_ROUTINE_x alone.
BEGIN {
	FS = "\t"
	split("space space_read space_inspect task task_read task_inspect task_name thread host host_priv semaphore clock self", t, " ")
	for (i in t)
		targets[t[i]] = 1
}
function die(why) {
	printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
	failed = 1
	exit 1
}
# name:type[@word[,word]] -> one struct routine_arg
function arg(text, part, out, type, count, at, n) {
	out = sub(/^>/, "", text)
	if (split(text, part, /[:@,]/) < 2)
		die("argument " text)
	type = part[2]
	count = 0
	if (match(type, /[0-9]+$/)) {
		count = substr(type, RSTART)
		type = substr(type, 1, RSTART - 1)
	}
	if (type !~ /^(w|q|s|v|c|z|o|a|send|sonce|any)$/)
		die("type " part[2])
	args = args sprintf("\t{ ROUTINE_%s, %d, %d, %d, %d }, /* %s */\n", toupper(type), out, count, part[3], part[4] == "" ? 0 : part[4], part[1])
	nargs++
}
/^#/ || /^[ \t]*$/ { next }
NF < 5 || $1 !~ /^[0-9]+$/ || $1 in nr || $2 in names { die("new number, new name, id, target, args wanted") }
{
	nr[$1] = names[$2] = 1
	if ($1 > last)
		last = $1
	defs = defs sprintf("#define MACH_ROUTINE_%s %d\n", $2, $1)
	split($4, target, "@")
	if (!(target[1] in targets))
		die("target " $4)
	first = nargs + 0
	n = $5 == "-" ? 0 : split($5, a, " ")
	for (i = 1; i <= n; i++)
		arg(a[i])
	protos = protos sprintf("int r_%s(struct in *);\n", $2)
	rows = rows sprintf("\t[%d] = { \"%s\", r_%s, %s, TARGET_%s, %d, %d, %d },\n", $1, $2, $2, $3 == "-" ? 0 : $3, toupper(target[1]), target[2] == "" ? 0 : target[2], first, n)
}
END {
	if (failed)
		exit 1
	guard = numbers ? "VENEER_MACH_ROUTINE_H" : "VENEER_MACH_ROUTINES_H"
	printf "/* Generated from %s by routines.awk. */\n#ifndef %s\n#define %s\n", FILENAME, guard, guard
	printf "%s#define MACH_ROUTINE_COUNT %d\n", defs, last + 1
	if (!numbers) {
		printf "%s#ifdef ROUTINE_TABLE\n", protos
		printf "static const struct routine_arg routine_args[] = {\n%s};\n", args
		printf "static const struct routine routines[MACH_ROUTINE_COUNT] = {\n%s};\n#endif\n", rows
	}
	print "#endif"
}
