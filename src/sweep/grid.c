/* Cuts a grid into tiles. */
#include "fishergrid/grid.h"

/* Maximum number of cells of a default tile: half a MiB of each field is large enough to write at full speed,
 * and fits into a second-level cache. */
#define MOST_CELLS 65536
/* Minimum number of cells of a default tile. Small grids have smaller tiles, so that many threads have work;
 * smaller tiles than this are slow to write. */
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

/* Returns the largest number of rows, at most `rows`, that end at the end of a page of `cells` cells; 0 if
 * there is none. */
static size_t rows_of_pages(size_t n_r, size_t rows, size_t cells)
{
    const size_t power = n_r & -n_r,
                 step = power < cells ? cells / power : 1; /* largest power of two that divides n_r */
    return rows / step * step;
}

/* Returns the number of rows of a tile, at most `rows`. It is smaller than `rows` if the values of a tile
 * then fill whole pages of the file, in all fields or at least in real fields. Such tiles can be written past
 * the page cache as a whole. */
static size_t good_rows(size_t n_r, size_t rows)
{
    enum { PAGE = 4096 };
    const size_t of_flags = rows_of_pages(n_r, rows, PAGE);
    const size_t of_reals = rows_of_pages(n_r, rows, PAGE / sizeof(double));
    return of_flags > 0 ? of_flags : of_reals > 0 ? of_reals : rows;
}

static struct fg_tiling tiling_of(size_t n_phi, size_t n_r, size_t tile_cells)
{
    size_t cells = tile_cells > 0 ? tile_cells : default_cells(n_phi, n_r);
    struct fg_tiling tiling = {.n_phi = n_phi, .n_r = n_r, .rows = 1, .columns = n_r};
    if (cells < n_r)
        tiling.columns = cells;
    else
        tiling.rows = cells / n_r < n_phi ? good_rows(n_r, cells / n_r) : n_phi;
    tiling.n = pieces(n_phi, tiling.rows) * pieces(n_r, tiling.columns);
    return tiling;
}

uint64_t fg_tile_cells(const struct fg_tile *tile)
{
    return (uint64_t)tile->rows * tile->columns;
}

struct fg_tile fg_tiling_at(const struct fg_tiling *tiling, size_t t)
{
    size_t across = fg_tiling_across(tiling);
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
    return i / tiling->rows * fg_tiling_across(tiling) + j / tiling->columns;
}

size_t fg_tiling_rows(const struct fg_tiling *tiling)
{
    return pieces(tiling->n_phi, tiling->rows);
}

size_t fg_tiling_across(const struct fg_tiling *tiling)
{
    return pieces(tiling->n_r, tiling->columns);
}

uint64_t fg_tiling_first_cell(const struct fg_tiling *tiling, const struct fg_tile *tile)
{
    return (uint64_t)tile->i0 * tiling->n_r + tile->j0;
}

struct fg_grid fg_grid_cut(const struct fg_axis *phi, const struct fg_axis *r, size_t tile_cells)
{
    return (struct fg_grid){.phi = *phi, .r = *r, .tiling = tiling_of(phi->n, r->n, tile_cells)};
}

size_t fg_grid_tile_cells(const struct fg_grid *grid)
{
    return grid->tiling.rows * grid->tiling.columns;
}

struct fg_grid fg_grid_part(const struct fg_grid *whole, size_t k, size_t n)
{
    const struct fg_tiling *tiling = &whole->tiling;
    const size_t rows = fg_tiling_rows(tiling), end = rows * k / n * tiling->rows;
    struct fg_axis piece = whole->phi;
    piece.whole = whole->phi.n;
    piece.first = rows * (k - 1) / n * tiling->rows;
    piece.n = n <= rows ? (end < whole->phi.n ? end : whole->phi.n) - piece.first : 0;
    if (piece.n == 0)
        return (struct fg_grid){.phi = piece, .r = whole->r};
    return fg_grid_cut(&piece, &whole->r, fg_grid_tile_cells(whole));
}

uint64_t fg_grid_cells(const struct fg_grid *grid)
{
    return (uint64_t)grid->phi.n * grid->r.n;
}
