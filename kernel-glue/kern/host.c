/* SPDX-License-Identifier: ISC */
/* The domain as a Mach host: its port, its privileged port, its clocks. */
#include "kobject.h"

static int
make(struct kern *k, enum port_kind kind, struct port **p)
{
	if (*p != NULL)
		return KERN_SUCCESS;
	if (k->account == NULL)
		k->account = account_new(k, KERN_GUEST_MEMORY);
	if (k->account == NULL)
		return KERN_RESOURCE_SHORTAGE;
	return port_new_kernel(k, k->account, kind, NULL, p);
}

int
host_port(struct kern *k, enum port_kind kind, struct port **out)
{
	struct port **p = kind == PORT_HOST ? &k->host_port : &k->host_priv;
	int kr = make(k, kind, p);

	*out = *p;
	return kr;
}

int
clock_port(struct kern *k, uint32_t clock, struct port **out)
{
	int kr;

	if (clock != SYSTEM_CLOCK && clock != CALENDAR_CLOCK)
		return KERN_INVALID_ARGUMENT;
	kr = make(k, PORT_CLOCK, &k->clock[clock]);
	*out = k->clock[clock];
	if (kr == KERN_SUCCESS)
		(*out)->context = clock;
	return kr;
}

static void
end(struct kern *k, struct port **p)
{
	struct port *port = *p;

	*p = NULL;
	if (port != NULL)
		port_destroy(k, port);
}

void
host_end(struct kern *k)
{
	end(k, &k->host_port);
	end(k, &k->host_priv);
	end(k, &k->clock[0]);
	end(k, &k->clock[1]);
	exceptions_end(k, &k->exceptions);
	if (k->account != NULL)
		account_rele(k, k->account);
	k->account = NULL;
}
