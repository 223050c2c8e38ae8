#include "describe.h"

#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "h5.h"

const struct fg_sandbox_limits fg_describe_limits = {.bytes = (size_t)256 << 20, .cpu_seconds = 10};

/* The file that is being described. */
struct reader {
    hid_t file;
    struct fg_description *to;
    struct fg_error *error;
};

static enum fg_status refuse_file(const struct reader *reader, const char *name, const char *why)
{
    return fg_fail(reader->error, FG_BAD_INPUT, "%s: not a file of fishergrid, or damaged: %s %s",
                   reader->to->path, name, why);
}

/* --- links --- */

enum {
    PATH_BYTES = 300
}; /* more than any path has that is asked for: four names, one of FG_NAME_MAX bytes */

/* Whether each part of the path is a hard link. */
static bool has_hard_links(hid_t file, const char *path)
{
    char part[PATH_BYTES];
    for (const char *end = path + 1; end; end = *end ? end + 1 : NULL) {
        H5L_info_t link;
        end += strcspn(end, "/");
        snprintf(part, sizeof part, "%.*s", (int)(end - path), path);
        if (H5Lexists(file, part, H5P_DEFAULT) <= 0 || H5Lget_info(file, part, &link, H5P_DEFAULT) < 0 ||
            link.type != H5L_TYPE_HARD)
            return false;
    }
    return true;
}

/* --- datasets --- */

/* A dataset as the file must have it. */
struct wanted {
    const char *path; /* "/entry/samples_A/x0" */
    hid_t type;       /* H5T_C_S1: a text */
    int rank;
    hsize_t shape[2];
};

static bool has_type(hid_t dataset, hid_t type)
{
    hid_t found = H5Dget_type(dataset);
    bool same =
        found >= 0 && (type == H5T_C_S1 ? H5Tget_class(found) == H5T_STRING : H5Tequal(found, type) > 0);
    if (found >= 0)
        H5Tclose(found);
    return same;
}

static bool has_shape(hid_t dataset, const struct wanted *wanted)
{
    hsize_t found[2] = {0, 0};
    hid_t space = H5Dget_space(dataset);
    bool same = space >= 0 && H5Sget_simple_extent_type(space) == (wanted->rank ? H5S_SIMPLE : H5S_SCALAR) &&
                H5Sget_simple_extent_ndims(space) == wanted->rank &&
                (wanted->rank == 0 || H5Sget_simple_extent_dims(space, found, NULL) == wanted->rank);
    for (int d = 0; d < wanted->rank; d++)
        same = same && found[d] == wanted->shape[d];
    if (space >= 0)
        H5Sclose(space);
    return same;
}

/* The number of values, if so many bytes have room for them; else 0. */
static uint64_t number_that_fits(const struct wanted *wanted, uint64_t room)
{
    const uint64_t bytes = H5Tget_size(wanted->type);
    uint64_t n = 1;
    for (int d = 0; d < wanted->rank && n > 0; d++)
        n = wanted->shape[d] <= room / bytes / n ? n * wanted->shape[d] : 0;
    return n <= room / bytes ? n : 0;
}

/* Opens a dataset; FG_BAD_INPUT where it is not as it must be. Close with H5Dclose. */
static enum fg_status open_dataset(const struct reader *reader, const struct wanted *wanted, hid_t *dataset)
{
    const char *fault = NULL;
    if (!has_hard_links(reader->file, wanted->path))
        return refuse_file(reader, wanted->path, "is missing, or only a link");
    *dataset = H5Dopen2(reader->file, wanted->path, H5P_DEFAULT);
    if (*dataset < 0 || !has_type(*dataset, wanted->type))
        fault = "has another type than it must have";
    else if (fg_h5_storage(*dataset) == H5D_LAYOUT_ERROR)
        fault = "has its values in another file";
    else if (!has_shape(*dataset, wanted))
        fault = "has another shape than it must have";
    if (!fault)
        return FG_OK;
    H5Dclose(*dataset);
    return refuse_file(reader, wanted->path, fault);
}

