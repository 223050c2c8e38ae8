/* Lays out the result file. Why it looks as it does: data in the root with dimension scales is what netCDF
 * and xarray read; soft links to it from an NXdata group are what NeXus viewers plot; contiguous datasets
 * that are allocated early have an address that survives the death of the process. */
#include "layout.h"

#include <hdf5_hl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fishergrid/text.h"
#include "h5.h"

/* The file while it is being laid out. `failed` is set by the first HDF5 call that fails and makes all
 * helpers below do nothing, so that a sequence of them needs one check at its end; `at` says which object it
 * was. */
struct layout {
    hid_t file;
    const struct fg_output *output;
    bool failed;
    char at[200], cause[H5_CAUSE_MAX]; /* which object, and what HDF5 said of it */
};

static void check(struct layout *layout, hid_t result, const char *at)
{
    if (result < 0 && !layout->failed) {
        layout->failed = true;
        fg_h5_cause(layout->cause);
        snprintf(layout->at, sizeof layout->at, "%s", at);
    }
}

/* malloc, for what is needed at that object. */
static void *allocate(struct layout *layout, size_t bytes, const char *at)
{
    void *memory = malloc(bytes);
    if (!memory && !layout->failed) {
        check(layout, -1, at);
        strcpy(layout->cause, "no memory");
    }
    return memory;
}

/* --- attributes and small datasets --- */

/* A fixed-length UTF-8 string without terminator: the one kind that all netCDF interfaces take for text. */
static hid_t text_type(size_t length)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, length > 0 ? length : 1);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

static void put_attribute(struct layout *layout, hid_t object, const char *name, hid_t type, hid_t space,
                          const void *value)
{
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    check(layout, attribute < 0 ? -1 : H5Awrite(attribute, type, value), name);
    check(layout, attribute < 0 ? 0 : H5Aclose(attribute), name);
    check(layout, H5Sclose(space), name);
}

static void put_text_attribute(struct layout *layout, hid_t object, const char *name, const char *text)
{
    if (layout->failed)
        return;
    hid_t type = text_type(strlen(text));
    put_attribute(layout, object, name, type, H5Screate(H5S_SCALAR), text);
    check(layout, H5Tclose(type), name);
}

/* A list of n texts of at most 64 bytes: an array of strings, as NeXus wants it. */
static void put_list_attribute(struct layout *layout, hid_t object, const char *name,
                               const char *const *texts, hsize_t n)
{
    size_t longest = 1;
    char packed[FG_N_FIELDS * 64] = {0};
    if (layout->failed || n == 0)
        return;
    for (hsize_t t = 0; t < n; t++)
        longest = strlen(texts[t]) > longest ? strlen(texts[t]) : longest;
    for (hsize_t t = 0; t < n; t++)
        memcpy(packed + t * longest, texts[t], strlen(texts[t]));
    hid_t type = text_type(longest);
    put_attribute(layout, object, name, type, H5Screate_simple(1, &n, NULL), packed);
    check(layout, H5Tclose(type), name);
}

static hid_t tracked_group_properties(void)
{
    hid_t properties = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_link_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_obj_track_times(properties, false);
    return properties;
}

/* A group with its NeXus class; close with H5Gclose. */
static hid_t put_group(struct layout *layout, hid_t parent, const char *name, const char *nx_class)
{
    if (layout->failed)
        return -1;
    hid_t properties = tracked_group_properties();
    hid_t group = H5Gcreate2(parent, name, H5P_DEFAULT, properties, H5P_DEFAULT);
    check(layout, group < 0 ? -1 : 0, name);
    check(layout, H5Pclose(properties), name);
    put_text_attribute(layout, group, "NX_class", nx_class);
    return group;
}

static void close_group(struct layout *layout, hid_t group)
{
    check(layout, group < 0 ? 0 : H5Gclose(group), "a group");
}

/* Dataset properties of everything: no times, so that equal runs make equal files. */
static hid_t dataset_properties(void)
{
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(properties, false);
    return properties;
}

