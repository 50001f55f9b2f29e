# SPDX-License-Identifier: ISC
# build/bench.json as an SVG: a bar for each column of each row, ratios on a logarithmic scale, native at the thin line,
# floors as short red marks. awk -f tests/bench/plot.awk build/bench.json > bench.svg
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
	gsub(/&/, "\\&amp;", s)
	return s
}
function at(ratio) {
	return left + (log(ratio) - log(low)) / (log(high) - log(low)) * width
}
BEGIN {
	left = 340; width = 620; low = 0.1; high = 120; y = 60
	n = split("site site+f sud filter sud+f trap trap+f sigsys notify ptrace", names, " ")
	split("#2166ac #67a9cf #1b7837 #a6dba0 #5aae61 #b2182b #ef8a62 #999999 #bbbbbb #dddddd", colours, " ")
}
/"processor"/ {
	head = string($0, "processor") ", Linux " string($0, "kernel") ", load " number($0, "load")
	next
}
{
	what = string($0, "what")
	if (what ~ /^(KiB|copies)/)
		next
	body = body sprintf("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", left - 8, y + 9, what)
	for (i = 1; i <= n; i++) {
		key = names[i]
		sub(/\+/, "[+]", key)
		if (!match($0, "\"" key "\":[{][^}]*[}]"))
			continue
		column = substr($0, RSTART, RLENGTH)
		ratio = number(column, "ratio")
		if (ratio <= 0)
			continue
		a = at(ratio < low ? low : ratio > high ? high : ratio)
		x0 = a < at(1) ? a : at(1)
		body = body sprintf("<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"7\" fill=\"%s\"/>" \
		    "<text x=\"%.1f\" y=\"%d\" class=\"n\">%.2f</text>\n", x0, y, (a > at(1) ? a - at(1) : at(1) - a) + 0.5, \
		    colours[i], (a > at(1) ? a : at(1)) + 3, y + 7, ratio)
		floor = number(column, "floor")
		if (floor > 0)
			body = body sprintf("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"red\" stroke-width=\"2\"/>\n", \
			    at(floor), at(floor), y - 1, y + 8)
		y += 9
	}
	y += 7
}
END {
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"11\">\n", \
	    left + width + 60, y + 10
	print "<style>.n{font-size:8px}</style><rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
	printf "<text x=\"8\" y=\"16\">Ratios to native, %s. Short red marks: floors.</text>\n", head
	for (i = 1; i <= n; i++)
		printf "<rect x=\"%d\" y=\"26\" width=\"9\" height=\"9\" fill=\"%s\"/><text x=\"%d\" y=\"35\">%s</text>\n", \
		    left + i * 75 - 75, colours[i], left + i * 75 - 62, names[i]
	printf "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"45\" y2=\"%d\" stroke=\"#666\" stroke-width=\"0.5\"/>\n", at(1), at(1), y
	printf "%s</svg>\n", body
}
