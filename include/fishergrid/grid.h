/* The grid of a run and how it is cut into tiles. */
#ifndef FISHERGRID_GRID_H
#define FISHERGRID_GRID_H

#include <stddef.h>
#include <stdint.h>

#include "fishergrid/api.h"
#include "fishergrid/axis.h"

FG_API_BEGIN

/* A rectangle of cells whose values of a field are one piece of memory and of the file: whole rows of phi, or
 * a part of a single row where rows are long. */
struct fg_tile {
    size_t number;      /* 0..n-1 of the tiling, in the order of the file */
    size_t i0, rows;    /* phi indices i0..i0+rows-1 */
    size_t j0, columns; /* r indices j0..j0+columns-1 */
};

/* Number of cells of a tile. */
uint64_t fg_tile_cells(const struct fg_tile *tile);

/* How a grid is cut into tiles. */
struct fg_tiling {
    size_t n_phi, n_r;
    size_t rows, columns; /* of a full tile */
    size_t n;             /* number of tiles */
};

/* Tile t of 0..n-1. */
struct fg_tile fg_tiling_at(const struct fg_tiling *tiling, size_t t);

/* Number of the tile that has cell (i, j). */
size_t fg_tiling_find(const struct fg_tiling *tiling, size_t i, size_t j);

/* Number of rows of tiles, and of tiles in a row. */
size_t fg_tiling_rows(const struct fg_tiling *tiling);
size_t fg_tiling_across(const struct fg_tiling *tiling);

/* First cell of a tile, i n_r + j. Its other cells follow without gaps. */
uint64_t fg_tiling_first_cell(const struct fg_tiling *tiling, const struct fg_tile *tile);

/* A grid of shape [phi.n, r.n], r fastest, or some rows of one. In the latter case phi is a piece of the axis
 * of the whole grid. */
struct fg_grid {
    struct fg_axis phi, r;
    struct fg_tiling tiling;
};

/* The grid of two axes, cut into tiles of about `tile_cells` cells; 0: a default that depends on the size of
 * the grid alone. Values do not depend on the tiles. */
struct fg_grid fg_grid_cut(const struct fg_axis *phi, const struct fg_axis *r, size_t tile_cells);

/* Cells of a full tile. fg_grid_cut makes the same tiles of this number. */
size_t fg_grid_tile_cells(const struct fg_grid *grid);

/* Part k of n, 1 <= k <= n, of a whole grid: rows of its tiles, which stay as they are. The part has no rows
 * (phi.n is 0) where the grid has fewer rows of tiles than there are parts. */
struct fg_grid fg_grid_part(const struct fg_grid *whole, size_t k, size_t n);

/* Number of cells. */
uint64_t fg_grid_cells(const struct fg_grid *grid);

FG_API_END
#endif
