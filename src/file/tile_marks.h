/* The marks of finished tiles: one for each tile of a data set, written after the tile's values, with a
 * checksum of them. So the file is its own checkpoint, and tells later whether its values are still what was
 * computed. */
#ifndef FISHERGRID_TILE_MARKS_H
#define FISHERGRID_TILE_MARKS_H

#include "fishergrid/sink.h"

/* A mark is a row of 64-bit words, each a dataset of the file: [tiles] values. */
enum fg_mark_word {
    MARK_CHECKSUM, /* 0: not done */
    MARK_LEAST_LOSS,
    MARK_LEAST_CELL, /* i * n_r + j */
    MARK_RECOMPUTED,
    MARK_UNDEFINED,
    MARK_SUMMED_ANYWAY,
    MARK_WORDS
};
struct fg_tile_mark {
    uint64_t word[MARK_WORDS]; /* of MARK_LEAST_LOSS: the bits of a double */
};

/* Name in the file, and what it says. */
struct fg_tile_mark_info {
    const char *name;
    const char *meaning;
};
extern const struct fg_tile_mark_info fg_tile_mark_info[]; /* [MARK_WORDS] */

/* The mark of a tile of a grid with n_r columns, whose `cells` hold the stored fields (others are NULL), and
 * its flags if `flags` are stored. The checksum is XXH3 over the number of the tile, the other words, and
 * each stored field, each begun with the hash of the one before, the first with `setup_hash`. So a mark fits
 * no values of another setup, which stale blocks of a disk may hold. 1 where it would be 0. */
struct fg_tile_mark fg_tile_mark_of(uint64_t setup_hash, const struct fg_tile *tile, size_t n_r,
                                    const struct fg_cells *cells, bool flags, const struct fg_summary *found);

/* Sets the words that tell the least loss and its cell. */
void fg_tile_mark_set_least(struct fg_tile_mark *mark, size_t n_r, const struct fg_summary *found);

/* Where the checksum of a mark begins: that of its other words, and the seed for the first stored field. */
uint64_t fg_tile_mark_begin(uint64_t setup_hash, const struct fg_tile_mark *mark, uint64_t tile);

/* Whether `mark` is the mark of these values. */
bool fg_tile_mark_fits(uint64_t setup_hash, const struct fg_tile_mark *mark, const struct fg_tile *tile,
                       const struct fg_cells *cells, bool flags);

/* What the mark says was found in the tile. */
struct fg_summary fg_tile_mark_found(const struct fg_tile_mark *mark, const struct fg_tile *tile, size_t n_r);

#endif
