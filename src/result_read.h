/* Bytes of a result file, for what knows where they are. */
#ifndef FISHERGRID_RESULT_READ_H
#define FISHERGRID_RESULT_READ_H

#include "fishergrid/result.h"

/* Reads n bytes from `offset` on. Where the file ends before: FG_BAD_INPUT; else FG_FAILED. */
enum fg_status result_read(const struct fg_result *result, uint64_t offset, size_t n, void *to,
                           struct fg_error *error);

#endif
