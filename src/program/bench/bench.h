/* The kinds of `fishergrid bench`, and the setting they share. */
#ifndef FISHERGRID_BENCH_H
#define FISHERGRID_BENCH_H

#include "fishergrid/file.h"
#include "inputs.h"
#include "provenance.h"
#include "timing.h"

#define BENCH_WARM_UP 2 /* warm-up rounds, not counted: memory is first touched, clocks rise */

/* What all cases of a benchmark share. */
struct bench_setting {
    const struct options *options;
    struct inputs inputs;
    const struct fg_setup *setup;
    struct provenance provenance;
    struct fg_output output; /* the file to write and remove; borrows from the members above */
    int threads;
};

/* Measure one kind, print the result unless --json is requested, and store the object "result" of
 * timing.h. */
enum fg_status bench_kernel(const struct bench_setting *setting, json_t **result, struct fg_error *error);
enum fg_status bench_sweep(const struct bench_setting *setting, json_t **result, struct fg_error *error);
enum fg_status bench_scaling(const struct bench_setting *setting, json_t **result, struct fg_error *error);

/* Measures the seconds to compute all tiles of `setup`. The tiles are dropped. */
enum fg_status bench_compute(const struct bench_setting *setting, const struct fg_setup *setup, int threads,
                             double *seconds, struct fg_error *error);

/* Measures the seconds of the whole run as `fishergrid sweep` does it, from the creation of the file to its
 * rename. `sync`: write to the disk; else into the page cache. */
enum fg_status bench_file(const struct bench_setting *setting, const struct fg_setup *setup, int threads,
                          bool sync, double *seconds, struct fg_error *error);

#endif
