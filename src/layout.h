/* The layout of the result file in HDF5: groups, datasets, attributes; everything but the values of
 * axes, fields and samples. */
#ifndef FISHERGRID_LAYOUT_H
#define FISHERGRID_LAYOUT_H

#include "fishergrid/file.h"

/* Names of what is changed when the file is complete, and read by `info`. */
#define LAYOUT_COMPLETE "complete" /* attribute of the root: 0, then 1 */
#define LAYOUT_END_TIME "/entry/end_time"
#define LAYOUT_PROVENANCE "/entry/provenance"
#define LAYOUT_PARAMETERS LAYOUT_PROVENANCE "/parameters"
#define LAYOUT_SUMMARY LAYOUT_PROVENANCE "/summary_json"

/* Where values belong, in bytes from the start of the file; 0: not stored. */
struct layout_data {
    uint64_t field[FG_N_FIELDS]; /* [phi.n, r.n] values each */
    uint64_t sample, x0, x1, y;  /* [n] int64_t, double, double, unsigned char */
};
struct layout_map {
    uint64_t phi, r;           /* [phi.n] and [r.n] doubles */
    struct layout_data data[]; /* [n_data] */
};

/* An empty map for `n_data` data sets; the caller frees it. NULL: no memory. */
struct layout_map *layout_map_new(size_t n_data);

/* Makes the file `path` (which is truncated) according to `spec`, with everything but the values of the
 * arrays, and says in `map` where those belong. The file is closed afterwards and as long as it will ever be.
 */
enum fg_status layout_create(const char *path, const struct fg_file_spec *spec, struct layout_map *map,
                             struct fg_error *error);

/* Marks a laid-out file as complete, with the time it was and the summary, and checks that the marks can be
 * read. */
enum fg_status layout_complete(const char *path, const char *end_time, const char *summary_json,
                               struct fg_error *error);

#endif
