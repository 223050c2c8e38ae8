/* The data sets of a run, drawn or read, in the form that the kernels take. */
#ifndef FISHERGRID_INPUTS_H
#define FISHERGRID_INPUTS_H

#include "fishergrid/result.h"
#include "fishergrid/samples.h"
#include "fishergrid/sweep.h"
#include "options.h"

/* Zero-initialise; filled by inputs_load or inputs_of_result, emptied by inputs_free. */
struct inputs {
    size_t n;
    const struct fg_kernel *kernel;
    struct fg_dataset data[FG_DATA_MAX];    /* as given, for the file */
    struct fg_samples samples[FG_DATA_MAX]; /* sorted and centred, for the kernel */
};

/* Picks the kernel (environment variable FISHERGRID_ISA) and draws or reads the data sets: from a CSV file,
 * or from a result file, which has a data set of that name or a single one. Forks for the latter. */
enum fg_status inputs_load(struct inputs *inputs, const struct options *options, struct fg_error *error);

/* Reads the data sets of a result file, and picks the kernel that made it where this processor runs it, else
 * the fastest. Samples that are not those of the setup: FG_BAD_INPUT. */
enum fg_status inputs_of_result(struct inputs *inputs, const struct fg_result *result,
                                struct fg_error *error);

/* Completes options->setup with what is known now: data sets, kernel and arithmetic. */
enum fg_status inputs_complete_setup(const struct inputs *inputs, struct options *options,
                                     struct fg_error *error);

/* What a sweep shall compute; borrows from both. */
struct fg_problem inputs_problem(const struct inputs *inputs, const struct fg_setup *setup);

void inputs_free(struct inputs *inputs);

#endif
