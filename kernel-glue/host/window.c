/* SPDX-License-Identifier: ISC */
/*
 * Windows: a sealed memfd, so that a guest cannot cut it short under our mapping.
 * What stands in it was written by a guest: copy, then look.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"

static int
window_memfd(size_t size)
{
	int fd = memfd_create("veneer-window", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)size) == 0 && fcntl(fd, F_ADD_SEALS,
	    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return fd;
	close(fd);
	return -1;
}

static size_t
window_size(uint32_t nslots)
{
	return SIZEOF_WINDOW + (size_t)nslots * SIZEOF_WINDOW_SLOT;
}

/* Its size is known to be that of so many slots, and cannot change. */
static struct guest_window *
window_map(int fd, uint32_t nslots)
{
	struct guest_window *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->refs = 1;
	w->nslots = nslots;
	w->size = window_size(nslots);
	w->fd = fd;
	w->map = mmap(NULL, w->size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_NORESERVE, w->fd, 0);
	if (w->map != MAP_FAILED)
		return w;
	free(w);
	return NULL;
}

struct guest_window *
window_adopt(int fd, uint32_t nslots)
{
	struct stat st;

	if (fstat(fd, &st) || (size_t)st.st_size != window_size(nslots) ||
	    !(fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK))
		return NULL;
	return window_map(fd, nslots);
}

struct guest_window *
window_new(uint32_t nslots)
{
	const struct window head = {
		.magic = MAGIC_WINDOW, .version = VERSION_WINDOW,
		.size = SIZEOF_WINDOW, .nslots = nslots,
		.slot_bytes = SIZEOF_WINDOW_SLOT,
	};
	struct guest_window *w;
	int fd = window_memfd(window_size(nslots));

	if (fd < 0)
		return NULL;
	/* Not by the mapping: a page that we do not touch costs us nothing. */
	w = pwrite(fd, &head, OFF_WINDOW_SEMAPHORE, 0) == OFF_WINDOW_SEMAPHORE ?
	    window_map(fd, nslots) : NULL;
	if (w == NULL)
		close(fd);
	return w;
}

void
window_ref(struct guest_window *w)
{
	w->refs++;
}

void
window_rele(struct guest_window *w)
{
	if (w == NULL || --w->refs > 0)
		return;
	idle_unwatch(w);
	idle_forget(w);
	munmap(w->map, w->size);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}

unsigned char *
window_payload(const struct guest_window *w, uint64_t slot)
{
	if (slot < SIZEOF_WINDOW || slot % SIZEOF_WINDOW_SLOT != 0 ||
	    slot > w->size - SIZEOF_WINDOW_SLOT)
		return NULL;
	return w->map + slot + OFF_WINDOW_SLOT_PAYLOAD;
}
