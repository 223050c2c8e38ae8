/* Small helpers around HDF5, shared by what writes and what reads our files. */
#ifndef FISHERGRID_H5_H
#define FISHERGRID_H5_H

#include <hdf5.h>

#include "fishergrid/error.h"

/* Turns off HDF5's own printing and its handler at exit (after a failed close it would crash). Call before
 * anything else of HDF5. */
void h5_quiet(void);

/* Fails with the formatted text, followed by what HDF5 says is the innermost cause. */
enum fg_status h5_fail(struct fg_error *error, enum fg_status status, const char *format, ...)
    FG_PRINTF(3, 4);

/* Access properties of every file of ours: the version 1.8 format, which opens after any crash, large
 * datasets on page boundaries, and locks only where the file system has them. Negative on failure; close with
 * H5Pclose. */
hid_t h5_file_access(void);

#endif
