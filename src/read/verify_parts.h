/* The parts of verifying a data set. */
#ifndef FISHERGRID_VERIFY_PARTS_H
#define FISHERGRID_VERIFY_PARTS_H

#include "fishergrid/kernel.h"
#include "fishergrid/verify.h"

/* What all parts look at. Borrowed. */
struct fg_verify_job {
    const struct fg_result *result;
    size_t s;
    const struct fg_verify_choice *choice;
};

/* Counts one error of cell (i, j). */
void fg_tally_add(struct fg_check *check, double error, uint64_t i, uint64_t j);

/* Adds what another thread has seen; the order of threads does not matter. */
void fg_tally_merge(struct fg_check *into, const struct fg_check *part);

/* Every value of every done tile: FG_CHECK_TILES, _SUMMARIES, _VALUES and _SEMIDEFINITE, and all of the
 * verdict but its checks. */
enum fg_status fg_verify_tiles(const struct fg_verify_job *verify, struct fg_verdict *verdict,
                               struct fg_error *error);

/* Every object, link and attribute that a sweep writes: FG_CHECK_STRUCTURE. `mistake` as of fg_verify_file.
 */
enum fg_status fg_verify_structure(const struct fg_result *result, struct fg_check *check,
                                   char mistake[FG_MISTAKE_MAX], struct fg_error *error);

/* Random cells of done tiles against the reference kernel: the checks of fields and those by differences. */
enum fg_status fg_verify_cells(const struct fg_verify_job *verify, const struct fg_samples *samples,
                               const struct fg_recipe *recipe, struct fg_verdict *verdict,
                               struct fg_error *error);

#endif
