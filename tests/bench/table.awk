# SPDX-License-Identifier: ISC
# build/bench.json as the table of docs/performance.md.
function number(text, key,    s) {
	if (!match(text, "\"" key "\":-?[0-9.]+"))
		return ""
	s = substr(text, RSTART, RLENGTH)
	sub(/.*:/, "", s)
	return s + 0
}
function string(text, key,    s) {
	if (!match(text, "\"" key "\":\"[^\"]*\""))
		return ""
	s = substr(text, RSTART, RLENGTH)
	sub(/^"[^"]*":"/, "", s)
	sub(/"$/, "", s)
	return s
}
function column(name) {
	gsub(/\+/, "[+]", name)
	if (!match($0, "\"" name "\":[{][^}]*[}]"))
		return ""
	return substr($0, RSTART, RLENGTH)
}
function ratio(name,    c) {
	c = column(name)
	return c == "" ? "" : sprintf("%.2f", number(c, "ratio"))
}
function judged(name,    c, s) {
	c = column(name)
	if (c == "")
		return ""
	s = sprintf("%.3f [%.3f, %.3f]", number(c, "ratio"), number(c, "low"), number(c, "high"))
	if (number(c, "floor") > 0)
		s = s sprintf(" %s %g", string(c, "verdict"), number(c, "floor"))
	return s
}
function native(    ns) {
	ns = number(column("native"), "ns")
	return ns == 0 ? "" : ns < 10000 ? sprintf("%.0f ns", ns) : ns < 10000000 ? sprintf("%.1f us", ns / 1000) : sprintf("%.0f ms", ns / 1000000)
}
/"processor"/ {
	printf "%s, %d cores, Linux %s; %d rounds; load %.1f at the start.\n\n", string($0, "processor"), number($0, "cores"), \
	    string($0, "kernel"), number($0, "rounds"), number($0, "load")
	print "| row | native | rewritten site | with the filter | SUD alone | filter alone | both | no-rewrite | with the filter | plain SIGSYS | notification | ptrace |"
	print "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
	next
}
{
	printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", string($0, "what"), native(), judged("site"), judged("site+f"), \
	    judged("sud"), judged("filter"), judged("sud+f"), ratio("trap"), ratio("trap+f"), ratio("sigsys"), ratio("notify"), ratio("ptrace")
}
