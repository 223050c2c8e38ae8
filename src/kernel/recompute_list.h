/* Ill-conditioned cells of a row: gathered, computed side by side in another way, put back where they were.
 */
#ifndef FISHERGRID_RECOMPUTE_LIST_H
#define FISHERGRID_RECOMPUTE_LIST_H

#include "fishergrid/kernel.h"

/* Up to FG_CHUNK cells and room for their fields. `cells` points into the struct, which must not move. */
struct fg_recompute_list {
    size_t n;
    size_t at[FG_CHUNK]; /* where cell k was */
    double r[FG_CHUNK];
    double field[FG_N_REAL_FIELDS][FG_CHUNK];
    unsigned char flag[FG_CHUNK];
    struct fg_cells cells;
};

/* Collects the cells from number `first` on, of n with these r, that bear the flag FG_RECOMPUTED, `most` (at
 * most FG_CHUNK) of them; returns where the search stopped. */
size_t fg_recompute_collect(struct fg_recompute_list *gathered, const struct fg_cells *cells, const double *r,
                            size_t n, size_t first, size_t most);

/* Copies flags and every field that both sides have back to where the cells were. */
void fg_recompute_scatter(const struct fg_recompute_list *gathered, const struct fg_cells *cells);

#endif
