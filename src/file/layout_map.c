/* Offsets of the values in a laid-out file. */
#include <stdlib.h>

#include "hash.h"
#include "layout.h"

static int compare_offsets(const void *a, const void *b)
{
    const struct fg_layout_range *x = a, *y = b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

size_t fg_layout_arrays(const struct fg_setup *setup, const struct fg_layout_map *map,
                        struct fg_layout_range arrays[])
{
    const struct fg_grid *grid = &setup->grid;
    const uint64_t cells = fg_grid_cells(grid), tiles = grid->tiling.n;
    size_t n = 0;
    arrays[n++] = (struct fg_layout_range){map->phi, grid->phi.n * sizeof(double)};
    arrays[n++] = (struct fg_layout_range){map->r, grid->r.n * sizeof(double)};
    arrays[n++] = (struct fg_layout_range){map->layout_hash, sizeof(uint64_t)};
    arrays[n++] = (struct fg_layout_range){map->metadata_hash, sizeof(uint64_t)};
    for (size_t s = 0; s < setup->n_data; s++) {
        const struct fg_layout_data *at = &map->data[s];
        const uint64_t samples = setup->data[s].n;
        for (int f = 0; f < FG_N_FIELDS; f++) {
            if (at->field[f])
                arrays[n++] =
                    (struct fg_layout_range){at->field[f], cells * fg_field_bytes((enum fg_field)f)};
        }
        arrays[n++] = (struct fg_layout_range){at->sample, samples * sizeof(int64_t)};
        arrays[n++] = (struct fg_layout_range){at->x0, samples * sizeof(double)};
        arrays[n++] = (struct fg_layout_range){at->x1, samples * sizeof(double)};
        arrays[n++] = (struct fg_layout_range){at->y, samples};
        arrays[n++] = (struct fg_layout_range){at->tile, tiles * sizeof(int64_t)};
        for (int w = 0; w < MARK_WORDS; w++)
            arrays[n++] = (struct fg_layout_range){at->mark[w], tiles * sizeof(uint64_t)};
    }
    qsort(arrays, n, sizeof *arrays, compare_offsets);
    return n;
}

uint64_t fg_layout_hash(const struct fg_setup *setup, const struct fg_layout_range arrays[], size_t n)
{
    const uint64_t version = FG_FORMAT_VERSION;
    return fg_hash_bytes(arrays, n * sizeof *arrays,
                         fg_hash_bytes(&version, sizeof version, fg_setup_hash(setup)));
}
