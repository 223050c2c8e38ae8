/* Estimate of the computing time of a sweep, from two rates measured on small pieces of it. */
#ifndef FISHERGRID_ESTIMATE_H
#define FISHERGRID_ESTIMATE_H

#include "fishergrid/api.h"
#include "fishergrid/sweep.h"

FG_API_BEGIN

/* Estimates the time of fg_sweep with `threads` threads. Stores it in `seconds`, and the CPU seconds of the
 * trial itself in `trial`. The trial takes 0.05 to 0.5 s, and more for many data sets with costly cells (1 s
 * for 64).
 * Errors: FG_FAILED if memory runs out.
 *
 * The estimate is nodes x samples x (seconds of a term) + cells x (seconds of a cell). One thread measures
 * both rates for each data set, on small pieces of the grid at several places of phi: first on cells that are
 * summed directly, then on cells that are interpolated from nodes. The second measurement also shows how many
 * cells must be summed directly although nodes are used. A piece has some of the samples and some of the
 * columns.
 *
 * The estimate holds for this processor and for threads that do not slow each other down. In tests with
 * sweeps of some tenths of a second, the error was at most 30 % of the CPU time. If the cells that must be
 * summed directly are clustered, the pieces may contain none of them or almost only them. The estimate is
 * then too low or too high. */
enum fg_status fg_estimate_sweep(const struct fg_problem *problem, int threads, double *seconds,
                                 double *trial, struct fg_error *error);

FG_API_END
#endif
