/* Inputs: the data sets of a run, built in or read from files, in the form that the kernels need. */
#ifndef FISHERGRID_INPUTS_H
#define FISHERGRID_INPUTS_H

#include "fishergrid/result.h"
#include "fishergrid/samples.h"
#include "fishergrid/sweep.h"
#include "options.h"

/* The inputs of a run. Zero-initialise it, fill it with inputs_load or inputs_of_result, empty it with
 * inputs_free. */
struct inputs {
    size_t n;
    const struct fg_kernel *kernel;
    struct fg_dataset data[FG_DATA_MAX];    /* as given, until inputs_sort */
    struct fg_samples samples[FG_DATA_MAX]; /* sorted, in the memory of data */
    struct fg_samples summed[FG_DATA_MAX];  /* the sources where there are any, else the samples, borrowed */
};

/* Returns the file of `path`, which is FILE or FILE:GROUP. The caller frees it. NULL if memory runs out. */
char *inputs_file(const char *path);

/* Selects the kernel (environment variable FISHERGRID_ISA) and draws or reads the data sets. A data set is
 * read from a CSV file; from a result file, which must contain a data set of its name or a single data set;
 * or from any other HDF5 file, see fg_dataset_read_hdf5. Draws and reads CSV with options->threads threads.
 * In a team, only process 0 has samples; in the others the data sets are empty. */
enum fg_status inputs_load(struct inputs *inputs, const struct options *options, struct fg_error *error);

/* Reads the data sets of a result file. Selects the kernel that made the file if this processor supports it,
 * else the fastest.
 * Errors: FG_BAD_INPUT if the samples do not match the setup. */
enum fg_status inputs_of_result(struct inputs *inputs, const struct fg_result *result,
                                struct fg_error *error);

/* Sorts the samples by class where they are, so that they are held once. The data sets then have no use but
 * their names. */
enum fg_status inputs_sort(struct inputs *inputs, struct fg_error *error);

/* Loads the inputs with inputs_load, completes options->setup with the data sets, the kernel and the
 * arithmetic, sorts the samples, and replaces them by sources wherever those cost less. `inputs` must then
 * stay where it is. In a team, only process 0 has samples, and only its setup has their numbers and
 * checksums; see fg_setup_share. */
enum fg_status inputs_prepare(struct inputs *inputs, struct options *options, struct fg_error *error);

/* Returns the input of fg_sweep. It borrows from both arguments. */
struct fg_problem inputs_problem(const struct inputs *inputs, const struct fg_setup *setup);

void inputs_free(struct inputs *inputs);

#endif
