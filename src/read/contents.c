/* Looks for what a result file has, and describes it. Only hard links are followed, so that neither loops nor
 * other files are in the way; of the values HDF5 reads none but the mark of completeness. */
#include "contents.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>

#include "h5.h"
#include "layout.h"

static const char *const text_names[FG_N_TEXTS] = {
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

/* --- links --- */

static bool has_link(hid_t group, const char *name)
{
    return group >= 0 && H5Lexists(group, name, H5P_DEFAULT) > 0;
}

static bool has_hard_link(hid_t group, const char *name)
{
    H5L_info_t link;
    return has_link(group, name) && H5Lget_info(group, name, &link, H5P_DEFAULT) >= 0 &&
           link.type == H5L_TYPE_HARD;
}

/* Negative where there is none; close with close_group. */
static hid_t open_group(hid_t parent, const char *name)
{
    return has_hard_link(parent, name) ? H5Gopen2(parent, name, H5P_DEFAULT) : H5I_INVALID_HID;
}

static void close_group(hid_t group)
{
    if (group >= 0)
        H5Gclose(group);
}

/* Whether `name` is a soft link to /`target`. */
static bool has_soft_link(hid_t group, const char *name, const char *target)
{
    H5L_info_t link;
    char found[200] = "";
    return has_link(group, name) && H5Lget_info(group, name, &link, H5P_DEFAULT) >= 0 &&
           link.type == H5L_TYPE_SOFT && link.u.val_size <= sizeof found &&
           H5Lget_val(group, name, found, sizeof found, H5P_DEFAULT) >= 0 && found[0] == '/' &&
           strncmp(found + 1, target, sizeof found - 1) == 0;
}

/* --- datasets --- */

static bool has_type(hid_t dataset, hid_t type)
{
    hid_t found = H5Dget_type(dataset);
    bool same = found >= 0 && (type == H5T_C_S1 ? H5Tis_variable_str(found) > 0 : H5Tequal(found, type) > 0);
    if (found >= 0)
        H5Tclose(found);
    return same;
}

static bool get_shape(hid_t dataset, int rank, uint64_t shape[2])
{
    hsize_t found[2] = {1, 1};
    hid_t space = H5Dget_space(dataset);
    bool right = space >= 0 && H5Sget_simple_extent_type(space) == (rank ? H5S_SIMPLE : H5S_SCALAR) &&
                 H5Sget_simple_extent_ndims(space) == rank &&
                 (rank == 0 || H5Sget_simple_extent_dims(space, found, NULL) == rank);
    if (space >= 0)
        H5Sclose(space);
    shape[0] = found[0];
    shape[1] = found[1];
    return right;
}

/* How the values are kept, without looking for them: a virtual dataset would open its sources. */
static enum fg_array_state get_state(hid_t dataset)
{
    hid_t properties = H5Dget_create_plist(dataset);
    if (properties < 0)
        return ARRAY_STRANGE;
    const H5D_layout_t layout = H5Pget_layout(properties);
    const bool elsewhere = H5Pget_external_count(properties) != 0;
    const bool filtered = H5Pget_nfilters(properties) != 0;
    H5Pclose(properties);
    if (layout == H5D_CONTIGUOUS && !elsewhere && !filtered)
        return ARRAY_PLAIN;
    return layout == H5D_CHUNKED ? ARRAY_PACKED : ARRAY_STRANGE;
}

/* `type`: H5T_C_S1 stands for texts of variable length. */
static void describe_open(hid_t dataset, hid_t type, int rank, struct fg_contents_array *array)
{
    enum fg_array_state state = get_state(dataset);
    if (state == ARRAY_STRANGE || !has_type(dataset, type) || !get_shape(dataset, rank, array->shape))
        return;
    haddr_t offset = state == ARRAY_PLAIN ? H5Dget_offset(dataset) : 0;
    if (offset == HADDR_UNDEF)
        return;
    array->offset = offset;
    array->state = state;
}

static void describe(hid_t group, const char *name, hid_t type, int rank, struct fg_contents_array *array)
{
    *array = (struct fg_contents_array){.state = has_link(group, name) ? ARRAY_STRANGE : ARRAY_MISSING};
    hid_t dataset = has_hard_link(group, name) ? H5Dopen2(group, name, H5P_DEFAULT) : H5I_INVALID_HID;
    if (dataset < 0)
        return;
    describe_open(dataset, type, rank, array);
    H5Dclose(dataset);
}

/* --- fields --- */

/* Whether there is an attribute of that name; `*read`: it is a single value of this type, and now in `value`.
 */
static bool read_attribute(hid_t object, const char *name, hid_t type, void *value, bool *read)
{
    hid_t attribute = H5Aexists(object, name) > 0 ? H5Aopen(object, name, H5P_DEFAULT) : H5I_INVALID_HID;
    *read = false;
    if (attribute < 0)
        return false;
    hid_t space = H5Aget_space(attribute), stored = H5Aget_type(attribute);
    *read = H5Tequal(stored, type) > 0 && H5Sget_simple_extent_type(space) == H5S_SCALAR &&
            H5Aread(attribute, type, value) >= 0;
    H5Tclose(stored);
    H5Sclose(space);
    H5Aclose(attribute);
    return true;
}

/* What rounding a field did, if it says so. A number of bits that no packing keeps counts as one that it
 * does: it is wrong, and not none. */
static void read_rounding(hid_t dataset, struct fg_contents_array *array)
{
    bool read;
    int bits = 0;
    if (read_attribute(dataset, LAYOUT_RELATIVE_ERROR, H5T_NATIVE_DOUBLE, &array->relative_error, &read))
        array->rounded = read;
    if (read_attribute(dataset, LAYOUT_KEPT_BITS, H5T_NATIVE_INT, &bits, &read))
        array->kept_bits = read && 1 <= bits && bits <= 51 ? (unsigned char)bits : 1;
}

/* Packed ones may be of 32 bits. */
static void describe_field(hid_t file, const char *name, bool is_real, struct fg_contents_array *array)
{
    describe(file, name, is_real ? H5T_IEEE_F64LE : H5T_STD_U8LE, 2, array);
    if (array->state == ARRAY_STRANGE && is_real) {
        describe(file, name, H5T_IEEE_F32LE, 2, array);
        array->float32 = 1;
        if (array->state != ARRAY_PACKED)
            array->state = ARRAY_STRANGE;
    }
    hid_t dataset = array->state == ARRAY_PACKED ? H5Dopen2(file, name, H5P_DEFAULT) : H5I_INVALID_HID;
    if (dataset < 0)
        return;
    read_rounding(dataset, array);
    H5Dclose(dataset);
}

/* --- groups --- */

/* Texts of the group called `path`. */
static void read_texts(hid_t group, const char *path, struct fg_contents *contents)
{
    size_t length = strlen(path);
    for (int t = 0; t < FG_N_TEXTS; t++) {
        const char *name = text_names[t] + length + 1;
        if (strncmp(text_names[t], path, length) == 0 && !strchr(name, '/'))
            describe(group, name, H5T_C_S1, 0, &contents->text[t]);
    }
}

static void read_fields(hid_t file, hid_t entry, struct fg_contents_data *data)
{
    hid_t group = open_group(entry, data->name);
    data->short_names = has_soft_link(group, "phi", "phi") && has_soft_link(group, "r", "r");
    for (int f = 0; f < FG_N_FIELDS; f++) {
        char name[FG_FIELD_NAME_MAX];
        fg_field_name((enum fg_field)f, data->name, name);
        describe_field(file, name, f < FG_N_REAL_FIELDS, &data->field[f]);
        if (data->field[f].state == ARRAY_MISSING)
            data->short_names &= !has_link(group, fg_field_info[f].name);
        else
            data->short_names &= has_soft_link(group, fg_field_info[f].name, name);
    }
    close_group(group);
}

static void read_samples(hid_t entry, struct fg_contents_data *data)
{
    char name[FG_NAME_MAX + 16];
    snprintf(name, sizeof name, LAYOUT_SAMPLES "%s", data->name);
    hid_t group = open_group(entry, name);
    describe(group, "sample", H5T_STD_I64LE, 1, &data->sample);
    describe(group, "x0", H5T_IEEE_F64LE, 1, &data->x0);
    describe(group, "x1", H5T_IEEE_F64LE, 1, &data->x1);
    describe(group, "y", H5T_STD_U8LE, 1, &data->y);
    close_group(group);
}

static void read_tiles(hid_t entry, struct fg_contents_data *data)
{
    char name[FG_NAME_MAX + 16];
    snprintf(name, sizeof name, LAYOUT_TILES "%s", data->name);
    hid_t group = open_group(entry, name);
    describe(group, "tile", H5T_STD_I64LE, 1, &data->tile);
    for (int w = 0; w < MARK_WORDS; w++)
        describe(group, fg_tile_mark_info[w].name, w == MARK_LEAST_LOSS ? H5T_IEEE_F64LE : H5T_STD_U64LE, 1,
                 &data->mark[w]);
    close_group(group);
}

/* How a scalar of the setup is stored. */
static hid_t type_of_setup(enum fg_setup_type type)
{
    return type == FG_SETUP_COUNT  ? H5T_STD_I64LE
           : type == FG_SETUP_BITS ? H5T_STD_U64LE
           : type == FG_SETUP_REAL ? H5T_IEEE_F64LE
                                   : H5T_C_S1;
}

/* The scalars of the setup; those of a data set bear its name. */
static void read_setup(hid_t entry, struct fg_contents *contents)
{
    struct fg_setup names = {.n_data = contents->n_data};
    struct fg_setup_value value;
    hid_t group = open_group(entry, "setup");
    for (size_t s = 0; s < contents->n_data; s++)
        strcpy(names.data[s].name, contents->data[s].name);
    for (size_t k = 0; k < fg_setup_size(&names); k++) {
        const size_t of_data = k < FG_SETUP_FIXED ? 0 : k - FG_SETUP_FIXED;
        struct fg_contents_array *array =
            k < FG_SETUP_FIXED
                ? &contents->setup[k]
                : &contents->data[of_data / FG_SETUP_OF_DATA].setup[of_data % FG_SETUP_OF_DATA];
        fg_setup_get(&names, k, &value);
        describe(group, value.name, type_of_setup(value.type), 0, array);
    }
    describe(group, LAYOUT_HASH, H5T_STD_U64LE, 0, &contents->layout_hash);
    close_group(group);
}

/* Called for each member of /entry: data sets are those with a group of samples. Names that no data set may
 * bear are not ours. */
static herr_t note_data_set(hid_t entry, const char *member, const H5L_info_t *link, void *context)
{
    struct fg_contents *contents = context;
    const size_t prefix = strlen(LAYOUT_SAMPLES);
    (void)entry, (void)link;
    if (strncmp(member, LAYOUT_SAMPLES, prefix) != 0 || fg_dataset_check_name(member + prefix, NULL) != FG_OK)
        return 0;
    if (contents->n_data == FG_DATA_MAX)
        return -1;
    strcpy(contents->data[contents->n_data++].name, member + prefix);
    return 0;
}

static bool read_entry(hid_t file, struct fg_contents *contents)
{
    hid_t entry = open_group(file, "entry");
    hsize_t first = 0;
    bool counted =
        entry < 0 || H5Literate(entry, H5_INDEX_CRT_ORDER, H5_ITER_INC, &first, note_data_set, contents) >= 0;
    for (size_t s = 0; s < contents->n_data && counted; s++) {
        read_fields(file, entry, &contents->data[s]);
        read_samples(entry, &contents->data[s]);
        read_tiles(entry, &contents->data[s]);
    }
    hid_t provenance = open_group(entry, "provenance"), parameters = open_group(provenance, "parameters");
    read_setup(entry, contents);
    describe(parameters, "threads", H5T_STD_U64LE, 0, &contents->threads);
    describe(parameters, "processes", H5T_STD_U64LE, 0, &contents->processes);
    read_texts(entry, "/entry", contents);
    read_texts(provenance, LAYOUT_PROVENANCE, contents);
    read_texts(parameters, LAYOUT_PARAMETERS, contents);
    close_group(parameters);
    close_group(provenance);
    close_group(entry);
    return counted;
}

/* A single 32-bit number of the root; 0 where there is none. */
static int read_root_number(hid_t file, const char *name)
{
    int number = 0;
    bool read;
    hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
    if (root < 0)
        return 0;
    read_attribute(root, name, H5T_STD_I32LE, &number, &read);
    H5Gclose(root);
    return read ? number : 0;
}

/* --- everything --- */

/* More than any file of ours has: 64 data sets with 40 objects each, and some links beside; and groups in
 * three groups. Others would keep HDF5 busy for long. */
enum { MOST_LINKS = 64 * 100, DEEPEST = 3 };

static int depth_of(const char *name)
{
    int depth = 0;
    for (; *name; name++)
        depth += *name == '/';
    return depth;
}

/* Called for every link of the file. Opening an object checks the checksums of its header. */
static herr_t open_object(hid_t group, const char *name, const H5L_info_t *link, void *links)
{
    if (++*(int *)links > MOST_LINKS || depth_of(name) > DEEPEST)
        return -1;
    if (link->type != H5L_TYPE_HARD)
        return 0;
    hid_t object = H5Oopen(group, name, H5P_DEFAULT);
    return object < 0 ? -1 : H5Oclose(object);
}

enum fg_status fg_contents_read(void *shared, struct fg_error *error)
{
    struct fg_contents *contents = shared;
    char cause[H5_CAUSE_MAX];
    int links = 0;
    fg_h5_quiet();
    H5PLset_loading_state(0); /* no plugins, whatever filters the file asks for */
    hid_t access = fg_h5_file_access(), file = H5Fopen(contents->path, H5F_ACC_RDONLY, access);
    fg_h5_cause(cause);
    H5Pclose(access);
    if (file < 0)
        return fg_fail(error, FG_BAD_INPUT, "%s: not an HDF5 file, or damaged: %s", contents->path, cause);
    contents->complete = read_root_number(file, LAYOUT_COMPLETE) == 1;
    contents->version = read_root_number(file, LAYOUT_VERSION);
    describe(file, "phi", H5T_IEEE_F64LE, 1, &contents->phi);
    describe(file, "r", H5T_IEEE_F64LE, 1, &contents->r);
    bool counted = read_entry(file, contents);
    contents->readable = H5Lvisit(file, H5_INDEX_NAME, H5_ITER_NATIVE, open_object, &links) >= 0;
    H5Fclose(file);
    return counted ? FG_OK
                   : fg_fail(error, FG_BAD_INPUT,
                             "%s: damaged: the data sets in /entry cannot be listed, or are more than %d",
                             contents->path, FG_DATA_MAX);
}
