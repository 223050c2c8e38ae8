/* What a run is recognised by, in numbers: its identity with the places of its arrays, and its samples. */
#ifndef FISHERGRID_IDENTITY_HASH_H
#define FISHERGRID_IDENTITY_HASH_H

#include <stdbool.h>

#include "fishergrid/file.h"
#include "layout.h"

/* XXH3 of spec->identity and of the offsets of all arrays: where a file has this hash at that place, it is
 * one that began with the same layout and identity. Texts of the run may differ, and with them the size. */
uint64_t fg_identity_hash(const struct fg_file_spec *spec, const struct fg_layout_range *arrays, size_t n);

/* The same, of the arrays of a map. No memory: FG_FAILED. */
enum fg_status fg_identity_hash_of(const struct fg_file_spec *spec, const struct fg_layout_map *map,
                                   uint64_t *hash, struct fg_error *error);

/* XXH3 of x0, then of x1 and of y, each begun with the result of the one before. */
uint64_t fg_identity_of_samples(const struct fg_dataset *data);

/* Whether a data set has the checksum that stands in the identity; not where there is none, or it is NULL. */
bool fg_identity_has_samples(const char *identity, const struct fg_dataset *data);

#endif
