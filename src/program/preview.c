#include "preview.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { MOST_CELLS = 1 << 20, LATTICE = 128, PIECE = 1 << 14 };

/* Where a look has come to, and the sums behind the means of the map. */
struct preview_scan {
    const struct fg_result *result;
    size_t s;
    struct preview *look;
    bool all;  /* every cell, not a lattice */
    bool done; /* what is said of `tile` */
    size_t tile;
    double sum[MAP_COLUMNS][2 * MAP_LINES], count[MAP_COLUMNS][2 * MAP_LINES];
    double values[PIECE];
};

/* Cell k of `taken` that are spread over n. */
static size_t spread(size_t k, size_t taken, size_t n)
{
    return taken == n ? k : k * (n - 1) / (taken - 1);
}

/* Whether cell (i, j) has been computed. */
static enum fg_status check_done(struct preview_scan *looking, size_t i, size_t j, struct fg_error *error)
{
    const struct fg_result *result = looking->result;
    if (result->complete)
        return FG_OK;
    const size_t tile = fg_tiling_find(&result->setup.grid.tiling, i, j);
    if (tile == looking->tile)
        return FG_OK;
    looking->tile = tile;
    return fg_result_tile_done(result, looking->s, tile, &looking->done, error);
}

static void widen(struct value_range *range, double value)
{
    if (!(value >= range->low)) /* also where that is NaN */
        range->low = value;
    if (!(value <= range->high))
        range->high = value;
}

/* Adds the value of cell (k, l) of those looked at to the places that it covers. */
static void add_to_map(struct preview_scan *looking, size_t k, size_t l, double value)
{
    const size_t n_phi = looking->look->n_phi, n_r = looking->look->n_r, up = 2 * MAP_LINES;
    for (size_t x = k * MAP_COLUMNS / n_phi; x * n_phi < (k + 1) * MAP_COLUMNS; x++) {
        for (size_t y = l * up / n_r; y * n_r < (l + 1) * up; y++) {
            looking->sum[x][y] += value;
            looking->count[x][y]++;
        }
    }
}

/* Takes in the value of cell (k, l) of those looked at. */
static enum fg_status see(struct preview_scan *looking, enum fg_field field, size_t k, size_t l, double value,
                          struct fg_error *error)
{
    const struct fg_axis *phi = &looking->result->setup.grid.phi, *r = &looking->result->setup.grid.r;
    struct preview *look = looking->look;
    enum fg_status status =
        check_done(looking, spread(k, look->n_phi, phi->n), spread(l, look->n_r, r->n), error);
    if (status != FG_OK || !looking->done || !isfinite(value))
        return status;
    widen(&look->range[field], value);
    if (field == FG_LOSS)
        add_to_map(looking, k, l, value);
    return FG_OK;
}

static enum fg_status look_at_field(struct preview_scan *looking, enum fg_field field, struct fg_error *error)
{
    const struct fg_result *result = looking->result;
    const size_t n_phi = looking->look->n_phi, n_r = looking->look->n_r;
    size_t n, k = 0, l = 0;
    enum fg_status status = FG_OK;
    for (uint64_t left = (uint64_t)n_phi * n_r; left > 0 && status == FG_OK; left -= n) {
        const uint64_t i = spread(k, n_phi, result->setup.grid.phi.n),
                       j = spread(l, n_r, result->setup.grid.r.n);
        n = !looking->all ? 1 : left < PIECE ? left : PIECE;
        status = fg_result_read_cells(result, looking->s, field, i * result->setup.grid.r.n + j, n,
                                      looking->values, error);
        for (size_t v = 0; v < n && status == FG_OK; v++) {
            status = see(looking, field, k, l, looking->values[v], error);
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

enum fg_status preview_read(const struct fg_result *result, size_t s, struct preview *look,
                            struct fg_error *error)
{
    const size_t n_phi = result->setup.grid.phi.n, n_r = result->setup.grid.r.n;
    const bool all = preview_is_complete(result);
    struct preview_scan *looking = calloc(1, sizeof *looking);
    if (!looking)
        return fg_fail(error, FG_FAILED, "%s: no memory", result->path);
    look->n_phi = all || n_phi < LATTICE ? n_phi : LATTICE;
    look->n_r = all || n_r < LATTICE ? n_r : LATTICE;
    looking->result = result;
    looking->s = s;
    looking->look = look;
    looking->all = all;
    looking->done = true;
    looking->tile = SIZE_MAX;
    enum fg_status status = FG_OK;
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        look->range[f] = (struct value_range){NAN, NAN};
        if (result->data[s].fields & 1u << f && status == FG_OK)
            status = look_at_field(looking, (enum fg_field)f, error);
    }
    for (int x = 0; x < MAP_COLUMNS; x++) {
        for (int y = 0; y < 2 * MAP_LINES; y++)
            look->loss.value[x][y] = looking->sum[x][y] / looking->count[x][y]; /* 0 / 0 is NaN, too */
    }
    free(looking);
    return status;
}
