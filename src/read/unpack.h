/* Unpacks packed fields: HDF5 writes their values into an unnamed file, in a child process. */
#ifndef FISHERGRID_UNPACK_H
#define FISHERGRID_UNPACK_H

#include "fishergrid/result.h"

struct fg_unpacked;

/* Returns whether a field of data set s was packed. */
bool fg_unpacked_has(const struct fg_unpacked *unpacked, size_t s, enum fg_field field);

/* Copies n values of a packed field from cell `first` on. These cells must exist. */
void fg_unpacked_read(const struct fg_unpacked *unpacked, size_t s, enum fg_field field, uint64_t first,
                      size_t n, void *values);

/* Frees the unpacked values. Does nothing on NULL. */
void fg_unpacked_free(struct fg_unpacked *unpacked);

#endif
