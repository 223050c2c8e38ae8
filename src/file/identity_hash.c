#include "identity_hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fishergrid/result.h"
#include "hash.h"

uint64_t identity_hash(const struct fg_file_spec *spec, const struct layout_range *arrays, size_t n)
{
    uint64_t hash = hash_bytes(spec->identity, strlen(spec->identity), 0);
    return hash_bytes(arrays, n * sizeof *arrays, hash);
}

enum fg_status identity_hash_of(const struct fg_file_spec *spec, const struct layout_map *map, uint64_t *hash,
                                struct fg_error *error)
{
    struct layout_range *arrays = calloc(LAYOUT_ARRAYS_MAX(spec->n_data), sizeof *arrays);
    if (!arrays)
        return fg_fail(error, FG_FAILED, "%s: no memory", spec->path);
    *hash = identity_hash(spec, arrays, layout_arrays(spec, map, arrays));
    free(arrays);
    return FG_OK;
}

uint64_t identity_of_samples(const struct fg_dataset *data)
{
    uint64_t sum = hash_bytes(data->x0, data->n * sizeof *data->x0, 0);
    sum = hash_bytes(data->x1, data->n * sizeof *data->x1, sum);
    return hash_bytes(data->y, data->n, sum);
}

bool identity_has_samples(const char *identity, const struct fg_dataset *data)
{
    char name[FG_NAME_MAX + 16], stored[32], computed[32];
    snprintf(name, sizeof name, "samples of %s", data->name);
    snprintf(computed, sizeof computed, "%016llx", (unsigned long long)identity_of_samples(data));
    return identity && fg_result_line(identity, name, stored, sizeof stored) && strcmp(stored, computed) == 0;
}
