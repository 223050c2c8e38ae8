/* Lays out the result file. Why it looks as it does: data in the root with dimension scales is what netCDF
 * and xarray read; soft links to it from an NXdata group are what NeXus viewers plot; contiguous datasets
 * that are allocated early have an address that survives the death of the process. */
#include "layout.h"

#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fishergrid/text.h"
#include "h5_builder.h"

struct layout {
    struct fg_h5_builder builder;
    const struct fg_output *output;
};

/* --- fields --- */

struct fg_tiling fg_layout_chunks(const struct fg_grid *grid)
{
    return fg_grid_cut(&grid->phi, &grid->r, 65536).tiling;
}

/* A field in chunks, none of which is there yet. */
static hid_t put_packed_field(struct layout *layout, const char *name, const hsize_t shape[2], hid_t type,
                              const double *fill)
{
    if (layout->builder.failed)
        return -1;
    const struct fg_tiling chunks = fg_layout_chunks(&layout->output->setup->grid);
    const hsize_t chunk[2] = {chunks.rows, chunks.columns};
    hid_t properties = fg_h5_dataset_properties();
    fg_h5_check(&layout->builder, H5Pset_chunk(properties, 2, chunk), name);
    if (H5Tget_size(type) > 1)
        fg_h5_check(&layout->builder, H5Pset_shuffle(properties), name);
    fg_h5_check(&layout->builder, H5Pset_deflate(properties, (unsigned)layout->output->packing->level), name);
    return fg_h5_put_dataset(&layout->builder, layout->builder.file, name, 2, shape, type, properties, fill);
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
    fg_h5_put_attribute(&layout->builder, dataset, "_FillValue", type, H5Screate_simple(1, &one, NULL),
                        value);
}

/* What rounding did; the names are those of the CF conventions from 1.12 on. The error is known later. */
static void put_rounding(struct layout *layout, hid_t dataset)
{
    const struct fg_packing *packing = layout->output->packing;
    const double error = 0;
    if (packing->kept_bits < 52)
        fg_h5_put_attribute(&layout->builder, dataset, LAYOUT_KEPT_BITS, H5T_NATIVE_INT,
                            H5Screate(H5S_SCALAR), &packing->kept_bits);
    if (packing->kept_bits < 52 || packing->float32)
        fg_h5_put_attribute(&layout->builder, dataset, LAYOUT_RELATIVE_ERROR, H5T_IEEE_F64LE,
                            H5Screate(H5S_SCALAR), &error);
}

