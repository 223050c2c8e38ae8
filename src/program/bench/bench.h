/* Timing of alternatives side by side: each round runs all alternatives in turn. Warm-up rounds come first
 * and are not counted. A speed is a ratio of two alternatives of one run. Minimum and median over the rounds
 * describe each alternative.
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
#ifndef FISHERGRID_BENCH_H
#define FISHERGRID_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "fishergrid/file.h"
#include "inputs.h"
#include "provenance.h"

/* What all cases of a benchmark share. */
struct bench_setting {
    const struct options *options;
    struct inputs inputs;
    const struct fg_setup *setup;
    struct provenance provenance;
    struct fg_output output; /* the file to write and remove; borrows from the members above */
    int threads;
};

/* One alternative. Strings and pointers are borrowed. */
struct bench_case {
    const char *name;    /* short name, for the table and for ratios */
    const char *meaning; /* one sentence */
    enum fg_status (*run)(const struct bench_case *self, struct fg_error *error); /* does the work once */
    double work;      /* amount of `unit` in one run */
    const char *unit; /* of the work, e.g. "cells" */
    const struct bench_setting *setting;
    const struct fg_setup *setup;    /* what bench_compute and bench_file compute */
    int threads;                     /* with which they do it */
    bool sync;                       /* files: write to the disk; else into the page cache */
    enum fg_way way;                 /* of plain writes */
    char *memory;                    /* [bytes] for plain stores and writes */
    size_t bytes;                    /* 0 for other cases */
    double minimum, median, maximum; /* seconds of a run; filled by bench_run */
};

/* Measure one kind, print the result unless --json is requested, and store the object "result" described
 * above. */
enum fg_status bench_kernel(const struct bench_setting *setting, json_t **result, struct fg_error *error);
enum fg_status bench_sweep(const struct bench_setting *setting, json_t **result, struct fg_error *error);
enum fg_status bench_scaling(const struct bench_setting *setting, json_t **result, struct fg_error *error);

/* Runs all cases in turn, round after round, and fills their statistics. Removes the output of a run,
 * untimed. Prints a line for each case unless --json is requested. Stores the list "cases" described above.
 */
enum fg_status bench_run(struct bench_case *cases, size_t n, json_t **list, struct fg_error *error);

/* For struct bench_case: computes all tiles of its setup. The tiles are dropped. */
enum fg_status bench_compute(const struct bench_case *self, struct fg_error *error);

/* For struct bench_case: the whole run as `fishergrid sweep` does it, from the creation of the file to its
 * rename. */
enum fg_status bench_file(const struct bench_case *self, struct fg_error *error);

/* Returns the object "machine" described above. */
json_t *bench_machine(void);

#endif
