# SPDX-License-Identifier: ISC
# Include direction: abi <- layer <- compat; abi <- loader;
# abi <- kernel-glue/kern <- kernel-glue/host. Reads `FILE:LINE:#include ...`
# lines; -v headers is a list `NAME FOLDER`, one per line, of the headers here.

BEGIN {
	FS = ":"
	may["layer"] = "layer gen abi"
	may["compat/freebsd"] = "compat/freebsd compat layer gen abi"
	may["compat/linux"] = "compat/linux compat layer gen abi"
	may["compat/native"] = "compat/native compat/linux compat layer gen abi"
	may["loader"] = "loader gen abi"
	may["kernel-glue/kern"] = "kernel-glue/kern gen abi"
	may["kernel-glue/micro"] = "kernel-glue/micro"
	may["kernel-glue/host"] = "kernel-glue/host kernel-glue/kern kernel-glue/micro gen abi"
	may["sdk"] = "sdk gen abi"
	# Angle brackets in freestanding folders: the compiler's own and the
	# host's ABI; in kern/ nothing of Linux.
	free = "^(stdbool|stddef|stdint|stdarg|stdatomic|limits|stdalign)[.]h$"
	uapi = "^(linux|asm|asm-generic)/"
	kern = "^(assert|stdbool|stddef|stdint|stdarg|limits|string|stdlib)[.]h$"
	n = split(headers, rows, "\n")
	for (i = 1; i <= n; i++) {
		split(rows[i], w, " ")
		home[w[1]] = home[w[1]] " " w[2]
	}
}

{
	area = folder($1)
	if (!(area in may))
		next
	line = $0
	sub(/^[^:]*:[0-9]*:[ \t]*#[ \t]*include[ \t]*/, "", line)
	name = line
	gsub(/^[<"]|[>"].*$/, "", name)
	if (line ~ /^</) {
		if (area == "layer" || area ~ /^compat/) {
			if (name !~ free && name !~ uapi)
				bad("freestanding code includes <" name ">")
		} else if (area == "kernel-glue/kern" && name !~ kern)
			bad("kern/ includes <" name ">")
		if (name ~ /^(libelf|gelf|seccomp|sodium|jansson)[.]h$/)
			users[name] = users[name] " " $1
		next
	}
	sub(/.*\//, "", name)
	if (!(name in home))
		next		# generated
	m = split(home[name], h, " ")
	ok = 0
	for (i = 1; i <= m; i++)
		if (index(" " may[area] " ", " " h[i] " "))
			ok = 1
	if (!ok)
		bad("includes " name " of" home[name])
}

function folder(f)
{
	if (f ~ /^(compat|kernel-glue)\/[^\/]*\//)
		sub(/^[^\/]*\/[^\/]*/, "&#", f)
	else
		sub(/^[^\/]*/, "&#", f)
	sub(/#.*/, "", f)
	return f
}

function bad(what)
{
	print $1 ":" $2 ": " what
	status = 1
}

END {
	for (u in users)
		if ((u == "libelf.h" || u == "seccomp.h") &&
		    split(users[u], x, " ") > 2) {
			print "<" u "> is included in more than two files:" \
			    users[u]
			status = 1
		}
	exit status
}
