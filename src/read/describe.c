#include "open_result.h"

#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "h5.h"
#include "wanted.h"

const struct fg_sandbox_limits fg_describe_limits = {.bytes = (size_t)256 << 20, .cpu_seconds = 10};

/* The file that is being described. */
struct reader {
    hid_t file;
    struct fg_open_result *to;
    struct fg_error *error;
};

/* Returns FG_OK if `fault` is NULL. Otherwise fails: the object `name` has this fault. */
static enum fg_status check(const struct reader *reader, const char *name, const char *fault)
{
    if (!fault)
        return FG_OK;
    return fg_fail(reader->error, FG_BAD_INPUT, "%s: not a file of fishergrid, or damaged: %s %s",
                   reader->to->seen.path, name, fault);
}

/* --- arrays --- */

/* Copies the values of a dataset that is not stored as a plain array, because another tool has packed it.
 * Returns what is wrong with them; NULL: nothing. */
static const char *copy_values(struct fg_open_result *to, const struct fg_layout_array *array, hid_t dataset)
{
    const hid_t type = fg_layout_type(array->type);
    const uint64_t n = fg_layout_values(array, FG_COPIED_MAX - to->copied_bytes);
    if (n == 0)
        return "is too large as it is stored; 'h5repack -f NONE -l CONTI' unpacks it";
    if (H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to->copied + to->copied_bytes) < 0)
        return "cannot be unpacked";
    *array->offset = to->seen.bytes + to->copied_bytes;
    to->copied_bytes += n * fg_layout_bytes(array->type);
    return NULL;
}

/* Finds the offset of the values of an open dataset, see struct fg_open_result. Returns what is wrong with
 * them; NULL: nothing. */
static const char *locate_values(struct fg_open_result *to, const struct fg_layout_array *array,
                                 hid_t dataset)
{
    const haddr_t address = H5Dget_offset(dataset), end = to->seen.bytes;
    if (fg_h5_storage(dataset) != H5D_CONTIGUOUS)
        return copy_values(to, array, dataset);
    *array->offset = address;
    return address == HADDR_UNDEF || address > end || fg_layout_values(array, end - address) == 0
               ? "reaches beyond the end of the file"
               : NULL;
}

static const char *open_array(const struct reader *reader, const struct fg_layout_array *array,
                              hid_t *dataset)
{
    return fg_wanted_open(reader->file, array->path, fg_layout_type(array->type), array->rank, array->shape,
                          dataset);
}

static enum fg_status locate_array(const struct reader *reader, const struct fg_layout_array *array)
{
    hid_t dataset;
    const char *fault = open_array(reader, array, &dataset);
    if (!fault) {
        fault = locate_values(reader->to, array, dataset);
        H5Dclose(dataset);
    }
    return check(reader, array->path, fault);
}

/* --- the setup --- */

static enum fg_status read_setup_value(const struct reader *reader, size_t k)
{
    struct fg_setup *setup = &reader->to->seen.setup;
    struct fg_setup_value value;
    struct fg_error cause;
    char path[FG_SETUP_NAME_MAX + 32];
    fg_setup_get(setup, k, &value);
    snprintf(path, sizeof path, LAYOUT_SETUP "/%s", value.name);
    void *to = value.type == FG_SETUP_TEXT   ? (void *)value.text
               : value.type == FG_SETUP_REAL ? (void *)&value.real
                                             : &value.number;
    const char *fault =
        fg_wanted_read(reader->file, path, fg_layout_setup_type(value.type), to, sizeof value.text);
    if (!fault && fg_setup_set(setup, k, &value, &cause) != FG_OK)
        return check(reader, LAYOUT_SETUP, cause.text);
    return check(reader, path, fault);
}

static enum fg_status read_setup(const struct reader *reader)
{
    struct fg_setup *setup = &reader->to->seen.setup;
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
    return check(reader, LAYOUT_SETUP, status == FG_OK ? NULL : cause.text);
}

/* --- fields --- */

/* Reads what rounding did to a field, if the file states it. An impossible number of bits is replaced by 1, a
 * possible but wrong number, because 0 would mean that the field states nothing. Returns what is wrong with
 * the error; NULL: nothing. */
static const char *read_rounding(struct fg_result *found, hid_t dataset, double *relative_error)
{
    bool read;
    int bits = 0;
    if (fg_wanted_read_attribute(dataset, LAYOUT_KEPT_BITS, H5T_NATIVE_INT, &bits, &read) &&
        found->kept_bits == 0)
        found->kept_bits = read && 1 <= bits && bits <= 51 ? bits : 1;
    fg_wanted_read_attribute(dataset, LAYOUT_RELATIVE_ERROR, H5T_NATIVE_DOUBLE, relative_error, &read);
    if (!read)
        *relative_error = 0;
    return *relative_error >= 0 && *relative_error < INFINITY ? NULL
                                                              : "has an error that rounding does not make";
}

/* Reads the description of a field. A field that is stored in chunks, or as 32-bit numbers, must be
 * unpacked. */
