/* From tiles to a finished file: what `sweep` and `merge` have in common. */
#ifndef FISHERGRID_MAKE_FILE_H
#define FISHERGRID_MAKE_FILE_H

#include "fishergrid/sweep.h"
#include "interrupt.h"
#include "workload.h"

/* What is made, of what, and by whom; borrowed. */
struct making {
    const struct options *options; /* output, threads, and what shall be told */
    const struct workload *workload;
    const struct fg_problem *problem;
    const struct fg_file_spec *spec;
    const struct interrupt *stop;
    /* Hands all tiles to the sink, as fg_sweep does, from where `source` says. */
    enum fg_status (*fill)(const struct making *making, const struct fg_sink *sink,
                           const struct fg_watcher *watcher, struct fg_summary *summary,
                           struct fg_error *error);
    const void *source;
};

/* Lays out the file or goes on with what an earlier run left, has it filled, finishes it, and prints what
 * came out. Where filling stops or fails, what is done stays, and the text says how to go on. */
enum fg_status make_file(const struct making *making, struct fg_error *error);

/* Cells of all data sets. */
uint64_t cells_of(const struct fg_problem *problem);

#endif
