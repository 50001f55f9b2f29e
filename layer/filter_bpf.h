/* SPDX-License-Identifier: ISC */
#ifndef VENEER_LAYER_FILTER_BPF_H
#define VENEER_LAYER_FILTER_BPF_H

#include <stdint.h>

struct seccomp_data;
struct sock_filter;

/* What a valid program answers. */
uint32_t filter_run(const struct sock_filter *code, const struct seccomp_data *d);

#endif