/* Copies values that do not lie in the file as they are: another tool packed them. */
static enum fg_status copy_values(const struct reader *reader, const struct wanted *wanted, hid_t dataset,
                                  uint64_t *offset)
{
    struct fg_description *to = reader->to;
    const uint64_t n = number_that_fits(wanted, sizeof to->copied - to->copied_bytes);
    if (n == 0)
        return refuse_file(reader, wanted->path,
                           "is too large as it is stored; 'h5repack -f NONE -l CONTI' unpacks it");
    if (H5Dread(dataset, wanted->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to->copied + to->copied_bytes) < 0)
        return refuse_file(reader, wanted->path, "cannot be unpacked");
    *offset = to->bytes + to->copied_bytes;
    to->copied_bytes += n * H5Tget_size(wanted->type);
    return FG_OK;
}

/* Finds where the values of an open dataset are, see struct fg_description. */
static enum fg_status locate_values(const struct reader *reader, const struct wanted *wanted, hid_t dataset,
                                    uint64_t *offset)
{
    const haddr_t address = H5Dget_offset(dataset), end = reader->to->bytes;
    if (fg_h5_storage(dataset) != H5D_CONTIGUOUS)
        return copy_values(reader, wanted, dataset, offset);
    if (address == HADDR_UNDEF || address > end || number_that_fits(wanted, end - address) == 0)
        return refuse_file(reader, wanted->path, "reaches beyond the end of the file");
    *offset = address;
    return FG_OK;
}

static enum fg_status locate_dataset(const struct reader *reader, const struct wanted *wanted,
                                     uint64_t *offset)
{
    hid_t dataset = H5I_INVALID_HID;
    enum fg_status status = open_dataset(reader, wanted, &dataset);
    if (status != FG_OK)
        return status;
    status = locate_values(reader, wanted, dataset, offset);
    H5Dclose(dataset);
    return status;
}

/* Reads a string of less than `size` bytes, with the type that it has: of fixed length, as fishergrid writes
 * it, or of variable length, as a copy by netCDF has it. */
static bool read_string(hid_t dataset, hid_t type, char *text, size_t size)
{
    char *found = NULL;
    if (H5Tis_variable_str(type) <= 0) {
        memset(text, 0, size);
        return H5Tget_size(type) <= size && /* with a terminating 0, which FG_SETUP_TEXT_MAX counts, too */
               H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0 && text[size - 1] == '\0';
    }
    const bool read =
        H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &found) >= 0 && found && strlen(found) < size;
    if (read)
        strcpy(text, found);
    H5free_memory(found);
    return read;
}

/* Reads a single value: a number, or a text of less than `size` bytes. */
static enum fg_status read_value(const struct reader *reader, const char *path, hid_t type, void *value,
                                 size_t size)
{
    hid_t dataset;
    const struct wanted wanted = {path, type, 0, {0}};
    enum fg_status status = open_dataset(reader, &wanted, &dataset);
    if (status != FG_OK)
        return status;
    const bool is_text = type == H5T_C_S1;
    hid_t stored = H5Dget_type(dataset);
    const bool read = is_text ? read_string(dataset, stored, value, size)
                              : H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0;
    H5Tclose(stored);
    H5Dclose(dataset);
    return read ? FG_OK : refuse_file(reader, path, is_text ? "is no text, or too long" : "cannot be read");
}

/* Whether there is an attribute of that name; `*read`: it is one value of this type, and now in `value`. (A
 * copy by netCDF has arrays of one value for scalars.) */
static bool read_attribute(hid_t object, const char *name, hid_t type, void *value, bool *read)
{
    hid_t attribute = H5Aexists(object, name) > 0 ? H5Aopen(object, name, H5P_DEFAULT) : H5I_INVALID_HID;
    *read = false;
    if (attribute < 0)
        return false;
    hid_t space = H5Aget_space(attribute), stored = H5Aget_type(attribute);
    *read = H5Tequal(stored, type) > 0 && H5Sget_simple_extent_npoints(space) == 1 &&
            H5Aread(attribute, type, value) >= 0;
    H5Tclose(stored);
    H5Sclose(space);
    H5Aclose(attribute);
    return true;
}

/* --- the setup --- */

static enum fg_status read_setup_value(const struct reader *reader, size_t k)
{
    struct fg_setup *setup = &reader->to->found.setup;
    struct fg_setup_value value;
    struct fg_error cause;
    char path[FG_SETUP_NAME_MAX + 32];
    fg_setup_get(setup, k, &value);
    snprintf(path, sizeof path, LAYOUT_SETUP "/%s", value.name);
    void *to = value.type == FG_SETUP_TEXT   ? (void *)value.text
               : value.type == FG_SETUP_REAL ? (void *)&value.real
                                             : &value.number;
    enum fg_status status = read_value(reader, path, fg_layout_setup_type(value.type), to, sizeof value.text);
    if (status == FG_OK && fg_setup_set(setup, k, &value, &cause) != FG_OK)
        return refuse_file(reader, LAYOUT_SETUP, cause.text);
    return status;
}

