/* Estimate of the computing time of a sweep, from a short trial run of pieces of it. */
#ifndef FISHERGRID_ESTIMATE_H
#define FISHERGRID_ESTIMATE_H

#include "fishergrid/api.h"
#include "fishergrid/sweep.h"

FG_API_BEGIN

/* Estimates the time of fg_sweep with `threads` threads. Stores it in `seconds`, and the CPU seconds of the
 * trial itself in `trial`. The trial takes 0.1 to 0.5 s, and more for many data sets with costly cells (2 s
 * for 64).
 * Errors: FG_FAILED if memory runs out.
 *
 * For each data set, one thread computes pieces of the problem, on rows spread over phi: first only the sums
 * at the Chebyshev nodes of a piece, then the whole piece. This gives the time of a line (all nodes or cells
 * with the same phi) and the time of a tile. The estimate multiplies these times by the numbers of lines and
 * tiles in the sweep and divides the work among the threads. A piece that would take too long gets fewer
 * samples or fewer columns. In a piece with nodes, the cells that are summed directly are counted, and their
 * cost is scaled with the number of samples. The trial uses a single thread because the machine may be a
 * shared login node, and because a few barriers on a busy machine last longer than a piece.
 *
 * The estimate holds for this processor and for threads that do not slow each other down. Cells that are
 * summed directly cost most. If they are clustered, the trial may hit none of them or almost only them, and
 * the estimate is then too low or too high. */
enum fg_status fg_estimate_sweep(const struct fg_problem *problem, int threads, double *seconds,
                                 double *trial, struct fg_error *error);

FG_API_END
#endif
