/* Packing of a finished file. The packed file has the same values, marks and texts, but its fields are stored
 * in chunks that are shuffled and deflated. Every HDF5 reader can open it. On request real fields are
 * rounded, and the file states the largest error.
 *
 * A packed file cannot be resumed and cannot be a part to merge. */
#ifndef FISHERGRID_PACK_H
#define FISHERGRID_PACK_H

#include "fishergrid/api.h"
#include "fishergrid/file.h"
#include "fishergrid/result.h"

FG_API_BEGIN

/* Maximum number of decimal digits to keep. To keep all 17 of a double, do not round. */
#define FG_DIGITS_MAX 15

/* Returns the number of explicit mantissa bits that keep `digits` significant decimal digits: rounding to the
 * nearest then has an error of at most half a unit of the last digit, 0.5 x 10^-digits of the value. */
int fg_kept_bits(int digits);

/* A packed file that is being made. fg_packer_create makes it; fg_packer_finish or fg_packer_discard ends
 * it. */
struct fg_packer;

/* Takes PATH.lock and lays out the packed file of `from` as PATH.part.new. `from`, `path` and the history of
 * `packing` are borrowed until the packer ends.
 * Errors: FG_BAD_INPUT if `from` is incomplete, damaged or packed already, or if PATH exists and `force` is
 * false; else FG_FAILED. `*packer` is then NULL. */
enum fg_status fg_packer_create(struct fg_packer **packer, const struct fg_result *from, const char *path,
                                const struct fg_packing *packing, bool force, struct fg_error *error);

/* What was found in a data set while it was packed. */
struct fg_packed {
    struct fg_summary found;            /* from the new marks of its tiles */
    double relative_error[FG_N_FIELDS]; /* maximum of |stored - computed| / |computed| */
};

/* Fills the file with `threads` threads, each of which holds one chunk. Compares every tile with its mark,
 * rounds it, writes a new mark if it was rounded, then packs. Fills packed[n_data].
 * Errors: FG_BAD_INPUT if a tile does not match its mark or a value is too large for 32 bits; FG_INTERRUPTED
 * if the watcher stops it; else FG_FAILED. */
enum fg_status fg_packer_fill(struct fg_packer *packer, int threads, const struct fg_watcher *watcher,
                              struct fg_packed *packed, struct fg_error *error);

/* Marks the file complete, stores the summary `summary_json`, writes the file to the disk and renames it to
 * PATH. Stores its size in `bytes`. `*packer` is NULL afterwards. On failure the file is removed. */
enum fg_status fg_packer_finish(struct fg_packer **packer, const char *summary_json, uint64_t *bytes,
                                struct fg_error *error);

/* Closes and removes the file. Does nothing on NULL. `*packer` is NULL afterwards. */
void fg_packer_discard(struct fg_packer **packer);

FG_API_END
#endif
