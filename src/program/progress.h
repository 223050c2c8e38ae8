/* Progress of a sweep on standard error: a live line on a terminal, or an occasional plain line in a log. */
#ifndef FISHERGRID_PROGRESS_H
#define FISHERGRID_PROGRESS_H

#include "fishergrid/sweep.h"
#include "interrupt.h"
#include "options.h"

struct progress_meter {
    bool shown, live, always;
    double start, last;    /* seconds of the monotonic clock */
    uint64_t cells_before; /* number of cells that an earlier run computed */
    bool heard;            /* this run has finished a tile */
    const struct interrupt *stop;
};

/* Decides from `options` and the type of standard error what is shown. */
void progress_start(struct progress_meter *meter, const struct options *options);

/* Returns a watcher that shows progress and stops the sweep when `stop` says so. An earlier run computed
 * `cells_before` of the finished cells, so they do not count for the speed of this run. */
struct fg_watcher progress_watcher(struct progress_meter *meter, uint64_t cells_before,
                                   const struct interrupt *stop);

/* Erases the live line. */
void progress_end(const struct progress_meter *meter);

/* Returns the seconds since progress_start. */
double progress_seconds(const struct progress_meter *meter);

#endif
