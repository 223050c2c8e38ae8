/* The kinds of `fishergrid bench`, and what they work on. */
#ifndef FISHERGRID_BENCH_H
#define FISHERGRID_BENCH_H

#include "fishergrid/file.h"
#include "inputs.h"
#include "provenance.h"
#include "timing.h"

#define BENCH_WARM_UP 2 /* rounds that do not count: memory is touched, clocks are up */

/* What every case works on. */
struct bench_setting {
    const struct options *options;
    struct inputs inputs;
    const struct fg_setup *setup;
    struct provenance provenance;
    struct fg_output output; /* the file to write and remove; borrows from the above */
    int threads;
};

/* Each measures one kind, prints it unless --json is asked for, and stores the object "result" of timing.h.
 */
enum fg_status bench_kernel(const struct bench_setting *setting, json_t **result, struct fg_error *error);
enum fg_status bench_sweep(const struct bench_setting *setting, json_t **result, struct fg_error *error);
enum fg_status bench_scaling(const struct bench_setting *setting, json_t **result, struct fg_error *error);

/* Seconds of computing all tiles of `setup`, which are thrown away. */
enum fg_status bench_compute(const struct bench_setting *setting, const struct fg_setup *setup, int threads,
                             double *seconds, struct fg_error *error);

/* Seconds of the whole run as `fishergrid sweep` does it, from an empty directory entry to the renamed file.
 * `sync`: to the disk, else into the page cache. */
enum fg_status bench_file(const struct bench_setting *setting, const struct fg_setup *setup, int threads,
                          bool sync, double *seconds, struct fg_error *error);

#endif
