# SPDX-License-Identifier: ISC
# Sizes of C and shell: functions to 100 lines, nine of ten under 50, files to
# 800. In KNF a function's braces stand alone in the first column.

FNR == 1 { begin = 0; files[FILENAME] }
{ lines[FILENAME] = FNR }
/^\{/ && !begin { begin = FNR }
/^}/ && begin {
	n = FNR - begin - 1
	count[n > 200 ? 200 : n]++
	total++
	if (n > 100) {
		printf "%s:%d: a function of %d lines\n", FILENAME, begin, n
		status = 1
	}
	begin = 0
}

END {
	for (f in lines)
		if (lines[f] > 800) {
			print f ": " lines[f] " lines"
			status = 1
		}
	for (n = 0; n <= 200; n++) {
		seen += count[n]
		if (seen >= total * 0.9) {
			print "nine of ten functions have at most " n " lines"
			if (n >= 50)
				status = 1
			break
		}
	}
	exit status
}
