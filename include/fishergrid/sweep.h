/* The sweep: computes all cells of a grid for all data sets, tile by tile, with OpenMP threads and, in a
 * team, several processes. */
#ifndef FISHERGRID_SWEEP_H
#define FISHERGRID_SWEEP_H

#include <stdint.h>

#include "fishergrid/api.h"
#include "fishergrid/kernel.h"
#include "fishergrid/setup.h"
#include "fishergrid/sink.h"
#include "fishergrid/team.h"

FG_API_BEGIN

/* Input of a sweep. Everything it points to is borrowed. */
struct fg_problem {
    const struct fg_setup *setup;     /* after fg_setup_cut */
    const struct fg_samples *samples; /* [setup->n_data] samples of each data set, or their sources; only
                                       * process 0 of a team needs them */
    const struct fg_kernel *kernel;   /* the kernel that setup->kernel names */
    const struct fg_team *team;       /* the processes that share the work; NULL: this process alone */
};

/* Computes all tiles with `threads` >= 1 threads and passes them to `sink`. If `sink` is NULL, the tiles are
 * dropped; if `watcher` is NULL, nothing follows the progress. Fills summary[n_data] unless it is NULL.
 *
 * Memory: 8 bytes a real field and 1 byte a flag for each cell of a tile and each thread, plus the nodes of
 * one data set at a time and four lines of nodes for each thread. The nodes need at most 64 MiB, except with
 * FG_CHEBYSHEV on very long axes.
 *
 * Errors: FG_FAILED if memory runs out; FG_INTERRUPTED if the watcher stops it; else the status of the sink.
 *
 * The processes of a team share the work: each computes some of the tiles that no sink has yet. They also
 * share the sums at Chebyshev nodes, which are computed for one band of rows of the grid at a time. Each
 * process has its own threads and its own copy of the sums. Process 0 sends the samples to the others. If
 * there are sources, it sends the sources instead, and the samples only if cells need them. If one process
 * stops, the others stop at the next band; direct sums have one band for each data set. All processes return
 * the same status, text and summary. */
enum fg_status fg_sweep(const struct fg_problem *problem, int threads, const struct fg_sink *sink,
                        const struct fg_watcher *watcher, struct fg_summary *summary, struct fg_error *error);

/* Returns the number of bytes that fg_sweep will allocate, or 0 if memory runs out. */
uint64_t fg_sweep_memory(const struct fg_problem *problem, int threads);

FG_API_END
#endif