static enum fg_status read_setup(const struct reader *reader)
{
    struct fg_setup *setup = &reader->to->found.setup;
    struct fg_error cause;
    enum fg_status status = FG_OK;
    for (size_t k = 0; k < fg_setup_size(setup) && status == FG_OK; k++) /* grows by the names of data sets */
        status = read_setup_value(reader, k);
    if (status != FG_OK)
        return status;
    const size_t tile_cells = setup->tile_cells;
    status = fg_setup_cut(setup, &cause);
    if (status == FG_OK && setup->tile_cells != tile_cells)
        status = fg_fail(&cause, FG_BAD_INPUT, "tile_cells: no tile of this grid has %zu cells", tile_cells);
    return status == FG_OK ? FG_OK : refuse_file(reader, LAYOUT_SETUP, cause.text);
}

/* --- data sets --- */

/* What rounding a field did, if it says so. A number of bits that no packing keeps counts as one that it
 * does: it is wrong, and not none. */
static enum fg_status read_rounding(const struct reader *reader, const char *path, hid_t dataset,
                                    double *relative_error)
{
    struct fg_result *found = &reader->to->found;
    bool read;
    int bits = 0;
    if (read_attribute(dataset, LAYOUT_KEPT_BITS, H5T_NATIVE_INT, &bits, &read) && found->kept_bits == 0)
        found->kept_bits = read && 1 <= bits && bits <= 51 ? bits : 1;
    read_attribute(dataset, LAYOUT_RELATIVE_ERROR, H5T_NATIVE_DOUBLE, relative_error, &read);
    if (!read)
        *relative_error = 0;
    return *relative_error >= 0 && *relative_error < INFINITY
               ? FG_OK
               : refuse_file(reader, path, "has an error that rounding does not make");
}

/* A field may be in chunks, and its real numbers may have 32 bits: then it must be unpacked. */
static enum fg_status read_field(const struct reader *reader, size_t s, enum fg_field field)
{
    const struct fg_setup *setup = &reader->to->found.setup;
    struct fg_result_data *data = &reader->to->found.data[s];
    struct fg_result *found = &reader->to->found;
    char path[1 + FG_FIELD_NAME_MAX] = "/";
    struct wanted wanted = {path, H5T_STD_U8LE, 2, {setup->grid.phi.n, setup->grid.r.n}};
    hid_t dataset;
    fg_field_name(field, setup->data[s].name, path + 1);
    if (H5Lexists(reader->file, path, H5P_DEFAULT) <= 0)
        return FG_OK;
    data->fields |= 1u << field;
    bool is_narrow = false;
    if (field < FG_N_REAL_FIELDS) {
        const struct reader quiet = {reader->file, reader->to, NULL};
        wanted.type = H5T_IEEE_F32LE;
        is_narrow = open_dataset(&quiet, &wanted, &dataset) == FG_OK;
        wanted.type = is_narrow ? H5T_IEEE_F32LE : H5T_IEEE_F64LE;
    }
    enum fg_status status = is_narrow ? FG_OK : open_dataset(reader, &wanted, &dataset);
    if (status != FG_OK)
        return status;
    const bool packed = is_narrow || fg_h5_storage(dataset) == H5D_CHUNKED;
    found->packed |= packed;
    found->float32 |= is_narrow;
    status = read_rounding(reader, path, dataset, &data->relative_error[field]);
    if (status == FG_OK && !packed)
        status = locate_values(reader, &wanted, dataset, &reader->to->map.data[s].field[field]);
    H5Dclose(dataset);
    return status;
}

static enum fg_status read_column(const struct reader *reader, size_t s, int c)
{
    const struct fg_setup *setup = &reader->to->found.setup;
    char path[PATH_BYTES];
    const int rank = fg_layout_is_single(c) ? 0 : 1;
    const struct wanted wanted = {path, fg_layout_column_type(c), rank, {fg_layout_rows(setup, s, c)}};
    snprintf(path, sizeof path, "/entry/%s%s/%s", fg_layout_column[c].table, setup->data[s].name,
             fg_layout_column[c].name);
    return locate_dataset(reader, &wanted, &reader->to->map.data[s].column[c]);
}

