/* An open result file: its private members, and what code that knows the layout reads from it. */
#ifndef FISHERGRID_OPEN_RESULT_H
#define FISHERGRID_OPEN_RESULT_H

#include "fishergrid/result.h"
#include "layout.h"
#include "sandbox.h"
#include "tile_marks.h"

#define FG_COPIED_MAX ((size_t)256 << 20) /* maximum bytes of values that another tool packed */
#define FG_OPEN_RESULT_MAX                                                                                   \
    (sizeof(struct fg_open_result) + FG_COPIED_MAX + FG_N_TEXTS * ((size_t)FG_RESULT_TEXT_MAX + 1))

/* The public part of an open file, and the private part. */
struct fg_open_result {
    struct fg_result seen; /* must come first: a pointer to it is a pointer to the struct */
    int fd;
    struct fg_layout_map map; /* offsets of values in the file; seen.bytes + k means copied[k] */
    char *unpacked; /* [unpacked_bytes] mapped values of packed fields; NULL before fg_result_unpack */
    size_t unpacked_bytes;
    uint64_t unpacked_at[FG_DATA_MAX][FG_N_FIELDS]; /* 1 + where a field begins there; 0: it is not packed */
    uint64_t setup_hash;                            /* fg_setup_hash, for tile marks */
    uint64_t text_at[FG_N_TEXTS];                   /* 1 + where a text begins in `copied`; 0: missing */
    uint64_t copied_bytes;
    char copied[]; /* values that do not lie in the file as plain arrays, then the texts */
};

/* Returns the whole struct of an open file. */
static inline const struct fg_open_result *fg_result_opened(const struct fg_result *result)
{
    return (const struct fg_open_result *)(const void *)result;
}

/* --- its description, by HDF5, which may crash on a damaged file: a child process calls it --- */

/* Limits of a child process that reads the structure of a file. A file that fishergrid made takes some MB and
 * milliseconds. */
extern const struct fg_sandbox_limits fg_describe_limits;

/* Fills a struct fg_open_result of FG_OPEN_RESULT_MAX bytes, in which only path and size of the file are set;
 * has the type fg_sandbox_work. Leaves `text`, `moved` and setup_hash unset. Checks that every array has the
 * type, rank and shape it must have, and lies inside the file; otherwise fails with FG_BAD_INPUT and says
 * what is wrong. Follows hard links only, because other links may form loops or lead to other files. */
enum fg_status fg_describe(void *opened, struct fg_error *error);

/* --- its values --- */

/* Reads n bytes of an array, at an offset of the map or beyond it, see struct fg_open_result.
 * Errors: FG_BAD_INPUT if the file ends before; else FG_FAILED. */
enum fg_status fg_result_read(const struct fg_result *result, uint64_t offset, size_t n, void *to,
                              struct fg_error *error);

/* Reads the mark of a tile of data set s. `tile` must be a tile of the file's tiling. */
enum fg_status fg_result_read_mark(const struct fg_result *result, size_t s, uint64_t tile,
                                   struct fg_tile_mark *mark, struct fg_error *error);

/* Reads all stored fields of a tile of data set s into `cells`, and stores in `found` what its mark says.
 * Errors: FG_BAD_INPUT if the values do not match the mark; else as fg_result_read_cells. */
enum fg_status fg_result_read_tile(const struct fg_result *result, size_t s, const struct fg_tile *tile,
                                   const struct fg_cells *cells, struct fg_summary *found,
                                   struct fg_error *error);

/* Checks that a file can be copied: it is complete and has the fields of its setup.
 * Errors: FG_BAD_INPUT if not. */
enum fg_status fg_result_check_whole(const struct fg_result *result, struct fg_error *error);

#endif
