# SPDX-License-Identifier: ISC
# facts.tbl -> a C program of static asserts, and a use of every function.
BEGIN {
	FS = "\t"
	print "#include <mach/mach.h>\n#include <mach/mach_time.h>\n#include <mach/mach_vm.h>\n#include <mach/mig_errors.h>"
	print "#include <mach/mk_timer.h>\n#include <stddef.h>\n#include <stdio.h>\n"
}
/^#/ { next }
{ n++ }
$1 == "size" { printf "_Static_assert(sizeof(%s) == %s, \"size of %s\");\n", $2, $3, $2; next }
$1 == "at" { printf "_Static_assert(offsetof(%s, %s) == %s, \"%s.%s\");\n", $2, $3, $4, $2, $3; next }
$1 == "is" { printf "_Static_assert((%s) == (%s), \"%s\");\n", $2, $3, $2; next }
$1 == "call" {
	if (!match($3, /\(/) || !sub(/ ?\(/, " (*)(", $3))
		exit 1
	calls = calls sprintf("\tuse = (uintptr_t)%s;\n\t_Static_assert(__builtin_types_compatible_p(__typeof__(&%s), %s), \"%s\");\n", $2, $2, $3, $2)
	next
}
{ print "#error " $0 }
END { printf "static volatile uintptr_t use;\n\nint\nmain(void)\n{\n%s\tprintf(\"facts: %%d\\n\", %d);\n\treturn 0;\n}\n", calls, n }
