#include "tile_marks.h"

#include <string.h>

#include "hash.h"
#include "summary.h"

uint64_t fg_tile_mark_begin(uint64_t setup_hash, const struct fg_tile_mark *mark, uint64_t tile)
{
    return fg_hash_bytes(mark->word + 1, (MARK_WORDS - 1) * sizeof *mark->word,
                         fg_hash_bytes(&tile, sizeof tile, setup_hash));
}

static uint64_t checksum(uint64_t setup_hash, const struct fg_tile_mark *mark, const struct fg_tile *tile,
                         const struct fg_cells *cells)
{
    size_t n = tile->rows * tile->columns;
    uint64_t sum = fg_tile_mark_begin(setup_hash, mark, tile->number);
    for (int f = 0; f < FG_N_FIELDS; f++) {
        const void *values = fg_cells_values(cells, (enum fg_field)f);
        if (values)
            sum = fg_hash_bytes(values, n * fg_field_bytes((enum fg_field)f), sum);
    }
    return sum ? sum : 1;
}

struct fg_tile_mark fg_tile_mark_of(uint64_t setup_hash, const struct fg_tile *tile, size_t n_r,
                                    const struct fg_cells *cells, const struct fg_summary *found)
{
    const uint64_t *flags = found->flags[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)];
    struct fg_tile_mark mark = {.word = {[MARK_MIN_LOSS_CELL] = (uint64_t)found->min_i * n_r + found->min_j,
                                         [MARK_RECOMPUTED] = flags[FG_RECOMPUTED],
                                         [MARK_UNDEFINED] = flags[FG_UNDEFINED],
                                         [MARK_OVERFLOW] = flags[FG_OVERFLOW],
                                         [MARK_DIRECT_FALLBACK_CELLS] = found->direct_fallback_cells}};
    memcpy(&mark.word[MARK_MIN_LOSS], &found->min_loss, sizeof found->min_loss);
    mark.word[MARK_CHECKSUM] = checksum(setup_hash, &mark, tile, cells);
    return mark;
}

bool fg_tile_mark_fits(uint64_t setup_hash, const struct fg_tile_mark *mark, const struct fg_tile *tile,
                       const struct fg_cells *cells)
{
    return mark->word[MARK_CHECKSUM] == checksum(setup_hash, mark, tile, cells);
}

struct fg_summary fg_tile_mark_found(const struct fg_tile_mark *mark, const struct fg_tile *tile, size_t n_r,
                                     const struct fg_cells *cells)
{
    struct fg_summary found = {.direct_fallback_cells = mark->word[MARK_DIRECT_FALLBACK_CELLS],
                               .min_i = mark->word[MARK_MIN_LOSS_CELL] / n_r,
                               .min_j = mark->word[MARK_MIN_LOSS_CELL] % n_r};
    uint64_t *flags = found.flags[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)];
    struct fg_cells others = *cells;
    others.flag[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)] = NULL;
    fg_summary_add_flags(&found, tile->rows * tile->columns, &others);
    memcpy(&found.min_loss, &mark->word[MARK_MIN_LOSS], sizeof found.min_loss);
    flags[FG_RECOMPUTED] = mark->word[MARK_RECOMPUTED];
    flags[FG_UNDEFINED] = mark->word[MARK_UNDEFINED];
    flags[FG_OVERFLOW] = mark->word[MARK_OVERFLOW];
    flags[FG_REGULAR] = (uint64_t)tile->rows * tile->columns - flags[FG_RECOMPUTED] - flags[FG_UNDEFINED] -
                        flags[FG_OVERFLOW];
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
