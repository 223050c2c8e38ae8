/* Summary of the cells of a sweep: counts of flags and the position of the minimum loss. */
#ifndef FISHERGRID_SUMMARY_H
#define FISHERGRID_SUMMARY_H

#include "fishergrid/sweep.h"

/* Counts the values other than 0 of each flag of n cells. */
void fg_summary_add_flags(struct fg_summary *summary, size_t n, const struct fg_cells *cells);

/* Adds n cells of row i, from column j0 on, while they are in the cache. `cells` must have the loss. */
void fg_summary_add_row(struct fg_summary *summary, const struct fg_kernel *kernel, size_t i, size_t j0,
                        size_t n, const struct fg_cells *cells);

/* Adds the losses of n cells in order, from cell `first` = i n_r + j on. */
void fg_summary_add_losses(struct fg_summary *summary, const double *loss, size_t n, uint64_t first,
                           size_t n_r);

/* Merges the summary of another thread. The order of threads does not matter. */
void fg_summary_merge(struct fg_summary *into, const struct fg_summary *part);

#endif
