/* Opens a result file: its size and superblock are looked at, a child asks HDF5 for the rest, and what that
 * brings back is compared with what the file can hold. */
#define _POSIX_C_SOURCE 200809L /* O_CLOEXEC, strdup */
#include "fishergrid/result.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "result_arrays.h"
#include "sandbox.h"
#include "unpack.h"
#include "vlen_text.h"

/* The structure of a file of ours takes some MB and milliseconds. */
static const struct fg_sandbox_limits limits = {.bytes = (size_t)256 << 20, .seconds = 60};

/* --- the file --- */

static enum fg_status open_file(struct fg_open_result *opened, struct fg_error *error)
{
    const char *path = opened->seen.path;
    struct stat file;
    opened->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a pipe would keep us waiting */
    if (opened->fd < 0 || fstat(opened->fd, &file) != 0)
        return fg_fail(error, FG_BAD_INPUT, "%s: %s; a file that a sweep made works", path, strerror(errno));
    if (S_ISDIR(file.st_mode))
        return fg_fail(error, FG_BAD_INPUT, "%s is a directory; name a file in it", path);
    if (!S_ISREG(file.st_mode))
        return fg_fail(error, FG_BAD_INPUT, "%s is not a regular file; a file that a sweep made works", path);
    opened->seen.bytes = (uint64_t)file.st_size;
    return FG_OK;
}

/* The superblock, version 2: signature, version, sizes of offsets and lengths, flags, base address, address
 * of an extension, end of the file, address of the root (HDF5 File Format Specification 3.0, II.A). */
