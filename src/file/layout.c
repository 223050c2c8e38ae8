/* Lays out the result file. Its form has three reasons. netCDF and xarray read data in the root group with
 * dimension scales. NeXus viewers plot the data that an NXdata group links to. A contiguous dataset that is
 * allocated early has an offset that does not change if the process dies. */
#include "layout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fishergrid/text.h"
#include "h5_builder.h"
#include "h5_scale.h"

/* --- fields --- */

struct fg_tiling fg_layout_chunks(const struct fg_grid *grid)
{
    return fg_grid_cut(&grid->phi, &grid->r, 65536).tiling;
}

/* Creates a field that is stored in chunks. None of its chunks exists yet. */
static hid_t put_packed_field(struct fg_h5_builder *file, const struct fg_output *output, const char *name,
                              const hsize_t shape[2], hid_t type, const double *fill)
{
    const struct fg_tiling chunks = fg_layout_chunks(&output->setup->grid);
    const hsize_t chunk[2] = {chunks.rows, chunks.columns};
    hid_t properties = fg_h5_dataset_properties();
    fg_h5_check(file, H5Pset_chunk(properties, 2, chunk), name);
    if (H5Tget_size(type) > 1)
        fg_h5_check(file, H5Pset_shuffle(properties), name);
    fg_h5_check(file, H5Pset_deflate(properties, (unsigned)output->packing->level), name);
    hid_t dataset = fg_h5_put_dataset(file, file->file, name, 2, shape, type, properties, fill);
    fg_h5_check(file, H5Pclose(properties), name);
    return dataset;
}

static hid_t field_type(const struct fg_output *output, enum fg_field field)
{
    const struct fg_packing *packing = output->packing;
    if (field >= FG_N_REAL_FIELDS)
        return H5T_STD_U8LE;
    return packing && packing->float32 ? H5T_IEEE_F32LE : H5T_IEEE_F64LE;
}

/* Tells netCDF which value means missing: NaN, or 0 in a file that is being written, where a cell without
 * values reads 0. The attribute has the type of the field, as netCDF requires. */
static void put_fill_value(struct fg_h5_builder *file, const struct fg_output *output, hid_t dataset,
                           hid_t type)
{
    const double value = output->packing ? NAN : 0;
    const float value32 = NAN;
    const hsize_t one = 1;
    fg_h5_put_attribute(file, dataset, LAYOUT_FILL_VALUE, type, H5Screate_simple(1, &one, NULL),
                        H5Tget_size(type) == sizeof value32 ? (const void *)&value32 : &value);
}

/* Creates the attributes that describe the rounding, with the names of the CF conventions 1.12. The largest
 * error is stored later. */
static void put_rounding(struct fg_h5_builder *file, const struct fg_output *output, hid_t dataset)
{
    const struct fg_packing *packing = output->packing;
    const double error = 0;
    if (packing->kept_bits < 52)
        fg_h5_put_attribute(file, dataset, LAYOUT_KEPT_BITS, H5T_NATIVE_INT, H5Screate(H5S_SCALAR),
                            &packing->kept_bits);
    if (packing->kept_bits < 52 || packing->float32)
        fg_h5_put_attribute(file, dataset, LAYOUT_RELATIVE_ERROR, H5T_IEEE_F64LE, H5Screate(H5S_SCALAR),
                            &error);
}

/* Names the values of a column as the CF conventions require: `attribute` is flag_values or flag_masks. */
static void put_meanings(struct fg_h5_builder *file, hid_t dataset, const char *attribute,
                         const unsigned char *values, const char *const *names, hsize_t n)
{
    char meanings[100] = "";
    for (size_t k = 0; k < n; k++)
        fg_text_add(meanings, sizeof meanings, " ", names[k]);
    fg_h5_put_attribute(file, dataset, attribute, H5T_STD_U8LE, H5Screate_simple(1, &n, NULL), values);
    fg_h5_put_text_attribute(file, dataset, "flag_meanings", meanings);
}

static void put_field_attributes(struct fg_h5_builder *file, const struct fg_output *output, hid_t dataset,
                                 enum fg_field field, const char *data)
{
    const struct fg_field_info *info = &fg_field_info[field];
    char long_name[200];
    snprintf(long_name, sizeof long_name, "%s %s of data set %s", info->sentence, info->symbol, data);
    fg_h5_put_text_attribute(file, dataset, "long_name", long_name);
    fg_h5_put_text_attribute(file, dataset, "units", info->unit);
    fg_h5_put_text_attribute(file, dataset, "interpretation", "image");
    if (field < FG_N_REAL_FIELDS) {
        put_fill_value(file, output, dataset, field_type(output, field));
        if (output->packing)
            put_rounding(file, output, dataset);
    } else {
        unsigned char flags[FG_N_FLAGS];
        for (unsigned char flag = 0; flag < FG_N_FLAGS; flag++)
            flags[flag] = flag;
        put_meanings(file, dataset, "flag_values", flags, fg_flag_name[FG_FLAG(field)], FG_N_FLAGS);
    }
}

