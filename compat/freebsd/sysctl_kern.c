/* SPDX-License-Identifier: ISC */
/* Values of the kernel, the machine and its memory. */
#include <asm/resource.h>
#include <linux/time.h>
#include <linux/utsname.h>
#include <linux/sysinfo.h>

#include "freebsd.h"
#include "fbsd_state.h"
#include "hostdef.h"
#include "path.h"
#include "sysctl.h"

#define PAGE 4096ul

static size_t
append(char *dst, size_t n, const char *s)
{
	while (*s != '\0')
		dst[n++] = *s++;
	dst[n] = '\0';
	return n;
}

/* 1403000 is 14.3-RELEASE. */
static size_t
release(struct sysctl_req *r, char *dst, size_t n)
{
	uint32_t date = thread_mm(call_thread(r->c))->osreldate;

	n += put_number(dst + n, date / 100000);
	dst[n++] = '.';
	n += put_number(dst + n, date / 1000 % 100);
	return append(dst, n, "-RELEASE");
}

long
sysctl_osrelease(struct sysctl_req *r, const struct sysctl_row *row)
{
	char s[32];

	(void)row;
	release(r, s, 0);
	return sysctl_put_string(r, s);
}

long
sysctl_version(struct sysctl_req *r, const struct sysctl_row *row)
{
	char s[64];
	size_t n = append(s, 0, "FreeBSD ");

	(void)row;
	n = release(r, s, n);
	append(s, n, " GENERIC\n");
	return sysctl_put_string(r, s);
}

long
sysctl_osreldate(struct sysctl_req *r, const struct sysctl_row *row)
{
	(void)row;
	return sysctl_put_int(r, thread_mm(call_thread(r->c))->osreldate);
}

long
sysctl_hostname(struct sysctl_req *r, const struct sysctl_row *row)
{
	struct new_utsname u;
	long ret = HOST(r->c, uname, &u);

	(void)row;
	return ret < 0 ? ret : sysctl_put_string(r, u.nodename);
}

long
sysctl_clockrate(struct sysctl_req *r, const struct sysctl_row *row)
{
	/* hz, microseconds of a tick, spare, statistics and profiling rates */
	const int32_t rate[5] = { 1000, 1000, 0, 127, 8128 };

	(void)row;
	return sysctl_put(r, rate, sizeof(rate));
}

long
sysctl_boottime(struct sysctl_req *r, const struct sysctl_row *row)
{
	int64_t now[2], up[2];

	(void)row;
	HOST(r->c, clock_gettime, CLOCK_REALTIME, now);
	HOST(r->c, clock_gettime, CLOCK_BOOTTIME, up);
	struct host_timeval tv = { now[0] - up[0], (now[1] - up[1]) / 1000 };
	if (tv.usec < 0) {
		tv.sec--;
		tv.usec += 1000000;
	}
	return sysctl_put(r, &tv, sizeof(tv));
}

long
sysctl_maxfilesperproc(struct sysctl_req *r, const struct sysctl_row *row)
{
	uint64_t limit[2] = { 0, 0 };

	(void)row;
	HOST(r->c, prlimit64, 0, RLIMIT_NOFILE, 0, limit);
	return sysctl_put_int(r, limit[1] > INT32_MAX ? INT32_MAX : (int64_t)limit[1]);
}

long
sysctl_somaxconn(struct sysctl_req *r, const struct sysctl_row *row)
{
	(void)row;
	return sysctl_put_int(r, 128);
}

long
sysctl_ps_strings(struct sysctl_req *r, const struct sysctl_row *row)
{
	(void)row;
	return sysctl_put_long(r, (int64_t)thread_mm(call_thread(r->c))->ps_strings);
}

/* As many random bytes as there is room for, 256 at most. */
long
sysctl_arandom(struct sysctl_req *r, const struct sysctl_row *row)
{
	uint8_t bytes[256];
	uint64_t n = r->room < sizeof(bytes) ? r->room : sizeof(bytes);
	long ret = HOST(r->c, getrandom, bytes, n, 0);

	(void)row;
	return ret < 0 ? ret : sysctl_put(r, bytes, (size_t)ret);
}

static int64_t
max_cpus(struct sysctl_req *r)
{
	return layer_version(r->c) >= 14 ? 1024 : 256;
}

long
sysctl_maxcpus(struct sysctl_req *r, const struct sysctl_row *row)
{
	(void)row;
	return sysctl_put_int(r, max_cpus(r));
}

long
sysctl_ncpu(struct sysctl_req *r, const struct sysctl_row *row)
{
	(void)row;
	return sysctl_put_int(r, fbsd_page(call_thread(r->c))->ncpu);
}

long
sysctl_maxid(struct sysctl_req *r, const struct sysctl_row *row)
{
	(void)row;
	return sysctl_put_int(r, fbsd_page(call_thread(r->c))->ncpu - 1);
}

static struct sysinfo
memory(struct sysctl_req *r)
{
	struct sysinfo si = { 0 };

	HOST(r->c, sysinfo, &si);
	if (si.mem_unit == 0)
		si.mem_unit = 1;
	return si;
}

long
sysctl_physmem(struct sysctl_req *r, const struct sysctl_row *row)
{
	struct sysinfo si = memory(r);

	(void)row;
	return sysctl_put_long(r, (int64_t)(si.totalram * si.mem_unit));
}

long
sysctl_swap_total(struct sysctl_req *r, const struct sysctl_row *row)
{
	struct sysinfo si = memory(r);

	(void)row;
	return sysctl_put_long(r, (int64_t)(si.totalswap * si.mem_unit));
}

long
sysctl_page_count(struct sysctl_req *r, const struct sysctl_row *row)
{
	struct sysinfo si = memory(r);

	(void)row;
	return sysctl_put_int(r, (int64_t)(si.totalram * si.mem_unit / PAGE));
}

long
sysctl_page_count_long(struct sysctl_req *r, const struct sysctl_row *row)
{
	struct sysinfo si = memory(r);

	(void)row;
	return sysctl_put_long(r, (int64_t)(si.totalram * si.mem_unit / PAGE));
}

long
sysctl_free_count(struct sysctl_req *r, const struct sysctl_row *row)
{
	struct sysinfo si = memory(r);

	(void)row;
	return sysctl_put_int(r, (int64_t)(si.freeram * si.mem_unit / PAGE));
}

/* The host's averages are in 1/65536, this system's in 1/2048. */
long
sysctl_loadavg(struct sysctl_req *r, const struct sysctl_row *row)
{
	struct { uint32_t load[3], pad; int64_t scale; } avg = { .scale = 2048 };
	struct sysinfo si = memory(r);

	(void)row;
	for (int i = 0; i < 3; i++)
		avg.load[i] = (uint32_t)(si.loads[i] / 32);
	return sysctl_put(r, &avg, sizeof(avg));
}

long
sysctl_model(struct sysctl_req *r, const struct sysctl_row *row)
{
	uint32_t a, b, c, d;
	union { uint32_t word[12]; char text[49]; } u;

	(void)row;
	for (uint32_t i = 0; i < 3; i++) {
		__asm__("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d)
		    : "a"(0x80000002u + i), "c"(0));
		u.word[4 * i] = a;
		u.word[4 * i + 1] = b;
		u.word[4 * i + 2] = c;
		u.word[4 * i + 3] = d;
	}
	u.text[48] = '\0';
	return sysctl_put_string(r, u.text);
}
