/* SPDX-License-Identifier: ISC */
/* objects LIBRARY [TOO-NEW]: stub sections of start-up and dlopened objects. */
#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>

#include "t.h"

extern char __veneer_stubs[] __attribute__((__visibility__("hidden")));
long first_at_start(void);
long first_parent(void);
void *first_stubs(void);
int *first_tls(void);

/* Code, and no name: what a table looks like. */
static int
is_table(const void *at)
{
	char line[4400], perms[5];
	unsigned long lo, hi;
	int found = 0, len = 0;
	FILE *f = fopen("/proc/self/maps", "r");

	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %4s %*x %*s %*u%n", &lo, &hi, perms,
		    &len) == 3 && lo == (unsigned long)at)
			found = hi - lo == 16384 && !strcmp(perms, "r-xp") &&
			    strspn(line + len, " \n") == strlen(line + len);
	fclose(f);
	return found;
}

static void *
thread(void *arg)
{
	int *(*tls)(void) = (int *(*)(void))arg;

	CHECK(*tls() == 31 && *first_tls() == 31);
	*tls() = 1;
	return NULL;
}

int
main(int argc, char **argv)
{
	void *h;
	pthread_t t;
	long (*parent)(void), (*at_start)(void);
	void *(*stubs)(void);
	int *(*tls)(void);

	CHECK(argc > 1);
	CHECK(first_at_start() == getppid() && first_parent() == getppid());
	CHECK(first_stubs() != (void *)__veneer_stubs);
	CHECK(is_table(__veneer_stubs) && is_table(first_stubs()));
	CHECK(*first_tls() == 31);
	h = dlopen(argv[1], RTLD_NOW);
	if (h == NULL)
		dprintf(2, "%s\n", dlerror());
	CHECK(h != NULL);
	parent = (long (*)(void))dlsym(h, "second_parent");
	at_start = (long (*)(void))dlsym(h, "second_at_start");
	stubs = (void *(*)(void))dlsym(h, "second_stubs");
	tls = (int *(*)(void))dlsym(h, "second_tls");
	CHECK(parent() == getppid() && at_start() == getppid());
	CHECK(stubs() != first_stubs() && is_table(stubs()));
	CHECK(*tls() == 31);
	CHECK(pthread_create(&t, NULL, thread, (void *)tls) == 0);
	CHECK(pthread_join(t, NULL) == 0 && *tls() == 31);
	if (argc > 2) {
		CHECK(dlopen(argv[2], RTLD_NOW) == NULL);
		puts(dlerror());
	}
	return 0;
}
