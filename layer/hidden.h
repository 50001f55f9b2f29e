/* SPDX-License-Identifier: ISC */
/* Included first in every file of a body: declarations too are hidden, so nothing goes through a GOT. */
#pragma GCC visibility push(hidden)
