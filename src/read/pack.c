#define _POSIX_C_SOURCE 200809L /* fstat */
#include "fishergrid/pack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "h5.h"
#include "io.h"
#include "open_result.h"
#include "pack_parts.h"
#include "quantize.h"

/* --- beginning --- */

static const char *text_or_unknown(const struct fg_result *from, int text)
{
    return from->text[text] ? from->text[text] : "unknown";
}

/* Fills the description of the packed file with the provenance of the original. */
static void describe_output(struct fg_packer *packer, const char *path)
{
    const struct fg_result *from = packer->from;
    packer->output =
        (struct fg_output){.path = path,
                           .setup = &from->setup,
                           .packing = &packer->packing,
                           .provenance = {.threads = from->threads, .processes = from->processes}};
    for (int t = 0; t < FG_N_TEXTS; t++)
        packer->output.provenance.text[t] = text_or_unknown(from, t);
}

enum fg_status fg_packer_create(struct fg_packer **packer, const struct fg_result *from, const char *path,
                                const struct fg_packing *packing, bool force, struct fg_error *error)
{
    *packer = NULL;
    enum fg_status status = fg_result_check_whole(from, error);
    if (status == FG_OK && from->packed)
        status = fg_fail(error, FG_BAD_INPUT, "%s is packed already", from->path);
    if (status != FG_OK)
        return status;
    struct fg_packer *made = *packer = calloc(1, sizeof *made);
    if (!made)
        return fg_fail(error, FG_FAILED, "%s: no memory", path);
    made->from = from;
    made->packing = *packing;
    made->hdf5 = H5I_INVALID_HID;
    describe_output(made, path);
    status = fg_atomic_file_begin(&made->file, path, force, error);
    if (status == FG_OK)
        status = fg_layout_create(made->file.name, &made->output, &made->map, error);
    if (status != FG_OK)
        fg_packer_discard(packer);
    return status;
}

/* --- arrays that are not packed --- */

enum fg_status fg_pack_write(void *context, const void *values, size_t n, uint64_t offset,
                             struct fg_error *error)
{
    const struct fg_packer *packer = context;
    return fg_io_write(packer->file.fd, values, n, offset)
               ? FG_OK
               : fg_fail(error, FG_FAILED, "%s: writing: %s", packer->file.name, fg_io_reason());
}

static enum fg_status copy_array(struct fg_packer *packer, uint64_t from, uint64_t to, uint64_t bytes,
                                 struct fg_error *error)
{
    char piece[65536];
    enum fg_status status = FG_OK;
    for (uint64_t done = 0; done < bytes && status == FG_OK; done += sizeof piece) {
        size_t n = bytes - done < sizeof piece ? (size_t)(bytes - done) : sizeof piece;
        status = fg_result_read(packer->from, from + done, n, piece, error);
        if (status == FG_OK)
            status = fg_pack_write(packer, piece, n, to + done, error);
    }
    return status;
}

/* Copies all arrays but the fields. The marks are replaced later. The arrays have other offsets than in the
 * original, and therefore another layout_hash. */
static enum fg_status copy_arrays(struct fg_packer *packer, struct fg_error *error)
{
    const struct fg_setup *setup = &packer->from->setup;
    struct fg_layout_map *from_map = (struct fg_layout_map *)&fg_result_opened(packer->from)->map;
    const uint64_t hash = fg_layout_hash(setup, &packer->map);
    enum fg_status status = FG_OK;
    for (size_t k = 0; k < LAYOUT_ARRAYS_MAX(setup->n_data) && status == FG_OK; k++) {
        const struct fg_layout_array from = fg_layout_array(setup, from_map, k);
        const struct fg_layout_array to = fg_layout_array(setup, &packer->map, k);
        const uint64_t bytes = fg_layout_values(&to, UINT64_MAX) * fg_layout_bytes(to.type);
        if (to.field == FG_N_FIELDS)
            status = copy_array(packer, *from.offset, *to.offset, bytes, error);
    }
    return status == FG_OK ? fg_pack_write(packer, &hash, sizeof hash, packer->map.layout_hash, error)
                           : status;
}

