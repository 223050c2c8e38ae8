/* Timing of alternatives side by side: all of them in turn, round after round, after warm-up rounds that are
 * not counted. A speed is a ratio of two alternatives of one run. Minimum and median over the rounds describe
 * each alternative.
 *
 * `fishergrid bench kernel|sweep|scaling --json` prints one object:
 *
 *     bench      the kind: "kernel", "sweep" or "scaling"
 *     machine    host, cpu, cores_allowed (hardware threads this process may run on), cores_online (of all),
 *                numa_nodes, OMP_PLACES and OMP_PROC_BIND (null if not set), version, compiler,
 *                compiler_flags, time (UTC, ISO 8601)
 *     problem    phi, r (cells), data: [{name, samples}, ...], kernel (the instruction set), threads, config
 *                (the setup, as the JSON text that a sweep records)
 *     result     cases and what follows from them:
 *       cases      [{name, meaning, unit, work, seconds, minimum, median, maximum}, ...] in the order of
 *                  their turns; seconds: every round in order; work: how much of `unit` one round does,
 *                  so that work / seconds is a rate
 *       fma_slots_per_cell_sample   of "kernel": {minimum, median}, seconds / work of case "kernel" over
 *                  seconds / work of case "peak", minimum by minimum and median by median
 *       ratios     of "sweep": [{of, to, minimum, median}, ...], where of and to name cases
 *       scaling    of "scaling": [{method, timed, kind, threads, phi, r, tiles, speed_up, efficiency},
 *                  ...], one for each case, from minima. method: that of --method. timed: "compute", or
 *                  "file" (the whole run, into the page cache). kind: "strong": the same grid, speed_up =
 *                  time of one thread / own time; "weak": threads times the rows and threads times the range
 *                  of phi, so that cells and nodes both grow with the threads, speed_up = time of one thread
 *                  / own time x threads ("weak" ends with the cells that "strong" has). efficiency =
 *                  speed_up / threads. phi, r: cells of this case. tiles: of each data set, cut like the
 *                  whole grid. threads: 1 to --threads, from eight on in quarters of a doubling
 *
 * Two rounds before the listed ones are not counted. No file remains on the disk. */
#ifndef FISHERGRID_TIMING_H
#define FISHERGRID_TIMING_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "fishergrid/error.h"

/* One alternative. `run` does the work once and stores the seconds of the part that is timed. */
struct bench_case {
    const char *name;    /* short name, for the table and for ratios */
    const char *meaning; /* one sentence */
    enum fg_status (*run)(void *context, double *seconds, struct fg_error *error);
    void *context;
    double work;      /* amount of `unit` in one run; 0: no rate is shown */
    const char *unit; /* of the work, e.g. "cells" */
    double *seconds;  /* [rounds] filled by bench_run, freed by bench_free; owned by the caller */
};

/* Runs all cases in turn, `warm_up` + `rounds` times, and keeps the seconds of the last `rounds`. */
enum fg_status bench_run(struct bench_case *cases, size_t n, size_t warm_up, size_t rounds,
                         struct fg_error *error);
void bench_free(struct bench_case *cases, size_t n);

/* Statistics of the rounds of one case, in seconds. */
struct bench_statistics {
    double minimum, median, maximum;
};
struct bench_statistics bench_statistics(const struct bench_case *of, size_t rounds);

/* Returns the seconds of the monotonic clock. */
double bench_now(void);

/* Prints one line for each case: name, minimum, median, spread, rate, meaning. */
void bench_print(const struct bench_case *cases, size_t n, size_t rounds);

/* Returns [{"name", "meaning", "unit", "work", "seconds": [every round], "minimum", "median", "maximum"},
 * ...]. */
json_t *bench_to_json(const struct bench_case *cases, size_t n, size_t rounds);

/* Returns {"of", "to", "minimum": min/min, "median": median/median}: the time of `of` divided by the time of
 * `to`. */
json_t *bench_ratio(const struct bench_case *of, const struct bench_case *to, size_t rounds);

/* Returns the object "machine" described above. */
json_t *bench_machine(void);

#endif