/* A single value; `meaning` is its long_name, NULL: it has none. */
static void put_scalar(struct layout *layout, hid_t group, const char *name, hid_t type, hid_t memory_type,
                       const void *value, const char *meaning)
{
    if (layout->failed)
        return;
    hid_t space = H5Screate(H5S_SCALAR), properties = dataset_properties(), transfer = fg_h5_small_transfer();
    hid_t dataset = H5Dcreate2(group, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    check(layout, dataset < 0 ? -1 : H5Dwrite(dataset, memory_type, H5S_ALL, H5S_ALL, transfer, value), name);
    if (meaning)
        put_text_attribute(layout, dataset, "long_name", meaning);
    check(layout, H5Pclose(transfer), name);
    check(layout, dataset < 0 ? 0 : H5Dclose(dataset), name);
    check(layout, H5Pclose(properties), name);
    check(layout, H5Sclose(space), name);
}

static void put_text(struct layout *layout, hid_t group, const char *name, const char *text)
{
    hid_t type = fg_h5_text_type();
    put_scalar(layout, group, name, type, type, &text, NULL);
    check(layout, H5Tclose(type), name);
}

static void put_number(struct layout *layout, hid_t group, const char *name, uint64_t number)
{
    put_scalar(layout, group, name, H5T_STD_U64LE, H5T_NATIVE_UINT64, &number, NULL);
}

/* --- arrays --- */

/* A dataset of the given shape; takes `properties`. */
static hid_t put_dataset(struct layout *layout, hid_t group, const char *name, int rank, const hsize_t *shape,
                         hid_t type, hid_t properties, const double *fill)
{
    hid_t space = H5Screate_simple(rank, shape, NULL);
    H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER); /* the writer is the only one who writes */
    if (fill)
        H5Pset_fill_value(properties, H5T_NATIVE_DOUBLE, fill);
    hid_t dataset = H5Dcreate2(group, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    check(layout, dataset, name);
    check(layout, H5Pclose(properties), name);
    check(layout, H5Sclose(space), name);
    return dataset;
}

/* A contiguous dataset of the given shape, allocated but not written. Close with close_array. */
static hid_t put_array(struct layout *layout, hid_t group, const char *name, int rank, const hsize_t *shape,
                       hid_t type, const double *fill)
{
    if (layout->failed)
        return -1;
    hid_t properties = dataset_properties();
    H5Pset_layout(properties, H5D_CONTIGUOUS);
    H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
    return put_dataset(layout, group, name, rank, shape, type, properties, fill);
}

struct fg_tiling fg_layout_chunks(const struct fg_grid *grid)
{
    return fg_grid_cut(&grid->phi, &grid->r, 65536).tiling;
}

/* A field in chunks, none of which is there yet. */
static hid_t put_packed_field(struct layout *layout, const char *name, const hsize_t shape[2], hid_t type,
                              const double *fill)
{
    if (layout->failed)
        return -1;
    const struct fg_tiling chunks = fg_layout_chunks(&layout->output->setup->grid);
    const hsize_t chunk[2] = {chunks.rows, chunks.columns};
    hid_t properties = dataset_properties();
    check(layout, H5Pset_chunk(properties, 2, chunk), name);
    if (H5Tget_size(type) > 1)
        check(layout, H5Pset_shuffle(properties), name);
    check(layout, H5Pset_deflate(properties, (unsigned)layout->output->packing->level), name);
    return put_dataset(layout, layout->file, name, 2, shape, type, properties, fill);
}

/* Closes the dataset and tells where its values belong. */
static uint64_t close_array(struct layout *layout, hid_t dataset, const char *name)
{
    if (dataset < 0)
        return 0;
    haddr_t offset = H5Dget_offset(dataset);
    check(layout, offset == HADDR_UNDEF ? -1 : 0, name);
    check(layout, H5Dclose(dataset), name);
    return offset;
}

/* A vector that is a dimension scale, which makes it a netCDF coordinate variable. */
static hid_t put_scale(struct layout *layout, hid_t group, const char *name, hsize_t n, hid_t type,
                       const char *units)
{
    hid_t scale = put_array(layout, group, name, 1, &n, type, NULL);
    if (!layout->failed)
        check(layout, H5DSset_scale(scale, name), name);
    put_text_attribute(layout, scale, "units", units);
    return scale;
}

static hid_t type_of(const struct layout *layout, enum fg_field field)
{
    const struct fg_packing *packing = layout->output->packing;
    if (field >= FG_N_REAL_FIELDS)
        return H5T_STD_U8LE;
    return packing && packing->float32 ? H5T_IEEE_F32LE : H5T_IEEE_F64LE;
}

/* A NaN of the type of the field, as netCDF wants it. */
static void put_fill_value(struct layout *layout, hid_t dataset, hid_t type)
{
    const double nan = NAN;
    const float nan32 = NAN;
    const hsize_t one = 1;
    const void *value = H5Tget_size(type) == sizeof nan32 ? (const void *)&nan32 : &nan;
    put_attribute(layout, dataset, "_FillValue", type, H5Screate_simple(1, &one, NULL), value);
}

/* What rounding did; the names are those of the CF conventions from 1.12 on. The error is known later. */
static void put_rounding(struct layout *layout, hid_t dataset)
{
    const struct fg_packing *packing = layout->output->packing;
    const double error = 0;
    if (packing->kept_bits < 52)
        put_attribute(layout, dataset, LAYOUT_KEPT_BITS, H5T_NATIVE_INT, H5Screate(H5S_SCALAR),
                      &packing->kept_bits);
    if (packing->kept_bits < 52 || packing->float32)
        put_attribute(layout, dataset, LAYOUT_RELATIVE_ERROR, H5T_IEEE_F64LE, H5Screate(H5S_SCALAR), &error);
}

static void put_field_attributes(struct layout *layout, hid_t dataset, enum fg_field field, const char *data)
{
    const struct fg_field_info *info = &fg_field_info[field];
    char long_name[200];
    hsize_t meanings = 4;
    snprintf(long_name, sizeof long_name, "%s %s of data set %s", info->sentence, info->symbol, data);
    put_text_attribute(layout, dataset, "long_name", long_name);
    put_text_attribute(layout, dataset, "units", info->unit);
    put_text_attribute(layout, dataset, "interpretation", "image");
    if (layout->failed)
        return;
    if (field < FG_N_REAL_FIELDS) {
        put_fill_value(layout, dataset, type_of(layout, field));
        if (layout->output->packing)
            put_rounding(layout, dataset);
    } else {
        const unsigned char flags[4] = {FG_NOT_COMPUTED, FG_REGULAR, FG_RECOMPUTED, FG_UNDEFINED};
        put_attribute(layout, dataset, "flag_values", H5T_STD_U8LE, H5Screate_simple(1, &meanings, NULL),
                      flags);
        put_text_attribute(layout, dataset, "flag_meanings", FG_FLAG_MEANINGS);
    }
}

/* One field of one data set in the root; returns where its values belong. */
static uint64_t put_field(struct layout *layout, enum fg_field field, const char *data, hid_t phi, hid_t r)
{
    const hsize_t shape[2] = {layout->output->setup->grid.phi.n, layout->output->setup->grid.r.n};
    const double nan = NAN, *fill = field < FG_N_REAL_FIELDS ? &nan : NULL;
    const hid_t type = type_of(layout, field);
    char name[200];
    snprintf(name, sizeof name, "%s_%s", fg_field_info[field].name, data);
    hid_t dataset = layout->output->packing ? put_packed_field(layout, name, shape, type, fill)
                                            : put_array(layout, layout->file, name, 2, shape, type, fill);
    if (!layout->failed) {
        check(layout, H5DSattach_scale(dataset, phi, 0), name);
        check(layout, H5DSattach_scale(dataset, r, 1), name);
    }
    put_field_attributes(layout, dataset, field, data);
    if (!layout->output->packing)
        return close_array(layout, dataset, name);
    check(layout, dataset < 0 ? 0 : H5Dclose(dataset), name);
    return 0;
}

/* --- groups --- */

static void put_link(struct layout *layout, hid_t group, const char *name, const char *target)
{
    if (!layout->failed)
        check(layout, H5Lcreate_soft(target, group, name, H5P_DEFAULT, H5P_DEFAULT), target);
}

/* The NXdata group of a data set: short names for its fields, and what a viewer shall plot. */
static void put_nxdata(struct layout *layout, hid_t entry, const char *data)
{
    const char *const axes[] = {"phi", "r"};
    const char *names[FG_N_FIELDS];
    size_t n = 0;
    char title[200];
    hid_t group = put_group(layout, entry, data, "NXdata");
    put_link(layout, group, "phi", "/phi");
    put_link(layout, group, "r", "/r");
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (!(layout->output->setup->fields & 1u << f))
            continue;
        char target[200];
        names[n] = fg_field_info[f].name;
        snprintf(target, sizeof target, "/%s_%s", names[n], data);
        put_link(layout, group, names[n++], target);
    }
    snprintf(title, sizeof title, "Data set %s", data);
    put_text_attribute(layout, group, "title", title);
    put_text_attribute(layout, group, "signal", names[0]);
    put_list_attribute(layout, group, "axes", axes, 2);
    put_list_attribute(layout, group, "auxiliary_signals", names + 1, n - 1);
    close_group(layout, group);
}

