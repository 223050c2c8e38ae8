#include "tile_marks.h"

#include <string.h>

#include "hash.h"

uint64_t fg_tile_mark_begin(uint64_t setup_hash, const struct fg_tile_mark *mark, uint64_t tile)
{
    return fg_hash_bytes(mark->word + 1, (MARK_WORDS - 1) * sizeof *mark->word,
                         fg_hash_bytes(&tile, sizeof tile, setup_hash));
}

static uint64_t checksum(uint64_t setup_hash, const struct fg_tile_mark *mark, const struct fg_tile *tile,
                         const struct fg_cells *cells, bool flags)
{
    size_t n = tile->rows * tile->columns;
    uint64_t sum = fg_tile_mark_begin(setup_hash, mark, tile->number);
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        if (cells->field[f])
            sum = fg_hash_bytes(cells->field[f], n * sizeof(double), sum);
    }
    if (flags)
        sum = fg_hash_bytes(cells->flag, n, sum);
    return sum ? sum : 1;
}

struct fg_tile_mark fg_tile_mark_of(uint64_t setup_hash, const struct fg_tile *tile, size_t n_r,
                                    const struct fg_cells *cells, bool flags, const struct fg_summary *found)
{
    struct fg_tile_mark mark = {.word = {[MARK_MIN_LOSS_CELL] = (uint64_t)found->min_i * n_r + found->min_j,
                                         [MARK_RECOMPUTED] = found->flags[FG_RECOMPUTED],
                                         [MARK_UNDEFINED] = found->flags[FG_UNDEFINED],
                                         [MARK_OVERFLOW] = found->flags[FG_OVERFLOW],
                                         [MARK_DIRECT_FALLBACK_CELLS] = found->direct_fallback_cells}};
    memcpy(&mark.word[MARK_MIN_LOSS], &found->min_loss, sizeof found->min_loss);
    mark.word[MARK_CHECKSUM] = checksum(setup_hash, &mark, tile, cells, flags);
    return mark;
}

bool fg_tile_mark_fits(uint64_t setup_hash, const struct fg_tile_mark *mark, const struct fg_tile *tile,
                       const struct fg_cells *cells, bool flags)
{
    return mark->word[MARK_CHECKSUM] == checksum(setup_hash, mark, tile, cells, flags);
}

struct fg_summary fg_tile_mark_found(const struct fg_tile_mark *mark, const struct fg_tile *tile, size_t n_r)
{
    struct fg_summary found = {.direct_fallback_cells = mark->word[MARK_DIRECT_FALLBACK_CELLS],
                               .min_i = mark->word[MARK_MIN_LOSS_CELL] / n_r,
                               .min_j = mark->word[MARK_MIN_LOSS_CELL] % n_r};
    memcpy(&found.min_loss, &mark->word[MARK_MIN_LOSS], sizeof found.min_loss);
    found.flags[FG_RECOMPUTED] = mark->word[MARK_RECOMPUTED];
    found.flags[FG_UNDEFINED] = mark->word[MARK_UNDEFINED];
    found.flags[FG_OVERFLOW] = mark->word[MARK_OVERFLOW];
    found.flags[FG_REGULAR] = (uint64_t)tile->rows * tile->columns - found.flags[FG_RECOMPUTED] -
                              found.flags[FG_UNDEFINED] - found.flags[FG_OVERFLOW];
    return found;
}

enum fg_status fg_tile_mark_write(const struct fg_tile_mark *mark, size_t t, const uint64_t at[MARK_WORDS],
                                  fg_file_write *write, void *context, struct fg_error *error)
{
    enum fg_status status = FG_OK;
    for (int w = MARK_WORDS - 1; w >= 0 && status == FG_OK; w--)
        status =
            write(context, &mark->word[w], sizeof mark->word[w], at[w] + t * sizeof mark->word[w], error);
    return status;
}
