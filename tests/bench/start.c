/* SPDX-License-Identifier: ISC */
/* What a libc's start costs, and nothing else. */
int
main(void)
{
	return 0;
}
