/* The data sets of a run, from the options to what the kernels take. */
#ifndef FISHERGRID_WORKLOAD_H
#define FISHERGRID_WORKLOAD_H

#include "fishergrid/file.h"
#include "fishergrid/kernel.h"
#include "fishergrid/samples.h"
#include "fishergrid/sweep.h"
#include "options.h"

/* Zero-initialise; filled by workload_load, emptied by workload_free. */
struct workload {
    size_t n;
    const struct fg_kernel *kernel;
    struct fg_dataset data[MOST_DATA];    /* as given, for the file */
    struct fg_samples samples[MOST_DATA]; /* sorted and centred, for the kernel */
    struct fg_recipe recipe[MOST_DATA];
};

/* Draws or reads the data sets and picks the kernel (environment variable FISHERGRID_ISA). `r_bound`: the
 * largest |r| that will be asked for. */
enum fg_status workload_load(struct workload *workload, const struct options *options, double r_bound,
                             struct fg_error *error);
/* Makes the samples of workload->data[s] ready for the kernel. */
enum fg_status workload_prepare(struct workload *workload, size_t s, const struct options *options,
                                double r_bound, struct fg_error *error);

/* FG_BAD_INPUT when the grid has fewer rows of tiles than --part asks for. */
enum fg_status workload_check_part(const struct options *options, struct fg_error *error);

/* The largest |r| of the grid of a sweep. */
double workload_r_bound(const struct options *options);

/* What a sweep shall compute, and the file it shall make, of the part of the grid that is asked for; both
 * borrow from the workload. */
struct fg_problem workload_problem(const struct workload *workload, const struct options *options);
struct fg_file_spec workload_file(const struct workload *workload, const struct options *options,
                                  const char *path, const struct fg_run *run);

void workload_free(struct workload *workload);

#endif
