/* Where finished tiles go, what is known of them, and who hears of progress. */
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

/* What is known at the end of a data set, or of a tile (which has no plan). */
struct fg_summary {
    struct fg_node_plan plan; /* where nodes were used */
    uint64_t summed_anyway;   /* cells over nodes that were summed directly, for the sake of their digits */
    uint64_t flags[4];        /* cells by enum fg_flag */
    double least_loss;        /* over all cells, as stored (sum or mean) */
    size_t least_i, least_j;  /* its first cell */
};

/* Takes finished tiles; called by many threads at once. `cells` holds rows x columns values of each wanted
 * field, row-major; they belong to the caller and are gone after the call. */
struct fg_sink {
    /* Takes a tile and what was found in it. A status other than FG_OK stops the sweep with it. */
    enum fg_status (*put)(void *context, size_t data, const struct fg_tile *tile,
                          const struct fg_cells *cells, const struct fg_summary *found,
                          struct fg_error *error);
    /* Whether the sink has this tile already, of an earlier run. If so it says what was found in it, and the
     * tile is not computed. `cells` is room to read its values. NULL: it has none. */
    bool (*has)(void *context, size_t data, const struct fg_tile *tile, const struct fg_cells *cells,
                struct fg_summary *found);
    void *context;
};

/* Hears of progress, and may end the work. NULL for none. */
struct fg_watcher {
    /* Called by one thread at a time, in no particular order of tiles. It is not called for tiles that the
     * sink had, but they count. Of a team, all are supposed to have done as much as this process. */
    void (*tell)(void *context, uint64_t cells_done, uint64_t cells);
    /* Whether to stop; called by many threads at once before each tile. Tiles in flight are finished, then
     * the work returns FG_INTERRUPTED. NULL: never. */
    bool (*stop)(void *context);
    void *context;
};

FG_API_END
#endif
