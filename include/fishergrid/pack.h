/* Packing a finished file: the same values, marks and texts, with its fields in chunks that are shuffled and
 * deflated, so that every HDF5 reader opens it. On request real fields are rounded, and the file says how
 * far.
 *
 * A packed file cannot be continued, nor be a part to merge. */
#ifndef FISHERGRID_PACK_H
#define FISHERGRID_PACK_H

#include "fishergrid/api.h"
#include "fishergrid/file.h"
#include "fishergrid/result.h"

FG_API_BEGIN

/* Decimal digits that can be kept; all 17 of a double are kept by not rounding. */
#define FG_DIGITS_MAX 15

/* Explicit bits of a mantissa that keep so many significant decimal digits: rounding to the nearest is off by
 * half a unit of the last digit at most, 0.5e-digits of the value. */
int fg_kept_bits(int digits);

/* A packed file while it is made. Made by fg_packer_create, ended by fg_packer_finish or fg_packer_discard.
 */
struct fg_packer;

/* Takes PATH.lock and lays out the packed file of `from` as PATH.part.new. `from` and the history of
 * `packing` are borrowed until the end. `from` is not complete, packed already, or does not say how its tiles
 * are cut, or PATH exists without `force`: FG_BAD_INPUT; else FG_FAILED. */
enum fg_status fg_packer_create(struct fg_packer **packer, const struct fg_result *from, const char *path,
                                const struct fg_packing *packing, bool force, struct fg_error *error);

/* What came of a data set. */
struct fg_packed {
    struct fg_summary found;            /* as the marks of its tiles now say */
    double relative_error[FG_N_FIELDS]; /* largest |stored - computed| / |computed| */
};

/* Compares every tile with its mark, rounds, marks again what was rounded, then packs, with `threads` threads
 * that hold a chunk each. Fills packed[n_data]. A tile that does not fit its mark, or a value that 32 bits
 * cannot hold: FG_BAD_INPUT. Stopped by the watcher: FG_INTERRUPTED. */
enum fg_status fg_packer_fill(struct fg_packer *packer, int threads, const struct fg_watcher *watcher,
                              struct fg_packed *packed, struct fg_error *error);

/* Marks the file complete, with the summary `summary_json`, brings it to the disk and renames it to PATH.
 * `bytes` is its size. `*packer` is NULL afterwards; on failure nothing is left. */
enum fg_status fg_packer_finish(struct fg_packer **packer, const char *summary_json, uint64_t *bytes,
                                struct fg_error *error);

/* Gives up and removes what was made. Does nothing on NULL. */
void fg_packer_discard(struct fg_packer **packer);

FG_API_END
#endif
