# SPDX-License-Identifier: ISC
# abi/native/rpc.tbl -> -v side=numbers | layer | kern.
function die(msg) {
	printf "%s:%d: %s\n", FILENAME, FNR, msg > "/dev/stderr"
	failed = 1
	exit 1
}
function define(name, value) {
	if (name in seen)
		die(name " is there twice")
	seen[name] = 1
	defs = defs sprintf("#define RPC_%s %s\n", name, value)
}
BEGIN { FS = "\t" }
/^#/ || /^[ \t]*$/ { next }
$1 == "abi" { define("ABI", $2); next }
$1 == "const" || $1 == "errno" {
	if (NF < 3)
		die("a name and a value wanted")
	define($2, $3)
	next
}
{
	if (NF < 5 || $1 !~ /^[0-9]+$/ || $1 + 0 <= last)
		die("five columns and rising numbers wanted")
	if ($3 !~ /^(kern|protocol)$/ || $5 !~ /^(-|in|out|inout)$/)
		die($2 ": no such side or payload")
	n++
	last = nr[n] = $1 + 0
	name[n] = $2; where[n] = $3; payload[n] = $5
	args[n] = $4 == "-" ? 0 : split($4, word, " ")
	if (args[n] > 3 || (payload[n] != "-" && !args[n]))
		die($2 ": at most three arguments, a payload needs its length")
	for (i = 1; i <= args[n]; i++)
		arg[n, i] = word[i]
	define(toupper($2), $1)
}
# One inline function that fills a struct glue and traps.
function layer(k,    i, params) {
	params = "struct thread_block *t"
	if (payload[k] ~ /in/)
		params = params ", gaddr in"
	if (payload[k] ~ /out/)
		params = params ", gaddr out"
	for (i = 1; i <= args[k]; i++)
		params = params ", uint64_t " arg[k, i]
	printf "static inline long\nglue_%s(%s)\n{\n\tstruct glue g = { .op = RPC_%s", name[k], params, toupper(name[k])
	for (i = 1; i <= args[k]; i++)
		printf ", .arg%d = %s", i - 1, arg[k, i]
	if (payload[k] ~ /in/)
		printf ", .in = in, .in_len = %s", arg[k, 1]
	if (payload[k] ~ /out/)
		printf ", .out = out, .out_len = %s", arg[k, 1]
	printf " };\n\n\treturn trap_call(t, &g);\n}\n\n"
}
END {
	if (failed)
		exit 1
	guard = "VENEER_RPC_" toupper(side) "_H"
	printf "/* Generated from %s by rpc.awk. */\n#ifndef %s\n#define %s\n", FILENAME, guard, guard
	if (side == "numbers")
		printf "%s", defs
	for (k = 1; k <= n; k++)
		if (where[k] == "kern" && side == "layer")
			layer(k)
		else if (where[k] == "kern" && side == "kern")
			printf "int64_t sys_%s(struct kern *, struct call *);\n", name[k]
	if (side == "kern") {
		printf "\n#ifdef RPC_ROUTINES\nstatic const struct rpc_routine rpc_routines[] = {\n"
		for (k = 1; k <= n; k++)
			if (where[k] == "kern")
				printf "\t[%d] = { \"%s\", sys_%s, %d },\n", nr[k], name[k], name[k], payload[k] != "-"
		printf "};\n#endif\n"
	}
	print "#endif"
}
