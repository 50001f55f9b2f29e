# SPDX-License-Identifier: ISC
# With table.awk: the support matrix of one personality, docs/matrix-<personality>.md.
# -v personality=freebsd -v versions="11 12 13 14"
END {
	if (failed)
		exit 1
	n = split(versions, v, " ")
	print "<!-- SPDX-License-Identifier: ISC -->"
	print "<!-- Generated from abi/" personality "/syscalls.tbl; `ninja golden` renews this copy. -->"
	print "# Support matrix: " personality "\n"
	print "A call that is `none` answers as an unknown number does. `part` says in its note what is missing.\n"
	print "| layer | calls | full | part | none |\n| --- | --- | --- | --- | --- |"
	for (k = 1; k <= n; k++) {
		split("", c)
		all = 0
		for (i = 1; i <= nrows; i++)
			if (in_version(i, v[k] + 0)) {
				c[status[i]]++
				all++
			}
		printf "| %s@%d | %d | %d | %d | %d |\n", personality, v[k], all, c["full"], c["part"], c["none"]
	}
	print "\n| nr | call | versions | route | status | note |\n| --- | --- | --- | --- | --- | --- |"
	for (i = 1; i <= nrows; i++) {
		gsub(/\|/, "\\|", note[i])
		printf "| %d | %s | %s | %s | %s | %s |\n", nr[i], name[i], since[i] (until[i] == "-" ? "" : " to " until[i]), \
		    status[i] == "none" ? "none" : route[i], status[i], note[i]
	}
}
