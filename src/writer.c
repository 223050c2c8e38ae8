/* The output file: laid out under another name, filled by all threads at once, renamed when complete. */
#define _GNU_SOURCE /* fallocate, mkstemp */
#include "fishergrid/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "layout.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "values are written as they lie in memory, and the file says they are little-endian"
#endif

struct fg_writer {
    char *path, *part; /* the final name and the name until then */
    int fd;            /* of `part`; pwrite needs no lock */
    uint64_t bytes;    /* of the whole file */
    size_t n_r;        /* cells of a row */
    bool no_sync;      /* fsync is left out */
    struct layout_map *map;
};

/* --- names --- */

/* The directory of `path` in memory of the caller's. */
static char *directory_of(const char *path)
{
    char *copy = strdup(path);
    char *directory = copy ? strdup(dirname(copy)) : NULL;
    free(copy);
    return directory;
}

static char *part_name(const char *path)
{
    char *part = malloc(strlen(path) + sizeof ".part");
    if (part)
        sprintf(part, "%s.part", path);
    return part;
}

/* --- before anything is made --- */

static bool is_same_file(const char *a, const char *b)
{
    struct stat file_a, file_b;
    return stat(a, &file_a) == 0 && stat(b, &file_b) == 0 && file_a.st_dev == file_b.st_dev &&
           file_a.st_ino == file_b.st_ino;
}

enum fg_status fg_writer_check_input(const char *path, const char *input, struct fg_error *error)
{
    char *part = part_name(path);
    if (!part)
        return fg_fail(error, FG_FAILED, "%s: no memory", path);
    bool replaced = is_same_file(path, input) || is_same_file(part, input);
    free(part);
    return replaced ? fg_fail(error, FG_BAD_INPUT, "%s would replace the input '%s'; name another output",
                              path, input)
                    : FG_OK;
}

static enum fg_status check_file_name(const char *path, struct fg_error *error)
{
    struct stat status;
    if (*path == '\0')
        return fg_fail(error, FG_BAD_INPUT, "the name of the output is empty; sweep.h5 would work");
    if (path[strlen(path) - 1] == '/')
        return fg_fail(error, FG_BAD_INPUT, "%s names a directory; name a file in it, such as sweep.h5",
                       path);
    if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return fg_fail(error, FG_BAD_INPUT, "%s is a directory; name a file in it, such as sweep.h5", path);
    return FG_OK;
}

static enum fg_status check_directory(const char *path, struct fg_error *error)
{
    struct stat status;
    char *directory = directory_of(path);
    if (!directory)
        return fg_fail(error, FG_FAILED, "%s: no memory", path);
    enum fg_status result = FG_OK;
    if (stat(directory, &status) != 0)
        result = fg_fail(error, FG_BAD_INPUT, "%s: the directory '%s': %s; %s", path, directory,
                         strerror(errno), errno == ENOENT ? "make it first" : "name another output");
    else if (!S_ISDIR(status.st_mode))
        result =
            fg_fail(error, FG_BAD_INPUT, "%s: '%s' is not a directory; name another output", path, directory);
    else if (access(directory, W_OK | X_OK) != 0)
        result =
            fg_fail(error, FG_BAD_INPUT, "%s: cannot write into the directory '%s': %s; name another output",
                    path, directory, strerror(errno));
    free(directory);
    return result;
}

/* Whether a file `path` could be made, and where there is one, replaced. `exists` says what that means. */
static enum fg_status check_free(const char *path, bool force, const char *exists, struct fg_error *error)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return errno == ENOENT
                   ? FG_OK
                   : fg_fail(error, FG_BAD_INPUT, "%s: %s; name another output", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fg_fail(error, FG_BAD_INPUT, "%s is %s; name another output", path,
                       S_ISDIR(status.st_mode) ? "a directory" : "not a regular file");
    return force ? FG_OK : fg_fail(error, FG_BAD_INPUT, "%s exists%s", path, exists);
}

enum fg_status fg_writer_check(const char *path, bool force, struct fg_error *error)
{
    enum fg_status status = check_file_name(path, error);
    if (status == FG_OK)
        status = check_directory(path, error);
    if (status == FG_OK)
        status = check_free(path, force, "; name another output, or replace it with --force", error);
    if (status != FG_OK)
        return status;
    char *part = part_name(path);
    if (!part)
        return fg_fail(error, FG_FAILED, "%s: no memory", path);
    status = check_free(part, force,
                        ": a sweep is writing it, or one died; remove it, or replace it with --force", error);
    free(part);
    return status;
}

/* --- size --- */

static size_t value_size(int field)
{
    return field < FG_N_REAL_FIELDS ? sizeof(double) : 1;
}

/* Bytes of all values, rounded: of fields, axes and samples. What else is in the file is less than the room
 * between FG_FILE_MAX and what HDF5 and the system can address. */
