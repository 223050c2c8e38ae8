/* Low-level reads of an open result file, for code that knows the layout. */
#ifndef FISHERGRID_RESULT_READ_H
#define FISHERGRID_RESULT_READ_H

#include "open_result.h"
#include "tile_marks.h"

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
