#define _POSIX_C_SOURCE 200809L /* fstat */
#include "fishergrid/pack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "h5.h"
#include "identity_hash.h"
#include "io.h"
#include "pack_parts.h"
#include "result_read.h"
#include "utf8.h"

/* --- beginning --- */

static const char *text_of(const struct fg_result *from, enum fg_text text)
{
    return from->text[text] ? from->text[text] : "unknown";
}

/* The file says of its run what the unpacked one said. */
static struct fg_run run_of(const struct fg_result *from)
{
    return (struct fg_run){.version = text_of(from, FG_TEXT_VERSION),
                           .git_revision = text_of(from, FG_TEXT_GIT_REVISION),
                           .compiler = text_of(from, FG_TEXT_COMPILER),
                           .compiler_flags = text_of(from, FG_TEXT_COMPILER_FLAGS),
                           .instruction_set = text_of(from, FG_TEXT_INSTRUCTION_SET),
                           .command_line = text_of(from, FG_TEXT_COMMAND_LINE),
                           .config_json = text_of(from, FG_TEXT_CONFIG),
                           .host = text_of(from, FG_TEXT_HOST),
                           .start_time = text_of(from, FG_TEXT_START_TIME),
                           .threads = from->threads,
                           .processes = from->processes,
                           .seed = from->seed};
}

static enum fg_status describe(struct fg_packer *packer, const char *path, struct fg_error *error)
{
    const struct fg_result *from = packer->from;
    packer->data = calloc(from->n_data, sizeof *packer->data);
    packer->map = fg_layout_map_new(from->n_data);
    if (!packer->data || !packer->map)
        return fg_fail(error, FG_FAILED, "%s: no memory", path);
    for (size_t s = 0; s < from->n_data; s++) {
        if (from->data[s].fields != from->data[0].fields)
            return fg_fail(error, FG_BAD_INPUT, "%s is damaged: its data sets have different fields",
                           from->path);
    }
    packer->spec = fg_result_spec(from, packer->data);
    packer->spec.path = path;
    packer->spec.packing = &packer->packing;
    packer->spec.run = run_of(from);
    snprintf(packer->program, sizeof packer->program, "fishergrid %s", packer->spec.run.version);
    fg_utf8_repair(packer->program); /* it may end within a character */
    packer->spec.run.program = packer->program;
    return FG_OK;
}

static enum fg_status check_source(const struct fg_result *from, struct fg_error *error)
{
    if (from->packed)
        return fg_fail(error, FG_BAD_INPUT, "%s is packed already", from->path);
    if (!from->complete)
        return fg_fail(error, FG_BAD_INPUT, "%s is not complete; run the sweep that makes it again",
                       from->path);
    if (from->tiling.n == 0)
        return fg_fail(error, FG_BAD_INPUT, "%s is damaged: " LAYOUT_TILE_CELLS " is missing", from->path);
    return FG_OK;
}

enum fg_status fg_packer_create(struct fg_packer **packer, const struct fg_result *from, const char *path,
                                const struct fg_packing *packing, bool force, struct fg_error *error)
{
    *packer = NULL;
    enum fg_status status = check_source(from, error);
    if (status != FG_OK)
        return status;
    struct fg_packer *made = *packer = calloc(1, sizeof *made);
    if (!made)
        return fg_fail(error, FG_FAILED, "%s: no memory", path);
    made->from = from;
    made->packing = *packing;
    made->hdf5 = H5I_INVALID_HID;
    status = describe(made, path, error);
    if (status == FG_OK)
        status = fg_atomic_file_begin(&made->file, path, force, error);
    if (status == FG_OK)
        status = fg_layout_create(made->file.name, &made->spec, made->map, error);
    if (status != FG_OK)
        fg_packer_discard(packer);
    return status;
}

/* --- arrays that are not packed --- */

static enum fg_status write_all(const struct fg_packer *packer, const void *values, size_t n, uint64_t offset,
                                struct fg_error *error)
{
    return fg_io_write(packer->file.fd, values, n, offset)
               ? FG_OK
               : fg_fail(error, FG_FAILED, "%s: writing: %s", packer->file.name, fg_io_reason());
}

