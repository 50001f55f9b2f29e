# SPDX-License-Identifier: ISC
# gotest.known, the native log, the log under Veneer: what of the last is worse
# than the second and not known is printed, and the status is 1.
# -v pkg

FNR == 1 { part++ }

part == 1 {
	if ($1 == pkg)
		known[$2] = 1
	next
}

/^ *--- (PASS|FAIL|SKIP): / {
	name = $3
	if (part == 2)
		native[name] = $2
	else
		foreign[name] = $2
	next
}

# A test that does not end is known by its `=== RUN` alone.
part == 3 && /^=== RUN/ { begun[$3] = 1 }
part == 3 && /^status / { status = $2 }
part == 3 && /^(PASS|FAIL)$/ { ended = 1 }

END {
	for (t in foreign)
		if (foreign[t] == "FAIL:") {
			if (native[t] == "FAIL:" || parent_known(t))
				continue
			print pkg ": " t " fails"
			bad = 1
		} else if (foreign[t] == "PASS:")
			passed++
	for (t in begun)
		if (!(t in foreign) && t !~ /\// && !(t in known)) {
			print pkg ": " t " does not end"
			bad = 1
		}
	if (!ended || !passed) {
		print pkg ": the program did not come to its end: status " status
		bad = 1
	}
	print pkg ": " passed + 0 " passed"
	exit bad
}

# A test is known by its own name, or, for a parent, by that of one inside.
function parent_known(t,    k)
{
	for (k in known)
		if (index(k "/", t "/") == 1 || index(t "/", k "/") == 1)
			return 1
	return 0
}
