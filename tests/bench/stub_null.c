/* SPDX-License-Identifier: ISC */
/* Native, under a layer: the glue call that does nothing, answered by the supervisor. */
#include <veneer.h>
#include <veneer/native_nr.h>

#include "serve.h"

static void
setup(void)
{
	if (veneer_stub0(NATIVE_SYS_veneer_null) < 0)
		_exit(1);
}

static void
many(uint64_t n)
{
	while (n-- > 0)
		if (veneer_stub0(NATIVE_SYS_veneer_null) < 0)
			_exit(1);
}
