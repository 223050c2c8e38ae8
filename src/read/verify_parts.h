/* Internals of the verification of a data set, shared by its source files. */
#ifndef FISHERGRID_VERIFY_PARTS_H
#define FISHERGRID_VERIFY_PARTS_H

#include "fishergrid/kernel.h"
#include "fishergrid/verify.h"

/* Input of all parts of the verification. */
struct fg_verify_job {
    const struct fg_result *result; /* borrowed, with the options */
    size_t s;
    const struct fg_verify_options *options;
    struct fg_samples samples; /* of the file, for fg_verify_cells and fg_verify_stationary */
    struct fg_kernel_params params;
};

/* Adds the result of a yes-or-no check. */
void fg_tally_bool(struct fg_check *check, bool right, uint64_t i, uint64_t j);

/* Adds the error of cell (i, j) to a numerical check. */
void fg_tally_error(struct fg_check *check, double error, uint64_t i, uint64_t j);

/* Merges the result of another thread. The order of threads does not matter. */
void fg_tally_merge(struct fg_check *into, const struct fg_check *part);

/* Checks every value of every finished tile: FG_CHECK_TILES, _SUMMARIES, _VALUES and _SEMIDEFINITE. Fills all
 * members of the report except the other checks. */
enum fg_status fg_verify_tiles(const struct fg_verify_job *verify, struct fg_verify_report *report,
                               struct fg_error *error);

/* Checks every object, link and attribute that a sweep writes: FG_CHECK_STRUCTURE and _SETUP, and the other
 * members of the report. */
enum fg_status fg_verify_structure(const struct fg_result *result, struct fg_file_report *report,
                                   struct fg_error *error);

/* Compares random cells of finished tiles with the reference kernel: the checks of fields and of
 * differences. */
enum fg_status fg_verify_cells(const struct fg_verify_job *verify, struct fg_verify_report *report,
                               struct fg_error *error);

/* Searches for the stationary points again and compares them with those of the file: FG_CHECK_STATIONARY. */
enum fg_status fg_verify_stationary(const struct fg_verify_job *verify, struct fg_check *check,
                                    struct fg_error *error);

#endif
