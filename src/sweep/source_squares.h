/* Squares of samples. The samples of a class are sorted into squares of width 3; see fishergrid/sources.h. */
#ifndef FISHERGRID_SOURCE_SQUARES_H
#define FISHERGRID_SOURCE_SQUARES_H

#include <stdbool.h>
#include <stdint.h>

#include "fishergrid/samples.h"

/* A square of one class, or an empty entry of the table. */
struct square {
    uint64_t key; /* class and position; squares are sorted by it. 0: an empty entry */
    size_t first; /* place of its first sample in the order */
    size_t count;
};

/* The samples in the order of their squares; within a square in the order of the data set. */
struct order {
    const struct fg_samples *samples;
    size_t n_squares;
    struct square *squares; /* [n_squares] by key */
    uint32_t *at;           /* [n] numbers of samples */
    uint32_t *room;         /* [n] scratch memory of part_box */
};

/* Sorts the samples by square. The caller sets order->samples. If there are more than `most` squares, they
 * are not sorted, and order->n_squares is larger than `most`. Returns false if memory runs out. End with
 * fg_order_free in any case. */
bool fg_order_by_square(struct order *order, int threads, size_t most);
void fg_order_free(struct order *order);

#endif