static void put_field_attributes(struct layout *layout, hid_t dataset, enum fg_field field, const char *data)
{
    const struct fg_field_info *info = &fg_field_info[field];
    char long_name[200];
    hsize_t meanings = 4;
    snprintf(long_name, sizeof long_name, "%s %s of data set %s", info->sentence, info->symbol, data);
    fg_h5_put_text_attribute(&layout->builder, dataset, "long_name", long_name);
    fg_h5_put_text_attribute(&layout->builder, dataset, "units", info->unit);
    fg_h5_put_text_attribute(&layout->builder, dataset, "interpretation", "image");
    if (layout->builder.failed)
        return;
    if (field < FG_N_REAL_FIELDS) {
        put_fill_value(layout, dataset, type_of(layout, field));
        if (layout->output->packing)
            put_rounding(layout, dataset);
    } else {
        const unsigned char flags[4] = {FG_NOT_COMPUTED, FG_REGULAR, FG_RECOMPUTED, FG_UNDEFINED};
        fg_h5_put_attribute(&layout->builder, dataset, "flag_values", H5T_STD_U8LE,
                            H5Screate_simple(1, &meanings, NULL), flags);
        fg_h5_put_text_attribute(&layout->builder, dataset, "flag_meanings", FG_FLAG_MEANINGS);
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
    hid_t dataset = layout->output->packing
                        ? put_packed_field(layout, name, shape, type, fill)
                        : fg_h5_put_array(&layout->builder, layout->builder.file, name, 2, shape, type, fill);
    if (!layout->builder.failed) {
        fg_h5_check(&layout->builder, H5DSattach_scale(dataset, phi, 0), name);
        fg_h5_check(&layout->builder, H5DSattach_scale(dataset, r, 1), name);
    }
    put_field_attributes(layout, dataset, field, data);
    if (!layout->output->packing)
        return fg_h5_close_array(&layout->builder, dataset, name);
    fg_h5_check(&layout->builder, dataset < 0 ? 0 : H5Dclose(dataset), name);
    return 0;
}

/* --- groups --- */

/* The NXdata group of a data set: short names for its fields, and what a viewer shall plot. */
static void put_nxdata(struct layout *layout, hid_t entry, const char *data)
{
    const char *const axes[] = {"phi", "r"};
    const char *names[FG_N_FIELDS];
    size_t n = 0;
    char title[200];
    hid_t group = fg_h5_put_group(&layout->builder, entry, data, "NXdata");
    fg_h5_put_link(&layout->builder, group, "phi", "/phi");
    fg_h5_put_link(&layout->builder, group, "r", "/r");
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (!(layout->output->setup->fields & 1u << f))
            continue;
        char target[200];
        names[n] = fg_field_info[f].name;
        snprintf(target, sizeof target, "/%s_%s", names[n], data);
        fg_h5_put_link(&layout->builder, group, names[n++], target);
    }
    snprintf(title, sizeof title, "Data set %s", data);
    fg_h5_put_text_attribute(&layout->builder, group, "title", title);
    fg_h5_put_text_attribute(&layout->builder, group, "signal", names[0]);
    fg_h5_put_list_attribute(&layout->builder, group, "axes", axes, 2);
    fg_h5_put_list_attribute(&layout->builder, group, "auxiliary_signals", names + 1, n - 1);
    fg_h5_close_group(&layout->builder, group);
}

/* Room for the samples of a data set. */
static void put_samples(struct layout *layout, hid_t entry, const struct fg_setup_data *data,
                        struct fg_layout_data *at)
{
    char name[FG_NAME_MAX + 16];
    snprintf(name, sizeof name, LAYOUT_SAMPLES "%s", data->name);
    hid_t group = fg_h5_put_group(&layout->builder, entry, name, "NXcollection");
    hid_t sample = fg_h5_put_scale(&layout->builder, group, "sample", data->n, H5T_STD_I64LE, "1");
    fg_h5_put_text_attribute(&layout->builder, sample, "long_name", "number of the sample");
    at->x0 = fg_h5_put_column(&layout->builder, group, "x0", "first input", data->n, H5T_IEEE_F64LE, sample);
    at->x1 = fg_h5_put_column(&layout->builder, group, "x1", "second input", data->n, H5T_IEEE_F64LE, sample);
    at->y =
        fg_h5_put_column(&layout->builder, group, "y", "label; p(y=0|x) = z", data->n, H5T_STD_U8LE, sample);
    at->sample = fg_h5_close_array(&layout->builder, sample, name);
    fg_h5_close_group(&layout->builder, group);
}

/* Room for the marks of finished tiles. */
static void put_tiles(struct layout *layout, hid_t entry, const char *data, struct fg_layout_data *at)
{
    char name[FG_NAME_MAX + 16];
    hsize_t n = layout->output->setup->grid.tiling.n;
    snprintf(name, sizeof name, LAYOUT_TILES "%s", data);
    hid_t group = fg_h5_put_group(&layout->builder, entry, name, "NXcollection");
    hid_t tile = fg_h5_put_scale(&layout->builder, group, "tile", n, H5T_STD_I64LE, "1");
    fg_h5_put_text_attribute(&layout->builder, tile, "long_name",
                             "number of the tile, in order of the fields' values");
    for (int w = 0; w < MARK_WORDS; w++)
        at->mark[w] =
            fg_h5_put_column(&layout->builder, group, fg_tile_mark_info[w].name, fg_tile_mark_info[w].meaning,
                             n, w == MARK_LEAST_LOSS ? H5T_IEEE_F64LE : H5T_STD_U64LE, tile);
    at->tile = fg_h5_close_array(&layout->builder, tile, name);
    fg_h5_close_group(&layout->builder, group);
}

