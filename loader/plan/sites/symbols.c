/* SPDX-License-Identifier: ISC */
/* Functions by the file's own symbols. */
#include <elf.h>
#include <string.h>

#include "sites.h"

static void
table(const struct view *v, const char *name, uint32_t type,
    function_seen *seen, void *arg)
{
	struct function f = { .source = FUNCTION_SYMBOL };
	struct section s;
	Elf64_Sym sym;
	uint64_t at;

	if (!view_section(v, name, &s) || s.type != type)
		return;
	for (at = 0; s.len - at >= sizeof(sym); at += sizeof(sym)) {
		memcpy(&sym, v->data + s.off + at, sizeof(sym));
		if ((ELF64_ST_TYPE(sym.st_info) != STT_FUNC &&
		    ELF64_ST_TYPE(sym.st_info) != STT_GNU_IFUNC) ||
		    sym.st_shndx == SHN_UNDEF ||
		    sym.st_value > UINT64_MAX / 2 ||
		    sym.st_size > UINT64_MAX / 2)
			continue;
		f.start = sym.st_value;
		f.end = f.start + sym.st_size;
		seen(arg, &f);
	}
}

void
symbol_functions(const struct view *v, function_seen *seen, void *arg)
{
	table(v, ".symtab", SHT_SYMTAB, seen, arg);
	table(v, ".dynsym", SHT_DYNSYM, seen, arg);
}