/* A column of a table; returns where its values belong. */
static uint64_t put_column(struct layout *layout, hid_t group, const char *name, const char *meaning,
                           hsize_t n, hid_t type, hid_t scale)
{
    hid_t column = put_array(layout, group, name, 1, &n, type, NULL);
    if (!layout->failed)
        check(layout, H5DSattach_scale(column, scale, 0), name);
    put_text_attribute(layout, column, "long_name", meaning);
    put_text_attribute(layout, column, "units", "1");
    return close_array(layout, column, name);
}

/* Room for the samples of a data set. */
static void put_samples(struct layout *layout, hid_t entry, const struct fg_setup_data *data,
                        struct fg_layout_data *at)
{
    char name[FG_NAME_MAX + 16];
    snprintf(name, sizeof name, LAYOUT_SAMPLES "%s", data->name);
    hid_t group = put_group(layout, entry, name, "NXcollection");
    hid_t sample = put_scale(layout, group, "sample", data->n, H5T_STD_I64LE, "1");
    put_text_attribute(layout, sample, "long_name", "number of the sample");
    at->x0 = put_column(layout, group, "x0", "first input", data->n, H5T_IEEE_F64LE, sample);
    at->x1 = put_column(layout, group, "x1", "second input", data->n, H5T_IEEE_F64LE, sample);
    at->y = put_column(layout, group, "y", "label; p(y=0|x) = z", data->n, H5T_STD_U8LE, sample);
    at->sample = close_array(layout, sample, name);
    close_group(layout, group);
}

