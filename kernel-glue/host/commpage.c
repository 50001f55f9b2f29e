/* SPDX-License-Identifier: ISC */
/* The domain's commpage: one page that every guest maps read-only. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10
#endif

static uint64_t
boot_time(void)
{
	struct timespec real, boot;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (uint64_t)(real.tv_sec - boot.tv_sec);
}

int
commpage_new(uint64_t domain)
{
	struct commpage page = {
		.magic = MAGIC_COMMPAGE, .version = VERSION_COMMPAGE,
		.size = SIZEOF_COMMPAGE,
		.ncpu = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
		.page_size = (uint32_t)sysconf(_SC_PAGESIZE),
		.domain = domain, .generation = 1,
		.boot_sec = boot_time(),
		.timebase_numer = 1, .timebase_denom = 1,
	};
	struct sysinfo si;
	int fd;

	if (sysinfo(&si) == 0)
		page.mem_total = (uint64_t)si.totalram * si.mem_unit;
	fd = memfd_create("veneer-commpage", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	if (write(fd, &page, sizeof(page)) == (ssize_t)sizeof(page) &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW |
	    F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0)
		return fd;
	close(fd);
	return -1;
}
