/* The output file: laid out in memory, written under another name by all threads at once, renamed when
 * complete. What an earlier run left under that name is continued. Of a team, process 0 does all that but the
 * writing of tiles. */
#define _GNU_SOURCE /* fallocate */
#include "fishergrid/file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "identity_hash.h"
#include "image.h"
#include "io.h"
#include "leftover.h"
#include "lock.h"
#include "names.h"
#include "team.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "values are written as they lie in memory, and the file says they are little-endian"
#endif

struct fg_writer {
    const struct fg_file_spec *spec; /* borrowed until the file is made */
    const struct fg_kernel *kernel;  /* for checksums */
    char *path, *part, *new;         /* the final name, that until then, and that until it is laid out */
    const char *name;                /* the one it has: `part` or `new` */
    int fd;                          /* of it; pwrite needs no lock */
    const struct fg_team *team;      /* who else writes tiles; NULL: nobody */
    void *team_file;                 /* the file while all of the team may write to it; NULL: `fd` is used */
    size_t n_r, tiles;               /* cells of a row, tiles of a data set */
    bool force;                      /* PATH may be replaced */
    bool no_sync;                    /* fsync is left out */
    double sync_seconds;
    atomic_llong next_sync; /* in milliseconds of the monotonic clock */
    struct lock lock;
    struct image image;
    struct fg_leftover leftover; /* what was found */
    atomic_ullong damaged;       /* of its tiles: their values did not match their marks */
};

/* --- size --- */

enum fg_status fg_file_size(const struct fg_file_spec *spec, uint64_t *bytes, struct fg_error *error)
{
    struct image image = {0};
    enum fg_status status = image_create(&image, spec, error);
    *bytes = image.bytes;
    image_free(&image);
    return status;
}

static double bytes_on_disk(const char *path)
{
    struct stat file;
    return lstat(path, &file) == 0 ? 512.0 * (double)file.st_blocks : 0;
}

/* Bytes that can be written to the disk of the output when what is in its way is gone; infinite where nobody
 * knows. */
static double room(const struct fg_writer *writer)
{
    struct statvfs disk;
    char room[PATH_MAX];
    double bytes = statvfs(name_directory(writer->path, room), &disk) == 0
                       ? (double)disk.f_bavail * (double)disk.f_frsize
                       : INFINITY;
    return bytes + bytes_on_disk(writer->part) + bytes_on_disk(writer->new);
}

static enum fg_status refuse_room(const struct fg_writer *writer, const char *why, struct fg_error *error)
{
    return fg_fail(error, FG_BAD_INPUT,
                   "%s: no room for %llu bytes%s; fewer cells or --fields need less, or another disk",
                   writer->path, (unsigned long long)writer->image.bytes, why);
}

/* Refuses before anything is made when the disk has too little room. */
static enum fg_status check_room(const struct fg_writer *writer, struct fg_error *error)
{
    double free_bytes = room(writer);
    char why[64];
    if ((double)writer->image.bytes <= free_bytes)
        return FG_OK;
    snprintf(why, sizeof why, " on a disk with %.0f free", free_bytes);
    return refuse_room(writer, why, error);
}

/* --- writing --- */

/* Reserves the space of the whole file, so that a full disk shows now and writing is faster later. Not
 * posix_fallocate: where the file system cannot reserve, that writes into every block. */
static enum fg_status reserve(const struct fg_writer *writer, struct fg_error *error)
{
    int failed;
    do
        failed = fallocate(writer->fd, 0, 0, (off_t)writer->image.bytes);
    while (failed && errno == EINTR);
    if (failed && (errno == EOPNOTSUPP || errno == ENOSYS))
        failed = ftruncate(writer->fd, (off_t)writer->image.bytes);
    if (!failed)
        return FG_OK;
    char why[160];
    snprintf(why, sizeof why, ": %s", strerror(errno));
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
        return refuse_room(writer, why, error);
    return fg_fail(error, FG_FAILED, "%s: reserving %llu bytes%s", writer->name,
                   (unsigned long long)writer->image.bytes, why);
}

