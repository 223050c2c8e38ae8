/* The grid of a run, and its division into tiles. */
#ifndef FISHERGRID_GRID_H
#define FISHERGRID_GRID_H

#include <stddef.h>
#include <stdint.h>

#include "fishergrid/api.h"
#include "fishergrid/axis.h"

FG_API_BEGIN

/* A rectangle of cells whose values of a field are contiguous in memory and in the file: whole rows (fixed
 * phi), or a part of a single row if rows are long. */
struct fg_tile {
    size_t number;      /* index in the tiling, 0..n-1, in the order of the file */
    size_t i0, rows;    /* phi indices i0..i0+rows-1 */
    size_t j0, columns; /* r indices j0..j0+columns-1 */
};

/* Returns the number of cells of a tile. */
uint64_t fg_tile_cells(const struct fg_tile *tile);

/* The division of a grid into tiles. */
struct fg_tiling {
    size_t n_phi, n_r;
    size_t rows, columns; /* rows and columns of a full tile; tiles at the ends may be smaller */
    size_t n;             /* number of tiles */
};

/* Returns tile t, 0 <= t < n. */
struct fg_tile fg_tiling_at(const struct fg_tiling *tiling, size_t t);

/* Returns the index of the tile that contains cell (i, j). */
size_t fg_tiling_find(const struct fg_tiling *tiling, size_t i, size_t j);

/* Returns the number of rows of tiles. */
size_t fg_tiling_rows(const struct fg_tiling *tiling);

/* Returns the number of tiles in a row of tiles. */
size_t fg_tiling_across(const struct fg_tiling *tiling);

/* Returns the index i n_r + j of the tile's first cell. The indices of its other cells follow without
 * gaps. */
uint64_t fg_tiling_first_cell(const struct fg_tiling *tiling, const struct fg_tile *tile);

/* A grid of shape [phi.n, r.n], r fastest, or some rows of a larger grid. In the second case, `phi` is a
 * piece of the axis of the larger grid. */
struct fg_grid {
    struct fg_axis phi, r;
    struct fg_tiling tiling;
};

/* Returns the grid of two axes, cut into tiles of about `tile_cells` cells. A tile has up to half fewer cells
 * if its values then fill whole pages of 4096 bytes, because whole pages can be written past the page cache.
 * If `tile_cells` is 0, a default is used that depends only on the size of the grid. The values of fields do
 * not depend on the tiles. */
struct fg_grid fg_grid_cut(const struct fg_axis *phi, const struct fg_axis *r, size_t tile_cells);

/* Returns the number of cells of a full tile. fg_grid_cut makes the same tiles from this number. */
size_t fg_grid_tile_cells(const struct fg_grid *grid);

/* Returns part k of n, 1 <= k <= n, of a whole grid. A part consists of whole rows of tiles, and the tiles
 * are the same as in the whole grid. If the grid has fewer rows of tiles than parts, the part is empty (phi.n
 * is 0). */
struct fg_grid fg_grid_part(const struct fg_grid *whole, size_t k, size_t n);

/* Returns the number of cells of the grid. */
uint64_t fg_grid_cells(const struct fg_grid *grid);

FG_API_END
#endif
