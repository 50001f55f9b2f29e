/* SPDX-License-Identifier: ISC */
#ifndef VENEER_TESTS_KERN_SIM_H
#define VENEER_TESTS_KERN_SIM_H

#include "model.h"
#include "rig.h"

/* The space of the rig's task, made when it has none. */
struct space *sim_space(struct rig *rig, struct kern *k, int task);
/* Fails the test where a name, its references or its port's counts differ. */
void sim_agree(struct rig *rig, struct kern *k, struct model *m, int task);

#endif
