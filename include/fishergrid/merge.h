/* Merging: joins the parts of a grid, tile by tile, into one file. */
#ifndef FISHERGRID_MERGE_H
#define FISHERGRID_MERGE_H

#include "fishergrid/api.h"
#include "fishergrid/result.h"
#include "fishergrid/sink.h"

FG_API_BEGIN

/* Checks that the open files parts[0..n-1] are all parts of one grid. Sorts them by part number and stores
 * the setup of the whole grid, cut into tiles, in `whole`.
 * Errors: FG_BAD_INPUT if a part is packed, incomplete, damaged, missing or given twice, or if the setups
 * differ; the text names the files. */
enum fg_status fg_merge_plan(struct fg_result **parts, size_t n, struct fg_setup *whole,
                             struct fg_error *error);

/* Passes all tiles of the grid to `sink`. `threads` threads read the tiles from parts[0..n-1], sorted by
 * fg_merge_plan. To read a single file, pass its own setup as `whole`. The watcher and `summary` [n_data]
 * work as in fg_sweep, except that `summary` must not be NULL and each `plan` in it is left unchanged.
 * Errors: FG_BAD_INPUT if the values of a tile do not match its mark; the text names the part and the tile.
 * FG_FAILED if memory runs out; FG_INTERRUPTED if the watcher stops it; else the status of the sink. */
enum fg_status fg_merge(struct fg_result *const *parts, size_t n, const struct fg_setup *whole, int threads,
                        const struct fg_sink *sink, const struct fg_watcher *watcher,
                        struct fg_summary *summary, struct fg_error *error);

FG_API_END
#endif
