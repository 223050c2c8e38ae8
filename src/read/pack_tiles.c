/* The step before packing: fg_merge reads the file, and compares every tile with its mark. Its sink rounds
 * the tiles and writes the marks of the rounded values. */
#include <math.h>

#include "fishergrid/merge.h"
#include "pack_parts.h"
#include "quantize.h"
#include "result_read.h"
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

/* Rounding keeps the order of losses, but may make cells equal, and the first of them is the minimum. */
static void find_minimum(const struct fg_tile *tile, const double *loss, struct fg_summary *found)
{
    found->min_loss = INFINITY;
    for (size_t k = 0; k < tile->rows * tile->columns; k++) {
        if (loss[k] < found->min_loss) {
            found->min_loss = loss[k];
            found->min_i = tile->i0 + k / tile->columns;
            found->min_j = tile->j0 + k % tile->columns;
        }
    }
}

static enum fg_status write_mark(const struct fg_packer *packer, size_t s, size_t t,
                                 const struct fg_tile_mark *mark, struct fg_error *error)
{
    enum fg_status status = FG_OK;
    for (int w = 0; w < MARK_WORDS && status == FG_OK; w++)
        status = fg_pack_write(packer, &mark->word[w], sizeof mark->word[w],
                               packer->map.data[s].column[COLUMN_MARK + w] + t * sizeof mark->word[w], error);
    return status;
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

/* The function `put` of a sink. */
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
    if (cells->field[FG_LOSS])
        find_minimum(tile, cells->field[FG_LOSS], &packed.found);
    const bool has_flags = from->setup.fields & 1u << FG_NATURAL_GRADIENT_FLAG;
    const struct fg_tile_mark mark = fg_tile_mark_of(fg_result_opened(from)->setup_hash, tile,
                                                     from->setup.grid.r.n, cells, has_flags, &packed.found);
    add_packed(&packer->packed[s], &packed);
    return write_mark(packer, s, tile->number, &mark, error);
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
