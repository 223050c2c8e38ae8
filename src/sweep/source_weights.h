/* The weights of sources, from sums over the samples of each box; see fishergrid/sources.h. */
#ifndef FISHERGRID_SOURCE_WEIGHTS_H
#define FISHERGRID_SOURCE_WEIGHTS_H

#include "fishergrid/kernel.h"
#include "source_boxes.h"

/* The arrays of the sources, as in struct fg_samples. */
struct filling {
    double *x0, *x1, *o0, *o1, *weight;
};

/* Computes the sources of all boxes, one box after the other. Returns false if memory runs out. */
bool fg_sources_fill(const struct order *order, const struct boxes *boxes, const struct fg_kernel *kernel,
                     int threads, const struct filling *to);

#endif
