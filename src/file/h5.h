/* Helpers around HDF5, shared by the code that writes and the code that reads result files. */
#ifndef FISHERGRID_H5_H
#define FISHERGRID_H5_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "fishergrid/error.h"

/* Turns off HDF5's own error messages and its exit handler, which would crash after a failed close. Call it
 * before any other HDF5 function. */
void fg_h5_quiet(void);

#define H5_CAUSE_MAX 200

/* Copies HDF5's innermost cause of the call that just failed. Call it at once, because the next HDF5 call
 * clears it. */
void fg_h5_cause(char cause[H5_CAUSE_MAX]);

/* Returns the access properties of every result file: the version 1.8 format, which can be opened after any
 * crash, large datasets aligned to pages, and locks only where the file system has them. Negative on failure.
 * Close with H5Pclose. */
hid_t fg_h5_file_access(void);

/* Opens a file for reading, whoever made it: any version of the format, and no plugins are loaded, whatever
 * filters the file asks for. Negative on failure, then HDF5's cause is in `cause`. Close with H5Fclose. */
hid_t fg_h5_open_for_reading(const char *path, char cause[H5_CAUSE_MAX]);

/* Finds the signature of HDF5 in the open file `fd`: at the start, or behind a user block of 512, 1024, 2048
 * ... bytes. Returns false if there is none (errno is 0), or if the file cannot be read. */
bool fg_h5_find_signature(int fd, uint64_t *at);

/* Returns how the values of a dataset are stored: H5D_LAYOUT_ERROR if they are in other files, which are not
 * looked for. */
H5D_layout_t fg_h5_storage(hid_t dataset);

/* Returns the same properties with the stdio driver, for an unnamed file. HDF5's default driver resolves the
 * real path behind a link such as /proc/self/fd/3, and an unnamed file has none. */
hid_t fg_h5_stdio_access(void);

#endif