static double bytes_of_values(const struct fg_file_spec *spec)
{
    double cell = 0, samples = 0;
    for (int f = 0; f < FG_N_FIELDS; f++)
        cell += spec->fields & 1u << f ? (double)value_size(f) : 0;
    for (size_t s = 0; s < spec->n_data; s++)
        samples += (double)spec->data[s].n * (2 * sizeof(double) + sizeof(int64_t) + 1);
    return (double)spec->phi.n * (double)spec->r.n * (double)spec->n_data * cell +
           (double)(spec->phi.n + spec->r.n) * sizeof(double) + samples;
}

/* An empty file for a moment: in memory, where also a file larger than any disk can be laid out (it is
 * sparse), else among the temporary files. */
static int temporary_file(char path[64])
{
    strcpy(path, "/dev/shm/fishergrid-layout-XXXXXX");
    int fd = mkstemp(path);
    if (fd < 0) {
        strcpy(path, P_tmpdir "/fishergrid-layout-XXXXXX");
        fd = mkstemp(path);
    }
    return fd;
}

/* Lays the file out under the name `path`, open as `fd`. */
static enum fg_status measure(const char *path, int fd, const struct fg_file_spec *spec, uint64_t *bytes,
                              struct fg_error *error)
{
    struct stat file;
    struct layout_map *map = layout_map_new(spec->n_data);
    enum fg_status status =
        map ? layout_create(path, spec, map, error) : fg_fail(error, FG_FAILED, "no memory");
    free(map);
    if (status == FG_OK && fstat(fd, &file) != 0)
        status = fg_fail(error, FG_FAILED, "%s", strerror(errno));
    if (status == FG_OK)
        *bytes = (uint64_t)file.st_size;
    return status;
}

static enum fg_status refuse_size(const char *path, double bytes, struct fg_error *error)
{
    char shown[32];
    snprintf(shown, sizeof shown, bytes < 0x1p64 ? "%.0f" : "%.3g", bytes);
    return fg_fail(
        error, FG_BAD_INPUT,
        "%s: no room for about %s bytes in any file, %lld at most; fewer cells or --fields need less", path,
        shown, (long long)FG_FILE_MAX);
}

enum fg_status fg_file_size(const struct fg_file_spec *spec, uint64_t *bytes, struct fg_error *error)
{
    double values = bytes_of_values(spec);
    if (values > (double)FG_FILE_MAX)
        return refuse_size(spec->path, values, error);
    char path[64];
    int fd = temporary_file(path);
    enum fg_status status = fd < 0 ? fg_fail(error, FG_FAILED, "%s: %s", path, strerror(errno))
                                   : measure(path, fd, spec, bytes, error);
    if (fd >= 0) {
        unlink(path);
        close(fd);
    }
    return status == FG_OK ? FG_OK
                           : fg_fail_while(error, status, "%s: finding the size of the file", spec->path);
}

/* Bytes that can be written to the disk of `path` when `replaced` is gone; infinite where nobody knows. */
static double room(const char *path, const char *replaced)
{
    struct statvfs disk;
    struct stat file;
    char *directory = directory_of(path);
    double bytes = directory && statvfs(directory, &disk) == 0 ? (double)disk.f_bavail * (double)disk.f_frsize
                                                               : INFINITY;
    free(directory);
    return bytes + (lstat(replaced, &file) == 0 ? 512.0 * (double)file.st_blocks : 0);
}

/* No file has that many bytes beside its values; with so much to spare, its exact size need not be found. */
#define METADATA_MOST 16e6

/* Refuses before anything is made when the disk has too little room. A PATH.part that is there may be
 * replaced, or else is refused later. Where no temporary file can be made, reserving will tell. */
static enum fg_status check_room(const struct fg_writer *writer, const struct fg_file_spec *spec,
                                 struct fg_error *error)
{
    uint64_t bytes;
    double free_bytes = room(writer->path, writer->part), values = bytes_of_values(spec);
    if (values + METADATA_MOST <= fmin(free_bytes, (double)FG_FILE_MAX))
        return FG_OK;
    enum fg_status status = fg_file_size(spec, &bytes, error);
    if (status != FG_OK)
        return status == FG_BAD_INPUT ? status : FG_OK;
    if ((double)bytes <= free_bytes)
        return FG_OK;
    return fg_fail(error, FG_BAD_INPUT,
                   "%s: no room for %llu bytes on a disk with %.0f free; fewer cells or --fields need less",
                   writer->path, (unsigned long long)bytes, free_bytes);
}

/* --- making it --- */

/* Reserves the space of the whole file, so that a full disk shows now and writing is faster later. Not
 * posix_fallocate: where the file system cannot reserve, that writes into every block. */
