/* Datasets and attributes that a file must have. HDF5 opens them only if they are what they must be. */
#ifndef FISHERGRID_WANTED_H
#define FISHERGRID_WANTED_H

#include <hdf5.h>
#include <stdbool.h>

/* Returns whether each part of the path is a hard link. Other links may form loops, or lead out of the
 * file. */
bool fg_wanted_has_hard_links(hid_t file, const char *path);

/* Opens a dataset of rank 0, 1 or 2. `type` H5T_C_S1: a text. Close it with H5Dclose. Returns NULL; or, if it
 * is missing or something else, what is wrong with it, for the end of a message: "has another type than it
 * must have". */
const char *fg_wanted_open(hid_t file, const char *path, hid_t type, int rank, const hsize_t *shape,
                           hid_t *dataset);

/* Reads a single value: a number, or a text of less than `size` bytes. Returns what is wrong with it, as
 * fg_wanted_open does. */
const char *fg_wanted_read(hid_t file, const char *path, hid_t type, void *value, size_t size);

/* Returns whether the object has an attribute of that name. Sets `read` to whether the attribute is a single
 * value of this type, which is then in `value`. An array of one value counts as a single value, because a
 * copy by netCDF has such arrays. */
bool fg_wanted_read_attribute(hid_t object, const char *name, hid_t type, void *value, bool *read);

#endif
