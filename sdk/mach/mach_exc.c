/* SPDX-License-Identifier: ISC */
#define CODE mach_exception_data_type_t
#define FIRST 2404
#define NAME(x) catch_mach_exception_##x
#include "exc_server.h"

boolean_t
mach_exc_server(mach_msg_header_t *in, mach_msg_header_t *out)
{
	return serve(in, out);
}