static void put_setup_value(struct layout *layout, hid_t group, const struct fg_setup_value *value)
{
    const char *name = value->name, *meaning = value->meaning;
    switch (value->type) {
    case FG_SETUP_COUNT:
        fg_h5_put_scalar(&layout->builder, group, name, H5T_STD_I64LE, H5T_NATIVE_UINT64, &value->number,
                         meaning);
        break;
    case FG_SETUP_BITS:
        fg_h5_put_scalar(&layout->builder, group, name, H5T_STD_U64LE, H5T_NATIVE_UINT64, &value->number,
                         meaning);
        break;
    case FG_SETUP_REAL:
        fg_h5_put_scalar(&layout->builder, group, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value->real,
                         meaning);
        break;
    case FG_SETUP_TEXT:
        fg_h5_put_text(&layout->builder, group, name, value->text, meaning);
        break;
    }
}

static void put_setup(struct layout *layout, hid_t entry, struct fg_layout_map *map)
{
    const struct fg_setup *setup = layout->output->setup;
    struct fg_setup_value value;
    hid_t group = fg_h5_put_group(&layout->builder, entry, "setup", "NXcollection");
    for (size_t k = 0; k < fg_setup_size(setup); k++) {
        fg_setup_get(setup, k, &value);
        put_setup_value(layout, group, &value);
    }
    hid_t hash = fg_h5_put_array(&layout->builder, group, LAYOUT_HASH, 0, NULL, H5T_STD_U64LE, NULL);
    fg_h5_put_text_attribute(&layout->builder, hash, "long_name",
                             "XXH3 of the setup and of the places of all arrays");
    map->layout_hash = fg_h5_close_array(&layout->builder, hash, LAYOUT_HASH);
    fg_h5_close_group(&layout->builder, group);
}

/* Nothing but texts and numbers of the run: where arrays are depends on the setup alone. */
static void put_provenance(struct layout *layout, hid_t entry)
{
    const struct fg_run *run = &layout->output->run;
    unsigned major, minor, release;
    char hdf5_version[32];
    H5get_libversion(&major, &minor, &release);
    snprintf(hdf5_version, sizeof hdf5_version, "%u.%u.%u", major, minor, release);

    hid_t group = fg_h5_put_group(&layout->builder, entry, "provenance", "NXprocess");
    fg_h5_put_text(&layout->builder, group, "program", "fishergrid", NULL);
    fg_h5_put_text(&layout->builder, group, "version", run->version, NULL);
    fg_h5_put_text(&layout->builder, group, "date", run->start_time, NULL);
    fg_h5_put_blanks(&layout->builder, group, "summary_json", FG_SUMMARY_MAX(layout->output->setup->n_data));
    hid_t parameters = fg_h5_put_group(&layout->builder, group, "parameters", "NXparameters");
    fg_h5_put_text(&layout->builder, parameters, "command_line", run->command_line, NULL);
    fg_h5_put_text(&layout->builder, parameters, "config_json", run->config_json, NULL);
    fg_h5_put_text(&layout->builder, parameters, "git_revision", run->git_revision, NULL);
    fg_h5_put_text(&layout->builder, parameters, "compiler", run->compiler, NULL);
    fg_h5_put_text(&layout->builder, parameters, "compiler_flags", run->compiler_flags, NULL);
    fg_h5_put_text(&layout->builder, parameters, "hdf5_version", hdf5_version, NULL);
    fg_h5_put_text(&layout->builder, parameters, "host", run->host, NULL);
    fg_h5_put_number(&layout->builder, parameters, "threads", run->threads);
    fg_h5_put_number(&layout->builder, parameters, "processes", run->processes);
    fg_h5_close_group(&layout->builder, parameters);
    fg_h5_close_group(&layout->builder, group);
}

