/* The sweep: all cells of a grid for all data sets, tile by tile, shared out over OpenMP threads, and over
 * the processes of a team where there is one. */
#ifndef FISHERGRID_SWEEP_H
#define FISHERGRID_SWEEP_H

#include <stdint.h>

#include "fishergrid/api.h"
#include "fishergrid/kernel.h"
#include "fishergrid/setup.h"
#include "fishergrid/sink.h"
#include "fishergrid/team.h"

FG_API_BEGIN

/* What is to be computed, and with what. Everything pointed to is borrowed. */
struct fg_problem {
    const struct fg_setup *setup;     /* cut by fg_setup_cut */
    const struct fg_samples *samples; /* [setup->n_data] */
    const struct fg_kernel *kernel;   /* the one that setup->kernel names */
    const struct fg_team *team;       /* who shares the work; NULL: nobody */
};

/* Computes all tiles with `threads` >= 1 threads and hands them to `sink` (NULL: computes only). Fills
 * summary[n_data] (NULL: not wanted). Memory: (8 x 8 + 1) bytes for each cell of a tile and thread, and
 * nodes of one data set at a time: 64 MiB, more only where FG_CHEBYSHEV is asked for on very long axes.
 * No memory: FG_FAILED; stopped by the watcher:
 * FG_INTERRUPTED; else what the sink said.
 *
 * A team divides the tiles that no sink had, and the lines of nodes; each process has its own threads and its
 * own nodes. What stops one process stops the others at the next band of nodes, of which direct sums have one
 * a data set. All return the same status, text and summary. */
enum fg_status fg_sweep(const struct fg_problem *problem, int threads, const struct fg_sink *sink,
                        const struct fg_watcher *watcher, struct fg_summary *summary, struct fg_error *error);

/* Bytes of memory fg_sweep will ask for. */
uint64_t fg_sweep_memory(const struct fg_problem *problem, int threads);

FG_API_END
#endif
