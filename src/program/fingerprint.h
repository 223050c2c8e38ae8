/* A number for the arithmetic of this build on this machine: equal where the bits of results are. */
#ifndef FISHERGRID_FINGERPRINT_H
#define FISHERGRID_FINGERPRINT_H

#include <stdbool.h>

#include "fishergrid/kernel.h"

/* The checksum of a few hundred cells computed in every way there is: direct and over nodes, with and without
 * separated exponentials, well- and ill-conditioned, damped and not. So nobody has to keep a version number
 * of the arithmetic, and compilers, libraries of mathematics and processors are part of it. False: no memory.
 */
bool fingerprint_of(const struct fg_kernel *kernel, uint64_t *fingerprint);

#endif
