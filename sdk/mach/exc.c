/* SPDX-License-Identifier: ISC */
#define CODE exception_data_type_t
#define FIRST 2400
#define NAME(x) catch_exception_##x
#include "exc_server.h"

boolean_t
exc_server(mach_msg_header_t *in, mach_msg_header_t *out)
{
	return serve(in, out);
}
