# SPDX-License-Identifier: ISC
# abi/mach/routines.tbl, abi/mach/constants.tbl, errors.tbl -> one cmocka test a cell, included by errors.c.
# From a routine's row come the cells that its target and its rights have; errors.tbl has the others. Every routine, and every code of
# kern_return.h, message.h and mig_errors.h needs a cell or a row `none` that says why it cannot be met.
function die(why) {
	printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
	failed = 1
	exit 1
}
function cell(call, error, expression, title) {
	n++
	met[error] = called[call] = 1
	printf "static void\ncell_%d(void **state)\n{\n\tCELL;\n\tassert_int_equal((uint32_t)(%s), (uint32_t)(%s));\n}\n", n, expression, error
	list = list sprintf("\tT(cell_%d, \"%s: %s: %s\"),\n", n, call, error, title)
}
# A trap of the routine with `name` as its target, or as its word `at`.
function trap(call, name, at, second, value,    i, s) {
	s = ""
	for (i = 0; i < 6; i++)
		s = s ", " (i == at ? name : i == second ? value : i == word[call] ? valid[target[call]] : "0")
	return "R(f, MACH_ROUTINE_" call s ")"
}
function targets(call, names, error,    a, i, k) {
	k = split(names, a, " ")
	for (i = 1; i <= k; i++)
		cell(call, error, trap(call, "all." a[i], word[call], -1, 0), "on " a[i])
}
function target_cells(call,    t) {
	t = target[call]
	if (t ~ /^space/) {
		targets(call, "x d so s th", "KERN_INVALID_TASK")
		if (t == "space")
			targets(call, "rd nm", "KERN_INVALID_TASK")
		else
			targets(call, t == "space_read" ? "in nm" : "nm", "KERN_INVALID_TASK")
	} else if (t != "self") {
		targets(call, "x", "KERN_INVALID_NAME")
		targets(call, "d", "KERN_TERMINATED")
		targets(call, "so s", "KERN_INVALID_ARGUMENT")
		targets(call, t ~ /^task/ ? "th" : "tk", "KERN_INVALID_ARGUMENT")
		if (t == "task" || t == "task_read" || t == "task_inspect")
			targets(call, t == "task" ? "rd in nm" : t == "task_read" ? "in nm" : "nm", "KERN_INVALID_ARGUMENT")
		if (t == "host_priv")
			targets(call, "ho", "KERN_INVALID_ARGUMENT")
	}
}
function right_cells(call, args,    a, k, i, part, how) {
	k = split(args, a, " ")
	for (i = 1; i <= k; i++) {
		if (a[i] ~ /^>/ || split(a[i], part, /[:@,]/) < 3 || part[2] !~ /^(send|sonce|any)$/)
			continue
		how = part[2] == "send" ? -1 : part[4]
		cell(call, "KERN_INVALID_NAME", trap(call, "all.x", part[3], how, part[2] == "sonce" ? "MAKE_SO" : "COPY_SEND"),
		    part[1] " is no name")
		cell(call, "KERN_INVALID_RIGHT", trap(call, part[2] == "sonce" ? "all.s" : "all.p", part[3], how,
		    part[2] == "sonce" ? "MAKE_SO" : "COPY_SEND"), part[1] " is no such right")
		if (how < 0)
			continue
		cell(call, "KERN_INVALID_VALUE", trap(call, "all.s", part[3], how, "77"), part[1] " has no such disposition")
		if (part[2] == "sonce")
			cell(call, "KERN_INVALID_VALUE", trap(call, "all.s", part[3], how, "COPY_SEND"), part[1] " is no send-once right")
	}
}
BEGIN {
	FS = "\t"
	for (i = split("space space_read space_inspect task task_read task_inspect task_name self", a, " "); i > 0; i--)
		valid[a[i]] = "0"
	valid["thread"] = "all.th"; valid["host"] = "all.ho"; valid["host_priv"] = "all.hp"
	valid["semaphore"] = "all.sem"; valid["clock"] = "all.ck"
	# What the model of a message's ports says to a task, by message.
	port["space"] = port["space_read"] = port["space_inspect"] = port["task"] = port["task_read"] = port["task_inspect"] = "all.tk"
	port["task_name"] = "all.tk"
}
/^#/ || /^[ \t]*$/ { next }
FILENAME ~ /routines.tbl$/ {
	split($4, t, "@")
	target[$2] = t[1]
	word[$2] = t[2] + 0
	routine[$2] = 1
	target_cells($2)
	right_cells($2, $5)
	if ($3 != "-")
		cell($2, "MIG_BAD_ARGUMENTS", "G(f, " (t[1] in port ? port[t[1]] : valid[t[1]]) ", " $3 ")", "a message with half a record")
	next
}
FILENAME ~ /constants.tbl$/ {
	if (($1 == "kern_return" || $1 == "mig_errors" || ($1 == "message" && $2 ~ /^MACH_(SEND|RCV)_/ && $3 ~ /^0x1000[0-9a-f]+$/)) && $2 !~ /_(SUCCESS|RETURN_MAX|MASK)$/)
		code[$2] = 1
	next
}
NF != 3 { die("call, error, expression wanted") }
$1 == "none" {
	if (!($2 in code) || $3 == "")
		die("a code, and why it cannot be met")
	met[$2] = 1
	next
}
{
	error = $2 ~ /^(MACH|MIG|BOOTSTRAP)_/ ? $2 : "KERN_" $2
	title = $3
	gsub(/kern_|k, a, |\(starve\(f\), |MACH_|"/, "", title)
	cell($1, error, $3, title)
}
# What each disposition (0 to 31) makes of each kind of name: fits says which can come of which.
function fits(disposition, name) {
	return index(" 16p 16sr 17s 17sr 18so 19s 19sr 20p 20sr 21p 21sr ", " " disposition name " ")
}
function disposition_cells(    d, k, i, a, r) {
	k = split("p sr s so d ps x null dead", a, " ")
	for (d = 0; d < 32; d++)
		for (i = 1; i <= k; i++) {
			r = d < 17 || d > 21 ? "MACH_SEND_INVALID_HEADER" : fits(d, a[i]) ? "MACH_MSG_SUCCESS" : "MACH_SEND_INVALID_DEST"
			cell("mach_msg", r, "H(f, " d ", all." a[i] ", 0, 0)", "to " a[i] " as " d)
			r = d == 0 && a[i] == "null" ? "MACH_MSG_SUCCESS" : d < 17 || d > 21 ? "MACH_SEND_INVALID_HEADER" : \
			    a[i] == "null" || a[i] == "dead" || fits(d, a[i]) ? "MACH_MSG_SUCCESS" : "MACH_SEND_INVALID_REPLY"
			cell("mach_msg", r, "H(f, COPY_SEND, all.s2, " d ", all." a[i] ")", "reply " a[i] " as " d)
			r = d < 16 || d > 21 ? "MACH_SEND_INVALID_TYPE" : a[i] == "null" || a[i] == "dead" || fits(d, a[i]) || \
			    a[i] == "d" && d ~ /^(17|18|19)$/ ? "MACH_MSG_SUCCESS" : "MACH_SEND_INVALID_RIGHT"
			cell("mach_msg", r, "D(f, " d ", all." a[i] ")", "port " a[i] " as " d)
			cell("mach_msg", r, "O(f, " d ", all." a[i] ")", "array of " a[i] " as " d)
		}
}
END {
	if (failed)
		exit 1
	disposition_cells()
	for (r in routine)
		if (!(r in called))
			die("routine " r " has no cell")
	for (c in code)
		if (!(c in met))
			die(c " has no cell, and no row that says why")
	printf "enum { CELLS = %d };\nstatic const struct CMUnitTest cells[] = {\n%s};\n", n, list
}
