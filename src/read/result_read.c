/* Reads the description of an open result file, and its values at offsets that were checked at opening. */
#include "open_result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_reserve.h"
#include "io.h"
#include "layout.h"
#include "point_table.h"

enum fg_status fg_result_read(const struct fg_result *result, uint64_t offset, size_t n, void *to,
                              struct fg_error *error)
{
    const struct fg_open_result *opened = fg_result_opened(result);
    errno = 0;
    if (offset >= result->bytes && offset - result->bytes < opened->copied_bytes) {
        memcpy(to, opened->copied + (offset - result->bytes), n);
        return FG_OK;
    }
    if (offset <= INT64_MAX && fg_io_read(opened->fd, to, n, offset))
        return FG_OK;
    return fg_fail(error, errno ? FG_FAILED : FG_BAD_INPUT, "%s: reading %zu bytes at %llu: %s", result->path,
                   n, (unsigned long long)offset, fg_io_reason());
}

enum fg_status fg_result_read_mark(const struct fg_result *result, size_t s, uint64_t tile,
                                   struct fg_tile_mark *mark, struct fg_error *error)
{
    enum fg_status status = FG_OK;
    for (int w = 0; w < MARK_WORDS && status == FG_OK; w++)
        status = fg_result_read(result,
                                fg_result_opened(result)->map.data[s].column[COLUMN_MARK + w] +
                                    tile * sizeof mark->word[w],
                                sizeof mark->word[w], &mark->word[w], error);
    return status;
}

enum fg_status fg_result_read_cells(const struct fg_result *result, size_t s, enum fg_field field,
                                    uint64_t first, size_t n, void *values, struct fg_error *error)
{
    const struct fg_open_result *opened = fg_result_opened(result);
    const uint64_t cells = fg_grid_cells(&result->setup.grid), offset = opened->map.data[s].field[field];
    const size_t bytes = fg_field_bytes(field);
    const bool is_there = first <= cells && n <= cells - first;
    if (is_there && opened->unpacked && opened->unpacked_at[s][field]) {
        memcpy(values, opened->unpacked + opened->unpacked_at[s][field] - 1 + first * bytes, n * bytes);
        return FG_OK;
    }
    if (offset == 0 || !is_there)
        return fg_fail(error, FG_BAD_INPUT, "%s: %s_%s has no values there", result->path,
                       fg_field_info[field].name, result->setup.data[s].name);
    return fg_result_read(result, offset + first * bytes, n * bytes, values, error);
}

/* Reads all stored fields of a tile. */
static enum fg_status read_tile_fields(const struct fg_result *result, size_t s, const struct fg_tile *tile,
                                       const struct fg_cells *cells, struct fg_error *error)
{
    const uint64_t first = fg_tiling_first_cell(&result->setup.grid.tiling, tile);
    enum fg_status status = FG_OK;
    for (int f = 0; f < FG_N_FIELDS && status == FG_OK; f++) {
        void *values = fg_cells_values(cells, (enum fg_field)f);
        if (result->data[s].fields & 1u << f)
            status = fg_result_read_cells(result, s, (enum fg_field)f, first, tile->rows * tile->columns,
                                          values, error);
    }
    return status;
}

enum fg_status fg_result_read_tile(const struct fg_result *result, size_t s, const struct fg_tile *tile,
                                   const struct fg_cells *cells, struct fg_summary *found,
                                   struct fg_error *error)
{
    struct fg_tile_mark mark;
    enum fg_status status = fg_result_read_mark(result, s, tile->number, &mark, error);
    if (status == FG_OK)
        status = read_tile_fields(result, s, tile, cells, error);
    if (status != FG_OK)
        return status;
    if (!fg_tile_mark_fits(fg_result_opened(result)->setup_hash, &mark, tile, cells))
        return fg_fail(
            error, FG_BAD_INPUT,
            "%s: tile %zu of data set %s has changed since it was written; compute that file again",
            result->path, tile->number, result->setup.data[s].name);
    *found = fg_tile_mark_found(&mark, tile, result->setup.grid.r.n, cells);
    return FG_OK;
}

