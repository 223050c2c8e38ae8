/* Putting the parts of a grid together: files of `fishergrid sweep --part K/N`, tile by tile, into one. */
#ifndef FISHERGRID_MERGE_H
#define FISHERGRID_MERGE_H

#include "fishergrid/api.h"
#include "fishergrid/result.h"
#include "fishergrid/sweep.h"

FG_API_BEGIN

/* Hands all tiles of `problem` (its axes, data sets, fields and tile_cells) to `sink`, read from files by
 * `threads` threads. parts[0..n-1] are in the order of their rows, and rows[k] is the first row of part k in
 * the whole grid; each holds whole rows of tiles of its tiling. A tile whose values do not fit its mark:
 * FG_BAD_INPUT, with part and tile. Stops, tells and sums up like fg_sweep; the plans of `summary` are left
 * alone. */
enum fg_status fg_merge(const struct fg_result *parts, const size_t *rows, size_t n,
                        const struct fg_problem *problem, int threads, const struct fg_sink *sink,
                        const struct fg_watcher *watcher, struct fg_summary *summary, struct fg_error *error);

FG_API_END
#endif