/* Room for the marks of finished tiles. */
static void put_tiles(struct layout *layout, hid_t entry, const char *data, struct fg_layout_data *at)
{
    char name[FG_NAME_MAX + 16];
    hsize_t n = layout->output->setup->grid.tiling.n;
    snprintf(name, sizeof name, LAYOUT_TILES "%s", data);
    hid_t group = put_group(layout, entry, name, "NXcollection");
    hid_t tile = put_scale(layout, group, "tile", n, H5T_STD_I64LE, "1");
    put_text_attribute(layout, tile, "long_name", "number of the tile, in order of the fields' values");
    for (int w = 0; w < MARK_WORDS; w++)
        at->mark[w] = put_column(layout, group, fg_tile_mark_info[w].name, fg_tile_mark_info[w].meaning, n,
                                 w == MARK_LEAST_LOSS ? H5T_IEEE_F64LE : H5T_STD_U64LE, tile);
    at->tile = close_array(layout, tile, name);
    close_group(layout, group);
}

/* Room for a text that is not known yet, in blanks. */
static void put_blanks(struct layout *layout, hid_t group, const char *name, size_t length)
{
    char *blanks = allocate(layout, length + 1, name);
    if (blanks) {
        memset(blanks, ' ', length);
        blanks[length] = '\0';
        put_text(layout, group, name, blanks);
    }
    free(blanks);
}

