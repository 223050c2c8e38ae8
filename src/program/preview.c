#include "preview.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { MOST_CELLS = 1 << 20, LATTICE = 128, PIECE = 1 << 14 };

/* The state of a scan over the cells of a data set, with the sums from which the means of the map are
 * computed. */
struct preview_scan {
    const struct fg_result *result;
    size_t s;
    struct preview *preview;
    bool all;  /* every cell, not a lattice */
    bool done; /* whether `tile` is computed */
    size_t tile;
    double sum[MAP_COLUMNS][2 * MAP_LINES], count[MAP_COLUMNS][2 * MAP_LINES];
    double values[PIECE];
};

/* Returns the index of cell k of `taken` cells that are evenly spread over n. */
static size_t spread_index(size_t k, size_t taken, size_t n)
{
    return taken == n ? k : k * (n - 1) / (taken - 1);
}

/* Sets scan->done to whether cell (i, j) has been computed. */
static enum fg_status check_tile_done(struct preview_scan *scan, size_t i, size_t j, struct fg_error *error)
{
    const struct fg_result *result = scan->result;
    if (result->complete)
        return FG_OK;
    const size_t tile = fg_tiling_find(&result->setup.grid.tiling, i, j);
    if (tile == scan->tile)
        return FG_OK;
    scan->tile = tile;
    return fg_result_tile_done(result, scan->s, tile, &scan->done, error);
}

/* Adds the value of cell (k, l) of the scan to the places of the map that it covers. */
static void add_to_map(struct preview_scan *scan, size_t k, size_t l, double value)
{
    const size_t n_phi = scan->preview->n_phi, n_r = scan->preview->n_r, up = 2 * MAP_LINES;
    for (size_t x = k * MAP_COLUMNS / n_phi; x * n_phi < (k + 1) * MAP_COLUMNS; x++) {
        for (size_t y = l * up / n_r; y * n_r < (l + 1) * up; y++) {
            scan->sum[x][y] += value;
            scan->count[x][y]++;
        }
    }
}

/* Adds the value of cell (k, l) of the scan to range and map. */
static enum fg_status add_value(struct preview_scan *scan, enum fg_field field, size_t k, size_t l,
                                double value, struct fg_error *error)
{
    const struct fg_axis *phi = &scan->result->setup.grid.phi, *r = &scan->result->setup.grid.r;
    struct preview *preview = scan->preview;
    struct value_range *range = &preview->range[field];
    enum fg_status status = check_tile_done(scan, spread_index(k, preview->n_phi, phi->n),
                                            spread_index(l, preview->n_r, r->n), error);
    if (status != FG_OK || !scan->done)
        return status;
    range->infinite += isinf(value) != 0;
    if (!isfinite(value))
        return FG_OK;
    range->low = fmin(range->low, value); /* the value if `low` is NaN */
    range->high = fmax(range->high, value);
    if (field == FG_LOSS)
        add_to_map(scan, k, l, value);
    return FG_OK;
}

static enum fg_status scan_field(struct preview_scan *scan, enum fg_field field, struct fg_error *error)
{
    const struct fg_result *result = scan->result;
    const size_t n_phi = scan->preview->n_phi, n_r = scan->preview->n_r;
    size_t n, k = 0, l = 0;
    enum fg_status status = FG_OK;
    for (uint64_t left = (uint64_t)n_phi * n_r; left > 0 && status == FG_OK; left -= n) {
        const uint64_t i = spread_index(k, n_phi, result->setup.grid.phi.n),
                       j = spread_index(l, n_r, result->setup.grid.r.n);
        n = !scan->all ? 1 : left < PIECE ? left : PIECE;
        status = fg_result_read_cells(result, scan->s, field, i * result->setup.grid.r.n + j, n, scan->values,
                                      error);
        for (size_t v = 0; v < n && status == FG_OK; v++) {
            status = add_value(scan, field, k, l, scan->values[v], error);
            l = l + 1 < n_r ? l + 1 : 0;
            k += l == 0;
        }
    }
    return status;
}

bool preview_is_complete(const struct fg_result *result)
{
    return result->setup.grid.phi.n <= MOST_CELLS &&
           result->setup.grid.r.n <= MOST_CELLS / result->setup.grid.phi.n / result->setup.n_data;
}

enum fg_status preview_read(const struct fg_result *result, size_t s, struct preview *preview,
                            struct fg_error *error)
{
    const size_t n_phi = result->setup.grid.phi.n, n_r = result->setup.grid.r.n;
    const bool all = preview_is_complete(result);
    struct preview_scan *scan = calloc(1, sizeof *scan);
    if (!scan)
        return fg_fail(error, FG_FAILED, "%s: no memory", result->path);
    preview->n_phi = all || n_phi < LATTICE ? n_phi : LATTICE;
    preview->n_r = all || n_r < LATTICE ? n_r : LATTICE;
    scan->result = result;
    scan->s = s;
    scan->preview = preview;
    scan->all = all;
    scan->done = true;
    scan->tile = SIZE_MAX;
    enum fg_status status = FG_OK;
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        preview->range[f] = (struct value_range){.low = NAN, .high = NAN};
        if (result->data[s].fields & 1u << f && status == FG_OK)
            status = scan_field(scan, (enum fg_field)f, error);
    }
    for (int x = 0; x < MAP_COLUMNS; x++) {
        for (int y = 0; y < 2 * MAP_LINES; y++)
            preview->loss.value[x][y] = scan->sum[x][y] / scan->count[x][y]; /* 0 / 0 is NaN, too */
    }
    free(scan);
    return status;
}
