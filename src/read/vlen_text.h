/* Texts of variable length in a result file, without HDF5: no checksum covers them, and the 1.10.8 crashes
 * over some that are damaged. */
#ifndef FISHERGRID_VLEN_TEXT_H
#define FISHERGRID_VLEN_TEXT_H

#include "fishergrid/result.h"

/* Reads the text that the 16 bytes at `offset` refer to; the caller frees it. NULL where they refer to none,
 * or to one of more than FG_RESULT_TEXT_MAX bytes. FG_FAILED: no memory, or the file cannot be read. */
enum fg_status fg_vlen_text_read(const struct fg_result *result, uint64_t offset, char **text,
                                 struct fg_error *error);

#endif