static void put_setup_value(struct layout *layout, hid_t group, const struct fg_setup_value *value)
{
    const char *name = value->name, *text = value->text, *meaning = value->meaning;
    switch (value->type) {
    case FG_SETUP_COUNT:
        put_scalar(layout, group, name, H5T_STD_I64LE, H5T_NATIVE_UINT64, &value->number, meaning);
        break;
    case FG_SETUP_BITS:
        put_scalar(layout, group, name, H5T_STD_U64LE, H5T_NATIVE_UINT64, &value->number, meaning);
        break;
    case FG_SETUP_REAL:
        put_scalar(layout, group, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value->real, meaning);
        break;
    case FG_SETUP_TEXT: {
        hid_t type = fg_h5_text_type();
        put_scalar(layout, group, name, type, type, &text, meaning);
        check(layout, H5Tclose(type), name);
        break;
    }
    }
}

static void put_setup(struct layout *layout, hid_t entry, struct fg_layout_map *map)
{
    const struct fg_setup *setup = layout->output->setup;
    struct fg_setup_value value;
    hid_t group = put_group(layout, entry, "setup", "NXcollection");
    for (size_t k = 0; k < fg_setup_size(setup); k++) {
        fg_setup_get(setup, k, &value);
        put_setup_value(layout, group, &value);
    }
    hid_t hash = put_array(layout, group, LAYOUT_HASH, 0, NULL, H5T_STD_U64LE, NULL);
    put_text_attribute(layout, hash, "long_name", "XXH3 of the setup and of the places of all arrays");
    map->layout_hash = close_array(layout, hash, LAYOUT_HASH);
    close_group(layout, group);
}

/* Nothing but texts and numbers of the run: where arrays are depends on the setup alone. */
static void put_provenance(struct layout *layout, hid_t entry)
{
    const struct fg_run *run = &layout->output->run;
    unsigned major, minor, release;
    char hdf5_version[32];
    H5get_libversion(&major, &minor, &release);
    snprintf(hdf5_version, sizeof hdf5_version, "%u.%u.%u", major, minor, release);

    hid_t group = put_group(layout, entry, "provenance", "NXprocess");
    put_text(layout, group, "program", "fishergrid");
    put_text(layout, group, "version", run->version);
    put_text(layout, group, "date", run->start_time);
    put_blanks(layout, group, "summary_json", FG_SUMMARY_MAX(layout->output->setup->n_data));
    hid_t parameters = put_group(layout, group, "parameters", "NXparameters");
    put_text(layout, parameters, "command_line", run->command_line);
    put_text(layout, parameters, "config_json", run->config_json);
    put_text(layout, parameters, "git_revision", run->git_revision);
    put_text(layout, parameters, "compiler", run->compiler);
    put_text(layout, parameters, "compiler_flags", run->compiler_flags);
    put_text(layout, parameters, "hdf5_version", hdf5_version);
    put_text(layout, parameters, "host", run->host);
    put_number(layout, parameters, "threads", run->threads);
    put_number(layout, parameters, "processes", run->processes);
    close_group(layout, parameters);
    close_group(layout, group);
}

