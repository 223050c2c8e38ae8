/* Timing of alternatives side by side: all of them in turn, round after round, after rounds that do not
 * count. A speed is a ratio of two alternatives of one run; minimum and median of the rounds speak for each.
 *
 * `fishergrid bench kernel|sweep|scaling --json` prints one object:
 *
 *     bench      the kind: "kernel", "sweep" or "scaling"
 *     machine    host, cpu, cores_allowed (hardware threads this process may run on), cores_online (of all),
 *                numa_nodes, OMP_PLACES and OMP_PROC_BIND (null where not set), version, compiler,
 *                compiler_flags, time (UTC, ISO 8601)
 *     problem    phi, r (cells), data: [{name, samples}, ...], kernel (the instruction set), threads, config
 *                (the setup, as the JSON text that a sweep records)
 *     result     cases and what follows from them:
 *       cases      [{name, meaning, unit, work, seconds, minimum, median, maximum}, ...] in the order of
 *                  their turns; seconds: every round in order; work: how much of `unit` one round does,
 *                  so that work / seconds is a rate
 *       fma_slots_per_cell_sample   of "kernel": {minimum, median}, seconds / work of case "kernel" over
 *                  those of case "peak", minimum by minimum and median by median
 *       ratios     of "sweep": [{of, to, minimum, median}, ...], where of and to name cases
 *       scaling    of "scaling": [{method, timed, kind, threads, phi, r, tiles, speed_up, efficiency},
 *                  ...], one a case, by minima. method "direct" (a 64th of the rows, in tiles of a 64th
 *                  of the cells, unless it is the only one) and "chebyshev", or only that of --method;
 *                  timed "compute" and "file" (the whole run, into the page cache); kind "strong": the
 *                  same grid, speed_up = time of one thread / own time; kind "weak": threads times the
 *                  rows and threads times the range of phi, so that cells and nodes both grow with the
 *                  threads, speed_up = that times threads ("weak" ends with the cells that "strong" has);
 *                  efficiency = speed_up / threads; phi, r: cells of this case; tiles: of each data set,
 *                  cut as the whole grid is. threads: 1 to --threads, from eight on in quarters of a
 *                  doubling
 *
 * Two rounds before those listed do not count. No file stays on the disk. */
#ifndef FISHERGRID_TIMING_H
#define FISHERGRID_TIMING_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "fishergrid/error.h"

/* One alternative. `run` does the work once and stores the seconds of the part that counts. */
struct bench_case {
    const char *name;    /* short, for the table and for ratios */
    const char *meaning; /* one sentence */
    enum fg_status (*run)(void *context, double *seconds, struct fg_error *error);
    void *context;
    double work;      /* how much of `unit` one run does; 0: no rate is shown */
    const char *unit; /* of the work, e.g. "cells" */
    double *seconds;  /* [rounds] filled by bench_run; owned by the caller, freed by bench_free */
};

/* Runs all cases in turn, `warm_up` + `rounds` times; keeps the seconds of the last `rounds`. */
enum fg_status bench_run(struct bench_case *cases, size_t n, size_t warm_up, size_t rounds,
                         struct fg_error *error);
void bench_free(struct bench_case *cases, size_t n);

/* Of the rounds of one case, in seconds. */
struct bench_statistics {
    double least, median, most;
};
struct bench_statistics bench_statistics(const struct bench_case *of, size_t rounds);

/* Seconds of the monotonic clock. */
double bench_now(void);

/* A line a case: name, minimum, median, spread, rate, meaning. */
void bench_print(const struct bench_case *cases, size_t n, size_t rounds);

/* [{"name", "meaning", "unit", "work", "seconds": [every round], "minimum", "median", "maximum"}, ...] */
json_t *bench_to_json(const struct bench_case *cases, size_t n, size_t rounds);

/* {"of", "to", "minimum": min/min, "median": median/median}: how many times as long the one takes as the
 * other. */
json_t *bench_ratio(const struct bench_case *of, const struct bench_case *to, size_t rounds);

/* The object "machine" of above. */
json_t *bench_machine(void);

#endif