static void put_root_attributes(struct layout *layout)
{
    const int32_t complete = 0, version = FG_FORMAT_VERSION;
    fg_h5_put_text_attribute(&layout->builder, layout->builder.file, "NX_class", "NXroot");
    fg_h5_put_text_attribute(&layout->builder, layout->builder.file, "default", "entry");
    fg_h5_put_text_attribute(&layout->builder, layout->builder.file, "Conventions", "CF-1.11");
    fg_h5_put_text_attribute(
        &layout->builder, layout->builder.file, "title",
        "Loss, Fisher information and natural gradient of a two-weight network over (phi, r)");
    fg_h5_put_text_attribute(&layout->builder, layout->builder.file, "creator", "fishergrid");
    if (layout->builder.failed)
        return;
    fg_h5_put_attribute(&layout->builder, layout->builder.file, LAYOUT_VERSION, H5T_STD_I32LE,
                        H5Screate(H5S_SCALAR), &version);
    fg_h5_put_attribute(&layout->builder, layout->builder.file, LAYOUT_COMPLETE, H5T_STD_I32LE,
                        H5Screate(H5S_SCALAR), &complete);
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
    fg_h5_put_text_attribute(&layout->builder, layout->builder.file, "source", run->program);
    fg_h5_put_text_attribute(&layout->builder, layout->builder.file, "history", history);
    fg_h5_put_text_attribute(&layout->builder, layout->builder.file, "creator_version", run->version);
}

static void put_entry(struct layout *layout, struct fg_layout_map *map)
{
    const struct fg_setup *setup = layout->output->setup;
    const char *start_time = layout->output->run.start_time;
    hid_t entry = fg_h5_put_group(&layout->builder, layout->builder.file, "entry", "NXentry");
    fg_h5_put_text_attribute(&layout->builder, entry, "default", setup->data[0].name);
    fg_h5_put_text(&layout->builder, entry, "title", "Sweep of (phi, r)", NULL);
    fg_h5_put_text(&layout->builder, entry, "start_time", start_time, NULL);
    fg_h5_put_blanks(&layout->builder, entry, "end_time", strlen(start_time));
    fg_h5_put_text(&layout->builder, entry, "program_name", "fishergrid", NULL);
    for (size_t s = 0; s < setup->n_data; s++)
        put_nxdata(layout, entry, setup->data[s].name);
    for (size_t s = 0; s < setup->n_data; s++)
        put_samples(layout, entry, &setup->data[s], &map->data[s]);
    for (size_t s = 0; s < setup->n_data; s++)
        put_tiles(layout, entry, setup->data[s].name, &map->data[s]);
    put_setup(layout, entry, map);
    put_provenance(layout, entry);
    fg_h5_close_group(&layout->builder, entry);
}

enum fg_status fg_layout_create(const char *path, const struct fg_output *output, struct fg_layout_map *map,
                                struct fg_error *error)
{
    fg_h5_quiet();
    const struct fg_setup *setup = output->setup;
    struct layout layout = {.output = output};
    fg_h5_create_file(&layout.builder, path);
    put_root_attributes(&layout);
    hid_t phi = fg_h5_put_scale(&layout.builder, layout.builder.file, "phi", setup->grid.phi.n,
                                H5T_IEEE_F64LE, "rad");
    hid_t r =
        fg_h5_put_scale(&layout.builder, layout.builder.file, "r", setup->grid.r.n, H5T_IEEE_F64LE, "1");
    for (size_t s = 0; s < setup->n_data; s++) {
        for (int f = 0; f < FG_N_FIELDS; f++) {
            if (setup->fields & 1u << f)
                map->data[s].field[f] = put_field(&layout, (enum fg_field)f, setup->data[s].name, phi, r);
        }
    }
    map->phi = fg_h5_close_array(&layout.builder, phi, "phi");
    map->r = fg_h5_close_array(&layout.builder, r, "r");
    put_entry(&layout, map);
    put_run_attributes(&layout);
    fg_h5_check(&layout.builder, layout.builder.file < 0 ? 0 : H5Fclose(layout.builder.file), "closing");
    if (layout.builder.failed)
        return fg_fail(error, FG_FAILED, "%s: laying out the file, at %s: %s", path, layout.builder.at,
                       layout.builder.cause);
    return FG_OK;
}
