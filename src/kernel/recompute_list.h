/* Recompute list: collects the ill-conditioned cells of a row, so that they are recomputed side by side, and
 * scatters the results back. */
#ifndef FISHERGRID_RECOMPUTE_LIST_H
#define FISHERGRID_RECOMPUTE_LIST_H

#include "fishergrid/kernel.h"

/* Up to FG_CHUNK cells and memory for their fields. `cells` points into the struct, so do not move the
 * struct. */
struct fg_recompute_list {
    size_t n;
    size_t at[FG_CHUNK]; /* index of cell k in the row */
    double r[FG_CHUNK];
    double field[FG_N_REAL_FIELDS][FG_CHUNK];
    unsigned char flag[FG_N_FLAG_FIELDS][FG_CHUNK];
    struct fg_cells cells;
    bool only_curvature; /* only the curvature of the cells is recomputed */
};

/* Collects at most `most` <= FG_CHUNK cells, from cell number `first` on, of a row of n cells at r[n]: those
 * whose natural gradient has the flag FG_RECOMPUTED; or, if `only_curvature`, those whose curvature alone has
 * it, with no field but the curvature. Returns the cell number at which the search stopped. */
size_t fg_recompute_collect(struct fg_recompute_list *gathered, const struct fg_cells *cells, const double *r,
                            size_t n, size_t first, size_t most, bool only_curvature);

/* Copies every field that the list and the cells have back to the cells of the row. */
void fg_recompute_scatter(const struct fg_recompute_list *gathered, const struct fg_cells *cells);

#endif
