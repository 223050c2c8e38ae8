/* Merges: reads the tiles of a grid from the files that contain its parts. */
#include "fishergrid/merge.h"

#include <math.h>
#include <stdlib.h>

#include "first_failure.h"
#include "open_result.h"
#include "summary.h"
#include "tile_room.h"

/* Data that all threads share. `done` and `summary` are accessed only inside `omp critical`. */
struct shared {
    struct fg_result *const *parts;
    size_t n;
    const struct fg_setup *whole;
    const struct fg_sink *sink;
    struct fg_summary *summary;
    uint64_t done;
    struct fg_first_failure failure;
};

/* Returns the first row of a part, counted in the whole grid, which may itself be a part. */
static size_t row_of(const struct shared *shared, size_t part)
{
    return shared->parts[part]->setup.grid.phi.first - shared->whole->grid.phi.first;
}

/* Returns the part that has row i of the whole grid. */
static size_t part_of_row(const struct shared *shared, size_t i)
{
    size_t part = 0;
    while (part + 1 < shared->n && row_of(shared, part + 1) <= i)
        part++;
    return part;
}

/* Returns a tile of the whole grid as a tile of its part. */
static struct fg_tile tile_of_part(const struct shared *shared, const struct fg_tile *tile, size_t part)
{
    const struct fg_tiling *tiling = &shared->whole->grid.tiling;
    struct fg_tile own = *tile;
    own.i0 -= row_of(shared, part);
    own.number -= row_of(shared, part) / tiling->rows * fg_tiling_across(tiling);
    return own;
}

/* Reads a tile of the whole grid from its part. Rows in `found` count in the whole grid. */
static enum fg_status read_tile(const struct shared *shared, size_t s, const struct fg_tile *tile,
                                const struct fg_cells *cells, struct fg_summary *found,
                                struct fg_error *error)
{
    const size_t part = part_of_row(shared, tile->i0);
    const struct fg_tile own = tile_of_part(shared, tile, part);
    enum fg_status status = fg_result_read_tile(shared->parts[part], s, &own, cells, found, error);
    if (status == FG_OK)
        found->min_i += row_of(shared, part);
    return status;
}

static void note_tile(struct shared *shared, size_t s, const struct fg_tile *tile,
                      const struct fg_summary *found)
{
    const struct fg_watcher *watcher = shared->failure.watcher;
#pragma omp critical(fg_merge)
    {
        fg_summary_merge(&shared->summary[s], found);
        shared->done += fg_tile_cells(tile);
        if (watcher && watcher->tell)
            watcher->tell(watcher->context, shared->done, fg_setup_cells(shared->whole));
    }
}

static void copy_tile(struct shared *shared, size_t s, size_t t, const struct fg_tile_room *room)
{
    const struct fg_tiling *tiling = &shared->whole->grid.tiling;
    const struct fg_tile tile = fg_tiling_at(tiling, t);
    const struct fg_cells cells = fg_tile_room_cells(room, tiling, &tile);
    struct fg_summary found;
    struct fg_error error;
    const struct fg_sink *sink = shared->sink;
    enum fg_status status = FG_OK;
    if (!sink->has || !sink->has(sink->context, s, &tile, &cells, &found)) {
        status = read_tile(shared, s, &tile, &cells, &found, &error);
        if (status == FG_OK)
            status = sink->put(sink->context, s, &tile, &cells, &found, &error);
    }
    if (status == FG_OK)
        note_tile(shared, s, &tile, &found);
    else
        fg_first_failure_note(&shared->failure, status, &error);
}

static void copy_tiles(struct shared *shared)
{
    struct fg_error error;
    const struct fg_grid *grid = &shared->whole->grid;
    struct fg_tile_room room;
    if (!fg_tile_room_make(&room, &grid->tiling, shared->whole->fields, shared->sink->alignment))
        fg_first_failure_note(
            &shared->failure,
            fg_fail(&error, FG_FAILED, "no memory for a tile of %zu cells", fg_grid_tile_cells(grid)),
            &error);
    for (size_t s = 0; s < shared->whole->n_data; s++) {
#pragma omp for schedule(dynamic, 1) nowait
        for (size_t t = 0; t < grid->tiling.n; t++) {
            if (!fg_first_failure_is_over(&shared->failure))
                copy_tile(shared, s, t, &room);
        }
    }
    fg_tile_room_free(&room);
}

enum fg_status fg_merge(struct fg_result *const *parts, size_t n, const struct fg_setup *whole, int threads,
                        const struct fg_sink *sink, const struct fg_watcher *watcher,
                        struct fg_summary *summary, struct fg_error *error)
{
    struct shared shared = {.parts = parts,
                            .n = n,
                            .whole = whole,
                            .sink = sink,
                            .summary = summary,
                            .failure = {.watcher = watcher}};
    for (size_t s = 0; s < whole->n_data; s++)
        summary[s] = (struct fg_summary){.plan = summary[s].plan, .min_loss = INFINITY};
#pragma omp parallel num_threads(threads)
    copy_tiles(&shared);
    return fg_first_failure_end(&shared.failure, error);
}
