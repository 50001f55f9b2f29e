/* SPDX-License-Identifier: ISC */
/*
 * Names of services, one set of them for the domain.  A service keeps a send right; it is no
 * more when its port has died, which is seen when somebody next looks.
 */
#include "routine.h"

enum { SERVICES_MAX = 1024 };	/* all are walked */

static void
service_free(struct kern *k, struct service *v)
{
	link_remove(&v->link);
	k->nservices--;
	port_drop_send(k, v->port);
	kern_free(k, v->account, v, sizeof(*v));
}

void
services_end(struct kern *k)
{
	while (!link_alone(&k->services))
		service_free(k, LINK_OF(struct service, link,
		    k->services.next));
}

/* The living service of that name; dead ones go on the way. */
static struct service *
service_lookup(struct kern *k, const char *name)
{
	struct link *l, *next;
	struct service *v, *found = NULL;

	for (l = k->services.next; l != &k->services; l = next) {
		next = l->next;
		v = LINK_OF(struct service, link, l);
		if (!v->port->active)
			service_free(k, v);
		else if (strcmp(v->name, name) == 0)
			found = v;
	}
	return found;
}

/* The words behind a call, as a string; false: none, or too long. */
static bool
name_of(const struct in *in, char *name)
{
	uint32_t n = in->m->n;

	memset(name, 0, SERVICE_NAME);
	if (n > SERVICE_NAME / 4)
		return false;
	memcpy(name, in->m->word, 4 * (size_t)n);
	return name[0] != '\0' && name[SERVICE_NAME - 1] == '\0';
}

/* Takes over a send right, which must be there. */
static int
service_new(struct in *in, const char *name, struct port *p)
{
	struct kern *k = in->k;
	struct service *v = k->nservices >= SERVICES_MAX ? NULL :
	    kern_alloc(k, in->s->account, sizeof(*v));

	if (v == NULL)
		return BOOTSTRAP_NO_MEMORY;
	memcpy(v->name, name, SERVICE_NAME);
	v->port = p;
	v->account = in->s->account;
	link_init(&v->link);
	link_append(&k->services, &v->link);
	k->nservices++;
	return KERN_SUCCESS;
}

int
r_bootstrap_register(struct in *in)
{
	struct port *p = in->right[0].port;
	char name[SERVICE_NAME];
	struct service *v;
	int kr;

	if (!name_of(in, name))
		return KERN_INVALID_ARGUMENT;
	v = service_lookup(in->k, name);
	if (v != NULL && v->account != in->s->account)
		return BOOTSTRAP_NAME_IN_USE;
	if (p == NULL && v == NULL)
		return BOOTSTRAP_UNKNOWN_SERVICE;
	if (v != NULL)
		service_free(in->k, v);
	kr = p == NULL ? KERN_SUCCESS : service_new(in, name, p);
	if (kr == KERN_SUCCESS)
		in->right[0].port = NULL;
	return kr;
}

int
r_bootstrap_look_up(struct in *in)
{
	char name[SERVICE_NAME];
	struct service *v;

	if (!name_of(in, name))
		return KERN_INVALID_ARGUMENT;
	in->m->n = 0;
	v = service_lookup(in->k, name);
	if (v == NULL)
		return BOOTSTRAP_UNKNOWN_SERVICE;
	port_copy_send(v->port);
	in->out = (struct right){ .port = v->port,
		.type = MACH_MSG_TYPE_PORT_SEND };
	return KERN_SUCCESS;
}

int
r_bootstrap_check_in(struct in *in)
{
	char name[SERVICE_NAME];
	struct port *p;
	uint32_t port;
	int kr;

	if (!name_of(in, name))
		return KERN_INVALID_ARGUMENT;
	in->m->n = 0;
	if (service_lookup(in->k, name) != NULL)
		return BOOTSTRAP_SERVICE_ACTIVE;
	kr = port_new_named(in->k, in->s, &port, &p);
	if (kr != KERN_SUCCESS)
		return kr;
	port_make_send(p);
	kr = service_new(in, name, p);
	if (kr == KERN_SUCCESS)
		return result(in, port, kr);
	port_drop_send(in->k, p);
	(void)kern_port_mod_refs(in->k, in->s, port, MACH_PORT_RIGHT_RECEIVE,
	    -1);
	return kr;
}