static enum fg_status copy(const struct fg_packer *packer, uint64_t from, uint64_t to, uint64_t bytes,
                           struct fg_error *error)
{
    char piece[65536];
    enum fg_status status = FG_OK;
    for (uint64_t done = 0; done < bytes && status == FG_OK; done += sizeof piece) {
        size_t n = bytes - done < sizeof piece ? (size_t)(bytes - done) : sizeof piece;
        status = fg_result_read(packer->from, from + done, n, piece, error);
        if (status == FG_OK)
            status = write_all(packer, piece, n, to + done, error);
    }
    return status;
}

static enum fg_status copy_data(const struct fg_packer *packer, size_t s, struct fg_error *error)
{
    const struct fg_layout_data *from = &packer->from->map->data[s], *to = &packer->map->data[s];
    const uint64_t n = packer->data[s].n, tiles = packer->from->tiling.n;
    const struct {
        uint64_t from, to, bytes;
    } arrays[] = {
        {from->sample, to->sample, n * sizeof(int64_t)}, {from->x0, to->x0, n * sizeof(double)},
        {from->x1, to->x1, n * sizeof(double)},          {from->y, to->y, n},
        {from->tile, to->tile, tiles * sizeof(int64_t)},
    };
    enum fg_status status = FG_OK;
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays && status == FG_OK; a++)
        status = copy(packer, arrays[a].from, arrays[a].to, arrays[a].bytes, error);
    return status;
}

static enum fg_status copy_arrays(const struct fg_packer *packer, struct fg_error *error)
{
    const struct fg_layout_map *from = packer->from->map, *to = packer->map;
    uint64_t hash;
    enum fg_status status = copy(packer, from->phi, to->phi, packer->spec.phi.n * sizeof(double), error);
    if (status == FG_OK)
        status = copy(packer, from->r, to->r, packer->spec.r.n * sizeof(double), error);
    for (size_t s = 0; s < packer->spec.n_data && status == FG_OK; s++)
        status = copy_data(packer, s, error);
    if (status == FG_OK)
        status = fg_identity_hash_of(&packer->spec, to, &hash, error);
    return status == FG_OK ? write_all(packer, &hash, sizeof hash, to->fg_identity_hash, error) : status;
}

/* --- filling --- */

/* Chunks need no pages of their own. */
static enum fg_status open_in_hdf5(struct fg_packer *packer, struct fg_error *error)
{
    char cause[H5_CAUSE_MAX];
    hid_t access = fg_h5_file_access();
    if (H5Pset_alignment(access, 1, 1) >= 0)
        packer->hdf5 = H5Fopen(packer->file.name, H5F_ACC_RDWR, access);
    fg_h5_cause(cause);
    H5Pclose(access);
    return packer->hdf5 >= 0 ? FG_OK : fg_fail(error, FG_FAILED, "%s: %s", packer->file.name, cause);
}

enum fg_status fg_packer_fill(struct fg_packer *packer, int threads, const struct fg_watcher *watcher,
                              struct fg_packed *packed, struct fg_error *error)
{
    struct fg_first_failure failure = {.watcher = watcher};
    for (size_t s = 0; s < packer->spec.n_data; s++)
        packed[s] = (struct fg_packed){.found.least_loss = INFINITY};
    enum fg_status status = copy_arrays(packer, error);
    if (status == FG_OK && fg_pack_tiles(packer, threads, &failure, packed) == FG_OK) {
        status = open_in_hdf5(packer, error);
        if (status == FG_OK)
            fg_pack_chunks(packer, threads, &failure, packed);
    }
    return status == FG_OK ? fg_first_failure_end(&failure, error) : status;
}

/* --- ending --- */

static enum fg_status complete(struct fg_packer *packer, const char *summary_json, uint64_t *bytes,
                               struct fg_error *error)
{
    struct stat file;
    hid_t open = packer->hdf5;
    packer->hdf5 = H5I_INVALID_HID;
    enum fg_status status =
        fg_layout_complete(open, text_of(packer->from, FG_TEXT_END_TIME), summary_json, error);
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
    enum fg_status status = complete(*packer, summary_json, bytes, error);
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
    free(made->map);
    free(made->data);
    free(made);
    *packer = NULL;
}
