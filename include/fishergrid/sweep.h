/* The sweep: all cells of a grid for all data sets, tile by tile, shared out over OpenMP threads, and over
 * the processes of a team where there is one. */
#ifndef FISHERGRID_SWEEP_H
#define FISHERGRID_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fishergrid/api.h"
#include "fishergrid/axis.h"
#include "fishergrid/kernel.h"
#include "fishergrid/nodes.h"
#include "fishergrid/team.h"

FG_API_BEGIN

/* What is to be computed. Everything pointed to is borrowed. The grid has the shape [phi.n, r.n], r fastest.
 */
struct fg_problem {
    struct fg_axis phi, r;
    size_t n_data;                    /* number of data sets, at least 1 */
    const struct fg_samples *samples; /* [n_data] */
    const struct fg_recipe *recipes;  /* [n_data] */
    const struct fg_kernel *kernel;
    enum fg_method method;
    fg_field_set fields;        /* which fields the sink wants; others are not handed over */
    size_t tile_cells;          /* wished cells of a tile, 0 for the default; results do not depend on it */
    const struct fg_team *team; /* who shares the work; NULL: nobody */
};

/* A rectangle of cells whose part of a field is one piece of memory and of the file: whole rows of phi, or a
 * part of a single row where rows are long. */
struct fg_tile {
    size_t number;      /* 0..n-1 of the tiling, in order of the file */
    size_t i0, rows;    /* phi indices i0..i0+rows-1 */
    size_t j0, columns; /* r indices j0..j0+columns-1 */
};

/* How a grid is cut; depends on the grid (and the wished size) alone, never on threads. */
struct fg_tiling {
    size_t n_phi, n_r;
    size_t rows, columns; /* of a full tile */
    size_t n;             /* number of tiles */
};
/* How the grid of these axes is cut; tile_cells as in struct fg_problem. */
struct fg_tiling fg_tiling(const struct fg_axis *phi, const struct fg_axis *r, size_t tile_cells);
struct fg_tile fg_tiling_at(const struct fg_tiling *tiling, size_t t); /* tile t of 0..n-1 */

/* Number of the tile that has cell (i, j). */
size_t fg_tiling_find(const struct fg_tiling *tiling, size_t i, size_t j);

/* Rows of tiles. */
size_t fg_tiling_rows(const struct fg_tiling *tiling);

/* Part k of n, 1 <= k <= n, of the rows of tiles of a whole grid: its piece of phi, without values where the
 * grid has fewer rows of tiles than parts. *tile_cells, the wished size, becomes one that cuts the piece like
 * the whole. */
struct fg_axis fg_tiling_part(const struct fg_axis *phi, const struct fg_axis *r, size_t k, size_t n,
                              size_t *tile_cells);

/* What is known at the end of a data set, or of a tile (which has no plan). */
struct fg_summary {
    struct fg_node_plan plan; /* where nodes were used */
    uint64_t summed_anyway;   /* cells over nodes that were summed directly, for the sake of their digits */
    uint64_t flags[4];        /* cells by enum fg_flag */
    double least_loss;        /* over all cells, as stored (sum or mean) */
    size_t least_i, least_j;  /* its first cell */
};

/* Takes finished tiles; called by many threads at once. `cells` holds rows x columns values of each wanted
 * field, row-major; they belong to the sweep and are gone after the call. */
struct fg_sink {
    /* Takes a tile and what was found in it. A status other than FG_OK stops the sweep with it. */
    enum fg_status (*put)(void *context, size_t data, const struct fg_tile *tile,
                          const struct fg_cells *cells, const struct fg_summary *found,
                          struct fg_error *error);
    /* Whether the sink has this tile already, of an earlier run: then says what was found in it, and the tile
     * is not computed. `cells` is room to look at its values. NULL: it has none. */
    bool (*has)(void *context, size_t data, const struct fg_tile *tile, const struct fg_cells *cells,
                struct fg_summary *found);
    void *context;
};

/* Hears of progress, and may end the sweep. NULL for none. */
struct fg_watcher {
    /* Called by one thread at a time, in no particular order of tiles. Not called for tiles that the sink
     * had, but they count. Of a team, all are supposed to have done as much as this process. */
    void (*tell)(void *context, uint64_t cells_done, uint64_t cells);
    /* Whether to stop, asked by many threads at once before each tile. Tiles in flight are finished, then
     * fg_sweep returns FG_INTERRUPTED. NULL: never. */
    bool (*stop)(void *context);
    void *context;
};

/* Computes all tiles with `threads` >= 1 threads and hands them to `sink` (NULL: computes only). Fills
 * summary[n_data] (NULL: not wanted). Memory: (8 x 8 + 1) bytes for each cell of a tile and thread, and
 * nodes of one data set at a time: 64 MiB, more only where FG_CHEBYSHEV is asked for on very long axes.
 * No memory: FG_FAILED; stopped by the watcher:
 * FG_INTERRUPTED; else what the sink said.
 *
 * A team divides the tiles that no sink had, and the lines of nodes; each process has its own threads and its
 * own nodes. What stops one process stops the others at the next band of nodes, of which direct sums have one
 * a data set. All return the same status, text and summary. */
enum fg_status fg_sweep(const struct fg_problem *problem, int threads, const struct fg_sink *sink,
                        const struct fg_watcher *watcher, struct fg_summary *summary, struct fg_error *error);

/* Bytes of memory fg_sweep will ask for. */
uint64_t fg_sweep_memory(const struct fg_problem *problem, int threads);

FG_API_END
#endif
