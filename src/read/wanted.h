/* Datasets and attributes that a file must have. HDF5 opens them only if they are what they must be. */
#ifndef FISHERGRID_WANTED_H
#define FISHERGRID_WANTED_H

#include <hdf5.h>
#include <stdbool.h>

#include "fishergrid/error.h"

/* A file that is open in HDF5. */
struct fg_wanted_reader {
    hid_t file;
    const char *path;       /* its name, for errors */
    struct fg_error *error; /* NULL: errors have no text */
};

enum { FG_WANTED_PATH_MAX = 300 }; /* buffer size of the path of an object: four names, one of FG_NAME_MAX */

/* A dataset as the file must have it. */
struct fg_wanted {
    const char *path; /* "/entry/samples_A/x0" */
    hid_t type;       /* H5T_C_S1: a text */
    int rank;
    hsize_t shape[2];
};

/* Returns FG_BAD_INPUT with the text that the object `name` is why the file is refused. */
enum fg_status fg_wanted_refuse(const struct fg_wanted_reader *reader, const char *name, const char *why);

/* Returns whether each part of the path is a hard link. Others may lead to loops, and out of the file. */
bool fg_wanted_has_hard_links(hid_t file, const char *path);

/* Opens a dataset. Close with H5Dclose.
 * Errors: FG_BAD_INPUT if it is not as it must be. */
enum fg_status fg_wanted_open(const struct fg_wanted_reader *reader, const struct fg_wanted *wanted,
                              hid_t *dataset);

/* Reads a single value: a number, or a text of less than `size` bytes.
 * Errors: FG_BAD_INPUT if it is not there, or something else. */
enum fg_status fg_wanted_read(const struct fg_wanted_reader *reader, const char *path, hid_t type,
                              void *value, size_t size);

/* Returns whether there is an attribute of that name. Sets `read` to whether it is one value of this type,
 * which is then in `value`. (A copy by netCDF has arrays of one value for scalars.) */
bool fg_wanted_read_attribute(hid_t object, const char *name, hid_t type, void *value, bool *read);

#endif
