/* Values of packed fields, unpacked by HDF5 in a child process into a file without a name. */
#ifndef FISHERGRID_UNPACK_H
#define FISHERGRID_UNPACK_H

#include "fishergrid/result.h"

struct fg_unpacked;

/* Whether a field of data set s was packed. */
bool fg_unpacked_has(const struct fg_unpacked *unpacked, size_t s, enum fg_field field);

/* Reads n of its values from cell `first` on; they are there. */
enum fg_status fg_unpacked_read(const struct fg_result *result, size_t s, enum fg_field field, uint64_t first,
                                size_t n, void *values, struct fg_error *error);

/* Does nothing on NULL. */
void fg_unpacked_free(struct fg_unpacked *unpacked);

#endif