static enum fg_status read_field(const struct reader *reader, const struct fg_layout_array *array)
{
    struct fg_result *found = &reader->to->seen;
    struct fg_result_data *data = &found->data[array->s];
    hid_t dataset;
    if (H5Lexists(reader->file, array->path, H5P_DEFAULT) <= 0)
        return FG_OK;
    data->fields |= 1u << array->field;
    const char *fault = open_array(reader, array, &dataset);
    const bool is_narrow =
        fault && array->type == COLUMN_REAL &&
        !fg_wanted_open(reader->file, array->path, H5T_IEEE_F32LE, array->rank, array->shape, &dataset);
    if (fault && !is_narrow)
        return check(reader, array->path, fault);
    const bool packed = is_narrow || fg_h5_storage(dataset) == H5D_CHUNKED;
    found->packed |= packed;
    found->float32 |= is_narrow;
    fault = read_rounding(found, dataset, &data->relative_error[array->field]);
    if (!fault && !packed)
        fault = locate_values(reader->to, array, dataset);
    H5Dclose(dataset);
    return check(reader, array->path, fault);
}

/* --- the whole file --- */

/* Returns a 32-bit attribute of the root; 0 if it is missing. */
static int read_root_number(hid_t file, const char *name)
{
    int number = 0;
    bool read;
    fg_wanted_read_attribute(file, name, H5T_STD_I32LE, &number, &read);
    return read ? number : 0;
}

/* Checks the format version. Must come first, because in another version the same names may mean other
 * things. */
static enum fg_status check_version(const struct reader *reader)
{
    const int version = read_root_number(reader->file, LAYOUT_VERSION);
    if (version > FG_FORMAT_VERSION)
        return fg_fail(reader->error, FG_BAD_INPUT,
                       "%s has the format version %d, and this program reads up to %d; a newer fishergrid "
                       "reads it",
                       reader->to->seen.path, version, FG_FORMAT_VERSION);
    return version >= 1
               ? FG_OK
               : fg_fail(reader->error, FG_BAD_INPUT, "%s: an HDF5 file, but not one that fishergrid made%s",
                         reader->to->seen.path,
                         fg_wanted_has_hard_links(reader->file, LAYOUT_SETUP)
                             ? ", or a copy without the attributes of the root (h5copy)"
                             : "");
}

/* Reads the provenance of the run. Missing values are no error, since nothing else depends on them. */
static void read_run(const struct reader *reader)
{
    struct fg_result *found = &reader->to->seen;
    fg_wanted_read(reader->file, LAYOUT_PARAMETERS "/threads", H5T_STD_U64LE, &found->threads, 8);
    fg_wanted_read(reader->file, LAYOUT_PARAMETERS "/processes", H5T_STD_U64LE, &found->processes, 8);
    for (int t = 0; t < FG_N_TEXTS; t++) { /* after all copied values */
        char *text = reader->to->copied + reader->to->copied_bytes;
        if (fg_wanted_read(reader->file, fg_layout_text[t], H5T_C_S1, text, FG_RESULT_TEXT_MAX + 1))
            continue;
        reader->to->text_at[t] = 1 + reader->to->copied_bytes;
        reader->to->copied_bytes += strlen(text) + 1;
    }
}

/* Compares the size of the file with its end in HDF5, which itself refuses only files that are too short. */
static enum fg_status check_size(const struct reader *reader)
{
    haddr_t end = 0;
    if (H5Fget_eoa(reader->file, &end) >= 0 && end == reader->to->seen.bytes)
        return FG_OK;
    return fg_fail(reader->error, FG_BAD_INPUT, "%s: damaged: it has %llu bytes, and should have %llu",
                   reader->to->seen.path, (unsigned long long)reader->to->seen.bytes,
                   (unsigned long long)end);
}

static enum fg_status describe_file(const struct reader *reader)
{
    struct fg_result *found = &reader->to->seen;
    enum fg_status status = check_size(reader);
    if (status == FG_OK)
        status = check_version(reader);
    if (status == FG_OK)
        status = read_setup(reader);
    for (size_t k = 0; status == FG_OK && k < LAYOUT_ARRAYS_MAX(found->setup.n_data); k++) {
        const struct fg_layout_array array = fg_layout_array(&found->setup, &reader->to->map, k);
        status = array.field < FG_N_FIELDS ? read_field(reader, &array) : locate_array(reader, &array);
    }
    for (size_t s = 0; status == FG_OK && s < found->setup.n_data; s++)
        status = check(reader, found->setup.data[s].name, found->data[s].fields ? NULL : "has no fields");
    if (status != FG_OK)
        return status;
    read_run(reader);
    found->complete = read_root_number(reader->file, LAYOUT_COMPLETE) == 1;
    return FG_OK;
}

enum fg_status fg_describe(void *opened, struct fg_error *error)
{
    struct fg_open_result *to = opened;
    struct reader reader = {.to = to, .error = error};
    enum fg_status status = fg_h5_open_for_reading(to->seen.path, &reader.file, error);
    if (status != FG_OK)
        return status;
    status = describe_file(&reader);
    H5Fclose(reader.file);
    return status;
}
