/* SPDX-License-Identifier: ISC */
#include <stdarg.h>

#include <asm/errno.h>

#include "host.h"
#include "text.h"

void *
memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	void *d = dst;

	__asm__ volatile("rep movsb" : "+D"(d), "+S"(src), "+c"(n) : : "memory");
	return dst;
}

void *
memmove(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src;

	if (d <= s || d >= s + n)
		return memcpy(dst, src, n);
	while (n-- > 0)
		d[n] = s[n];
	return dst;
}

void *
memset(void *dst, int c, size_t n)
{
	void *d = dst;

	__asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
	return dst;
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (; n > 0; n--, p++, q++)
		if (*p != *q)
			return *p < *q ? -1 : 1;
	return 0;
}

size_t
text_len(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0')
		n++;
	return n;
}

bool
text_eq(const char *a, const char *b)
{
	for (; *a == *b; a++, b++)
		if (*a == '\0')
			return true;
	return false;
}

bool
text_starts(const char *s, const char *prefix)
{
	for (; *prefix != '\0'; s++, prefix++)
		if (*s != *prefix)
			return false;
	return true;
}

const char *
text_base(const char *path)
{
	const char *base = path;

	for (; *path != '\0'; path++)
		if (*path == '/')
			base = path + 1;
	return base;
}

int
text_number(const char *s)
{
	long n = 0;

	if (*s == '\0')
		return -1;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		n = n * 10 + (*s - '0');
		if (n > 0x7fffffff)
			return -1;
	}
	return (int)n;
}

static const char *
text_radix(char buf[static 24], uint64_t n, unsigned radix)
{
	char *p = buf + 23;

	*p = '\0';
	do {
		*--p = "0123456789abcdef"[n % radix];
		n /= radix;
	} while (n != 0);
	return p;
}

const char *
text_decimal(char buf[static 24], uint64_t n)
{
	return text_radix(buf, n, 10);
}

const char *
text_hex(char buf[static 24], uint64_t n)
{
	return text_radix(buf, n, 16);
}

static const struct {
	int error;
	const char *text;
} errors[] = {
	{ EPERM, "not permitted" },
	{ ENOENT, "no such file or directory" },
	{ E2BIG, "arguments and environment are too long" },
	{ ENOEXEC, "not an executable format" },
	{ EAGAIN, "no resources now (process limit?)" },
	{ ENOMEM, "not enough memory or address space" },
	{ EACCES, "permission denied" },
	{ EFAULT, "bad address" },
	{ EEXIST, "the address is in use" },
	{ ENODEV, "the file cannot be mapped" },
	{ ENOTDIR, "a part of the path is no directory" },
	{ EISDIR, "is a directory" },
	{ EINVAL, "invalid argument" },
	{ ENFILE, "no file descriptors left on this machine" },
	{ EMFILE, "no file descriptors left in this process" },
	{ ETXTBSY, "the file is open for writing" },
	{ ENAMETOOLONG, "the name is too long" },
	{ ELOOP, "too many symbolic links" },
	{ ENOSYS, "this kernel does not have the call" },
};

const char *
text_error(long ret)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == -ret)
			return errors[i].text;
	return "unexpected error";
}

const char *
setting_find(const char *settings, const char *key, size_t *len)
{
	size_t keylen = text_len(key), n;
	const char *s = settings;

	while (*s != '\0') {
		for (n = 0; s[n] != '\0' && s[n] != ';'; n++)
			;
		if (n > keylen && s[keylen] == '=' && memcmp(s, key, keylen) == 0) {
			*len = n - keylen - 1;
			return s + keylen + 1;
		}
		s += n;
		if (*s == ';')
			s++;
	}
	return NULL;
}

_Noreturn void
leave(int status)
{
	for (;;)
		host3(HOST_NR_exit_group, status, 0, 0);
}

_Noreturn void
fail(int status, ...)
{
	char line[1024];
	size_t n = 0;
	const char *s = "veneer: ";
	va_list ap;

	va_start(ap, status);
	for (; s != NULL; s = va_arg(ap, const char *))
		for (; *s != '\0' && n < sizeof(line) - 1; s++)
			line[n++] = (unsigned char)*s < ' ' || *s == 127 ? '?' : *s;
	va_end(ap);
	line[n++] = '\n';
	host3(HOST_NR_write, 2, (long)line, (long)n);
	leave(status);
}
