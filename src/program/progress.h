/* Progress of a sweep on standard error: a live line on a terminal, now and then a plain line in a log. */
#ifndef FISHERGRID_PROGRESS_H
#define FISHERGRID_PROGRESS_H

#include "fishergrid/sweep.h"
#include "interrupt.h"
#include "options.h"

struct progress_meter {
    bool shown, live, always;
    double start, last;    /* seconds of the monotonic clock */
    uint64_t cells_before; /* that an earlier run has done */
    bool heard;            /* of a tile that this run has finished */
    const struct interrupt *stop;
};

/* Decides from `options` and the kind of standard error what will be shown. */
void progress_start(struct progress_meter *meter, const struct options *options);

/* Hears of finished cells, of which `cells_before` cost no time, and ends the sweep when `stop` says so. */
struct fg_watcher progress_watcher(struct progress_meter *meter, uint64_t cells_before,
                                   const struct interrupt *stop);

/* Wipes the live line. */
void progress_end(const struct progress_meter *meter);

/* Seconds since progress_start. */
double progress_seconds(const struct progress_meter *meter);

#endif