/* Creates one field of one data set in the root. Returns the offset of its values. */
static uint64_t put_field(struct fg_h5_builder *file, const struct fg_output *output, enum fg_field field,
                          const char *data, struct fg_h5_scale *const scales[2])
{
    const hsize_t shape[2] = {output->setup->grid.phi.n, output->setup->grid.r.n};
    const double nan = NAN, *fill = field < FG_N_REAL_FIELDS ? &nan : NULL;
    const hid_t type = field_type(output, field);
    char name[FG_FIELD_NAME_MAX];
    fg_field_name(field, data, name);
    hid_t dataset = output->packing ? put_packed_field(file, output, name, shape, type, fill)
                                    : fg_h5_put_array(file, file->file, name, 2, shape, type, fill);
    fg_h5_use_scales(file, dataset, scales, 2);
    put_field_attributes(file, output, dataset, field, data);
    if (!output->packing)
        return fg_h5_close_array(file, dataset, name);
    fg_h5_check(file, H5Dclose(dataset), name);
    return 0;
}

/* --- groups --- */

/* Creates the NXdata group of a data set: short names of its fields, and what a viewer plots. */
static void put_nxdata(struct fg_h5_builder *file, const struct fg_output *output, hid_t entry,
                       const char *data)
{
    const char *const axes[] = {"phi", "r"};
    const char *names[FG_N_FIELDS];
    size_t n = 0;
    char title[200];
    hid_t group = fg_h5_put_group(file, entry, data, "NXdata");
    fg_h5_put_link(file, group, "phi", "/phi");
    fg_h5_put_link(file, group, "r", "/r");
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (!(output->setup->fields & 1u << f))
            continue;
        char target[1 + FG_FIELD_NAME_MAX] = "/";
        names[n] = fg_field_info[f].name;
        fg_field_name((enum fg_field)f, data, target + 1);
        fg_h5_put_link(file, group, names[n++], target);
    }
    snprintf(title, sizeof title, "Data set %s", data);
    fg_h5_put_text_attribute(file, group, "title", title);
    fg_h5_put_text_attribute(file, group, "signal", names[0]);
    fg_h5_put_list_attribute(file, group, "axes", axes, 2);
    fg_h5_put_list_attribute(file, group, "auxiliary_signals", names + 1, n - 1);
    fg_h5_close_group(file, group);
}

/* Allocates a column, whose rows `scale` numbers, or a single value. Returns its offset. */
static uint64_t put_column(struct fg_h5_builder *file, hid_t group, int c, hsize_t n,
                           struct fg_h5_scale *scale)
{
    static const unsigned char kinds[FG_N_KINDS] = {FG_NO_POINT, FG_MINIMUM, FG_SADDLE};
    static const unsigned char notes[FG_N_NOTES] = {FG_OUTSIDE, FG_ONE_CLASS, FG_LEVEL, FG_MORE, FG_COARSE};
    const struct fg_layout_column *of = &fg_layout_column[c];
    const bool has_rows = !fg_layout_is_single(c);
    hid_t column = fg_h5_put_array(file, group, of->name, has_rows, &n, fg_layout_type(of->type), NULL);
    if (has_rows)
        fg_h5_use_scales(file, column, &scale, 1);
    fg_h5_put_text_attribute(file, column, "long_name", of->meaning);
    if (has_rows)
        fg_h5_put_text_attribute(file, column, "units", c == COLUMN_POINT_PHI ? "rad" : "1");
    if (c == COLUMN_POINT_KIND)
        put_meanings(file, column, "flag_values", kinds, fg_stationary_kind_name, FG_N_KINDS);
    if (c == COLUMN_POINTS_NOTES)
        put_meanings(file, column, "flag_masks", notes, fg_stationary_note_name, FG_N_NOTES);
    return fg_h5_close_array(file, column, of->name);
}

/* Allocates a table of a data set: the columns from `first`, which numbers the rows of the others, up to but
 * not including `end`. */
static void put_table(struct fg_h5_builder *file, const struct fg_setup *setup, hid_t entry, size_t s,
                      int first, int end, struct fg_layout_data *at)
{
    const struct fg_layout_column *column = fg_layout_column;
    const hsize_t n = fg_layout_rows(setup, s, first);
    char name[FG_NAME_MAX + 32];
    snprintf(name, sizeof name, "%s%s", column[first].table, setup->data[s].name);
    hid_t group = fg_h5_put_group(file, entry, name, "NXcollection");
    struct fg_h5_scale scale = fg_h5_put_scale(
        file, group, column[first].name, n, fg_layout_type(column[first].type), "1", (size_t)(end - first));
    fg_h5_put_text_attribute(file, scale.dataset, "long_name", column[first].meaning);
    for (int c = first + 1; c < end; c++)
        at->column[c] = put_column(file, group, c, n, &scale);
    at->column[first] = fg_h5_close_scale(file, &scale, name);
    fg_h5_close_group(file, group);
}

