/* A look at the values of a result file that takes little time however large it is. */
#ifndef FISHERGRID_PREVIEW_H
#define FISHERGRID_PREVIEW_H

#include "fishergrid/result.h"
#include "terminal_map.h"

/* The least and the largest finite value; NaN where there is none. */
struct value_range {
    double low, high;
};

/* What is seen of one data set. */
struct preview {
    size_t n_phi, n_r; /* cells looked at along each axis: all, or a lattice with both ends */
    struct value_range range[FG_N_REAL_FIELDS]; /* of the stored fields, in the cells that are done */
    struct terminal_map loss;                   /* means, phi across and r up; NaN where nothing is done */
};

/* Whether a look is at every cell: of a file with up to a million in all data sets together. */
bool preview_is_complete(const struct fg_result *result);

/* Looks at data set s, of a packed file once it is unpacked: at every cell, or at 128 x 128 of them. Errors
 * as of fg_result_read_cells. */
enum fg_status preview_read(const struct fg_result *result, size_t s, struct preview *look,
                            struct fg_error *error);

#endif
