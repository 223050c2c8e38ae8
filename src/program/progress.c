#define _POSIX_C_SOURCE 200809L /* clock_gettime, isatty */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "clock.h"

/* Seconds between two updates of the live line, and between two lines of a log. */
#define LIVE_PERIOD 0.2
#define LOG_PERIOD 30.0

void progress_start(struct progress_meter *meter, const struct options *options)
{
    double now = clock_seconds(CLOCK_MONOTONIC);
    *meter = (struct progress_meter){
        .shown = options->progress != PROGRESS_NEVER && !options->quiet,
        .live = isatty(STDERR_FILENO) != 0,
        .always = options->progress == PROGRESS_ALWAYS,
        .start = now,
        .last = now,
    };
}

static void print_progress(void *context, uint64_t cells_done, uint64_t cells)
{
    struct progress_meter *meter = context;
    double now = clock_seconds(CLOCK_MONOTONIC), elapsed = now - meter->start;
    bool at_end = cells_done == cells;
    meter->heard = true;
    bool due = now - meter->last >= (meter->live ? LIVE_PERIOD : LOG_PERIOD);
    if (!meter->shown || cells_done <= meter->cells_before || /* there is no rate yet */
        (!due && !(at_end && meter->always && !meter->live)))
        return;
    meter->last = now;
    double rate = (double)(cells_done - meter->cells_before) / elapsed;
    fprintf(stderr, "%s%5.1f %%  %.3g of %.3g cells  %.3g cells/s  %.0f s left%s", meter->live ? "\r" : "",
            100.0 * (double)cells_done / (double)cells, (double)cells_done, (double)cells, rate,
            (double)(cells - cells_done) / rate, meter->live ? "   " : "\n");
    fflush(stderr);
}

static bool progress_stop(void *context)
{
    const struct progress_meter *meter = context;
    return interrupt_wanted(meter->stop);
}

struct fg_watcher progress_watcher(struct progress_meter *meter, uint64_t cells_before,
                                   const struct interrupt *stop)
{
    meter->cells_before = cells_before;
    meter->stop = stop;
    return (struct fg_watcher){.tell = print_progress, .stop = progress_stop, .context = meter};
}

void progress_end(const struct progress_meter *meter)
{
    if (meter->shown && meter->live)
        fprintf(stderr, "\r%79s\r", "");
}

double progress_seconds(const struct progress_meter *meter)
{
    return clock_seconds(CLOCK_MONOTONIC) - meter->start;
}
