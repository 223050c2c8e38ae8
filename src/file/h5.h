/* Small helpers around HDF5, shared by what writes and what reads our files. */
#ifndef FISHERGRID_H5_H
#define FISHERGRID_H5_H

#include <hdf5.h>

#include "fishergrid/error.h"

/* Turns off HDF5's own printing and its handler at exit (after a failed close it would crash). Call before
 * anything else of HDF5. */
void fg_h5_quiet(void);

#define H5_CAUSE_MAX 200

/* Copies what HDF5 says is the innermost cause of the call that just failed. To be asked at once: the next
 * call of HDF5 forgets it. */
void fg_h5_cause(char cause[H5_CAUSE_MAX]);

/* Access properties of every file of ours: the version 1.8 format, which opens after any crash, large
 * datasets on page boundaries, and locks only where the file system has them. Negative on failure; close with
 * H5Pclose. */
hid_t fg_h5_file_access(void);

/* The same through stdio, for a file without a name: HDF5's usual driver asks for the real path behind a link
 * such as /proc/self/fd/3, which such a file has not. */
hid_t fg_h5_stdio_access(void);

/* A variable-length UTF-8 string. Close with H5Tclose. */
hid_t fg_h5_text_type(void);

/* Transfer properties for single values: HDF5 otherwise takes and clears two buffers of 1 MiB for every text
 * that it converts, which was half of the time of a small sweep. Negative on failure; close with H5Pclose. */
hid_t fg_h5_small_transfer(void);

#endif
