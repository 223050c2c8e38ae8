/* Tile marks: each tile of a data set has a mark, written after the tile's values, with their checksum. The
 * marks make the file its own checkpoint, and later show whether its values have changed. */
#ifndef FISHERGRID_TILE_MARKS_H
#define FISHERGRID_TILE_MARKS_H

#include "fishergrid/sink.h"

/* A mark is a row of 64-bit words. Each word is a dataset of the file, of shape [tiles]. */
enum fg_mark_word {
    MARK_CHECKSUM, /* 0: the tile is not done */
    MARK_MIN_LOSS,
    MARK_MIN_LOSS_CELL, /* i * n_r + j */
    MARK_RECOMPUTED,
    MARK_UNDEFINED,
    MARK_OVERFLOW,
    MARK_DIRECT_FALLBACK_CELLS,
    MARK_WORDS
};
struct fg_tile_mark {
    uint64_t word[MARK_WORDS]; /* word[MARK_MIN_LOSS] has the bits of a double */
};

/* Returns the mark of a tile of a grid with n_r columns. `cells` holds the stored fields; the other pointers
 * are NULL. The checksum is XXH3 over the tile's number, the other words and each stored field. Each piece is
 * seeded with the hash of the piece before it, the first with `setup_hash`. A mark therefore never matches
 * values of another setup, which stale blocks of a disk may hold. A checksum of 0 is replaced by 1. */
struct fg_tile_mark fg_tile_mark_of(uint64_t setup_hash, const struct fg_tile *tile, size_t n_r,
                                    const struct fg_cells *cells, const struct fg_summary *found);

/* Returns the hash of the mark's other words, which is the seed for the first stored field. */
uint64_t fg_tile_mark_begin(uint64_t setup_hash, const struct fg_tile_mark *mark, uint64_t tile);

/* Writes n bytes at `offset` of a file. */
typedef enum fg_status fg_file_write(void *context, const void *bytes, size_t n, uint64_t offset,
                                     struct fg_error *error);

/* Reads n bytes at `offset` of a file. */
typedef enum fg_status fg_file_read(void *context, void *bytes, size_t n, uint64_t offset,
                                    struct fg_error *error);

/* Writes the mark of tile t. Word w of all tiles begins at at[w]. The checksum is written last: it shows that
 * the other words are there. */
enum fg_status fg_tile_mark_write(const struct fg_tile_mark *mark, size_t t, const uint64_t at[MARK_WORDS],
                                  fg_file_write *write, void *context, struct fg_error *error);

/* Returns whether `mark` is the mark of these values. */
bool fg_tile_mark_fits(uint64_t setup_hash, const struct fg_tile_mark *mark, const struct fg_tile *tile,
                       const struct fg_cells *cells);

/* Returns the tile's summary as the mark states it. A mark counts the values of the flag of the natural
 * gradient only; those of the other flags are counted in `cells`. */
struct fg_summary fg_tile_mark_found(const struct fg_tile_mark *mark, const struct fg_tile *tile, size_t n_r,
                                     const struct fg_cells *cells);

#endif
