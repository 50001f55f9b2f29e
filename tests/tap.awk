# SPDX-License-Identifier: ISC
# Sums up one test file's TAP: prints what failed, then one line
# `== FILE passed N failed N skipped N seconds`.
# -v rc, file, seconds, allow (file of permitted skip reasons, EREs).

BEGIN {
	while ((getline line < allow) > 0)
		if (line !~ /^(#|$)/)
			reason[++nreasons] = line
}

/^1\.\.[0-9]+/ { planned += substr($1, 4); next }

/^(not )?ok / {
	flush()
	title = $0
	if (/^not /) {
		failed++
		keep = 1
		show = "FAIL " file ": " strip($0) "\n"
	} else if (/# skip/) {
		why = $0
		sub(/.*# skip *\(?/, "", why)
		sub(/\)$/, "", why)
		if (allowed(why)) {
			skipped++
			show = "skip " file ": " why "\n"
		} else {
			failed++
			show = "FAIL " file ": skipped without a reason that "
			show = show "tests/skips.allow allows: " strip($0) "\n"
		}
		keep = 0
	} else {
		passed++
		keep = 0
		show = ""
	}
	next
}

# Of a failed test's output the first 40 lines are shown.
{
	if ((keep || rc) && ++shown <= 40)
		tail = tail "  " $0 "\n"
}

function strip(s)
{
	sub(/^(not )?ok [0-9]+ (- )?/, "", s)
	return s
}

function allowed(why,    i)
{
	for (i = 1; i <= nreasons; i++)
		if (why ~ "^" reason[i])
			return 1
	return 0
}

function flush()
{
	if (show != "" || (keep && tail != ""))
		printf "%s%s", show, keep ? tail : ""
	show = tail = ""
	shown = 0
}

END {
	if (!keep && rc && !failed)
		keep = 1
	flush()
	done = passed + failed + skipped
	if (done < planned || (planned == 0 && done == 0)) {
		n = planned > done ? planned - done : 1
		failed += n
		printf "FAIL %s: %d tests gave no result%s\n", file, n,
		    rc == 124 ? ": out of time" : ""
	} else if (rc && !failed) {
		failed++
		printf "FAIL %s: ended with status %d\n", file, rc
	}
	printf "== %s passed %d failed %d skipped %d %ds\n", file,
	    passed, failed, skipped, seconds
}
