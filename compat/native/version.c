/* SPDX-License-Identifier: ISC */
/*
 * What native@2 changed under the same numbers (docs/native-abi.md).  A program has the
 * newest version that both it and the layer know, so its old buffers stay large enough.
 */
#include "native.h"

#define UTSNAME_BYTES 390	/* native@1: six fields */
#define LAYER_BYTES 65		/* native@2: and `layer` */
#define LINK_MAX_BYTES 4096

uint32_t
native_version(const struct mm_block *mm)
{
	return mm->abi_max < mm->layer_version ? mm->abi_max : mm->layer_version;
}

/* veneer_abi(0): the layer's version; veneer_abi(1): the program's. */
long
native_veneer_abi(struct call *c)
{
	struct mm_block *mm = thread_mm(c->thread);

	switch (c->arg[0]) {
	case 0:
		return mm->layer_version;
	case 1:
		return native_version(mm);
	default:
		return LINUX_EINVAL;
	}
}

/* struct utsname grew by the name of the layer. */
long
native_uname(struct call *c)
{
	struct mm_block *mm = thread_mm(c->thread);
	char layer[LAYER_BYTES] = "native@";
	uint32_t v = mm->layer_version, n = 7;
	long ret = pass(c);

	if (ret != 0 || native_version(mm) < 2)
		return ret;
	if (v >= 10)
		layer[n++] = (char)('0' + v / 10 % 10);
	layer[n] = (char)('0' + v % 10);
	return copyout(guest(c->arg[0] + UTSNAME_BYTES), layer, sizeof(layer));
}

/* readlink, whoever names it: a link that does not fit is an error, not a prefix of it. */
long
link_whole(struct call *c, int dirfd, uint64_t path, uint64_t buf, uint64_t size)
{
	char text[LINK_MAX_BYTES];
	long ret;

	if (native_version(thread_mm(c->thread)) < 2 || (int)size <= 0 ||
	    size >= sizeof(text))
		return pass(c);
	ret = host_call_intr(c->thread, HOST_NR_readlinkat, dirfd, (long)path,
	    (long)text, (long)size + 1, 0, 0);
	if (ret < 0)
		return ret;
	if ((uint64_t)ret > size)
		return LINUX_ERANGE;
	return copyout(guest(buf), text, (size_t)ret) != 0 ? LINUX_EFAULT : ret;
}
