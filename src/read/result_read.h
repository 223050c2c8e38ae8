/* An open result file, for what knows how it is laid out. */
#ifndef FISHERGRID_RESULT_READ_H
#define FISHERGRID_RESULT_READ_H

#include "open_result.h"
#include "tile_marks.h"

/* Reads n bytes from `offset` on. Where the file ends before: FG_BAD_INPUT; else FG_FAILED. */
enum fg_status fg_result_read(const struct fg_result *result, uint64_t offset, size_t n, void *to,
                              struct fg_error *error);

/* The number in n bytes, at most 8, as it is stored in the structure of a file. */
uint64_t fg_little_endian(const unsigned char *bytes, int n);

/* The mark of a tile of data set s; `tile` must be one of the file's tiling. */
enum fg_status fg_result_read_mark(const struct fg_result *result, size_t s, uint64_t tile,
                                   struct fg_tile_mark *mark, struct fg_error *error);

#endif