static enum fg_status check_superblock(const struct fg_result *result, struct fg_error *error)
{
    static const unsigned char start[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n', 2, 8, 8};
    unsigned char block[48];
    if (result->bytes < sizeof block)
        return fg_fail(error, FG_BAD_INPUT, "%s: not a file of fishergrid: it has only %llu bytes",
                       result->path, (unsigned long long)result->bytes);
    enum fg_status status = fg_result_read(result, 0, sizeof block, block, error);
    if (status != FG_OK)
        return status;
    if (memcmp(block, start, sizeof start - 3) != 0)
        return fg_fail(error, FG_BAD_INPUT, "%s: not an HDF5 file", result->path);
    if (memcmp(block, start, sizeof start) != 0 || fg_little_endian(block + 12, 8) != 0)
        return fg_fail(error, FG_BAD_INPUT, "%s: an HDF5 file, but not one that fishergrid made",
                       result->path);
    uint64_t end = fg_little_endian(block + 28, 8);
    if (end != result->bytes)
        return fg_fail(error, FG_BAD_INPUT, "%s: damaged: it has %llu bytes, and should have %llu",
                       result->path, (unsigned long long)result->bytes, (unsigned long long)end);
    return FG_OK;
}

/* --- what it has --- */

/* An axis has as many values as the setup says; what they are is another matter. */
static enum fg_status take_axis(const struct fg_result *result, const char *name, size_t n,
                                const struct fg_contents_array *array, uint64_t *offset,
                                struct fg_error *error)
{
    const struct fg_wanted_array wanted = {name, NULL, array, {n, 1}, sizeof(double), offset};
    return fg_result_check_array(result, &wanted, error);
}

static enum fg_status take_packed(struct fg_result *result, const char *name,
                                  const struct fg_contents_array *array, double *relative_error,
                                  struct fg_error *error)
{
    result->packed = true;
    result->float32 |= array->float32 == 1;
    if (result->kept_bits == 0)
        result->kept_bits = array->kept_bits;
    *relative_error = array->rounded == 1 ? array->relative_error : 0;
    return *relative_error >= 0 && *relative_error < INFINITY
               ? FG_OK
               : fg_result_refuse(result, name, "has an error that rounding does not make", error);
}

static enum fg_status take_fields(struct fg_result *result, size_t s, const struct fg_contents_data *from,
                                  struct fg_layout_data *at, struct fg_error *error)
{
    const struct fg_grid *grid = &result->setup.grid;
    struct fg_result_data *data = &result->data[s];
    enum fg_status status = FG_OK;
    for (int f = 0; f < FG_N_FIELDS && status == FG_OK; f++) {
        const struct fg_contents_array *array = &from->field[f];
        char name[1 + FG_FIELD_NAME_MAX] = "/";
        fg_field_name((enum fg_field)f, from->name, name + 1);
        const struct fg_wanted_array wanted = {
            name, NULL, array, {grid->phi.n, grid->r.n}, fg_field_bytes((enum fg_field)f), &at->field[f]};
        if (array->state == ARRAY_MISSING)
            continue;
        data->fields |= 1u << f;
        if (array->state == ARRAY_PACKED && array->shape[0] == grid->phi.n && array->shape[1] == grid->r.n)
            status = take_packed(result, name, array, &data->relative_error[f], error);
        else
            status = fg_result_check_array(result, &wanted, error);
    }
    if (status == FG_OK && data->fields == 0)
        return fg_result_refuse(result, from->name, "has no fields", error);
    return status;
}

static enum fg_status take_samples(const struct fg_result *result, const struct fg_contents_data *from,
                                   uint64_t n, struct fg_layout_data *at, struct fg_error *error)
{
    char of[FG_NAME_MAX + 32];
    snprintf(of, sizeof of, "the samples of %s", from->name);
    const struct fg_wanted_array wanted[] = {
        {"sample", of, &from->sample, {n, 1}, sizeof(int64_t), &at->sample},
        {"x0", of, &from->x0, {n, 1}, sizeof(double), &at->x0},
        {"x1", of, &from->x1, {n, 1}, sizeof(double), &at->x1},
        {"y", of, &from->y, {n, 1}, 1, &at->y},
    };
    enum fg_status status = FG_OK;
    for (size_t a = 0; a < sizeof wanted / sizeof *wanted && status == FG_OK; a++)
        status = fg_result_check_array(result, &wanted[a], error);
    return status;
}

static enum fg_status take_tiles(const struct fg_result *result, const struct fg_contents_data *from,
                                 struct fg_layout_data *at, struct fg_error *error)
{
    const uint64_t n = result->setup.grid.tiling.n;
    char of[FG_NAME_MAX + 32];
    snprintf(of, sizeof of, "the tiles of %s", from->name);
    const struct fg_wanted_array tile = {"tile", of, &from->tile, {n, 1}, sizeof(int64_t), &at->tile};
    enum fg_status status = fg_result_check_array(result, &tile, error);
    for (int w = 0; w < MARK_WORDS && status == FG_OK; w++) {
        const struct fg_wanted_array mark = {fg_tile_mark_info[w].name, of,          &from->mark[w], {n, 1},
                                             sizeof(uint64_t),          &at->mark[w]};
        status = fg_result_check_array(result, &mark, error);
    }
    return status;
}

static enum fg_status take_data(struct fg_open_result *opened, const struct fg_contents *contents,
                                struct fg_error *error)
{
    struct fg_result *result = &opened->seen;
    enum fg_status status = FG_OK;
    for (size_t s = 0; s < result->setup.n_data && status == FG_OK; s++) {
        const struct fg_contents_data *from = &contents->data[s];
        struct fg_layout_data *at = &opened->map->data[s];
        result->data[s].short_names = from->short_names == 1;
        status = take_fields(result, s, from, at, error);
        if (status == FG_OK)
            status = take_samples(result, from, result->setup.data[s].n, at, error);
        if (status == FG_OK)
            status = take_tiles(result, from, at, error);
    }
    return status;
}

/* What the run tells of itself; nothing follows from it. */
static enum fg_status take_run(struct fg_result *result, const struct fg_contents *contents,
                               struct fg_error *error)
{
    bool has_processes = false;
    enum fg_status status = fg_result_take_number(result, "threads", &contents->threads, &result->has_threads,
                                                  &result->threads, error);
    if (status == FG_OK)
        status = fg_result_take_number(result, "processes", &contents->processes, &has_processes,
                                       &result->processes, error);
    for (int t = 0; t < FG_N_TEXTS && status == FG_OK; t++) {
        if (contents->text[t].state == ARRAY_PLAIN)
            status = fg_vlen_text_read(result, contents->text[t].offset, &result->text[t], error);
    }
    return status;
}

/* Before anything else is looked at, since it may be another thing in another version. */
static enum fg_status check_version(const struct fg_result *result, const struct fg_contents *contents,
                                    struct fg_error *error)
{
    if (contents->version > FG_FORMAT_VERSION)
        return fg_fail(error, FG_BAD_INPUT,
                       "%s has the format version %d, and this program reads up to %d; a newer fishergrid "
                       "reads it",
                       result->path, contents->version, FG_FORMAT_VERSION);
    if (contents->version < 1 || contents->n_data < 1 || contents->n_data > FG_DATA_MAX)
        return fg_fail(error, FG_BAD_INPUT, "%s: an HDF5 file, but not one that fishergrid made",
                       result->path);
    return FG_OK;
}

static enum fg_status take_contents(struct fg_open_result *opened, struct fg_contents *contents,
                                    struct fg_error *error)
{
    struct fg_result *result = &opened->seen;
    const struct fg_grid *grid = &result->setup.grid;
    result->complete = contents->complete == 1;
    result->readable = contents->readable == 1;
    enum fg_status status = check_version(result, contents, error);
    if (status == FG_OK)
        status = fg_result_take_setup(result, contents, error);
    if (status != FG_OK)
        return status;
    opened->setup_hash = fg_setup_hash(&result->setup);
    opened->map = fg_layout_map_new(result->setup.n_data);
    result->data = calloc(result->setup.n_data, sizeof *result->data);
    if (!opened->map || !result->data)
        return fg_fail(error, FG_FAILED, "%s: no memory", result->path);
    const struct fg_wanted_array hash = {
        LAYOUT_SETUP "/" LAYOUT_HASH, NULL, &contents->layout_hash, {1, 1}, sizeof(uint64_t),
        &opened->map->layout_hash};
    status = fg_result_check_array(result, &hash, error);
    if (status == FG_OK)
        status = take_axis(result, "/phi", grid->phi.n, &contents->phi, &opened->map->phi, error);
    if (status == FG_OK)
        status = take_axis(result, "/r", grid->r.n, &contents->r, &opened->map->r, error);
    if (status == FG_OK)
        status = take_data(opened, contents, error);
    return status == FG_OK ? take_run(result, contents, error) : status;
}

/* --- opening --- */

/* Opens the file, asks a child for its contents, and compares them with what the file can hold. */
static enum fg_status open_result(struct fg_open_result *opened, struct fg_error *error)
{
    struct fg_contents *contents = fg_sandbox_memory(sizeof *contents);
    enum fg_status status =
        contents ? open_file(opened, error) : fg_fail(error, FG_FAILED, "%s: no memory", opened->seen.path);
    if (status == FG_OK)
        status = check_superblock(&opened->seen, error);
    if (status == FG_OK) {
        contents->path = opened->seen.path;
        status = fg_sandbox_run(fg_contents_read, contents, &limits, opened->seen.path, error);
    }
    if (status == FG_OK)
        status = take_contents(opened, contents, error);
    fg_sandbox_free(contents, sizeof *contents);
    return status;
}

enum fg_status fg_result_open(struct fg_result **result, const char *path, struct fg_error *error)
{
    struct fg_open_result *opened = calloc(1, sizeof *opened);
    *result = NULL;
    if (!opened)
        return fg_fail(error, FG_FAILED, "%s: no memory", path);
    *result = &opened->seen;
    opened->fd = -1;
    opened->seen.path = strdup(path);
    enum fg_status status =
        opened->seen.path ? open_result(opened, error) : fg_fail(error, FG_FAILED, "%s: no memory", path);
    if (status != FG_OK)
        fg_result_close(result);
    return status;
}

void fg_result_close(struct fg_result **result)
{
    if (!*result)
        return;
    struct fg_open_result *opened = (struct fg_open_result *)(void *)*result;
    if (opened->fd >= 0)
        close(opened->fd);
    for (int t = 0; t < FG_N_TEXTS; t++)
        free(opened->seen.text[t]);
    fg_unpacked_free(opened->unpacked);
    free(opened->map);
    free(opened->seen.data);
    free(opened->seen.path);
    free(opened);
    *result = NULL;
}
