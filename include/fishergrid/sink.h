/* Sinks and watchers: where finished tiles go, what is known about them, and who follows the progress. */
#ifndef FISHERGRID_SINK_H
#define FISHERGRID_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fishergrid/api.h"
#include "fishergrid/grid.h"
#include "fishergrid/kernel.h"
#include "fishergrid/nodes.h"

FG_API_BEGIN

/* Summary of a data set, or of a tile (which has no plan). */
struct fg_summary {
    struct fg_node_plan plan;       /* where nodes were used */
    uint64_t direct_fallback_cells; /* cells summed directly for accuracy, although nodes were used */
    uint64_t flags[FG_N_FLAG_FIELDS][FG_N_FLAGS]; /* number of cells by the value of each flag */
    double min_loss;                              /* minimum loss over all cells, as stored (sum or mean) */
    size_t min_i, min_j;                          /* first cell (i, j) with this loss, in row-major order */
};

/* Receives finished tiles. Many threads call its functions at the same time. `cells` holds rows x columns
 * values of each stored field, row-major; the caller owns them and they are valid only during the call. */
struct fg_sink {
    /* Receives a tile of data set number `data` and its summary. Any status but FG_OK stops the sweep, which
     * returns this status. */
    enum fg_status (*put)(void *context, size_t data, const struct fg_tile *tile,
                          const struct fg_cells *cells, const struct fg_summary *found,
                          struct fg_error *error);
    /* Returns whether the sink already has this tile from an earlier run. If so, stores the tile's summary in
     * `found`, and the tile is not computed. The function may read the tile's values into `cells`. NULL: the
     * sink has no tiles. */
    bool (*has)(void *context, size_t data, const struct fg_tile *tile, const struct fg_cells *cells,
                struct fg_summary *found);
    /* A power of two. `put` is fastest if the address of a value equals its offset in its field, in bytes,
     * modulo this number. 0: any address will do. */
    size_t alignment;
    void *context;
};

/* Follows the progress and can stop the work. Functions that take a watcher accept NULL. */
struct fg_watcher {
    /* Reports progress: `cells_done` of `cells`. Called by one thread at a time, in no particular order of
     * tiles. Tiles that the sink already had are counted, but this function is not called for them. With
     * several processes the progress is an estimate: it assumes that all are equally fast, and stays below
     * `cells` until all have finished. May be NULL. */
    void (*tell)(void *context, uint64_t cells_done, uint64_t cells);
    /* Returns whether to stop. Many threads call it at the same time, before each tile. Tiles in progress are
     * finished, then the work returns FG_INTERRUPTED. NULL: never stop. */
    bool (*stop)(void *context);
    void *context;
};

FG_API_END
#endif