/* --- filling --- */

/* Opens the packed file in HDF5, without alignment, which chunks do not need. */
static enum fg_status open_in_hdf5(struct fg_packer *packer, struct fg_error *error)
{
    char cause[H5_CAUSE_MAX];
    hid_t access = fg_h5_file_access(true);
    if (H5Pset_alignment(access, 1, 1) >= 0)
        packer->hdf5 = H5Fopen(packer->file.name, H5F_ACC_RDWR, access);
    fg_h5_cause(cause);
    H5Pclose(access);
    return packer->hdf5 >= 0 ? FG_OK : fg_fail(error, FG_FAILED, "%s: %s", packer->file.name, cause);
}

/* Writes the largest error of each field, found while tiles were rounded. */
static enum fg_status write_errors(const struct fg_packer *packer, struct fg_error *error)
{
    const struct fg_setup *setup = &packer->from->setup;
    char name[FG_FIELD_NAME_MAX], cause[H5_CAUSE_MAX];
    for (size_t k = 0; k < setup->n_data * FG_N_REAL_FIELDS && fg_quantize_rounds(&packer->packing); k++) {
        const size_t s = k / FG_N_REAL_FIELDS, f = k % FG_N_REAL_FIELDS;
        if (!(setup->fields & 1u << f))
            continue;
        fg_field_name((enum fg_field)f, setup->data[s].name, name);
        /* The dataset stays open: HDF5 1.10.8 does not change an attribute that was opened by name. */
        hid_t dataset = H5Dopen2(packer->hdf5, name, H5P_DEFAULT);
        const bool written = fg_h5_set_attribute(dataset, LAYOUT_RELATIVE_ERROR, H5T_NATIVE_DOUBLE,
                                                 &packer->packed[s].relative_error[f]) >= 0;
        fg_h5_cause(cause);
        const bool closed = H5Dclose(dataset) >= 0;
        if (!written || !closed)
            return fg_fail(error, FG_FAILED, "%s: the error of %s: %s", packer->file.name, name, cause);
    }
    return FG_OK;
}

enum fg_status fg_packer_fill(struct fg_packer *packer, int threads, const struct fg_watcher *watcher,
                              struct fg_packed *packed, struct fg_error *error)
{
    packer->packed = packed;
    for (size_t s = 0; s < packer->from->setup.n_data; s++)
        packed[s] = (struct fg_packed){.found.min_loss = INFINITY};
    enum fg_status status = copy_arrays(packer, error);
    if (status == FG_OK)
        status = fg_pack_tiles(packer, threads, watcher, error);
    if (status == FG_OK)
        status = open_in_hdf5(packer, error);
    if (status == FG_OK)
        status = write_errors(packer, error);
    return status == FG_OK ? fg_pack_chunks(packer, threads, watcher, error) : status;
}

/* --- ending --- */

static enum fg_status complete_packed(struct fg_packer *packer, const char *summary_json, uint64_t *bytes,
                                      struct fg_error *error)
{
    struct stat file;
    enum fg_status status = fg_layout_complete(&packer->hdf5, text_or_unknown(packer->from, FG_TEXT_END_TIME),
                                               summary_json, error);
    if (status == FG_OK)
        status = fg_layout_check_complete(packer->file.name, error);
    if (status == FG_OK && fstat(packer->file.fd, &file) == 0)
        *bytes = (uint64_t)file.st_size;
    return status == FG_OK ? fg_atomic_file_finish(&packer->file, error) : status;
}

enum fg_status fg_packer_finish(struct fg_packer **packer, const char *summary_json, uint64_t *bytes,
                                struct fg_error *error)
{
    *bytes = 0;
    enum fg_status status = complete_packed(*packer, summary_json, bytes, error);
    fg_packer_discard(packer);
    return status;
}

void fg_packer_discard(struct fg_packer **packer)
{
    struct fg_packer *made = *packer;
    if (!made)
        return;
    if (made->hdf5 >= 0)
        H5Fclose(made->hdf5);
    fg_atomic_file_discard(&made->file);
    free(made);
    *packer = NULL;
}
