/* Prepares packing: fg_merge reads the file and compares every tile with its mark. The sink here rounds the
 * tiles and writes the marks of the rounded values. */
#define _POSIX_C_SOURCE 200809L /* PATH_MAX */
#include <math.h>

#include "fishergrid/merge.h"
#include "open_result.h"
#include "pack_parts.h"
#include "quantize.h"
#include "summary.h"

/* Rounds the values of a tile in place. */
static enum fg_status round_cells(const struct fg_packer *packer, size_t s, const struct fg_tile *tile,
                                  const struct fg_cells *cells, struct fg_packed *packed,
                                  struct fg_error *error)
{
    const struct fg_setup *setup = &packer->from->setup;
    const size_t n = tile->rows * tile->columns;
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        const size_t k = cells->field[f]
                             ? fg_quantize(&packer->packing, cells->field[f], n, &packed->relative_error[f])
                             : n;
        if (k < n)
            return fg_fail_with(error, FG_REMEDY_64_BITS, FG_BAD_INPUT,
                                "%s: %s of data set %s at cell (%zu, %zu) is too large for 32 bits",
                                packer->from->path, fg_field_info[f].name, setup->data[s].name,
                                tile->i0 + k / tile->columns, tile->j0 + k % tile->columns);
    }
    return FG_OK;
}

static void add_packed(struct fg_packed *into, const struct fg_packed *tile)
{
#pragma omp critical(fg_pack)
    {
        fg_summary_merge(&into->found, &tile->found);
        for (int f = 0; f < FG_N_REAL_FIELDS; f++)
            into->relative_error[f] = fmax(into->relative_error[f], tile->relative_error[f]);
    }
}

/* Rounds a tile and writes its mark; the function `put` of the sink. */
static enum fg_status put_rounded_tile(void *context, size_t s, const struct fg_tile *tile,
                                       const struct fg_cells *cells, const struct fg_summary *found,
                                       struct fg_error *error)
{
    const struct fg_packer *packer = context;
    const struct fg_result *from = packer->from;
    struct fg_packed packed = {.found = *found};
    enum fg_status status = round_cells(packer, s, tile, cells, &packed, error);
    if (status != FG_OK)
        return status;
    if (cells->field[FG_LOSS]) { /* rounding may make losses equal; the minimum is then the first cell */
        packed.found.min_loss = INFINITY;
        fg_summary_add_losses(&packed.found, cells->field[FG_LOSS], tile->rows * tile->columns,
                              fg_tiling_first_cell(&from->setup.grid.tiling, tile), from->setup.grid.r.n);
    }
    const struct fg_tile_mark mark =
        fg_tile_mark_of(fg_result_opened(from)->setup_hash, tile, from->setup.grid.r.n, cells, &packed.found);
    add_packed(&packer->packed[s], &packed);
    return fg_tile_mark_write(&mark, tile->number, &packer->map.data[s].column[COLUMN_MARK], fg_pack_write,
                              context, error);
}

enum fg_status fg_pack_tiles(struct fg_packer *packer, int threads, const struct fg_watcher *watcher,
                             struct fg_error *error)
{
    struct fg_result *from[] = {(struct fg_result *)packer->from};
    const struct fg_watcher silent = {.stop = watcher ? watcher->stop : NULL,
                                      .context = watcher ? watcher->context : NULL};
    const struct fg_sink sink = {.put = put_rounded_tile, .context = packer};
    struct fg_summary unrounded[FG_DATA_MAX] = {0};
    return fg_merge(from, 1, &packer->from->setup, threads, &sink, &silent, unrounded, error);
}
