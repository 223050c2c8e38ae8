/* Previews: ranges and a map of the values of a result file. A large file is read at few cells. */
#ifndef FISHERGRID_PREVIEW_H
#define FISHERGRID_PREVIEW_H

#include "fishergrid/result.h"
#include "terminal_map.h"

/* Minimum and maximum of the finite values, NaN if there are none; number of infinite values. */
struct value_range {
    double low, high;
    uint64_t infinite;
};

/* Preview of one data set. */
struct preview {
    size_t n_phi, n_r; /* number of cells read along each axis: all, or a lattice that includes both ends */
    struct value_range range[FG_N_REAL_FIELDS]; /* of the stored fields, in finished cells */
    struct terminal_map loss; /* means, phi across and r up; NaN where no cell is finished */
};

/* Returns whether a preview reads every cell. It does for files with up to a million cells over all data
 * sets. */
bool preview_is_complete(const struct fg_result *result);

/* Reads a preview of data set s: every cell, or 128 x 128 of them. A packed file must be unpacked first.
 * Errors: as fg_result_read_cells. */
enum fg_status preview_read(const struct fg_result *result, size_t s, struct preview *preview,
                            struct fg_error *error);

#endif