static enum fg_status reserve(const struct fg_writer *writer, struct fg_error *error)
{
    int failed;
    do
        failed = fallocate(writer->fd, 0, 0, (off_t)writer->bytes);
    while (failed && errno == EINTR);
    if (!failed || errno == EOPNOTSUPP || errno == ENOSYS)
        return FG_OK;
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
        return fg_fail(error, FG_BAD_INPUT,
                       "%s: no room for %llu bytes: %s; fewer cells or --fields need less", writer->path,
                       (unsigned long long)writer->bytes, strerror(errno));
    return fg_fail(error, FG_FAILED, "%s: reserving %llu bytes: %s", writer->part,
                   (unsigned long long)writer->bytes, strerror(errno));
}

static enum fg_status write_all(const struct fg_writer *writer, const void *from, size_t bytes,
                                uint64_t offset, struct fg_error *error)
{
    const char *next = from;
    while (bytes > 0) {
        ssize_t written = pwrite(writer->fd, next, bytes, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return fg_fail(error, FG_FAILED, "%s: writing %zu bytes at %llu: %s", writer->part, bytes,
                           (unsigned long long)offset, written < 0 ? strerror(errno) : "nothing was written");
        next += written;
        bytes -= (size_t)written;
        offset += (uint64_t)written;
    }
    return FG_OK;
}

/* Values made on the way to the file, a piece at a time, since there may be more of them than memory. */
enum { PIECE = 8192 };

static enum fg_status write_axis(const struct fg_writer *writer, const struct fg_axis *axis, uint64_t offset,
                                 struct fg_error *error)
{
    double values[PIECE];
    enum fg_status status = FG_OK;
    for (size_t first = 0; first < axis->n && status == FG_OK; first += PIECE) {
        size_t n = axis->n - first < PIECE ? axis->n - first : PIECE;
        for (size_t i = 0; i < n; i++)
            values[i] = fg_axis_value(axis, first + i);
        status = write_all(writer, values, n * sizeof *values, offset + first * sizeof *values, error);
    }
    return status;
}

static enum fg_status write_samples(const struct fg_writer *writer, const struct fg_dataset *data,
                                    const struct layout_data *at, struct fg_error *error)
{
    int64_t number[PIECE];
    enum fg_status status = write_all(writer, data->x0, data->n * sizeof *data->x0, at->x0, error);
    if (status == FG_OK)
        status = write_all(writer, data->x1, data->n * sizeof *data->x1, at->x1, error);
    if (status == FG_OK)
        status = write_all(writer, data->y, data->n, at->y, error);
    for (size_t first = 0; first < data->n && status == FG_OK; first += PIECE) {
        size_t n = data->n - first < PIECE ? data->n - first : PIECE;
        for (size_t k = 0; k < n; k++)
            number[k] = (int64_t)(first + k);
        status = write_all(writer, number, n * sizeof *number, at->sample + first * sizeof *number, error);
    }
    return status;
}

static enum fg_status sync_part(const struct fg_writer *writer, struct fg_error *error)
{
    return writer->no_sync || fsync(writer->fd) == 0
               ? FG_OK
               : fg_fail(error, FG_FAILED, "%s: fsync: %s", writer->part, strerror(errno));
}

/* Everything but the fields. */
static enum fg_status write_inputs(const struct fg_writer *writer, const struct fg_file_spec *spec,
                                   struct fg_error *error)
{
    enum fg_status status = write_axis(writer, &spec->phi, writer->map->phi, error);
    if (status == FG_OK)
        status = write_axis(writer, &spec->r, writer->map->r, error);
    for (size_t s = 0; s < spec->n_data && status == FG_OK; s++)
        status = write_samples(writer, &spec->data[s], &writer->map->data[s], error);
    return status;
}

/* An empty PATH.part that is ours alone: O_EXCL and a new file in the place of a leftover, so that two sweeps
 * never share one. */
static enum fg_status open_part(struct fg_writer *writer, bool force, struct fg_error *error)
{
    if (force && unlink(writer->part) != 0 && errno != ENOENT)
        return fg_fail(error, FG_BAD_INPUT, "%s cannot be replaced: %s; name another output", writer->part,
                       strerror(errno));
    writer->fd = open(writer->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return writer->fd >= 0 ? FG_OK
                           : fg_fail(error, FG_BAD_INPUT, "%s cannot be made: %s; name another output",
                                     writer->part, strerror(errno));
}

/* Fills PATH.part with all but the fields. HDF5 opens it by its name, which is ours. */
static enum fg_status lay_out(struct fg_writer *writer, const struct fg_file_spec *spec,
                              struct fg_error *error)
{
    struct stat file;
    enum fg_status status = layout_create(writer->part, spec, writer->map, error);
    if (status == FG_OK && fstat(writer->fd, &file) != 0)
        status = fg_fail(error, FG_FAILED, "%s: %s", writer->part, strerror(errno));
    if (status == FG_OK) {
        writer->bytes = (uint64_t)file.st_size;
        status = reserve(writer, error);
    }
    if (status == FG_OK)
        status = write_inputs(writer, spec, error);
    return status == FG_OK ? sync_part(writer, error) : status;
}

/* Whether PATH.part is still the file that was made: another sweep may have replaced it, by --force. */
static bool is_ours(const struct fg_writer *writer)
{
    struct stat named, made;
    return lstat(writer->part, &named) == 0 && fstat(writer->fd, &made) == 0 && named.st_dev == made.st_dev &&
           named.st_ino == made.st_ino;
}

static enum fg_status check_ours(const struct fg_writer *writer, struct fg_error *error)
{
    return is_ours(writer)
               ? FG_OK
               : fg_fail(error, FG_FAILED, "%s was removed or replaced while it was written", writer->part);
}

static void free_writer(struct fg_writer **writer)
{
    if (*writer && (*writer)->fd >= 0)
        close((*writer)->fd);
    if (*writer) {
        free((*writer)->path);
        free((*writer)->part);
        free((*writer)->map);
    }
    free(*writer);
    *writer = NULL;
}

enum fg_status fg_writer_create(struct fg_writer **writer, const struct fg_file_spec *spec, bool force,
                                struct fg_error *error)
{
    struct fg_writer *made = calloc(1, sizeof *made);
    if (made) {
        made->fd = -1;
        made->path = strdup(spec->path);
        made->part = part_name(spec->path);
        made->n_r = spec->r.n;
        made->no_sync = spec->no_sync;
        made->map = layout_map_new(spec->n_data);
    }
    *writer = made;
    enum fg_status status = FG_OK;
    if (!made || !made->path || !made->part || !made->map)
        status = fg_fail(error, FG_FAILED, "%s: no memory", spec->path);
    if (status == FG_OK)
        status = check_room(made, spec, error);
    if (status == FG_OK)
        status = open_part(made, force, error);
    if (status == FG_OK)
        status = lay_out(made, spec, error);
    if (status != FG_OK)
        fg_writer_discard(writer);
    return status;
}

/* --- filling and finishing it --- */

static enum fg_status put(void *context, size_t data, const struct fg_tile *tile,
                          const struct fg_cells *cells, struct fg_error *error)
{
    const struct fg_writer *writer = context;
    size_t n = tile->rows * tile->columns;
    uint64_t first = (uint64_t)tile->i0 * writer->n_r + tile->j0;
    for (int f = 0; f < FG_N_FIELDS; f++) {
        uint64_t offset = writer->map->data[data].field[f];
        size_t size = value_size(f);
        const void *values = f < FG_N_REAL_FIELDS ? (const void *)cells->field[f] : cells->flag;
        enum fg_status status =
            offset == 0 ? FG_OK : write_all(writer, values, n * size, offset + first * size, error);
        if (status != FG_OK)
            return status;
    }
    return FG_OK;
}

struct fg_sink fg_writer_sink(struct fg_writer *writer)
{
    return (struct fg_sink){.put = put, .context = writer};
}

uint64_t fg_writer_bytes(const struct fg_writer *writer)
{
    return writer->bytes;
}

/* Makes the rename itself durable. */
static enum fg_status sync_directory(const char *path, struct fg_error *error)
{
    char *directory = directory_of(path);
    int fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    enum fg_status status = FG_OK;
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL)) /* EINVAL: a file system that cannot */
        status = fg_fail(error, FG_FAILED, "%s: fsync of its directory: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    free(directory);
    return status;
}

enum fg_status fg_writer_finish(struct fg_writer **writer, const char *end_time, const char *summary_json,
                                struct fg_error *error)
{
    struct fg_writer *done = *writer;
    enum fg_status status = sync_part(done, error); /* the values first, then the mark that they are there */
    if (status == FG_OK)
        status = check_ours(done, error);
    if (status == FG_OK)
        status = layout_complete(done->part, end_time, summary_json, error);
    if (status == FG_OK)
        status = sync_part(done, error);
    if (status == FG_OK)
        status = check_ours(done, error);
    int fd = done->fd;
    done->fd = -1;
    if (close(fd) != 0 && status == FG_OK)
        status = fg_fail(error, FG_FAILED, "%s: close: %s", done->part, strerror(errno));
    if (status == FG_OK && rename(done->part, done->path) != 0)
        status = fg_fail(error, FG_FAILED, "renaming %s to %s: %s", done->part, done->path, strerror(errno));
    if (status == FG_OK)
        status = done->no_sync ? FG_OK : sync_directory(done->path, error);
    free_writer(writer);
    return status;
}

void fg_writer_discard(struct fg_writer **writer)
{
    if (*writer && (*writer)->fd >= 0 && is_ours(*writer))
        unlink((*writer)->part);
    free_writer(writer);
}
