/* SPDX-License-Identifier: ISC */
/* Planned replacement, the new side: replace.c tells the story. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "../kern/state.h"

enum { PATIENCE = 30000, FDS_MAX = 1 << 22 };

struct inheritance {
	int image;
	size_t bytes;
	int *fd;
	size_t nfds;
};

static int
refuse(int sock, int error, const char *why)
{
	struct handover h = { .what = HANDOVER_REFUSE };

	snprintf((char *)h.text, sizeof(h.text), "the new program refuses: %s",
	    why);
	(void)handover_send(sock, &h, NULL, 0);
	fprintf(stderr, "veneerd: cannot take over: %s\n", why);
	return error;
}

static int
receive(int sock, struct inheritance *in)
{
	struct handover h, ack = { .what = HANDOVER_READY };
	size_t n = 1, total;
	int error = handover_receive(sock, &h, &in->image, &n, PATIENCE);

	if (error || h.what != HANDOVER_IMAGE || n != 1 || h.fds > FDS_MAX)
		return error ? error : EPROTO;
	total = h.fds;
	in->bytes = (size_t)h.bytes;
	in->fd = calloc(total + HANDOVER_BATCH, sizeof(*in->fd));
	if (in->fd == NULL)
		return ENOMEM;
	while (in->nfds < total) {
		n = HANDOVER_BATCH;
		error = handover_receive(sock, &h, in->fd + in->nfds, &n,
		    PATIENCE);
		if (error || h.what != HANDOVER_FDS || n == 0 ||
		    n > total - in->nfds)
			return error ? error : EPROTO;
		in->nfds += n;
		error = handover_send(sock, &ack, NULL, 0);
		if (error)
			return error;
	}
	return 0;
}

static int
read_image(struct server *s, const struct inheritance *in, const char **why)
{
	struct stat st;
	void *p;
	int error;

	*why = "its state cannot be read";
	if (fstat(in->image, &st) || (size_t)st.st_size != in->bytes)
		return EINVAL;
	p = mmap(NULL, in->bytes, PROT_READ, MAP_PRIVATE, in->image, 0);
	if (p == MAP_FAILED)
		return errno;
	error = image_read(s, p, in->bytes, in->fd, in->nfds, why);
	munmap(p, in->bytes);
	close(in->image);
	return error;
}

/* GO, or the predecessor's end, which also lets us; it kills us when it goes on. */
static void
wait_for_go(int sock)
{
	struct handover h;
	int error;

	do
		error = handover_receive(sock, &h, NULL, NULL, -1);
	while (error == 0 && h.what != HANDOVER_GO);
}

int
takeover(struct server *s)
{
	struct handover h = { .what = HANDOVER_READY, .abi = RPC_ABI,
		.oldest = STATE_OLDEST, .newest = STATE_VERSION };
	struct inheritance in = { .image = -1 };
	const char *why = "the predecessor does not hand over";
	int error;

	fcntl(s->heir, F_SETFD, FD_CLOEXEC);
	error = handover_send(s->heir, &h, NULL, 0);
	if (error == 0)
		error = receive(s->heir, &in);
	if (error == 0)
		error = read_image(s, &in, &why);
	free(in.fd);
	if (error)
		return refuse(s->heir, error, why);
	h.what = HANDOVER_CONFIRM;
	error = handover_send(s->heir, &h, NULL, 0);
	if (error)
		return error;
	wait_for_go(s->heir);
	close(s->heir);
	s->heir = -1;
	mutex_lock(&s->lock);
	error = listeners_start(s);
	kern_kick(&s->kern);
	mutex_unlock(&s->lock);
	return error;
}
