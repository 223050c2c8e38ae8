/* The output file: laid out under another name, filled by all threads at once, renamed when complete. */
#define _GNU_SOURCE /* fallocate, mkstemp */
#include "fishergrid/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
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
    struct layout_map *map;
};

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

static enum fg_status check_name(const char *path, bool force, struct fg_error *error)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? FG_OK
                   : fg_fail(error, FG_BAD_INPUT, "%s: %s", path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return fg_fail(error, FG_BAD_INPUT, "%s is a directory; name a file in it", path);
    if (!S_ISREG(status.st_mode))
        return fg_fail(error, FG_BAD_INPUT, "%s is not a regular file; name another output", path);
    if (!force)
        return fg_fail(error, FG_BAD_INPUT, "%s exists; name another output, or replace it with --force",
                       path);
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
        result = fg_fail(error, FG_BAD_INPUT, "%s: the directory '%s': %s; make it first", path, directory,
                         strerror(errno));
    else if (!S_ISDIR(status.st_mode))
        result = fg_fail(error, FG_BAD_INPUT, "%s: '%s' is not a directory", path, directory);
    else if (access(directory, W_OK | X_OK) != 0)
        result = fg_fail(error, FG_BAD_INPUT, "%s: cannot write into the directory '%s': %s", path, directory,
                         strerror(errno));
    free(directory);
    return result;
}

enum fg_status fg_writer_check(const char *path, bool force, struct fg_error *error)
{
    enum fg_status status = check_directory(path, error);
    if (status == FG_OK)
        status = check_name(path, force, error);
    if (status != FG_OK)
        return status;
    char *part = part_name(path);
    struct stat leftover;
    if (!part)
        return fg_fail(error, FG_FAILED, "%s: no memory", path);
    if (lstat(part, &leftover) == 0 && !(force && S_ISREG(leftover.st_mode)))
        status = fg_fail(
            error, FG_BAD_INPUT,
            "%s exists: a sweep is writing it, or one died; remove it, or replace it with --force", part);
    free(part);
    return status;
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

enum fg_status fg_file_size(const struct fg_file_spec *spec, uint64_t *bytes, struct fg_error *error)
{
    char path[64];
    struct stat file;
    enum fg_status status;
    struct layout_map *map = layout_map_new(spec->n_data);
    int fd = map ? temporary_file(path) : -1;
    if (fd < 0) {
        status = fg_fail(error, FG_FAILED, "finding the size of the file: %s", strerror(errno));
    } else {
        status = layout_create(path, spec, map, error);
        if (status == FG_OK && fstat(fd, &file) != 0)
            status = fg_fail(error, FG_FAILED, "finding the size of the file: %s", strerror(errno));
        if (status == FG_OK)
            *bytes = (uint64_t)file.st_size;
        unlink(path);
        close(fd);
    }
    free(map);
    return status;
}

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

/* Refuses before anything is made when the disk has clearly too little room. */
static enum fg_status check_room(const struct fg_file_spec *spec, struct fg_error *error)
{
    struct statvfs disk;
    char *directory = directory_of(spec->path);
    double bytes = 0, cells = (double)spec->phi.n * (double)spec->r.n * (double)spec->n_data;
    for (int f = 0; f < FG_N_FIELDS; f++)
        bytes += spec->fields & 1u << f ? cells * (f < FG_N_REAL_FIELDS ? sizeof(double) : 1) : 0;
    enum fg_status status = FG_OK;
    if (directory && statvfs(directory, &disk) == 0 && bytes > (double)disk.f_bavail * (double)disk.f_frsize)
        status =
            fg_fail(error, FG_BAD_INPUT,
                    "%s: no room for %.0f bytes on a disk with %.0f free; fewer cells or --fields need less",
                    spec->path, bytes, (double)disk.f_bavail * (double)disk.f_frsize);
    free(directory);
    return status;
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

static enum fg_status create_part(struct fg_writer *writer, const struct fg_file_spec *spec,
                                  struct fg_error *error)
{
    /* O_EXCL: two sweeps never share one file. HDF5 then opens what is already ours. */
    writer->fd = open(writer->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (writer->fd < 0)
        return fg_fail(error, FG_BAD_INPUT, "%s: %s", writer->part, strerror(errno));
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
    if (status == FG_OK && fsync(writer->fd) != 0)
        status = fg_fail(error, FG_FAILED, "%s: fsync: %s", writer->part, strerror(errno));
    return status;
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

enum fg_status fg_writer_create(struct fg_writer **writer, const struct fg_file_spec *spec,
                                struct fg_error *error)
{
    enum fg_status status = check_room(spec, error);
    *writer = NULL;
    if (status != FG_OK)
        return status;
    struct fg_writer *made = calloc(1, sizeof *made);
    if (made) {
        made->fd = -1;
        made->path = strdup(spec->path);
        made->part = part_name(spec->path);
        made->n_r = spec->r.n;
        made->map = layout_map_new(spec->n_data);
    }
    *writer = made;
    if (!made || !made->path || !made->part || !made->map)
        status = fg_fail(error, FG_FAILED, "%s: no memory", spec->path);
    else
        status = create_part(made, spec, error);
    if (status != FG_OK)
        fg_writer_discard(writer);
    return status;
}

static enum fg_status put(void *context, size_t data, const struct fg_tile *tile,
                          const struct fg_cells *cells, struct fg_error *error)
{
    const struct fg_writer *writer = context;
    size_t n = tile->rows * tile->columns;
    uint64_t first = (uint64_t)tile->i0 * writer->n_r + tile->j0;
    for (int f = 0; f < FG_N_FIELDS; f++) {
        uint64_t offset = writer->map->data[data].field[f];
        size_t size = f < FG_N_REAL_FIELDS ? sizeof(double) : 1;
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
    enum fg_status status = FG_OK;
    if (fsync(done->fd) != 0) /* the values first, then the mark that says they are there */
        status = fg_fail(error, FG_FAILED, "%s: fsync: %s", done->part, strerror(errno));
    if (status == FG_OK)
        status = layout_complete(done->part, end_time, summary_json, error);
    if (status == FG_OK && fsync(done->fd) != 0)
        status = fg_fail(error, FG_FAILED, "%s: fsync: %s", done->part, strerror(errno));
    int fd = done->fd;
    done->fd = -1;
    if (close(fd) != 0 && status == FG_OK)
        status = fg_fail(error, FG_FAILED, "%s: close: %s", done->part, strerror(errno));
    if (status == FG_OK && rename(done->part, done->path) != 0)
        status = fg_fail(error, FG_FAILED, "renaming %s to %s: %s", done->part, done->path, strerror(errno));
    if (status == FG_OK)
        status = sync_directory(done->path, error);
    free_writer(writer);
    return status;
}

void fg_writer_discard(struct fg_writer **writer)
{
    if (*writer && (*writer)->fd >= 0)
        unlink((*writer)->part);
    free_writer(writer);
}
