/* How long a sweep will compute, from a short trial of pieces of it. */
#ifndef FISHERGRID_ESTIMATE_H
#define FISHERGRID_ESTIMATE_H

#include "fishergrid/api.h"
#include "fishergrid/sweep.h"

FG_API_BEGIN

/* Seconds that fg_sweep with `threads` threads will take, and `trial`, those of CPU that finding out took:
 * 0.1 to 0.5, more for many data sets whose cells are costly (2 s for 64).
 *
 * One thread computes pieces of the problem for each data set, on rows spread over phi: their lines of nodes
 * alone, and all of it. This gives the seconds of a line and of a tile; the sweep has so many of both, shared
 * out over its threads. One thread, because the machine may be one where users log in, and because a few
 * barriers on a busy machine last longer than a piece. Where a piece would take too long it gets fewer
 * samples or fewer columns; cells over nodes that are summed directly are counted and scaled by the samples.
 *
 * So it holds for this processor, and for threads that do not slow each other down. Cells that are summed
 * directly are the costly ones; where they lie close together the trial may miss them, or see nothing else.
 * No memory: FG_FAILED. */
enum fg_status fg_estimate_sweep(const struct fg_problem *problem, int threads, double *seconds,
                                 double *trial, struct fg_error *error);

FG_API_END
#endif
