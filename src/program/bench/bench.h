/* Timing of alternatives side by side: each round runs all alternatives in turn. Warm-up rounds come first
 * and are not counted. A speed is a ratio of two alternatives of one run. Minimum and median over the rounds
 * describe each alternative.
 *
 * `fishergrid bench kernel|sweep|disk|samples|scaling --json` prints one object:
 *
 *     bench      the kind: "kernel", "sweep", "disk", "samples" or "scaling"
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
 *       fma_slots_per_cell   of "kernel": the same of case "finish"
 *       reciprocal   of "kernel": how direct sums compute 1 / (1 + q), "division" or "newton"
 *       ratios     of "sweep", "disk" and "samples": [{of, to, minimum, median}, ...], where of and to name
 *                  cases; "a + b" in `to` stands for both, one after the other
 *       sources    of "samples": how many sources stand for the many samples
 *       bytes_a_sample   of "samples": what each of the many samples adds to the peak memory of a sweep
 *                  (null where the system does not say)
 *       scaling    of "scaling": [{method, timed, kind, threads, phi, r, tiles, speed_up, efficiency},
 *                  ...], one for each case, from minima. method: that of --method. timed: "compute", or
 *                  "file" (the whole run, into the page cache). kind: "strong": the same grid, speed_up =
 *                  time of one thread / own time; "weak": threads times the rows and threads times the range
 *                  of phi, so that cells and nodes both grow with the threads, speed_up = time of one thread
 *                  / own time x threads ("weak" ends with the cells that "strong" has). efficiency =
 *                  speed_up / threads. phi, r: cells of this case. tiles: of each data set, cut like the
 *                  whole grid. threads: 1 to --threads, from eight on in quarters of a doubling
 *
 * Two rounds before the listed ones are not counted, unless a round writes more than 4 GiB. No file remains
 * on the disk. */
#ifndef FISHERGRID_BENCH_H
#define FISHERGRID_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "fishergrid/file.h"
#include "inputs.h"
#include "interrupt.h"
#include "provenance.h"

/* The setting that all cases of a benchmark share. */
struct bench_setting {
    const struct options *options;
    struct inputs inputs;
    const struct fg_setup *setup;
    struct provenance provenance;
    struct fg_output output; /* the file to write and remove; borrows from the members above */
    int threads;
    struct interrupt *interrupt; /* tells when to stop */
};

/* One alternative. Strings and pointers are borrowed. */
struct bench_case {
    const char *name;    /* short name, for the table and for ratios */
    const char *meaning; /* one sentence */
    enum fg_status (*run)(const struct bench_case *self, struct fg_error *error); /* does the work once */
    double work;      /* amount of `unit` in one run */
    const char *unit; /* of the work, e.g. "cells" */
    const struct bench_setting *setting;
    const struct fg_setup *setup;    /* computed by bench_compute and bench_file */
    int threads;                     /* number of threads that do it */
    bool sync;                       /* files are written to the disk, otherwise into the page cache */
    enum fg_way way;                 /* the way of plain writes */
    size_t bytes;                    /* size of all values of the wanted fields */
    char *memory;                    /* [bytes] for plain stores; NULL for other cases */
    double minimum, median, maximum; /* seconds of a run; filled by bench_run */
};

/* Draws or reads the data sets of `options`, completes its setup, and prepares the samples for sweeps. Sets
 * these members of `setting`, which must then stay where it is. Free setting->inputs in any case. */
enum fg_status bench_load(struct bench_setting *setting, struct options *options, struct fg_error *error);

/* Measure one kind, print the result unless --json is requested, and store the object "result" described
 * above. */
enum fg_status bench_kernel(const struct bench_setting *setting, json_t **result, struct fg_error *error);
enum fg_status bench_sweep(const struct bench_setting *setting, json_t **result, struct fg_error *error);
enum fg_status bench_disk(const struct bench_setting *setting, json_t **result, struct fg_error *error);
enum fg_status bench_samples(const struct bench_setting *setting, json_t **result, struct fg_error *error);
enum fg_status bench_scaling(const struct bench_setting *setting, json_t **result, struct fg_error *error);

/* Runs all cases in turn, round after round, and fills their statistics. Removes the output of a run,
 * untimed. Prints a line for each case unless --json is requested. Stores the list "cases" described above.
 * Errors: FG_INTERRUPTED if a signal stops it; or those of a case. */
enum fg_status bench_run(struct bench_case *cases, size_t n, json_t **list, struct fg_error *error);

/* Completes a case by what follows from its setting: the setup, its bytes, the work in its unit, all threads.
 */
void bench_case_complete(struct bench_case *one, const struct bench_setting *setting);

/* Adds an entry to the list "ratios" described above, and prints it unless --json is requested: the seconds
 * of one case over those of n others, one after the other, minimum by minimum and median by median. */
void bench_add_ratio(json_t *list, const struct bench_case *of, const struct bench_case *to, size_t n);

/* The cases of `bench disk`, and what is added to their ratios after a run. */
enum { BENCH_DISK_CASES = 4 };
void bench_disk_cases(struct bench_case cases[BENCH_DISK_CASES], const struct bench_setting *setting);
void bench_disk_ratios(json_t *list, const struct bench_case cases[BENCH_DISK_CASES]);

/* For struct bench_case: writes its bytes into a new file, in its way and by its threads. */
enum fg_status bench_write(const struct bench_case *self, struct fg_error *error);
enum { BENCH_PIECE = 1 << 19 }; /* bytes of a plain write or store: a tile's part of a field */

/* Allocates memory in pages of 2 MiB if the system has them, as the tiles of a sweep: smaller pages slow down
 * direct writes. Returns NULL if memory runs out. The caller frees it. */
char *bench_large_pages(size_t bytes);

/* For struct bench_case: finishes as many cells as it has work, without sums, nodes and main memory: all
 * fields from polynomials of the moments, stored in the cache. */
enum fg_status bench_finish(const struct bench_case *self, struct fg_error *error);

/* For struct bench_case: computes all tiles of its setup. The tiles are dropped. */
enum fg_status bench_compute(const struct bench_case *self, struct fg_error *error);

/* For struct bench_case: the whole run as `fishergrid sweep` does it, from the creation of the file to its
 * rename. */
enum fg_status bench_file(const struct bench_case *self, struct fg_error *error);

/* Returns the object "machine" described above. */
json_t *bench_machine(void);

#endif