hid_t fg_layout_setup_type(enum fg_setup_type type)
{
    if (type == FG_SETUP_TEXT)
        return H5T_C_S1;
    if (type == FG_SETUP_REAL)
        return H5T_IEEE_F64LE;
    return type == FG_SETUP_COUNT ? H5T_STD_I64LE : H5T_STD_U64LE;
}

static void put_setup_value(struct fg_h5_builder *file, hid_t group, const struct fg_setup_value *value)
{
    const char *name = value->name, *meaning = value->meaning;
    const void *number = value->type == FG_SETUP_REAL ? (const void *)&value->real : &value->number;
    if (value->type == FG_SETUP_TEXT)
        fg_h5_put_text(file, group, name, value->text, meaning);
    else
        fg_h5_put_scalar(file, group, name, fg_layout_setup_type(value->type), number, meaning);
}

/* Allocates a hash. Returns its offset. */
static uint64_t put_hash(struct fg_h5_builder *file, hid_t group, const char *name, const char *meaning)
{
    hid_t hash = fg_h5_put_array(file, group, name, 0, NULL, H5T_STD_U64LE, NULL);
    fg_h5_put_text_attribute(file, hash, "long_name", meaning);
    return fg_h5_close_array(file, hash, name);
}

static void put_setup(struct fg_h5_builder *file, const struct fg_output *output, hid_t entry,
                      struct fg_layout_map *map)
{
    const struct fg_setup *setup = output->setup;
    struct fg_setup_value value;
    hid_t group = fg_h5_put_group(file, entry, "setup", "NXcollection");
    for (size_t k = 0; k < fg_setup_size(setup); k++) {
        fg_setup_get(setup, k, &value);
        put_setup_value(file, group, &value);
    }
    map->layout_hash = put_hash(file, group, LAYOUT_HASH,
                                "XXH3 of the format version, the setup and the places of all arrays");
    fg_h5_close_group(file, group);
}

/* Creates a text of `length` blanks, to be replaced later. */
static void put_blanks(struct fg_h5_builder *file, hid_t group, const char *name, size_t length)
{
    char *blanks = malloc(length + 1); /* up to 66 KB, too much for a small stack */
    if (!blanks) {
        fg_h5_no_memory(file, name);
        return;
    }
    memset(blanks, ' ', length);
    blanks[length] = '\0';
    fg_h5_put_text(file, group, name, blanks, NULL);
    free(blanks);
}

/* Stores texts and numbers of the run. It contains no arrays: their offsets depend on the setup alone. */
static void put_provenance(struct fg_h5_builder *file, const struct fg_output *output, hid_t entry)
{
    const struct fg_provenance *provenance = &output->provenance;
    unsigned major, minor, release;
    char hdf5_version[32];
    H5get_libversion(&major, &minor, &release);
    snprintf(hdf5_version, sizeof hdf5_version, "%u.%u.%u", major, minor, release);

    hid_t group = fg_h5_put_group(file, entry, "provenance", "NXprocess");
    fg_h5_put_text(file, group, "program", "fishergrid", NULL);
    fg_h5_put_text(file, group, "version", provenance->text[FG_TEXT_VERSION], NULL);
    fg_h5_put_text(file, group, "date", provenance->text[FG_TEXT_START_TIME], NULL);
    put_blanks(file, group, "summary_json", FG_SUMMARY_MAX(output->setup->n_data));
    hid_t parameters = fg_h5_put_group(file, group, "parameters", "NXparameters");
    for (enum fg_text t = FG_TEXT_COMMAND_LINE; t <= FG_TEXT_HOST; t++)
        fg_h5_put_text(file, parameters, fg_text_name(t),
                       t == FG_TEXT_HDF5_VERSION ? hdf5_version : provenance->text[t], NULL);
    fg_h5_put_scalar(file, parameters, "threads", H5T_STD_U64LE, &provenance->threads, NULL);
    fg_h5_put_scalar(file, parameters, "processes", H5T_STD_U64LE, &provenance->processes, NULL);
    fg_h5_close_group(file, parameters);
    fg_h5_close_group(file, group);
}

