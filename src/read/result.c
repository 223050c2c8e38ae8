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

#include "contents.h"
#include "layout.h"
#include "result_read.h"
#include "sandbox.h"
#include "unpack.h"
#include "vlen_text.h"

/* The structure of a file of ours takes some MB and milliseconds. */
static const struct fg_sandbox_limits limits = {.bytes = (size_t)256 << 20, .seconds = 60};

/* --- the file --- */

static enum fg_status open_file(struct fg_result *result, struct fg_error *error)
{
    struct stat file;
    result->fd = open(result->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a pipe would keep us waiting */
    if (result->fd < 0 || fstat(result->fd, &file) != 0)
        return fg_fail(error, FG_BAD_INPUT, "%s: %s; a file made by 'fishergrid sweep' works", result->path,
                       strerror(errno));
    if (S_ISDIR(file.st_mode))
        return fg_fail(error, FG_BAD_INPUT, "%s is a directory; name a file in it", result->path);
    if (!S_ISREG(file.st_mode))
        return fg_fail(error, FG_BAD_INPUT,
                       "%s is not a regular file; a file made by 'fishergrid sweep' works", result->path);
    result->bytes = (uint64_t)file.st_size;
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

/* --- comparing --- */

/* One of the arrays a file must have. */
struct wanted {
    const char *name, *of; /* what it belongs to; NULL: to nothing */
    const struct fg_contents_array *array;
    uint64_t shape[2];
    size_t bytes; /* of a value */
    uint64_t *offset;
};

static enum fg_status refuse(const struct fg_result *result, const char *name, const char *why,
                             struct fg_error *error)
{
    return fg_fail(error, FG_BAD_INPUT, "%s: not a file of fishergrid, or damaged: %s %s", result->path, name,
                   why);
}

/* Whether n0 x n1 values of so many bytes fit between offset and the end of the file. */
static bool fits(const struct fg_result *result, uint64_t offset, uint64_t n0, uint64_t n1, size_t bytes)
{
    uint64_t room = offset > 0 && offset <= result->bytes ? (result->bytes - offset) / bytes : 0;
    return n0 > 0 && n1 > 0 && n0 <= room / n1;
}

/* What is wrong with it; NULL: nothing. */
static const char *find_fault(const struct fg_result *result, const struct wanted *wanted)
{
    const struct fg_contents_array *array = wanted->array;
    if (array->state == ARRAY_MISSING)
        return "is missing";
    if (array->state != ARRAY_PLAIN)
        return "is not stored as fishergrid stores it";
    if (array->shape[0] != wanted->shape[0] || array->shape[1] != wanted->shape[1])
        return "has another shape than it must have";
    if (!fits(result, array->offset, array->shape[0], array->shape[1], wanted->bytes))
        return "reaches beyond the end of the file";
    return NULL;
}

static enum fg_status check_array(const struct fg_result *result, const struct wanted *wanted,
                                  struct fg_error *error)
{
    const char *fault = find_fault(result, wanted);
    char name[2 * FG_NAME_MAX + 64];
    if (fault) {
        snprintf(name, sizeof name, "%s%s%s", wanted->name, wanted->of ? " of " : "",
                 wanted->of ? wanted->of : "");
        return refuse(result, name, fault, error);
    }
    *wanted->offset = wanted->array->offset;
    return FG_OK;
}

/* All of them, up to the first that is wrong. */
static enum fg_status check_arrays(const struct fg_result *result, const struct wanted *wanted, size_t n,
                                   struct fg_error *error)
{
    enum fg_status status = FG_OK;
    for (size_t a = 0; a < n && status == FG_OK; a++)
        status = check_array(result, &wanted[a], error);
    return status;
}

static enum fg_status take_axis(const struct fg_result *result, const char *name,
                                const struct fg_contents_array *array, uint64_t *offset, struct fg_axis *axis,
                                struct fg_error *error)
{
    const struct wanted wanted = {name, NULL, array, {array->shape[0], 1}, sizeof(double), offset};
    enum fg_status status = check_array(result, &wanted, error);
    if (status == FG_OK && array->shape[0] > (uint64_t)FG_AXIS_MAX)
        return refuse(result, name, "is longer than an axis can be", error);
    if (status != FG_OK)
        return status;
    axis->n = array->shape[0];
    status = fg_result_read(result, *offset, sizeof axis->low, &axis->low, error);
    if (status == FG_OK)
        status = fg_result_read(result, *offset + (axis->n - 1) * sizeof axis->high, sizeof axis->high,
                                &axis->high, error);
    if (status != FG_OK)
        return status;
    bool good = axis->n == 1 ? fabs(axis->low) <= FG_AXIS_BOUND : fg_axis_check(axis, name, NULL) == FG_OK;
    return good ? FG_OK : refuse(result, name, "has ends that no axis has", error);
}

/* One number, if it is there. */
static enum fg_status take_number(const struct fg_result *result, const char *name,
                                  const struct fg_contents_array *array, bool *found, uint64_t *number,
                                  struct fg_error *error)
{
    uint64_t offset = 0;
    const struct wanted wanted = {name, NULL, array, {1, 1}, sizeof *number, &offset};
    *found = array->state != ARRAY_MISSING;
    enum fg_status status = *found ? check_array(result, &wanted, error) : FG_OK;
    return *found && status == FG_OK ? fg_result_read(result, offset, sizeof *number, number, error) : status;
}

static enum fg_status take_packed(struct fg_result *result, const char *name,
                                  const struct fg_contents_array *array, double *relative_error,
                                  struct fg_error *error)
{
    result->packed = true;
    result->float32 |= array->float32 == 1;
    if (result->kept_bits == 0)
        result->kept_bits = array->kept_bits;
    *relative_error = array->rounded ? array->relative_error : 0;
    return *relative_error >= 0 && *relative_error < INFINITY
               ? FG_OK
               : refuse(result, name, "has an error that rounding does not make", error);
}

static enum fg_status take_fields(struct fg_result *result, const struct fg_contents_data *from,
                                  struct fg_result_data *data, struct fg_layout_data *at,
                                  struct fg_error *error)
{
    enum fg_status status = FG_OK;
    for (int f = 0; f < FG_N_FIELDS && status == FG_OK; f++) {
        const struct fg_contents_array *array = &from->field[f];
        char name[FG_NAME_MAX + 64];
        snprintf(name, sizeof name, "/%s_%s", fg_field_info[f].name, data->name);
        const struct wanted wanted = {
            name, NULL, array, {result->phi.n, result->r.n}, fg_field_bytes((enum fg_field)f), &at->field[f]};
        if (array->state == ARRAY_MISSING)
            continue;
        data->fields |= 1u << f;
        if (array->state == ARRAY_PACKED && array->shape[0] == result->phi.n &&
            array->shape[1] == result->r.n)
            status = take_packed(result, name, array, &data->relative_error[f], error);
        else
            status = check_array(result, &wanted, error);
    }
    if (status == FG_OK && data->fields == 0)
        return refuse(result, data->name, "has no fields", error);
    return status;
}

static enum fg_status take_samples(const struct fg_result *result, const struct fg_contents_data *from,
                                   struct fg_result_data *data, struct fg_layout_data *at,
                                   struct fg_error *error)
{
    const uint64_t n = from->y.shape[0];
    char of[FG_NAME_MAX + 32];
    snprintf(of, sizeof of, "the samples of %s", data->name);
    const struct wanted wanted[] = {
        {"y", of, &from->y, {n, 1}, 1, &at->y},
        {"x0", of, &from->x0, {n, 1}, sizeof(double), &at->x0},
        {"x1", of, &from->x1, {n, 1}, sizeof(double), &at->x1},
        {"sample", of, &from->sample, {n, 1}, sizeof(int64_t), &at->sample},
    };
    data->n = n;
    enum fg_status status = check_arrays(result, wanted, sizeof wanted / sizeof *wanted, error);
    if (status == FG_OK && n > (uint64_t)FG_SAMPLES_MAX)
        return refuse(result, data->name, "has more samples than a data set can have", error);
    return status;
}

static enum fg_status take_tiles(const struct fg_result *result, const struct fg_contents_data *from,
                                 const struct fg_result_data *data, struct fg_layout_data *at,
                                 struct fg_error *error)
{
    const uint64_t n = result->tiling.n;
    char of[FG_NAME_MAX + 32];
    snprintf(of, sizeof of, "the tiles of %s", data->name);
    const struct wanted tile = {"tile", of, &from->tile, {n, 1}, sizeof(int64_t), &at->tile};
    enum fg_status status = check_array(result, &tile, error);
    for (int w = 0; w < MARK_WORDS && status == FG_OK; w++) {
        const struct wanted mark = {fg_tile_mark_info[w].name, of,          &from->mark[w], {n, 1},
                                    sizeof(uint64_t),          &at->mark[w]};
        status = check_array(result, &mark, error);
    }
    return status;
}

static enum fg_status take_data(struct fg_result *result, const struct fg_contents *contents,
                                struct fg_error *error)
{
    enum fg_status status = FG_OK;
    result->n_data = contents->n_data;
    for (size_t s = 0; s < contents->n_data && status == FG_OK; s++) {
        const struct fg_contents_data *from = &contents->data[s];
        struct fg_layout_data *at = &result->map->data[s];
        struct fg_result_data *data = &result->data[s];
        memcpy(data->name, from->name, sizeof data->name - 1);
        data->short_names = from->short_names == 1;
        if (fg_dataset_check_name(data->name, NULL) != FG_OK)
            return refuse(result, "/entry", "has a data set without a name", error);
        status = take_fields(result, from, data, at, error);
        if (status == FG_OK)
            status = take_samples(result, from, data, at, error);
        if (status == FG_OK && result->tiling.n > 0)
            status = take_tiles(result, from, data, at, error);
    }
    return status;
}

/* What the identity of the file and its tiles follow from. */
static enum fg_status take_numbers(struct fg_result *result, const struct fg_contents *contents,
                                   struct fg_error *error)
{
    bool has_processes = false, has_tiles = false,
         has_hash = contents->fg_identity_hash.state != ARRAY_MISSING;
    uint64_t tile_cells = 0;
    const struct wanted hash = {
        LAYOUT_IDENTITY_HASH,          NULL, &contents->fg_identity_hash, {1, 1}, sizeof(uint64_t),
        &result->map->fg_identity_hash};
    enum fg_status status = has_hash ? check_array(result, &hash, error) : FG_OK;
    if (status == FG_OK)
        status =
            take_number(result, LAYOUT_TILE_CELLS, &contents->tile_cells, &has_tiles, &tile_cells, error);
    if (status == FG_OK)
        status =
            take_number(result, "threads", &contents->threads, &result->has_threads, &result->threads, error);
    if (status == FG_OK)
        status =
            take_number(result, "processes", &contents->processes, &has_processes, &result->processes, error);
    if (status == FG_OK)
        status = take_number(result, "seed", &contents->seed, &result->has_seed, &result->seed, error);
    if (status == FG_OK && has_tiles && tile_cells == 0)
        return refuse(result, LAYOUT_TILE_CELLS, "is 0", error);
    if (status == FG_OK && has_tiles)
        result->tiling = fg_tiling(&result->phi, &result->r, tile_cells);
    return status;
}

static enum fg_status take_texts(struct fg_result *result, const struct fg_contents *contents,
                                 struct fg_error *error)
{
    enum fg_status status = FG_OK;
    for (int t = 0; t < FG_N_TEXTS && status == FG_OK; t++) {
        if (contents->text[t].state == ARRAY_PLAIN)
            status = fg_vlen_text_read(result, contents->text[t].offset, &result->text[t], error);
    }
    return status;
}

/* The whole axis of phi of which this file has a part, from its identity; false where that does not say. */
static bool read_whole(const char *identity, struct fg_axis *phi, size_t *tile_cells, size_t *k, size_t *n)
{
    char count[32], range[100], tile[32], part[64];
    return fg_result_line(identity, "--phi", count, sizeof count) && sscanf(count, "%zu", &phi->n) == 1 &&
           fg_result_line(identity, "--phi-range", range, sizeof range) &&
           sscanf(range, "\"%lf:%lf\"", &phi->low, &phi->high) == 2 &&
           fg_result_line(identity, "--tile", tile, sizeof tile) && sscanf(tile, "%zu", tile_cells) == 1 &&
           fg_result_line(identity, "--part", part, sizeof part) && sscanf(part, "\"%zu/%zu\"", k, n) == 2 &&
           fg_axis_check(phi, "phi", NULL) == FG_OK && 1 <= *k && *k <= *n && *n <= phi->n;
}

/* Where a part of a grid belongs in the whole. */
static enum fg_status place_part(struct fg_result *result, struct fg_error *error)
{
    struct fg_axis whole = {0};
    size_t tile_cells = 0, k = 0, n = 0;
    char part[64];
    const char *identity = result->text[FG_TEXT_IDENTITY];
    if (!identity || !fg_result_line(identity, "--part", part, sizeof part))
        return FG_OK;
    if (!read_whole(identity, &whole, &tile_cells, &k, &n))
        return refuse(result, LAYOUT_IDENTITY, "does not say of which grid this is a part", error);
    struct fg_axis piece = fg_tiling_part(&whole, &result->r, k, n, &tile_cells);
    if (piece.n != result->phi.n || fg_axis_value(&piece, 0) != result->phi.low ||
        fg_axis_value(&piece, piece.n - 1) != result->phi.high)
        return refuse(result, "/phi", "is not the part it should be", error);
    result->phi = piece;
    return FG_OK;
}

static enum fg_status take_contents(struct fg_result *result, const struct fg_contents *contents,
                                    struct fg_error *error)
{
    result->complete = contents->complete == 1;
    result->readable = contents->readable == 1;
    if (contents->phi.state == ARRAY_MISSING || contents->r.state == ARRAY_MISSING || contents->n_data == 0)
        return fg_fail(error, FG_BAD_INPUT, "%s: an HDF5 file, but not one that fishergrid made",
                       result->path);
    if (contents->n_data > FG_RESULT_DATA_MAX)
        return refuse(result, "/entry", "has more data sets than a file can have", error);
    result->map = fg_layout_map_new(contents->n_data);
    result->data = calloc(contents->n_data, sizeof *result->data);
    if (!result->map || !result->data)
        return fg_fail(error, FG_FAILED, "%s: no memory", result->path);
    enum fg_status status = take_axis(result, "/phi", &contents->phi, &result->map->phi, &result->phi, error);
    if (status == FG_OK)
        status = take_axis(result, "/r", &contents->r, &result->map->r, &result->r, error);
    if (status == FG_OK)
        status = take_numbers(result, contents, error);
    if (status == FG_OK)
        status = take_data(result, contents, error);
    if (status == FG_OK)
        status = take_texts(result, contents, error);
    return status == FG_OK ? place_part(result, error) : status;
}

/* --- opening --- */

/* Opens the file and asks for its contents, to be given back with fg_sandbox_free. */
static enum fg_status ask(struct fg_result *result, const char *path, struct fg_contents **contents,
                          struct fg_error *error)
{
    *result = (struct fg_result){.fd = -1, .path = strdup(path)};
    *contents = fg_sandbox_memory(sizeof **contents);
    if (!result->path || !*contents)
        return fg_fail(error, FG_FAILED, "%s: no memory", path);
    enum fg_status status = open_file(result, error);
    if (status == FG_OK)
        status = check_superblock(result, error);
    if (status != FG_OK)
        return status;
    (*contents)->path = result->path;
    return fg_sandbox_run(fg_contents_read, *contents, &limits, path, error);
}

enum fg_status fg_result_open(struct fg_result *result, const char *path, struct fg_error *error)
{
    struct fg_contents *contents = NULL;
    enum fg_status status = ask(result, path, &contents, error);
    if (status == FG_OK)
        status = take_contents(result, contents, error);
    fg_sandbox_free(contents, sizeof *contents);
    if (status != FG_OK)
        fg_result_close(result);
    return status;
}

enum fg_status fg_result_read_identity(const char *path, char **identity, struct fg_error *error)
{
    struct fg_result result;
    struct fg_contents *contents = NULL;
    *identity = NULL;
    enum fg_status status = ask(&result, path, &contents, error);
    if (status == FG_OK)
        status = take_texts(&result, contents, error);
    if (status == FG_OK && !result.text[FG_TEXT_IDENTITY])
        status = fg_fail(error, FG_BAD_INPUT, "%s: it has no " LAYOUT_IDENTITY, path);
    if (status == FG_OK) {
        *identity = result.text[FG_TEXT_IDENTITY];
        result.text[FG_TEXT_IDENTITY] = NULL;
    }
    fg_sandbox_free(contents, sizeof *contents);
    fg_result_close(&result);
    return status;
}

void fg_result_close(struct fg_result *result)
{
    if (!result->path)
        return;
    if (result->fd >= 0)
        close(result->fd);
    for (int t = 0; t < FG_N_TEXTS; t++)
        free(result->text[t]);
    fg_unpacked_free(result->unpacked);
    free(result->map);
    free(result->data);
    free(result->path);
    *result = (struct fg_result){0};
}

bool fg_result_line(const char *text, const char *name, char *value, size_t size)
{
    const size_t length = strlen(name);
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        if (strncmp(line, name, length) != 0 || line[length] != ' ')
            continue;
        size_t n = strcspn(line + length + 1, "\n");
        if (n < size) {
            memcpy(value, line + length + 1, n);
            value[n] = '\0';
        }
        return n < size;
    }
    return false;
}
