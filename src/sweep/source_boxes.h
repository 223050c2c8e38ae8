/* Boxes of samples, which carry the nodes of sources; see fishergrid/sources.h. */
#ifndef FISHERGRID_SOURCE_BOXES_H
#define FISHERGRID_SOURCE_BOXES_H

#include "source_squares.h"

/* One axis of a box. */
struct side {
    double low, high;    /* range of the samples */
    double centre, half; /* half is 0 if the box has no width */
    size_t nodes;
};

/* A box: samples at neighbouring places of the order. */
struct box {
    size_t first, n;
    struct side side[2];
    size_t n_sources; /* equal to n if the box keeps its samples */
};

/* A list of boxes. Zero-initialise it. */
struct boxes {
    size_t n, capacity;
    struct box *of;
};

/* Splits all squares into boxes, sorted by their samples. Returns false if memory runs out. The caller
 * frees boxes->of in any case. */
bool fg_boxes_split(const struct order *order, int threads, struct boxes *boxes);

/* Returns the number of sources of all boxes. */
size_t fg_boxes_sources(const struct boxes *boxes);

/* Returns the position of a sample in a box, from -1 to 1. */
static inline double fg_box_position(const struct side *side, double x)
{
    return side->half > 0 ? (x - side->centre) / side->half : 0;
}

#endif
