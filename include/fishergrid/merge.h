/* Putting the parts of a grid together, tile by tile, into one file. */
#ifndef FISHERGRID_MERGE_H
#define FISHERGRID_MERGE_H

#include "fishergrid/api.h"
#include "fishergrid/result.h"
#include "fishergrid/sink.h"

FG_API_BEGIN

/* Whether the open files parts[0..n-1] are all parts of one grid: sorts them by their numbers, and makes
 * `whole` the setup of the grid they make. Packed or incomplete parts, parts of different setups, one that is
 * there twice or missing: FG_BAD_INPUT, with the files and what is wrong. */
enum fg_status fg_merge_plan(struct fg_result **parts, size_t n, struct fg_setup *whole,
                             struct fg_error *error);

/* Hands all tiles of the grid to `sink`, read by `threads` threads from parts[0..n-1], which fg_merge_plan
 * has sorted. A tile whose values do not fit its mark: FG_BAD_INPUT, with part and tile. Stops, tells and
 * sums up like fg_sweep, but the plans of `summary` are left alone. */
enum fg_status fg_merge(struct fg_result *const *parts, size_t n, const struct fg_setup *whole, int threads,
                        const struct fg_sink *sink, const struct fg_watcher *watcher,
                        struct fg_summary *summary, struct fg_error *error);

FG_API_END
#endif