static void put_root_attributes(struct layout *layout)
{
    const int32_t complete = 0, version = FG_FORMAT_VERSION;
    put_text_attribute(layout, layout->file, "NX_class", "NXroot");
    put_text_attribute(layout, layout->file, "default", "entry");
    put_text_attribute(layout, layout->file, "Conventions", "CF-1.11");
    put_text_attribute(layout, layout->file, "title",
                       "Loss, Fisher information and natural gradient of a two-weight network over (phi, r)");
    put_text_attribute(layout, layout->file, "creator", "fishergrid");
    if (layout->failed)
        return;
    put_attribute(layout, layout->file, LAYOUT_VERSION, H5T_STD_I32LE, H5Screate(H5S_SCALAR), &version);
    put_attribute(layout, layout->file, LAYOUT_COMPLETE, H5T_STD_I32LE, H5Screate(H5S_SCALAR), &complete);
}

/* Those of a length of their own in each run; after the arrays, for the sake of their offsets. */
static void put_run_attributes(struct layout *layout)
{
    const struct fg_run *run = &layout->output->run;
    const struct fg_packing *packing = layout->output->packing;
    char history[1000];
    snprintf(history, sizeof history, "%s %.*s%s%s", run->start_time, packing ? 700 : 999, run->command_line,
             packing ? "\n" : "", packing ? packing->history : "");
    fg_utf8_repair(history); /* it may end within a character */
    put_text_attribute(layout, layout->file, "source", run->program);
    put_text_attribute(layout, layout->file, "history", history);
    put_text_attribute(layout, layout->file, "creator_version", run->version);
}

static void put_entry(struct layout *layout, struct fg_layout_map *map)
{
    const struct fg_setup *setup = layout->output->setup;
    const char *start_time = layout->output->run.start_time;
    hid_t entry = put_group(layout, layout->file, "entry", "NXentry");
    put_text_attribute(layout, entry, "default", setup->data[0].name);
    put_text(layout, entry, "title", "Sweep of (phi, r)");
    put_text(layout, entry, "start_time", start_time);
    put_blanks(layout, entry, "end_time", strlen(start_time));
    put_text(layout, entry, "program_name", "fishergrid");
    for (size_t s = 0; s < setup->n_data; s++)
        put_nxdata(layout, entry, setup->data[s].name);
    for (size_t s = 0; s < setup->n_data; s++)
        put_samples(layout, entry, &setup->data[s], &map->data[s]);
    for (size_t s = 0; s < setup->n_data; s++)
        put_tiles(layout, entry, setup->data[s].name, &map->data[s]);
    put_setup(layout, entry, map);
    put_provenance(layout, entry);
    close_group(layout, entry);
}

static void create_file(struct layout *layout, const char *path)
{
    hid_t creation = H5Pcreate(H5P_FILE_CREATE), access = fg_h5_stdio_access();
    H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_obj_track_times(creation, false);
    layout->file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
    check(layout, layout->file, "the file");
    H5Pclose(creation);
    H5Pclose(access);
}

enum fg_status fg_layout_create(const char *path, const struct fg_output *output, struct fg_layout_map *map,
                                struct fg_error *error)
{
    fg_h5_quiet();
    const struct fg_setup *setup = output->setup;
    struct layout layout = {.output = output};
    create_file(&layout, path);
    put_root_attributes(&layout);
    hid_t phi = put_scale(&layout, layout.file, "phi", setup->grid.phi.n, H5T_IEEE_F64LE, "rad");
    hid_t r = put_scale(&layout, layout.file, "r", setup->grid.r.n, H5T_IEEE_F64LE, "1");
    for (size_t s = 0; s < setup->n_data; s++) {
        for (int f = 0; f < FG_N_FIELDS; f++) {
            if (setup->fields & 1u << f)
                map->data[s].field[f] = put_field(&layout, (enum fg_field)f, setup->data[s].name, phi, r);
        }
    }
    map->phi = close_array(&layout, phi, "phi");
    map->r = close_array(&layout, r, "r");
    put_entry(&layout, map);
    put_run_attributes(&layout);
    check(&layout, layout.file < 0 ? 0 : H5Fclose(layout.file), "closing");
    if (layout.failed)
        return fg_fail(error, FG_FAILED, "%s: laying out the file, at %s: %s", path, layout.at, layout.cause);
    return FG_OK;
}
