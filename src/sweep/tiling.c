/* How the grid is cut into tiles. */
#include "fishergrid/sweep.h"

/* Half a MiB of each field: large enough to write at full speed, small enough for a second-level cache. */
#define MOST_CELLS 65536
/* Small grids are cut finer, for the sake of many threads, down to a size that still writes well. */
#define LEAST_CELLS 1024
#define WISHED_TILES 64

static size_t default_cells(size_t n_phi, size_t n_r)
{
    double cells = (double)n_phi * (double)n_r / WISHED_TILES;
    return cells < LEAST_CELLS ? LEAST_CELLS : cells > MOST_CELLS ? MOST_CELLS : (size_t)cells;
}

static size_t pieces(size_t whole, size_t piece)
{
    return whole / piece + (whole % piece > 0);
}

struct fg_tiling fg_tiling(const struct fg_axis *phi, const struct fg_axis *r, size_t tile_cells)
{
    size_t cells = tile_cells > 0 ? tile_cells : default_cells(phi->n, r->n);
    struct fg_tiling tiling = {.n_phi = phi->n, .n_r = r->n, .rows = 1, .columns = r->n};
    if (cells < r->n)
        tiling.columns = cells;
    else
        tiling.rows = cells / r->n < phi->n ? cells / r->n : phi->n;
    tiling.n = pieces(phi->n, tiling.rows) * pieces(r->n, tiling.columns);
    return tiling;
}

struct fg_tile fg_tiling_at(const struct fg_tiling *tiling, size_t t)
{
    size_t across = pieces(tiling->n_r, tiling->columns);
    size_t i0 = t / across * tiling->rows, j0 = t % across * tiling->columns;
    size_t rows = tiling->n_phi - i0, columns = tiling->n_r - j0;
    return (struct fg_tile){
        .number = t,
        .i0 = i0,
        .rows = rows < tiling->rows ? rows : tiling->rows,
        .j0 = j0,
        .columns = columns < tiling->columns ? columns : tiling->columns,
    };
}

size_t fg_tiling_find(const struct fg_tiling *tiling, size_t i, size_t j)
{
    return i / tiling->rows * pieces(tiling->n_r, tiling->columns) + j / tiling->columns;
}

size_t fg_tiling_rows(const struct fg_tiling *tiling)
{
    return pieces(tiling->n_phi, tiling->rows);
}

struct fg_axis fg_tiling_part(const struct fg_axis *phi, const struct fg_axis *r, size_t k, size_t n,
                              size_t *tile_cells)
{
    struct fg_tiling tiling = fg_tiling(phi, r, *tile_cells);
    size_t rows = fg_tiling_rows(&tiling), end = rows * k / n * tiling.rows;
    struct fg_axis piece = *phi;
    piece.whole = phi->n;
    piece.first = rows * (k - 1) / n * tiling.rows;
    piece.n = n <= rows ? (end < phi->n ? end : phi->n) - piece.first : 0;
    *tile_cells = tiling.rows * tiling.columns;
    return piece;
}
