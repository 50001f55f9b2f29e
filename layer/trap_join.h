/* SPDX-License-Identifier: ISC */
/* Between trap.c and trap_join.c. */
#ifndef VENEER_TRAP_JOIN_H
#define VENEER_TRAP_JOIN_H

#include "layer.h"

/*
 * Reach veneerd, started if need be, install the filter for the whole process and hand
 * the listener over.  0, or -errno and in *why what stood in the way.  -EOPNOTSUPP and
 * NULL: the supervisor wants the window transport.
 */
long trap_connect(struct thread_block *t, const char **why);

/* The same for the window transport: this process has a window and a commpage afterwards.
 * -ENOTCONN: that is not the domain that it was in. */
long trap_connect_window(struct thread_block *t, const char **why);

/* A free descriptor number, high, or -EMFILE. */
long trap_free_fd(struct thread_block *t);

/* trap_spawn.c: start the veneerd beside the front, with this XDG_RUNTIME_DIR ("": none);
 * answers when it can be reached.  0 or -errno. */
long trap_spawn(struct thread_block *t, const char *runtime);

#endif
