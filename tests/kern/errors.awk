# SPDX-License-Identifier: ISC
# errors.tbl -> one cmocka test a row, included by errors.c.
BEGIN { FS = "\t" }
/^#/ || /^[ \t]*$/ { next }
{
	n++
	printf "static void\ncell_%d(void **state)\n{\n\tCELL;\n\tassert_int_equal(%s, KERN_%s);\n}\n", n, $3, $2
	title = $3
	gsub(/kern_|k, a, |\(starve\(f\), /, "", title)
	list = list sprintf("\tT(cell_%d, \"%s: KERN_%s: %s\"),\n", n, $1, $2, title)
}
END { printf "static const struct CMUnitTest cells[] = {\n%s};\n", list }
