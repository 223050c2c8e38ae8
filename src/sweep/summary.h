/* What a sweep remembers of its cells: how many of each flag, and where the loss is least. */
#ifndef FISHERGRID_SUMMARY_H
#define FISHERGRID_SUMMARY_H

#include "fishergrid/sweep.h"

/* Takes n cells of row i, from column j0 on, while they are in cache. `cells` needs the loss and the flag. */
void fg_summary_add_row(struct fg_summary *summary, size_t i, size_t j0, size_t n,
                        const struct fg_cells *cells);

/* Adds what another thread has seen; the order of threads does not matter. */
void fg_summary_merge(struct fg_summary *into, const struct fg_summary *part);

#endif
