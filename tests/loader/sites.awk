# SPDX-License-Identifier: ISC
# What the planner proved against what objdump -d reads. Files in this order: the lines of
# tests/loader/sites, the original's disassembly, and, with -v patched=1, the patched one's.
# Prints "sites N of M" and every contradiction.
function hexval(s,    i, n) {
	n = 0
	s = tolower(s)
	for (i = 1; i <= length(s); i++)
		n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return n
}
FNR == 1 { file++ }
file == 1 && $1 == "patch" {
	start = hexval($2)
	for (k = 0; k < $3; k++)
		touched[start + k] = 1
	if ($6 == "site") {
		first[$2] = $4
		site[$4] = 1
	}
}
file == 1 && $1 == "skip" { reason[$2] = $0 }
file > 1 && /^ *[0-9a-f]+:\t/ {
	line = $0
	sub(/^ */, "", line)
	addr = line
	sub(/:.*/, "", addr)
	text = line
	sub(/^[^\t]*\t/, "", text)
	sub(/ *[#<].*/, "", text)
	sub(/[ \t]+$/, "", text)
	if (text == "syscall" && file == 2) {
		calls++
		if (addr in site) good++
		else if (reason[addr] ~ /sigreturn|neighbour/) good_reason++
		else print "not proven: " addr " " reason[addr]
	}
	if (file == 2)
		original[addr] = text
	else
		now[addr] = text
}
END {
	for (a in site)
		if (original[a] != "syscall") {
			print "no syscall for objdump: " a
			bad = 1
		}
	for (a in first)
		if (!(a in original)) {
			print "no boundary for objdump: " a
			bad = 1
		}
	if (patched)
		for (a in original)
			if (!(hexval(a) in touched) && original[a] != now[a]) {
				print "changed: " a ": " original[a] " is " now[a]
				bad = 1
			}
	print "sites " good + 0 " left " good_reason + 0 " of " calls + 0
	exit bad
}
