/* The skeleton: the laid-out file without its values, in memory. A new file begins as a copy of it, a resumed
 * file must match it, and it is marked complete before it is copied to the finished file. Therefore HDF5
 * never writes to the disk itself, where it would not report every failure. */
#ifndef FISHERGRID_SKELETON_H
#define FISHERGRID_SKELETON_H

#include <hdf5.h>

#include "layout.h"

/* A skeleton. Zero-initialise it, make it with fg_skeleton_create, free it with fg_skeleton_free. */
struct fg_skeleton {
    bool made;
    int fd;         /* a sparse unnamed file with the size of the whole file */
    hid_t file;     /* the same file, open in HDF5 until fg_layout_complete */
    uint64_t bytes; /* size of the file */
    struct fg_layout_map map;
    size_t n_arrays;
    /* [n_arrays] ranges of the file that are not part of the skeleton */
    struct fg_layout_range arrays[LAYOUT_ARRAYS_MAX(FG_DATA_MAX)];
};

/* Lays out the file that `output` describes.
 * Errors: FG_BAD_INPUT if its size exceeds FG_FILE_MAX; else FG_FAILED. */
enum fg_status fg_skeleton_create(struct fg_skeleton *skeleton, const struct fg_output *output,
                                  struct fg_error *error);

/* Passes everything but the arrays to `write`, in order of offsets. */
enum fg_status fg_skeleton_copy(const struct fg_skeleton *skeleton, fg_file_write *write, void *context,
                                struct fg_error *error);

/* Computes XXH3 of everything but the superblock and the arrays of the open file `fd`, which has the arrays
 * of the skeleton and any size. */
enum fg_status fg_skeleton_hash(const struct fg_skeleton *skeleton, int fd, uint64_t *hash,
                                struct fg_error *error);

void fg_skeleton_free(struct fg_skeleton *skeleton);

#endif