static enum fg_status write_all(const void *context, const void *from, size_t bytes, uint64_t offset,
                                struct fg_error *error)
{
    const struct fg_writer *writer = context;
    enum fg_status status;
    if (writer->team_file)
        status = writer->team->write(writer->team_file, from, bytes, offset, error);
    else
        status =
            io_write(writer->fd, from, bytes, offset) ? FG_OK : fg_fail(error, FG_FAILED, "%s", io_reason());
    return status == FG_OK ? FG_OK
                           : fg_fail_while(error, status, "%s: writing %zu bytes at %llu", writer->name,
                                           bytes, (unsigned long long)offset);
}

static bool read_all(const struct fg_writer *writer, void *to, size_t bytes, uint64_t offset)
{
    return writer->team_file ? writer->team->read(writer->team_file, to, bytes, offset, NULL) == FG_OK
                             : io_read(writer->fd, to, bytes, offset);
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

/* 0, 1, ... n-1 */
static enum fg_status write_numbers(const struct fg_writer *writer, size_t n, uint64_t offset,
                                    struct fg_error *error)
{
    int64_t number[PIECE];
    enum fg_status status = FG_OK;
    for (size_t first = 0; first < n && status == FG_OK; first += PIECE) {
        size_t some = n - first < PIECE ? n - first : PIECE;
        for (size_t k = 0; k < some; k++)
            number[k] = (int64_t)(first + k);
        status = write_all(writer, number, some * sizeof *number, offset + first * sizeof *number, error);
    }
    return status;
}

static enum fg_status write_samples(const struct fg_writer *writer, const struct fg_dataset *data,
                                    const struct layout_data *at, struct fg_error *error)
{
    enum fg_status status = write_all(writer, data->x0, data->n * sizeof *data->x0, at->x0, error);
    if (status == FG_OK)
        status = write_all(writer, data->x1, data->n * sizeof *data->x1, at->x1, error);
    if (status == FG_OK)
        status = write_all(writer, data->y, data->n, at->y, error);
    return status == FG_OK ? write_numbers(writer, data->n, at->sample, error) : status;
}

static uint64_t hash_of(const struct fg_writer *writer)
{
    return identity_hash(writer->spec, writer->image.arrays, writer->image.n_arrays);
}

/* Everything but the fields and their marks. */
static enum fg_status write_inputs(const struct fg_writer *writer, struct fg_error *error)
{
    const struct fg_file_spec *spec = writer->spec;
    const struct layout_map *map = writer->image.map;
    const uint64_t hash = hash_of(writer);
    enum fg_status status = image_copy(&writer->image, write_all, writer, error);
    if (status == FG_OK)
        status = write_all(writer, &hash, sizeof hash, map->identity_hash, error);
    if (status == FG_OK)
        status = write_axis(writer, &spec->phi, map->phi, error);
    if (status == FG_OK)
        status = write_axis(writer, &spec->r, map->r, error);
    for (size_t s = 0; s < spec->n_data && status == FG_OK; s++) {
        status = write_samples(writer, &spec->data[s], &map->data[s], error);
        if (status == FG_OK)
            status = write_numbers(writer, writer->tiles, map->data[s].tile, error);
    }
    return status;
}

/* --- bringing it to the disk --- */

static enum fg_status sync_part(const struct fg_writer *writer, struct fg_error *error)
{
    enum fg_status status = FG_OK;
    if (writer->no_sync)
        return FG_OK;
    if (writer->team_file)
        status = writer->team->sync(writer->team_file, error);
    else if (!io_sync(writer->fd))
        status = fg_fail(error, FG_FAILED, "%s", strerror(errno));
    return status == FG_OK ? FG_OK : fg_fail_while(error, status, "%s: fsync", writer->name);
}

/* Makes names durable. */
static enum fg_status sync_directory(const struct fg_writer *writer, struct fg_error *error)
{
    return writer->no_sync ? FG_OK : name_sync_directory(writer->path, error);
}

static long long milliseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Now and then one of the threads brings to the disk what there is, and says that we are alive. */
static enum fg_status sync_when_due(struct fg_writer *writer, struct fg_error *error)
{
    long long due = atomic_load(&writer->next_sync), now = milliseconds_now();
    if (writer->sync_seconds <= 0 || now < due)
        return FG_OK;
    long long next = now + (long long)(1000 * writer->sync_seconds);
    if (!atomic_compare_exchange_strong(&writer->next_sync, &due, next))
        return FG_OK;
    lock_refresh(&writer->lock);
    return sync_part(writer, error);
}

/* --- tiles that are there --- */

static bool stores_flags(const struct fg_writer *writer, size_t data)
{
    return writer->image.map->data[data].field[FG_NATURAL_GRADIENT_FLAG] != 0;
}

/* Where the values of a tile are in the file and in memory; false: the field is not stored. */
static bool locate(const struct fg_writer *writer, size_t data, int f, const struct fg_tile *tile,
                   const struct fg_cells *cells, void **values, uint64_t *offset)
{
    uint64_t start = writer->image.map->data[data].field[f];
    *values = f < FG_N_REAL_FIELDS ? (void *)cells->field[f] : cells->flag;
    *offset =
        start + ((uint64_t)tile->i0 * writer->n_r + tile->j0) * (uint64_t)fg_field_bytes((enum fg_field)f);
    return start != 0;
}

/* Whether the leftover has the tile, undamaged. */
static bool has(void *context, size_t data, const struct fg_tile *tile, const struct fg_cells *cells,
                struct fg_summary *found)
{
    struct fg_writer *writer = context;
    struct mark mark;
    void *values;
    uint64_t offset;
    bool read = true;
    for (int w = 0; w < MARK_WORDS && read; w++)
        read = read_all(writer, &mark.word[w], sizeof mark.word[w],
                        writer->image.map->data[data].mark[w] + tile->number * sizeof mark.word[w]);
    if (!read || mark.word[MARK_CHECKSUM] == 0)
        return false;
    for (int f = 0; f < FG_N_FIELDS && read; f++) {
        if (locate(writer, data, f, tile, cells, &values, &offset))
            read = read_all(writer, values, tile->rows * tile->columns * fg_field_bytes((enum fg_field)f),
                            offset);
    }
    if (!read || !mark_fits(&mark, writer->kernel, tile, cells, stores_flags(writer, data))) {
        atomic_fetch_add(&writer->damaged, 1);
        return false;
    }
    *found = mark_found(&mark, tile, writer->n_r);
    return true;
}

/* --- beginning --- */

/* Makes the file under its first name, under which nobody looks for it, and gives it the second when all but
 * the values is there: a death until then leaves nothing that would be continued. */
static enum fg_status begin(struct fg_writer *writer, struct fg_error *error)
{
    writer->name = writer->new;
    if ((writer->force && unlink(writer->part) != 0 && errno != ENOENT) ||
        (unlink(writer->new) != 0 && errno != ENOENT))
        return fg_fail(error, FG_BAD_INPUT, "%s cannot be replaced: %s; name another output", writer->part,
                       strerror(errno));
    writer->fd = open(writer->new, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (writer->fd < 0)
        return fg_fail(error, FG_BAD_INPUT, "%s cannot be made: %s; name another output", writer->new,
                       strerror(errno));
    enum fg_status status = reserve(writer, error);
    if (status == FG_OK)
        status = write_inputs(writer, error);
    if (status == FG_OK)
        status = sync_part(writer, error);
    if (status == FG_OK && rename(writer->new, writer->part) != 0)
        status =
            fg_fail(error, FG_FAILED, "renaming %s to %s: %s", writer->new, writer->part, strerror(errno));
    if (status == FG_OK)
        writer->name = writer->part;
    else
        unlink(writer->new);
    return status == FG_OK ? sync_directory(writer, error) : status;
}

/* Whether the leftover is a regular file of our identity, as long as all arrays are. That is all that is
 * trusted: everything but the values is written again, and these must match their marks. FG_FAILED where it
 * cannot be read, which says nothing about it. */
static enum fg_status is_continuation(const struct fg_writer *writer, bool *ours, struct fg_error *error)
{
    struct stat file;
    uint64_t hash = 0;
    const struct layout_range *last = &writer->image.arrays[writer->image.n_arrays - 1];
    errno = 0;
    bool looked = fstat(writer->fd, &file) == 0;
    *ours = looked && S_ISREG(file.st_mode) && (uint64_t)file.st_size >= last->offset + last->bytes;
    if (*ours)
        looked = io_read(writer->fd, &hash, sizeof hash, writer->image.map->identity_hash);
    *ours = *ours && looked && hash == hash_of(writer);
    return looked || errno == 0 ? FG_OK
                                : fg_fail(error, FG_FAILED, "%s: reading: %s", writer->name, io_reason());
}

/* Cells of tile t. */
static uint64_t cells_of(const struct fg_writer *writer, size_t t)
{
    struct fg_tiling tiling = fg_tiling(&writer->spec->phi, &writer->spec->r, writer->spec->tile_cells);
    struct fg_tile tile = fg_tiling_at(&tiling, t);
    return (uint64_t)tile.rows * tile.columns;
}

/* Counts the marks of data set `s`. */
static enum fg_status count_marks(struct fg_writer *writer, size_t s, struct fg_error *error)
{
    uint64_t checksum[PIECE], at = writer->image.map->data[s].mark[MARK_CHECKSUM];
    for (size_t first = 0; first < writer->tiles; first += PIECE) {
        size_t n = writer->tiles - first < PIECE ? writer->tiles - first : PIECE;
        if (!io_read(writer->fd, checksum, n * sizeof *checksum, at + first * sizeof *checksum))
            return fg_fail(error, FG_FAILED, "%s: reading what is done: %s", writer->part, io_reason());
        for (size_t t = 0; t < n; t++) {
            writer->leftover.tiles_done += checksum[t] != 0;
            writer->leftover.cells_done += checksum[t] != 0 ? cells_of(writer, first + t) : 0;
        }
    }
    return FG_OK;
}

/* Goes on with the leftover that is open. */
static enum fg_status go_on(struct fg_writer *writer, struct fg_error *error)
{
    enum fg_status status = ftruncate(writer->fd, (off_t)writer->image.bytes) == 0
                                ? reserve(writer, error)
                                : fg_fail(error, FG_FAILED, "%s: %s", writer->part, strerror(errno));
    if (status == FG_OK)
        status = write_inputs(writer, error);
    if (status == FG_OK)
        status = sync_directory(writer, error); /* who began it may have died before that */
    for (size_t s = 0; s < writer->spec->n_data && status == FG_OK; s++)
        status = count_marks(writer, s, error);
    writer->leftover.found = true;
    /* What is looked at shall come from the disk: pages that an earlier fsync could not write may still be in
     * the memory, as if they had been written. */
    posix_fadvise(writer->fd, 0, 0, POSIX_FADV_DONTNEED);
    return status;
}

/* Opens PATH.part, if there is one, and goes on with it. */
static enum fg_status begin_or_go_on(struct fg_writer *writer, struct fg_error *error)
{
    bool ours;
    writer->name = writer->part;
    writer->fd = writer->force ? -1 : open(writer->part, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (writer->force || (writer->fd < 0 && errno == ENOENT))
        return begin(writer, error);
    if (writer->fd < 0)
        return fg_fail(error, FG_BAD_INPUT, "%s cannot be continued: %s; name another output", writer->part,
                       strerror(errno));
    enum fg_status status = is_continuation(writer, &ours, error);
    if (status != FG_OK)
        return status;
    return ours ? go_on(writer, error) : leftover_refuse(writer->part, writer->spec->identity, error);
}

/* Whether PATH is there, and not to be replaced. */
static bool is_finished(const struct fg_writer *writer)
{
    struct stat file;
    return !writer->force && lstat(writer->path, &file) == 0;
}

/* Whether every tile is there, and is what its mark says. */
static enum fg_status has_all(struct fg_writer *writer, bool *all, struct fg_error *error)
{
    const struct fg_file_spec *spec = writer->spec;
    const struct fg_tiling tiling = fg_tiling(&spec->phi, &spec->r, spec->tile_cells);
    const size_t n = tiling.rows * tiling.columns;
    double *memory = malloc(n * (FG_N_REAL_FIELDS * sizeof *memory + 1));
    if (!memory)
        return fg_fail(error, FG_FAILED, "%s: no memory for a tile of %zu cells", writer->path, n);
    const struct fg_cells cells = fg_cells_at(memory, n, spec->fields);
    *all = true;
    for (size_t k = 0; k < spec->n_data * tiling.n && *all; k++) {
        const struct fg_tile tile = fg_tiling_at(&tiling, k % tiling.n);
        struct fg_summary found;
        *all = has(writer, k / tiling.n, &tile, &cells, &found);
    }
    free(memory);
    return FG_OK;
}

/* PATH is there already: fine if it is what this run would make, to the last value. */
static enum fg_status look_at_finished(struct fg_writer *writer, struct fg_error *error)
{
    bool ours = false, all = true;
    writer->fd = open(writer->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    writer->name = writer->path;
    enum fg_status status = writer->fd >= 0 ? is_continuation(writer, &ours, error) : FG_OK;
    if (status == FG_OK && ours)
        status = has_all(writer, &all, error);
    if (status != FG_OK) { /* nothing is known of it yet: the next one shall look, too */
        lock_leave(&writer->lock);
        return status;
    }
    writer->leftover.complete = ours && all && layout_check_complete(writer->path, NULL) == FG_OK;
    return writer->leftover.complete
               ? FG_OK
               : fg_fail(error, FG_BAD_INPUT, "%s exists%s; name another output, or replace it with --force",
                         writer->path, all ? "" : ", and has changed since it was written");
}

static void free_writer(struct fg_writer **writer)
{
    if (!*writer)
        return;
    if ((*writer)->team_file)
        (*writer)->team->close((*writer)->team_file, NULL);
    if ((*writer)->fd >= 0)
        close((*writer)->fd);
    lock_release(&(*writer)->lock);
    image_free(&(*writer)->image);
    free((*writer)->path);
    free((*writer)->part);
    free((*writer)->new);
    free(*writer);
    *writer = NULL;
}

/* A writer that knows its names and has nothing yet; NULL: no memory. */
static struct fg_writer *new_writer(const struct fg_file_spec *spec, bool force)
{
    struct fg_writer *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->spec = spec;
    made->kernel = spec->kernel;
    made->team = spec->team;
    made->fd = -1;
    made->path = name_with(spec->path, "");
    made->part = name_with(spec->path, NAME_PART);
    made->new = name_with(spec->path, NAME_NEW);
    made->name = made->part;
    made->n_r = spec->r.n;
    made->tiles = layout_tiles(spec);
    made->leftover.tiles = made->tiles * spec->n_data;
    made->force = force;
    made->no_sync = spec->no_sync;
    made->sync_seconds = spec->sync_seconds;
    atomic_init(&made->next_sync, milliseconds_now() + (long long)(1000 * spec->sync_seconds));
    atomic_init(&made->damaged, 0);
    if (!made->path || !made->part || !made->new)
        free_writer(&made);
    return made;
}

/* Lays the file out and makes it, or continues it. */
static enum fg_status make(struct fg_writer *writer, struct fg_error *error)
{
    enum fg_status status = image_create(&writer->image, writer->spec, error);
    if (status == FG_OK && !is_finished(writer))
        status = check_room(writer, error);
    if (status == FG_OK)
        status = lock_take(&writer->lock, writer->path, error);
    if (status != FG_OK)
        return status;
    writer->leftover.abandoned = writer->lock.taken_over;
    /* Asked once more: whoever had the lock may have finished. */
    return is_finished(writer) ? look_at_finished(writer, error) : begin_or_go_on(writer, error);
}

/* --- a team --- */

/* Room for what process 0 will tell of the layout. */
static enum fg_status expect_layout(struct fg_writer *writer, struct fg_error *error)
{
    writer->image = (struct image){
        .made = true, .fd = -1, .file = H5I_INVALID_HID, .map = layout_map_new(writer->spec->n_data)};
    return writer->image.map ? FG_OK : fg_fail(error, FG_FAILED, "%s: no memory", writer->path);
}

/* The file is there; now all of the team learn what is where, and open it. */
static enum fg_status begin_sharing(struct fg_writer *writer, struct fg_error *error)
{
    const struct fg_team *team = writer->team;
    if (!team)
        return FG_OK;
    team_tell(team, writer->image.map, layout_map_bytes(writer->spec->n_data));
    team_tell(team, &writer->image.bytes, sizeof writer->image.bytes);
    team_tell(team, &writer->leftover, sizeof writer->leftover);
    if (writer->leftover.complete)
        return FG_OK;
    writer->team_file = team->open(team->context, writer->part, error);
    return writer->team_file ? FG_OK : fg_fail_while(error, FG_FAILED, "%s: opening", writer->part);
}

/* All have written. What they wrote is brought to the disk, since no process can do that for another. */
static enum fg_status end_sharing(struct fg_writer *writer, struct fg_error *error)
{
    void *file = writer->team_file;
    if (!file)
        return FG_OK;
    enum fg_status status = sync_part(writer, error);
    writer->team_file = NULL;
    enum fg_status closed = writer->team->close(file, status == FG_OK ? error : NULL);
    return status == FG_OK && closed != FG_OK ? fg_fail_while(error, closed, "%s: close", writer->part)
                                              : status;
}

enum fg_status fg_writer_create(struct fg_writer **writer, const struct fg_file_spec *spec, bool force,
                                struct fg_error *error)
{
    const bool leads = team_rank(spec->team) == 0;
    struct fg_writer *made = *writer = new_writer(spec, force);
    enum fg_status status = FG_OK;
    if (!made)
        status = fg_fail(error, FG_FAILED, "%s: no memory", spec->path);
    else
        status = leads ? make(made, error) : expect_layout(made, error);
    const bool is_made = leads && status == FG_OK;
    status = team_agree(spec->team, status, error);
    if (status == FG_OK)
        status = team_agree(spec->team, begin_sharing(made, error), error);
    if (status == FG_OK)
        made->spec = NULL;
    else if (is_made && !made->leftover.found && !made->leftover.complete)
        fg_writer_discard(writer);
    else
        free_writer(writer);
    return status;
}

/* --- filling --- */

static enum fg_status put_mark(const struct fg_writer *writer, size_t data, size_t t, const struct mark *mark,
                               struct fg_error *error)
{
    enum fg_status status = FG_OK;
    for (int w = MARK_WORDS - 1; w >= 0 && status == FG_OK; w--) /* the checksum last */
        status = write_all(writer, &mark->word[w], sizeof mark->word[w],
                           writer->image.map->data[data].mark[w] + t * sizeof mark->word[w], error);
    return status;
}

static enum fg_status put(void *context, size_t data, const struct fg_tile *tile,
                          const struct fg_cells *cells, const struct fg_summary *found,
                          struct fg_error *error)
{
    struct fg_writer *writer = context;
    size_t n = tile->rows * tile->columns;
    void *values;
    uint64_t offset;
    enum fg_status status = FG_OK;
    for (int f = 0; f < FG_N_FIELDS && status == FG_OK; f++) {
        if (locate(writer, data, f, tile, cells, &values, &offset))
            status = write_all(writer, values, n * fg_field_bytes((enum fg_field)f), offset, error);
    }
    struct mark mark = mark_of(writer->kernel, tile, writer->n_r, cells, stores_flags(writer, data), found);
    if (status == FG_OK)
        status = put_mark(writer, data, tile->number, &mark, error);
    return status == FG_OK ? sync_when_due(writer, error) : status;
}

struct fg_sink fg_writer_sink(struct fg_writer *writer)
{
    return (struct fg_sink){.put = put, .has = writer->leftover.found ? has : NULL, .context = writer};
}

uint64_t fg_writer_bytes(const struct fg_writer *writer)
{
    return writer->image.bytes;
}

struct fg_leftover fg_writer_leftover(const struct fg_writer *writer)
{
    struct fg_leftover leftover = writer->leftover;
    leftover.tiles_damaged = team_sum(writer->team, atomic_load(&writer->damaged));
    return leftover;
}

/* --- ending --- */

/* Whether PATH.part is still the file that was made. */
static enum fg_status check_ours(const struct fg_writer *writer, struct fg_error *error)
{
    struct stat named, made;
    return lstat(writer->part, &named) == 0 && fstat(writer->fd, &made) == 0 && named.st_dev == made.st_dev &&
                   named.st_ino == made.st_ino
               ? FG_OK
               : fg_fail(error, FG_FAILED, "%s was removed or replaced while it was written", writer->part);
}

static enum fg_status close_part(struct fg_writer *writer, struct fg_error *error)
{
    int fd = writer->fd;
    writer->fd = -1;
    return close(fd) == 0 ? FG_OK : fg_fail(error, FG_FAILED, "%s: close: %s", writer->part, strerror(errno));
}

/* The marks are made in the image; what it holds then goes to the file, and HDF5 reads there what it says. */
static enum fg_status mark_complete(struct fg_writer *writer, const char *end_time, const char *summary_json,
                                    struct fg_error *error)
{
    enum fg_status status = image_complete(&writer->image, end_time, summary_json, error);
    if (status == FG_OK)
        status = image_copy(&writer->image, write_all, writer, error);
    return status == FG_OK ? layout_check_complete(writer->part, error) : status;
}

static enum fg_status complete(struct fg_writer *done, const char *end_time, const char *summary_json,
                               struct fg_error *error)
{
    enum fg_status status = sync_part(done, error); /* the values first, then the mark that they are there */
    if (status == FG_OK)
        status = check_ours(done, error);
    if (status == FG_OK)
        status = mark_complete(done, end_time, summary_json, error);
    if (status == FG_OK)
        status = sync_part(done, error);
    if (status == FG_OK)
        status = check_ours(done, error);
    if (status == FG_OK)
        status = close_part(done, error);
    if (status == FG_OK && !name_rename(done->part, done->path, done->force))
        status = errno == EEXIST ? fg_fail(error, FG_FAILED,
                                           "%s was made by somebody else meanwhile; the result is complete, "
                                           "and stays %s until that is out of the way",
                                           done->path, done->part)
                                 : fg_fail(error, FG_FAILED, "renaming %s to %s: %s", done->part, done->path,
                                           strerror(errno));
    if (status == FG_OK)
        status = sync_directory(done, error);
    return status;
}

enum fg_status fg_writer_finish(struct fg_writer **writer, const char *end_time, const char *summary_json,
                                struct fg_error *error)
{
    const struct fg_team *team = (*writer)->team;
    enum fg_status status = team_agree(team, end_sharing(*writer, error), error);
    if (status == FG_OK && team_rank(team) == 0)
        status = complete(*writer, end_time, summary_json, error);
    free_writer(writer);
    return team_agree(team, status, error);
}

enum fg_status fg_writer_leave(struct fg_writer **writer, struct fg_error *error)
{
    if (!*writer)
        return FG_OK;
    const struct fg_team *team = (*writer)->team;
    const bool leads = team_rank(team) == 0;
    enum fg_status status = team_agree(team, end_sharing(*writer, error), error);
    if (status == FG_OK && leads)
        status = sync_part(*writer, error);
    if (status == FG_OK && leads)
        status = close_part(*writer, error);
    if (status == FG_OK && leads)
        status = sync_directory(*writer, error);
    free_writer(writer);
    return team_agree(team, status, error);
}

void fg_writer_discard(struct fg_writer **writer)
{
    if (*writer && (*writer)->fd >= 0 && check_ours(*writer, NULL) == FG_OK)
        unlink((*writer)->part);
    free_writer(writer);
}
