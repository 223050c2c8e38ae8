/* Quantization: rounding of values before they are packed. */
#ifndef FISHERGRID_QUANTIZE_H
#define FISHERGRID_QUANTIZE_H

#include "fishergrid/file.h"

/* Returns whether `packing` changes any real value. */
bool fg_quantize_rounds(const struct fg_packing *packing);

/* Rounds n values to the nearest that `packing` can store, ties to even mantissas, and raises `*worst` to the
 * largest relative error. NaN, infinities and zeros do not change. Returns the index of the first finite
 * value that is too large for 32 bits, or n if there is none. */
size_t fg_quantize(const struct fg_packing *packing, double *values, size_t n, double *worst);

#endif
