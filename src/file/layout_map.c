/* What a file consists of: its texts, the columns of the tables of a data set, and all arrays. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "layout.h"

const char *const fg_layout_text[FG_N_TEXTS] = {
    [FG_TEXT_SUMMARY] = LAYOUT_SUMMARY,
    [FG_TEXT_PROGRAM] = LAYOUT_PROVENANCE "/program",
    [FG_TEXT_VERSION] = LAYOUT_PROVENANCE "/version",
    [FG_TEXT_START_TIME] = "/entry/start_time",
    [FG_TEXT_END_TIME] = LAYOUT_END_TIME,
    [FG_TEXT_COMMAND_LINE] = LAYOUT_PARAMETERS "/command_line",
    [FG_TEXT_CONFIG] = LAYOUT_PARAMETERS "/config_json",
    [FG_TEXT_GIT_REVISION] = LAYOUT_PARAMETERS "/git_revision",
    [FG_TEXT_COMPILER] = LAYOUT_PARAMETERS "/compiler",
    [FG_TEXT_COMPILER_FLAGS] = LAYOUT_PARAMETERS "/compiler_flags",
    [FG_TEXT_HDF5_VERSION] = LAYOUT_PARAMETERS "/hdf5_version",
    [FG_TEXT_HOST] = LAYOUT_PARAMETERS "/host",
};

const char *fg_text_name(enum fg_text text)
{
    return strrchr(fg_layout_text[text], '/') + 1;
}

const struct fg_layout_column fg_layout_column[LAYOUT_COLUMNS] = {
    [COLUMN_SAMPLE] = {LAYOUT_SAMPLES, "sample", COLUMN_INDEX, "number of the sample"},
    [COLUMN_X0] = {LAYOUT_SAMPLES, "x0", COLUMN_REAL, "first input"},
    [COLUMN_X1] = {LAYOUT_SAMPLES, "x1", COLUMN_REAL, "second input"},
    [COLUMN_Y] = {LAYOUT_SAMPLES, "y", COLUMN_BYTE, "label; p(y=0|x) = z"},
    [COLUMN_TILE] = {LAYOUT_TILES, "tile", COLUMN_INDEX,
                     "number of the tile, in order of the fields' values"},
    [COLUMN_MARK + MARK_CHECKSUM] = {LAYOUT_TILES, "checksum", COLUMN_WORD,
                                     "XXH3 of the other columns and of the tile's values; 0: not computed"},
    [COLUMN_MARK + MARK_MIN_LOSS] = {LAYOUT_TILES, "min_loss", COLUMN_REAL, "minimum loss in the tile"},
    [COLUMN_MARK + MARK_MIN_LOSS_CELL] = {LAYOUT_TILES, "min_loss_cell", COLUMN_WORD,
                                          "first cell of that loss, i times length of r, plus j"},
    [COLUMN_MARK + MARK_RECOMPUTED] = {LAYOUT_TILES, "cells_recomputed", COLUMN_WORD, "cells with flag 2"},
    [COLUMN_MARK + MARK_UNDEFINED] = {LAYOUT_TILES, "cells_undefined", COLUMN_WORD, "cells with flag 3"},
    [COLUMN_MARK + MARK_OVERFLOW] = {LAYOUT_TILES, "cells_overflow", COLUMN_WORD, "cells with flag 4"},
    [COLUMN_MARK + MARK_DIRECT_FALLBACK_CELLS] = {LAYOUT_TILES, "direct_fallback_cells", COLUMN_WORD,
                                                  "cells over nodes that were summed directly"},
    [COLUMN_POINT] = {LAYOUT_POINTS, "point", COLUMN_INDEX, "number of the point, in order of loss"},
    [COLUMN_POINT_PHI] = {LAYOUT_POINTS, "phi", COLUMN_REAL, "angle phi of the point"},
    [COLUMN_POINT_R] = {LAYOUT_POINTS, "r", COLUMN_REAL, "offset r of the point"},
    [COLUMN_POINT_LOSS] = {LAYOUT_POINTS, "loss", COLUMN_REAL, "loss at the point"},
    [COLUMN_POINT_KIND] = {LAYOUT_POINTS, "kind", COLUMN_BYTE, "kind of the point; 0: the row is not used"},
    [COLUMN_POINT_FISHER] = {LAYOUT_POINTS, "fisher_eigenvalue_max", COLUMN_REAL,
                             "larger eigenvalue of the Fisher matrix F"},
    [COLUMN_POINT_FISHER + 1] = {LAYOUT_POINTS, "fisher_eigenvalue_min", COLUMN_REAL,
                                 "smaller eigenvalue of F"},
    [COLUMN_POINT_HESSIAN] = {LAYOUT_POINTS, "hessian_eigenvalue_max", COLUMN_REAL,
                              "larger eigenvalue of the Hessian H of the loss"},
    [COLUMN_POINT_HESSIAN + 1] = {LAYOUT_POINTS, "hessian_eigenvalue_min", COLUMN_REAL,
                                  "smaller eigenvalue of H"},
    [COLUMN_POINT_RELATIVE] = {LAYOUT_POINTS, "natural_hessian_eigenvalue_max", COLUMN_REAL,
                               "larger eigenvalue of F^-1 H"},
    [COLUMN_POINT_RELATIVE + 1] = {LAYOUT_POINTS, "natural_hessian_eigenvalue_min", COLUMN_REAL,
                                   "smaller eigenvalue of F^-1 H"},
    [COLUMN_POINT_GRADIENT] = {LAYOUT_POINTS, "gradient_norm", COLUMN_REAL,
                               "norm of the gradient, not 0 because phi and r are rounded"},
    [COLUMN_POINTS_FOUND] = {LAYOUT_POINTS, "found", COLUMN_WORD,
                             "number of stationary points in the range of the grid"},
    [COLUMN_POINTS_NOTES] = {LAYOUT_POINTS, "notes", COLUMN_BYTE,
                             "what the search says about its result: a set of bits"},
    [COLUMN_POINTS_CHECKSUM] = {LAYOUT_POINTS, "checksum", COLUMN_WORD,
                                "XXH3 of the other values of the group; 0: not searched"},
};

hid_t fg_layout_type(enum fg_column_type type)
{
    const hid_t types[] = {[COLUMN_INDEX] = H5T_STD_I64LE,
                           [COLUMN_WORD] = H5T_STD_U64LE,
                           [COLUMN_REAL] = H5T_IEEE_F64LE,
                           [COLUMN_BYTE] = H5T_STD_U8LE};
    return types[type];
}

size_t fg_layout_bytes(enum fg_column_type type)
{
    return type == COLUMN_BYTE ? 1 : 8;
}

bool fg_layout_is_single(int column)
{
    return column >= COLUMN_POINTS_FOUND;
}

uint64_t fg_layout_rows(const struct fg_setup *setup, size_t s, int column)
{
    if (column >= COLUMN_POINT)
        return fg_layout_is_single(column) ? 1 : FG_STATIONARY_MAX;
    return column < COLUMN_TILE ? setup->data[s].n : setup->grid.tiling.n;
}

uint64_t fg_layout_word(const struct fg_axis *axis, size_t k)
{
    uint64_t word = k;
    const double value = axis ? fg_axis_value(axis, k) : 0;
    if (axis)
        memcpy(&word, &value, sizeof word);
    return word;
}

struct fg_layout_array fg_layout_array(const struct fg_setup *setup, struct fg_layout_map *map, size_t k)
{
    enum { SINGLE = 4, OF_DATA = FG_N_FIELDS + LAYOUT_COLUMNS };
    const struct fg_axis *phi = &setup->grid.phi, *r = &setup->grid.r;
    if (k < SINGLE) {
        const struct fg_layout_array single[SINGLE] = {
            {LAYOUT_SETUP "/" LAYOUT_HASH, COLUMN_WORD, 0, {0}, 0, FG_N_FIELDS, &map->layout_hash},
            {"/entry/" LAYOUT_METADATA_HASH, COLUMN_WORD, 0, {0}, 0, FG_N_FIELDS, &map->metadata_hash},
            {"/phi", COLUMN_REAL, 1, {phi->n}, 0, FG_N_FIELDS, &map->phi},
            {"/r", COLUMN_REAL, 1, {r->n}, 0, FG_N_FIELDS, &map->r}};
        return single[k];
    }
    const size_t s = (k - SINGLE) / OF_DATA;
    const int f = (int)((k - SINGLE) % OF_DATA), c = f - FG_N_FIELDS;
    const char *const data = setup->data[s].name;
    struct fg_layout_array array = {.path = "/", .s = s, .field = f < FG_N_FIELDS ? f : FG_N_FIELDS};
    if (f < FG_N_FIELDS) {
        array.type = f < FG_N_REAL_FIELDS ? COLUMN_REAL : COLUMN_BYTE;
        array.rank = 2;
        array.shape[0] = phi->n;
        array.shape[1] = r->n;
        array.offset = &map->data[s].field[f];
        fg_field_name((enum fg_field)f, data, array.path + 1);
    } else {
        array.type = fg_layout_column[c].type;
        array.rank = !fg_layout_is_single(c);
        array.shape[0] = fg_layout_rows(setup, s, c);
        array.offset = &map->data[s].column[c];
        snprintf(array.path, sizeof array.path, "/entry/%s%s/%s", fg_layout_column[c].table, data,
                 fg_layout_column[c].name);
    }
    return array;
}

uint64_t fg_layout_values(const struct fg_layout_array *array, uint64_t room)
{
    const uint64_t most = room / fg_layout_bytes(array->type);
    uint64_t n = 1;
    for (int d = 0; d < array->rank && n > 0; d++)
        n = array->shape[d] <= most / n ? n * array->shape[d] : 0;
    return n <= most ? n : 0;
}

static int compare_offsets(const void *a, const void *b)
{
    const struct fg_layout_range *x = a, *y = b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

size_t fg_layout_arrays(const struct fg_setup *setup, const struct fg_layout_map *map,
                        struct fg_layout_range arrays[])
{
    size_t n = 0;
    for (size_t k = 0; k < LAYOUT_ARRAYS_MAX(setup->n_data); k++) {
        const struct fg_layout_array array = fg_layout_array(setup, (struct fg_layout_map *)map, k);
        if (*array.offset)
            arrays[n++] = (struct fg_layout_range){*array.offset, fg_layout_values(&array, UINT64_MAX) *
                                                                      fg_layout_bytes(array.type)};
    }
    qsort(arrays, n, sizeof *arrays, compare_offsets);
    return n;
}

uint64_t fg_layout_hash(const struct fg_setup *setup, const struct fg_layout_map *map)
{
    struct fg_layout_range arrays[LAYOUT_ARRAYS_MAX(FG_DATA_MAX)];
    const size_t n = fg_layout_arrays(setup, map, arrays);
    const uint64_t version = FG_FORMAT_VERSION;
    return fg_hash_bytes(arrays, n * sizeof *arrays,
                         fg_hash_bytes(&version, sizeof version, fg_setup_hash(setup)));
}
