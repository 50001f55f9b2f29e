/* SPDX-License-Identifier: ISC */
/* Programs that set %gs themselves. */
#ifndef VENEER_LAYER_GS_H
#define VENEER_LAYER_GS_H

#include "layer.h"

struct sigcontext;

/* ARCH_SET_GS: 0 or -EPERM. */
long gs_take(struct thread_block *t, uint64_t value);
/* A host handler begins: %gs is the layer's. Answers what it was. */
uint64_t gs_enter(struct thread_block *t, const struct sigcontext *sc);
/* It ends, begun at pc with `found`. */
void gs_leave(struct thread_block *t, const struct sigcontext *sc, uint64_t pc, uint64_t found);
/* On the way out, the record complete? */
bool gs_is_exit(uint64_t pc);

#endif
