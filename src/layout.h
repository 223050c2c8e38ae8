/* The layout of the result file in HDF5: groups, datasets, attributes; everything but the fields' values. */
#ifndef FISHERGRID_LAYOUT_H
#define FISHERGRID_LAYOUT_H

#include "fishergrid/file.h"

/* Names of what is changed when the file is complete, and read by `info`. */
#define LAYOUT_COMPLETE "complete" /* attribute of the root: 0, then 1 */
#define LAYOUT_END_TIME "/entry/end_time"
#define LAYOUT_PROVENANCE "/entry/provenance"
#define LAYOUT_PARAMETERS LAYOUT_PROVENANCE "/parameters"
#define LAYOUT_SUMMARY LAYOUT_PROVENANCE "/summary_json"

/* Makes the file `path` (which is truncated) according to `spec`, and tells where the fields' values belong:
 * offsets[n_data x FG_N_FIELDS], in bytes from the start of the file, 0 for fields that are not stored. The
 * file is closed afterwards and as long as it will ever be. */
enum fg_status layout_create(const char *path, const struct fg_file_spec *spec, uint64_t *offsets,
                             struct fg_error *error);

/* Marks a laid-out file as complete, with the time it was and the summary, and checks that the marks can be
 * read. */
enum fg_status layout_complete(const char *path, const char *end_time, const char *summary_json,
                               struct fg_error *error);

#endif
