# SPDX-License-Identifier: ISC
# Call tables (nr name since until route status ret args # note): by number;
# rows of one number cover disjoint versions; words are of the known ones; what
# is not full says what is missing.

BEGIN { FS = "\t" }
FNR == 1 { last = -1 }
/^#/ || /^$/ { next }

{
	if ($1 + 0 < last)
		bad("number " $1 " comes after " last)
	if ($1 + 0 == last && range($3, 0) <= until)
		bad("number " $1 " twice in one version")
	if ($5 !~ /^(layer|host|glue|none)$/)
		bad("route '" $5 "'")
	if ($6 !~ /^(full|none)$/ && $0 !~ /#[ ]*[^ ]/)
		bad($2 " is " $6 " without a note")
	last = $1 + 0
	until = range($4, 1e9)
}

function range(v, open)
{
	return v ~ /^[0-9]+$/ ? v + 0 : open
}

function bad(what)
{
	print FILENAME ":" FNR ": " what
	status = 1
}

END { exit status }
