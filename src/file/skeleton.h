/* The laid-out file without its values, in memory: what a new file begins with, what a continued one must
 * look like, and where the marks of completeness are made. So HDF5 never writes to the disk itself, whose
 * failures it would not always report. */
#ifndef FISHERGRID_SKELETON_H
#define FISHERGRID_SKELETON_H

#include <hdf5.h>

#include "layout.h"

/* Zero-initialise; made by fg_skeleton_create, emptied by fg_skeleton_free. */
struct fg_skeleton {
    bool made;
    int fd;         /* a sparse file without a name, of the size of the whole */
    hid_t file;     /* the same, open in HDF5 until it is complete */
    uint64_t bytes; /* of the file */
    struct fg_layout_map map;
    struct fg_layout_range *arrays; /* [n_arrays] pieces that are not part of the image */
    size_t n_arrays;
};

/* Lays out the file that `output` describes. More bytes than FG_FILE_MAX: FG_BAD_INPUT; else FG_FAILED. */
enum fg_status fg_skeleton_create(struct fg_skeleton *image, const struct fg_output *output,
                                  struct fg_error *error);

/* Where a piece of the image goes. */
typedef enum fg_status fg_skeleton_sink(const void *context, const void *bytes, size_t n, uint64_t offset,
                                        struct fg_error *error);

/* Hands everything but the arrays to `write`, in order. */
enum fg_status fg_skeleton_copy(const struct fg_skeleton *image, fg_skeleton_sink *write, const void *context,
                                struct fg_error *error);

/* Makes the marks of completeness, once; see fg_layout_complete. */
enum fg_status fg_skeleton_complete(struct fg_skeleton *image, const char *end_time, const char *summary_json,
                                    struct fg_error *error);

void fg_skeleton_free(struct fg_skeleton *image);

#endif
