/* Bytes of a result file, for what knows where they are. */
#ifndef FISHERGRID_RESULT_READ_H
#define FISHERGRID_RESULT_READ_H

#include "fishergrid/result.h"
#include "marks.h"

/* Reads n bytes from `offset` on. Where the file ends before: FG_BAD_INPUT; else FG_FAILED. */
enum fg_status result_read(const struct fg_result *result, uint64_t offset, size_t n, void *to,
                           struct fg_error *error);

/* The mark of a tile of data set s; `tile` must be one of the file's tiling. */
enum fg_status result_read_mark(const struct fg_result *result, size_t s, uint64_t tile, struct mark *mark,
                                struct fg_error *error);

#endif
