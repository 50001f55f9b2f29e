/* SPDX-License-Identifier: ISC */
/* Exception ports: handlers come as rights, and behind them their masks, behaviors and flavors. */
#include <string.h>

#include "libmach.h"

static kern_return_t
handlers(struct mach_call *m, exception_mask_array_t masks,
    mach_msg_type_number_t *count, exception_port_array_t ports,
    exception_behavior_array_t behaviors, exception_flavor_array_t flavors)
{
	kern_return_t kr = __mach_call_words(m, MACH_CALL_HEAD, sizeof(*m));
	size_t n = m->n / 4;

	if (kr != KERN_SUCCESS)
		return kr;
	memcpy(ports, m->word, n * sizeof(*ports));
	memcpy(masks, m->word + n, n * sizeof(*masks));
	memcpy(behaviors, m->word + 2 * n, n * sizeof(*behaviors));
	memcpy(flavors, m->word + 3 * n, n * sizeof(*flavors));
	*count = (mach_msg_type_number_t)n;
	return KERN_SUCCESS;
}

#define GET(name, type, routine_name) \
kern_return_t \
name(type of, exception_mask_t mask, exception_mask_array_t masks, \
    mach_msg_type_number_t *count, exception_handler_array_t ports, \
    exception_behavior_array_t behaviors, exception_flavor_array_t flavors) \
{ \
	struct mach_call m = { .routine = MACH_ROUTINE_##routine_name, \
		.arg = { of, mask } }; \
\
	return handlers(&m, masks, count, ports, behaviors, flavors); \
}

#define SWAP(name, type, routine_name) \
kern_return_t \
name(type of, exception_mask_t mask, mach_port_t port, \
    exception_behavior_t behavior, thread_state_flavor_t flavor, \
    exception_mask_array_t masks, mach_msg_type_number_t *count, \
    exception_handler_array_t ports, exception_behavior_array_t behaviors, \
    exception_flavor_array_t flavors) \
{ \
	struct mach_call m = { .routine = MACH_ROUTINE_##routine_name, \
		.arg = { of, mask, port, (uint32_t)behavior, \
		    (uint32_t)flavor } }; \
\
	return handlers(&m, masks, count, ports, behaviors, flavors); \
}

GET(task_get_exception_ports, task_t, task_get_exc)
GET(thread_get_exception_ports, thread_act_t, thread_get_exc)
GET(host_get_exception_ports, host_priv_t, host_get_exc)
SWAP(task_swap_exception_ports, task_t, task_swap_exc)
SWAP(thread_swap_exception_ports, thread_act_t, thread_swap_exc)
SWAP(host_swap_exception_ports, host_priv_t, host_swap_exc)