static enum fg_status read_data(const struct reader *reader, size_t s)
{
    enum fg_status status = FG_OK;
    for (int f = 0; f < FG_N_FIELDS && status == FG_OK; f++)
        status = read_field(reader, s, (enum fg_field)f);
    if (status == FG_OK && reader->to->found.data[s].fields == 0)
        return refuse_file(reader, reader->to->found.setup.data[s].name, "has no fields");
    for (int c = 0; c < LAYOUT_COLUMNS && status == FG_OK; c++)
        status = read_column(reader, s, c);
    return status;
}

/* --- everything --- */

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

/* Before anything else is looked at, since it may be another thing in another version. */
static enum fg_status check_version(const struct reader *reader)
{
    const int version = read_root_number(reader->file, LAYOUT_VERSION);
    if (version > FG_FORMAT_VERSION)
        return fg_fail(reader->error, FG_BAD_INPUT,
                       "%s has the format version %d, and this program reads up to %d; a newer fishergrid "
                       "reads it",
                       reader->to->path, version, FG_FORMAT_VERSION);
    return version >= 1 ? FG_OK
                        : fg_fail(reader->error, FG_BAD_INPUT,
                                  "%s: an HDF5 file, but not one that fishergrid made%s", reader->to->path,
                                  has_hard_links(reader->file, LAYOUT_SETUP)
                                      ? ", or a copy without the attributes of the root (h5copy)"
                                      : "");
}

/* What the run tells of itself. What is missing is missing: nothing else follows from it. */
static void read_run(const struct reader *reader)
{
    struct fg_result *found = &reader->to->found;
    const struct reader quiet = {reader->file, reader->to, NULL};
    found->has_threads =
        read_value(&quiet, LAYOUT_PARAMETERS "/threads", H5T_STD_U64LE, &found->threads, 8) == FG_OK;
    read_value(&quiet, LAYOUT_PARAMETERS "/processes", H5T_STD_U64LE, &found->processes, 8);
    for (int t = 0; t < FG_N_TEXTS; t++)
        reader->to->has_text[t] = read_value(&quiet, fg_layout_text[t], H5T_C_S1, reader->to->text[t],
                                             sizeof reader->to->text[t]) == FG_OK;
}

static enum fg_status describe_file(const struct reader *reader)
{
    struct fg_result *found = &reader->to->found;
    struct fg_layout_map *map = &reader->to->map;
    enum fg_status status = check_version(reader);
    if (status == FG_OK)
        status = read_setup(reader);
    if (status != FG_OK)
        return status;
    const struct {
        struct wanted wanted;
        uint64_t *offset;
    } arrays[] = {
        {{LAYOUT_SETUP "/" LAYOUT_HASH, H5T_STD_U64LE, 0, {0}}, &map->layout_hash},
        {{"/entry/" LAYOUT_METADATA_HASH, H5T_STD_U64LE, 0, {0}}, &map->metadata_hash},
        {{"/phi", H5T_IEEE_F64LE, 1, {found->setup.grid.phi.n}}, &map->phi},
        {{"/r", H5T_IEEE_F64LE, 1, {found->setup.grid.r.n}}, &map->r},
    };
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays && status == FG_OK; a++)
        status = locate_dataset(reader, &arrays[a].wanted, arrays[a].offset);
    for (size_t s = 0; s < found->setup.n_data && status == FG_OK; s++)
        status = read_data(reader, s);
    if (status != FG_OK)
        return status;
    read_run(reader);
    found->complete = read_root_number(reader->file, LAYOUT_COMPLETE) == 1;
    return FG_OK;
}

enum fg_status fg_describe(void *description, struct fg_error *error)
{
    struct fg_description *to = description;
    char cause[H5_CAUSE_MAX];
    hid_t file = fg_h5_open_for_reading(to->path, cause);
    if (file < 0)
        return fg_fail(error, FG_BAD_INPUT, "%s: not an HDF5 file, or damaged: %s", to->path, cause);
    const struct reader reader = {file, to, error};
    enum fg_status status = describe_file(&reader);
    H5Fclose(file);
    return status;
}
