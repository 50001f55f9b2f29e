/* SPDX-License-Identifier: ISC */
/* A native guest with a `syscall` instruction of its own, made at run time. */
#include <sys/mman.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
main(void)
{
	static const unsigned char getpid_code[] = {
		0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3
	};
	long (*planted)(void);
	void *p;

	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return 1;
	memcpy(p, getpid_code, sizeof(getpid_code));
	memcpy(&planted, &p, sizeof(p));
	puts("before");
	fflush(stdout);
	printf("after %d\n", planted() == getpid());
	return 0;
}