static void put_root_attributes(struct fg_h5_builder *file)
{
    const int32_t complete = 0, version = FG_FORMAT_VERSION;
    fg_h5_put_text_attribute(file, file->file, "NX_class", "NXroot");
    fg_h5_put_text_attribute(file, file->file, "default", "entry");
    fg_h5_put_text_attribute(file, file->file, "Conventions", "CF-1.11");
    fg_h5_put_text_attribute(
        file, file->file, "title",
        "Loss, Fisher information and natural gradient of a two-weight network over (phi, r)");
    fg_h5_put_text_attribute(file, file->file, "creator", "fishergrid");
    fg_h5_put_attribute(file, file->file, LAYOUT_VERSION, H5T_STD_I32LE, H5Screate(H5S_SCALAR), &version);
    fg_h5_put_attribute(file, file->file, LAYOUT_COMPLETE, H5T_STD_I32LE, H5Screate(H5S_SCALAR), &complete);
}

/* Creates the attributes whose length differs from run to run. They come after the arrays, whose offsets must
 * not depend on them. */
static void put_run_attributes(struct fg_h5_builder *file, const struct fg_output *output)
{
    const char *const *text = output->provenance.text;
    const struct fg_packing *packing = output->packing;
    char source[64], history[1000];
    snprintf(source, sizeof source, "fishergrid %s", text[FG_TEXT_VERSION]);
    snprintf(history, sizeof history, "%s %.*s%s%s", text[FG_TEXT_START_TIME], packing ? 700 : 999,
             text[FG_TEXT_COMMAND_LINE], packing ? "\n" : "", packing ? packing->history : "");
    fg_utf8_repair(source); /* truncation may have cut a character, also of the history */
    fg_utf8_repair(history);
    fg_h5_put_text_attribute(file, file->file, "source", source);
    fg_h5_put_text_attribute(file, file->file, "history", history);
    fg_h5_put_text_attribute(file, file->file, "creator_version", text[FG_TEXT_VERSION]);
}

static void put_entry(struct fg_h5_builder *file, const struct fg_output *output, struct fg_layout_map *map)
{
    const struct fg_setup *setup = output->setup;
    const char *start_time = output->provenance.text[FG_TEXT_START_TIME];
    hid_t entry = fg_h5_put_group(file, file->file, "entry", "NXentry");
    fg_h5_put_text_attribute(file, entry, "default", setup->data[0].name);
    fg_h5_put_text(file, entry, "title", "Sweep of (phi, r)", NULL);
    fg_h5_put_text(file, entry, "start_time", start_time, NULL);
    put_blanks(file, entry, "end_time", strlen(start_time));
    fg_h5_put_text(file, entry, "program_name", "fishergrid", NULL);
    for (size_t s = 0; s < setup->n_data; s++)
        put_nxdata(file, output, entry, setup->data[s].name);
    for (size_t s = 0; s < setup->n_data; s++)
        put_table(file, setup, entry, s, COLUMN_SAMPLE, COLUMN_TILE, &map->data[s]);
    for (size_t s = 0; s < setup->n_data; s++)
        put_table(file, setup, entry, s, COLUMN_TILE, COLUMN_POINT, &map->data[s]);
    for (size_t s = 0; s < setup->n_data; s++)
        put_table(file, setup, entry, s, COLUMN_POINT, LAYOUT_COLUMNS, &map->data[s]);
    put_setup(file, output, entry, map);
    map->metadata_hash =
        put_hash(file, entry, LAYOUT_METADATA_HASH,
                 "XXH3 of everything but the arrays in an unfinished file; 0 in a complete one");
    put_provenance(file, output, entry);
    fg_h5_close_group(file, entry);
}

enum fg_status fg_layout_create(const char *path, const struct fg_output *output, struct fg_layout_map *map,
                                struct fg_error *error)
{
    fg_h5_quiet();
    const struct fg_setup *setup = output->setup;
    struct fg_h5_builder builder = {.failed = false}, *file = &builder;
    fg_h5_create_file(file, path);
    put_root_attributes(file);
    const hid_t real = H5T_IEEE_F64LE;
    const size_t most = setup->n_data * FG_N_FIELDS;
    struct fg_h5_scale phi = fg_h5_put_scale(file, file->file, "phi", setup->grid.phi.n, real, "rad", most);
    struct fg_h5_scale r = fg_h5_put_scale(file, file->file, "r", setup->grid.r.n, real, "1", most);
    struct fg_h5_scale *const scales[2] = {&phi, &r};
    for (size_t s = 0; s < setup->n_data; s++) {
        for (int f = 0; f < FG_N_FIELDS; f++) {
            if (setup->fields & 1u << f)
                map->data[s].field[f] =
                    put_field(file, output, (enum fg_field)f, setup->data[s].name, scales);
        }
    }
    map->phi = fg_h5_close_scale(file, &phi, "phi");
    map->r = fg_h5_close_scale(file, &r, "r");
    put_entry(file, output, map);
    put_run_attributes(file, output);
    fg_h5_close_file(file);
    if (file->failed)
        return fg_fail(error, FG_FAILED, "%s: laying out the file, at %s: %s", path, file->at, file->cause);
    return FG_OK;
}