enum fg_status fg_result_read_samples(const struct fg_result *result, size_t s, struct fg_dataset *dataset,
                                      struct fg_error *error)
{
    const struct fg_layout_data *at = &fg_result_opened(result)->map.data[s];
    enum fg_status status = fg_dataset_reserve(dataset, result->setup.data[s].n, error);
    memcpy(dataset->name, result->setup.data[s].name, sizeof dataset->name);
    dataset->n = result->setup.data[s].n;
    void *const columns[] = {dataset->x0, dataset->x1, dataset->y};
    for (int c = COLUMN_X0; c <= COLUMN_Y && status == FG_OK; c++)
        status = fg_result_read(result, at->column[c], dataset->n * fg_layout_bytes(fg_layout_column[c].type),
                                columns[c - COLUMN_X0], error);
    if (status != FG_OK)
        fg_dataset_free(dataset);
    return status;
}

/* Reads bytes of a result; has the type fg_file_read. */
static enum fg_status read_from_result(void *result, void *bytes, size_t n, uint64_t offset,
                                       struct fg_error *error)
{
    return fg_result_read(result, offset, n, bytes, error);
}

enum fg_status fg_result_read_stationary(const struct fg_result *result, size_t s,
                                         struct fg_stationary *points, bool *searched, struct fg_error *error)
{
    const uint64_t *at = fg_result_opened(result)->map.data[s].column;
    enum fg_points_found found = FG_POINTS_MISSING;
    const enum fg_status status = fg_point_table_read(points, &found, result->setup.data[s].checksum, at,
                                                      read_from_result, (void *)result, error);
    *searched = found != FG_POINTS_MISSING;
    if (status == FG_OK && found == FG_POINTS_CHANGED)
        return fg_fail(error, FG_BAD_INPUT,
                       "%s: the stationary points of data set %s have changed since they "
                       "were written; compute that file again",
                       result->path, result->setup.data[s].name);
    return status;
}

/* Reads the checksums of n tiles, beginning at tile `first`. */
static enum fg_status read_checksums(const struct fg_result *result, size_t s, size_t first, size_t n,
                                     uint64_t checksum[], struct fg_error *error)
{
    const uint64_t at = fg_result_opened(result)->map.data[s].column[COLUMN_MARK + MARK_CHECKSUM];
    return fg_result_read(result, at + first * sizeof *checksum, n * sizeof *checksum, checksum, error);
}

enum fg_status fg_result_tile_done(const struct fg_result *result, size_t s, size_t t, bool *done,
                                   struct fg_error *error)
{
    uint64_t checksum = 0;
    enum fg_status status = read_checksums(result, s, t, 1, &checksum, error);
    *done = checksum != 0;
    return status;
}

enum fg_status fg_result_count_tiles(const struct fg_result *result, size_t s, uint64_t *done,
                                     struct fg_error *error)
{
    enum { PIECE = 4096 };
    const size_t tiles = result->setup.grid.tiling.n;
    uint64_t checksum[PIECE];
    enum fg_status status = FG_OK;
    *done = 0;
    for (size_t first = 0; first < tiles && status == FG_OK; first += PIECE) {
        const size_t n = tiles - first < PIECE ? tiles - first : PIECE;
        status = read_checksums(result, s, first, n, checksum, error);
        for (size_t t = 0; t < n && status == FG_OK; t++)
            *done += checksum[t] != 0;
    }
    return status;
}

enum fg_status fg_result_check_whole(const struct fg_result *result, struct fg_error *error)
{
    if (!result->complete)
        return fg_fail(error, FG_BAD_INPUT, "%s is not complete; run the sweep that makes it again",
                       result->path);
    for (size_t s = 0; s < result->setup.n_data; s++) {
        if (result->data[s].fields != result->setup.fields)
            return fg_fail(error, FG_BAD_INPUT, "%s is damaged: its fields have changed since it was made",
                           result->path);
    }
    return FG_OK;
}
