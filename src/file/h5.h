/* Helpers around HDF5, shared by the code that writes and the code that reads result files. HDF5 refuses a
 * negative identifier, so an object that could not be opened fails in the next call, and need not be asked
 * for. */
#ifndef FISHERGRID_H5_H
#define FISHERGRID_H5_H

#include <hdf5.h>
#include <stdbool.h>

#include "fishergrid/error.h"

/* Turns off HDF5's own error messages and its exit handler, which would crash after a failed close. Call it
 * before any other HDF5 function. */
void fg_h5_quiet(void);

#define H5_CAUSE_MAX 200

/* Copies HDF5's innermost cause of the call that just failed. Call it at once, because the next HDF5 call
 * clears it. */
void fg_h5_cause(char cause[H5_CAUSE_MAX]);

/* Returns the access properties of every result file: the format of HDF5 1.8, which can be opened after any
 * crash; large datasets aligned to pages; no locks. A file without a name needs the stdio driver, because
 * the default driver resolves the real path of a link such as /proc/self/fd/3. Negative on failure. Close
 * them with H5Pclose. */
hid_t fg_h5_file_access(bool has_name);

/* Opens a file for reading, whichever program made it. Accepts any version of the format, and loads no
 * plugins, whatever filters the file names. Close it with H5Fclose.
 * Errors: FG_BAD_INPUT; the text has the cause. */
enum fg_status fg_h5_open_for_reading(const char *path, hid_t *file, struct fg_error *error);

/* Returns how the values of a dataset are stored. H5D_LAYOUT_ERROR: they are in other files, which this
 * function does not open. */
H5D_layout_t fg_h5_storage(hid_t dataset);

/* Changes the value of an attribute. Negative on failure. */
herr_t fg_h5_set_attribute(hid_t object, const char *name, hid_t type, const void *value);

#endif
