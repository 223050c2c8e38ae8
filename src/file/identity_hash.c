#include "identity_hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fishergrid/result.h"
#include "hash.h"

uint64_t fg_identity_hash(const struct fg_file_spec *spec, const struct fg_layout_range *arrays, size_t n)
{
    uint64_t hash = fg_hash_bytes(spec->identity, strlen(spec->identity), 0);
    return fg_hash_bytes(arrays, n * sizeof *arrays, hash);
}

enum fg_status fg_identity_hash_of(const struct fg_file_spec *spec, const struct fg_layout_map *map,
                                   uint64_t *hash, struct fg_error *error)
{
    struct fg_layout_range *arrays = calloc(LAYOUT_ARRAYS_MAX(spec->n_data), sizeof *arrays);
    if (!arrays)
        return fg_fail(error, FG_FAILED, "%s: no memory", spec->path);
    *hash = fg_identity_hash(spec, arrays, fg_layout_arrays(spec, map, arrays));
    free(arrays);
    return FG_OK;
}

uint64_t fg_identity_of_samples(const struct fg_dataset *data)
{
    uint64_t sum = fg_hash_bytes(data->x0, data->n * sizeof *data->x0, 0);
    sum = fg_hash_bytes(data->x1, data->n * sizeof *data->x1, sum);
    return fg_hash_bytes(data->y, data->n, sum);
}

bool fg_identity_has_samples(const char *identity, const struct fg_dataset *data)
{
    char name[FG_NAME_MAX + 16], stored[32], computed[32];
    snprintf(name, sizeof name, "samples of %s", data->name);
    snprintf(computed, sizeof computed, "%016llx", (unsigned long long)fg_identity_of_samples(data));
    return identity && fg_result_line(identity, name, stored, sizeof stored) && strcmp(stored, computed) == 0;
}
