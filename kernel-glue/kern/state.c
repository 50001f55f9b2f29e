/* SPDX-License-Identifier: ISC */
#include "kobject.h"
#include "msg.h"
#include "stage.h"
#include "state.h"
#include "state_rows.h"

uint32_t
state_shape(uint64_t version)
{
	return version < STATE_OLDEST || version > STATE_VERSION ? 0 :
	    shapes[version - STATE_OLDEST];
}

/* FNV-1a */
uint64_t
state_sum(const unsigned char *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h;
}
