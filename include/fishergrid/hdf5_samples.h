/* Reading of samples from any HDF5 file with the 1-D datasets x0, x1 and y.
 *
 * HDF5 reads the file in a child process with limits, see result.h. */
#ifndef FISHERGRID_HDF5_SAMPLES_H
#define FISHERGRID_HDF5_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>

#include "fishergrid/api.h"
#include "fishergrid/dataset.h"

FG_API_BEGIN

/* Finds the end of FILE in a `path` of the form FILE:GROUP. Returns the length of FILE if FILE is a regular
 * file and no file has the name `path`; otherwise strlen(path). */
size_t fg_hdf5_path_length(const char *path);

/* Returns whether `path` is a regular file with the signature of HDF5, at its start or after a user block. */
bool fg_is_hdf5(const char *path);

/* Reads a data set called `name` from the datasets x0, x1 and y in `group` of the file `path`. If `group` is
 * NULL, the datasets are in the root group. If `group` is NULL and the file is a result (it has
 * /entry/setup), sets `is_result` and reads nothing. Each dataset has n values along one axis, of any
 * integer, floating-point or enumerated type, in any storage without plugins. Values are converted to double
 * and must be as in a CSV file, see fg_dataset_read_csv. Values that were never written, and virtual datasets
 * whose sources are missing, are refused. Forks a child process.
 * Errors: FG_BAD_INPUT if the file contains anything else; the error text has the path, the dataset and, if a
 * value is wrong, its index from 0. FG_FAILED if memory or processes run out. The data set is then empty. */
enum fg_status fg_dataset_read_hdf5(struct fg_dataset *dataset, const char *name, const char *path,
                                    const char *group, bool *is_result, struct fg_error *error);

FG_API_END
#endif
