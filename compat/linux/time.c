/* SPDX-License-Identifier: ISC */
/* Clocks, by the host's vDSO where that makes no call. */
#include "linux.h"

long
linux_clock_gettime(struct call *c)
{
	int64_t ts[2];
	long ret = clock_read(c->thread, (int)c->arg[0], ts);

	return ret != 0 ? ret : copyout(guest(c->arg[1]), ts, sizeof(ts));
}

long
linux_gettimeofday(struct call *c)
{
	int64_t ts[2];
	int32_t zone[2] = { 0, 0 };
	long ret = clock_read(c->thread, 0, ts);

	ts[1] /= 1000;
	if (ret == 0 && c->arg[0] != 0)
		ret = copyout(guest(c->arg[0]), ts, sizeof(ts));
	if (ret == 0 && c->arg[1] != 0)
		ret = copyout(guest(c->arg[1]), zone, sizeof(zone));
	return ret;
}

long
linux_time(struct call *c)
{
	int64_t ts[2];
	long ret = clock_read(c->thread, 0, ts);

	if (ret == 0 && c->arg[0] != 0)
		ret = copyout(guest(c->arg[0]), ts, 8);
	return ret != 0 ? ret : ts[0];
}

/* The processor by the segment limit that the kernel keeps for its vDSO: number in bits 0 to 11, node above. */
long
linux_getcpu(struct call *c)
{
	uint32_t limit, cpu, node;

	__asm__("lsl %1, %0" : "=r"(limit) : "r"(0x7b));
	cpu = limit & 0xfff;
	node = limit >> 12;
	if (c->arg[0] != 0 && copyout(guest(c->arg[0]), &cpu, 4) != 0)
		return LINUX_EFAULT;
	if (c->arg[1] != 0 && copyout(guest(c->arg[1]), &node, 4) != 0)
		return LINUX_EFAULT;
	return 0;
}
