/* SPDX-License-Identifier: ISC */
/* many LIBRARY...: every one has a table of its own; a failed load costs none. */
#include <dlfcn.h>

#include "t.h"

int
main(int argc, char **argv)
{
	void *at[argc], *h;
	void *(*stubs)(void);
	long (*parent)(void);

	for (int i = 1; i < argc; i++) {
		h = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
		if (h == NULL)
			dprintf(2, "%s\n", dlerror());
		CHECK(h != NULL);
		parent = (long (*)(void))dlsym(h, "second_parent");
		stubs = (void *(*)(void))dlsym(h, "second_stubs");
		CHECK(parent() == getppid());
		at[i] = stubs();
		for (int j = 1; j < i; j++)
			CHECK(at[j] != at[i]);
		CHECK(dlopen("/dev/null", RTLD_NOW) == NULL);
	}
	printf("%d\n", argc - 1);
	return 0;
}
