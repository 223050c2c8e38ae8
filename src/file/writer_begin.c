/* Begins a file, or resumes the file of an earlier run. */
#define _GNU_SOURCE /* fallocate, flock */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "paths.h"
#include "point_table.h"
#include "tile_room.h"
#include "writer_parts.h"

/* --- room --- */

static double bytes_on_disk(const char *path)
{
    struct stat file;
    return lstat(path, &file) == 0 ? 512.0 * (double)file.st_blocks : 0;
}

/* Returns the bytes that the disk of the output has free, together with those of the files that will be
 * replaced; infinite if not known. */
static double room(const struct fg_writer *writer)
{
    return fg_output_free_bytes(writer->path) + bytes_on_disk(writer->part) + bytes_on_disk(writer->new);
}

static enum fg_status refuse_room(const struct fg_writer *writer, const char *why, struct fg_error *error)
{
    return fg_fail_with(error, FG_REMEDY_FEWER_FIELDS, FG_BAD_INPUT,
                        "%s: no room for %llu bytes%s; try another disk, or fewer cells or fields",
                        writer->path, (unsigned long long)writer->skeleton.bytes, why);
}

/* Fails if the disk has too little room, before any file is made. */
static enum fg_status check_room(const struct fg_writer *writer, struct fg_error *error)
{
    double free_bytes = room(writer);
    char why[64];
    if ((double)writer->skeleton.bytes <= free_bytes)
        return FG_OK;
    snprintf(why, sizeof why, " on a disk with %.0f free", free_bytes);
    return refuse_room(writer, why, error);
}

/* Reserves the space of the whole file, so that a full disk shows now and writing is faster later. Returns 0
 * or errno. posix_fallocate is not used: on a file system that cannot reserve, it writes into every block. */
static int reserve_errno(const struct fg_writer *writer)
{
    int failed;
    do
        failed = fallocate(writer->fd, 0, 0, (off_t)writer->skeleton.bytes);
    while (failed && errno == EINTR);
    if (failed && (errno == EOPNOTSUPP || errno == ENOSYS))
        failed = ftruncate(writer->fd, (off_t)writer->skeleton.bytes);
    return failed ? errno : 0;
}

/* Reserves the space of the file. With `force`, removes the old PATH.part first if the disk cannot hold both
 * files. */
static enum fg_status reserve(struct fg_writer *writer, struct fg_error *error)
{
    int failed = reserve_errno(writer);
    if ((failed == ENOSPC || failed == EDQUOT) && writer->output.force && unlink(writer->part) == 0)
        failed = reserve_errno(writer);
    if (!failed)
        return FG_OK;
    char why[160];
    snprintf(why, sizeof why, ": %s", strerror(failed));
    if (failed == ENOSPC || failed == EDQUOT || failed == EFBIG)
        return refuse_room(writer, why, error);
    return fg_fail(error, FG_FAILED, "%s: reserving %llu bytes%s", writer->name,
                   (unsigned long long)writer->skeleton.bytes, why);
}

/* --- beginning --- */

/* Takes a shared lock on the file (flock). It keeps out programs that write through HDF5, which lock the file
 * exclusively, but not readers. Does nothing in a team, where MPI-IO may lock pieces of the file itself. */
static enum fg_status keep_out_writers(struct fg_writer *writer, struct fg_error *error)
{
    if (writer->output.team || flock(writer->fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return FG_OK;
    return fg_fail(error, FG_BAD_INPUT,
                   "%s is open for writing in another program; close it there and run this again",
                   writer->name);
}

/* Watches PATH.part for programs that write in spite of the lock. If the file system or a limit allows no
 * watch, the run goes on without it. Does nothing in a team, whose processes open the file themselves. */
static void watch_part(struct fg_writer *writer)
{
    if (writer->output.team)
        return;
    writer->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (writer->watch >= 0)
        inotify_add_watch(writer->watch, writer->part, IN_CLOSE_WRITE);
}

/* Renames the new file to PATH.part. Freeing the blocks of a large old file takes seconds, so another thread
 * does it. */
static enum fg_status rename_new(struct fg_writer *writer, struct fg_error *error)
{
    const int old = open(writer->part, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    const bool done = rename(writer->new, writer->part) == 0;
    const int failed = errno;
    if (old >= 0)
        fg_io_close_aside(old);
    if (done)
        return FG_OK;
    return failed == EPERM || failed == EACCES /* it belongs to another user, as in /tmp */
               ? fg_fail(error, FG_BAD_INPUT, "%s cannot be replaced: %s; name another output", writer->part,
                         strerror(failed))
               : fg_fail(error, FG_FAILED, "renaming %s to %s: %s", writer->new, writer->part,
                         strerror(failed));
}

/* Makes the file under the name PATH.part.new, and renames it to PATH.part when everything but the values is
 * written. If the process dies before, there is nothing to resume. */
static enum fg_status begin_file(struct fg_writer *writer, struct fg_error *error)
{
    static fg_writer_step *const steps[] = {keep_out_writers,       reserve,        fg_writer_write_metadata,
                                            fg_writer_write_inputs, fg_writer_sync, rename_new};
    writer->name = writer->new;
    if (unlink(writer->new) != 0 && errno != ENOENT)
        return fg_fail(error, FG_BAD_INPUT, "%s cannot be replaced: %s; name another output", writer->new,
                       strerror(errno));
    writer->fd = open(writer->new, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (writer->fd < 0)
        return fg_fail(error, FG_BAD_INPUT, "%s cannot be made: %s; name another output", writer->new,
                       strerror(errno));
    enum fg_status status = fg_writer_take(writer, steps, sizeof steps / sizeof *steps, error);
    if (status == FG_OK)
        writer->name = writer->part;
    else
        unlink(writer->new);
    return status == FG_OK ? fg_writer_sync_directory(writer, error) : status;
}

/* Sets `*ours` to whether the file is a regular file with this setup, long enough for all arrays. Nothing
 * else in it is trusted: everything but the values is written again, and the values must match their marks.
 * Fails with FG_FAILED if the file cannot be read; it may still be resumable then. */
static enum fg_status is_continuation(const struct fg_writer *writer, bool *ours, struct fg_error *error)
{
    struct stat file;
    uint64_t hash = 0;
    const struct fg_layout_range *last = &writer->skeleton.arrays[writer->skeleton.n_arrays - 1];
    errno = 0;
    bool known = fstat(writer->fd, &file) == 0;
    *ours = known && S_ISREG(file.st_mode) && (uint64_t)file.st_size >= last->offset + last->bytes;
    if (*ours)
        known = fg_io_read(writer->fd, &hash, sizeof hash, writer->skeleton.map.layout_hash);
    *ours = *ours && known && hash == fg_layout_hash(writer->output.setup, &writer->skeleton.map);
    return known || errno == 0 ? FG_OK
                               : fg_fail(error, FG_FAILED, "%s: reading: %s", writer->name, fg_io_reason());
}

/* Counts the marks of all data sets. */
static enum fg_status count_marks(struct fg_writer *writer, struct fg_error *error)
{
    const struct fg_tiling *tiling = &writer->output.setup->grid.tiling;
    for (size_t k = 0; k < writer->output.setup->n_data * tiling->n; k++) {
        const size_t s = k / tiling->n, t = k % tiling->n;
        const uint64_t at = writer->skeleton.map.data[s].column[COLUMN_MARK + MARK_CHECKSUM];
        const struct fg_tile tile = fg_tiling_at(tiling, t);
        uint64_t checksum;
        if (!fg_io_read(writer->fd, &checksum, sizeof checksum, at + t * sizeof checksum))
            return fg_fail(error, FG_FAILED, "%s: reading the finished tiles: %s", writer->part,
                           fg_io_reason());
        writer->resumed.tiles_done += checksum != 0;
        writer->resumed.cells_done += checksum != 0 ? fg_tile_cells(&tile) : 0;
    }
    return FG_OK;
}

/* Sets resumed.changed to whether another program has changed the metadata. */
static enum fg_status find_changes(struct fg_writer *writer, struct fg_error *error)
{
    uint64_t stored, found;
    if (!fg_io_read(writer->fd, &stored, sizeof stored, writer->skeleton.map.metadata_hash))
        return fg_fail(error, FG_FAILED, "%s: reading: %s", writer->name, fg_io_reason());
    enum fg_status status = fg_skeleton_hash(&writer->skeleton, writer->fd, &found, error);
    writer->resumed.changed = status == FG_OK && stored != 0 && stored != found;
    return status;
}

/* Gives the file the size of the skeleton; an earlier run with other texts may have left another size. */
static enum fg_status set_size(struct fg_writer *writer, struct fg_error *error)
{
    return ftruncate(writer->fd, (off_t)writer->skeleton.bytes) == 0
               ? reserve(writer, error)
               : fg_fail(error, FG_FAILED, "%s: %s", writer->part, strerror(errno));
}

/* Resumes the open file. Syncs the directory first: if the power fails while the metadata are written, the
 * lock must still be there. It tells a run with another setup why it cannot read the file. */
static enum fg_status resume(struct fg_writer *writer, struct fg_error *error)
{
    static fg_writer_step *const steps[] = {find_changes,
                                            fg_writer_sync_directory,
                                            set_size,
                                            fg_writer_write_metadata,
                                            fg_writer_write_inputs,
                                            count_marks,
                                            fg_writer_sync};
    writer->resumed.found = true;
    enum fg_status status = fg_writer_take(writer, steps, sizeof steps / sizeof *steps, error);
    /* From here on, reads must come from the disk: pages that an earlier fsync could not write may still be
     * cached as if they had been written. Also, a cached page of an earlier run must not reach the disk after
     * this run has written it directly. */
    posix_fadvise(writer->fd, 0, 0, POSIX_FADV_DONTNEED);
    return status;
}

/* Opens PATH.part. Sets `*found` to false if it does not exist, or if `force` replaces it. */
static enum fg_status open_part(struct fg_writer *writer, bool *found, struct fg_error *error)
{
    writer->name = writer->part;
    writer->fd = writer->output.force ? -1 : open(writer->part, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    *found = writer->fd >= 0;
    return *found || writer->output.force || errno == ENOENT
               ? FG_OK
               : fg_fail(error, FG_BAD_INPUT, "%s cannot be resumed: %s; name another output", writer->part,
                         strerror(errno));
}

/* Resumes the open file if it has this setup. */
static enum fg_status try_to_resume(struct fg_writer *writer, struct fg_error *error)
{
    bool ours;
    enum fg_status status = keep_out_writers(writer, error);
    if (status == FG_OK)
        status = is_continuation(writer, &ours, error);
    if (status != FG_OK)
        return status;
    return ours ? resume(writer, error)
                : fg_fail_with(error, FG_REMEDY_OTHER_SETUP, FG_BAD_INPUT,
                               "%s has another setup or is damaged; name another output", writer->part);
}

bool fg_output_is_lost(const struct fg_output *output)
{
    struct fg_writer reader = {.output = *output};
    bool ours = true;
    reader.name = fg_path_with(output->path, NAME_PART, reader.part);
    reader.fd = open(reader.part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (reader.fd >= 0 && fg_skeleton_create(&reader.skeleton, output, NULL) == FG_OK &&
        is_continuation(&reader, &ours, NULL) != FG_OK)
        ours = true;
    fg_skeleton_free(&reader.skeleton);
    if (reader.fd >= 0)
        close(reader.fd);
    return !ours;
}

/* Returns whether PATH exists and must not be replaced. */
static bool is_finished(const struct fg_writer *writer)
{
    struct stat file;
    return !writer->output.force && lstat(writer->path, &file) == 0;
}

/* Sets `*all` to whether every tile has a mark that its values match. */
static enum fg_status has_all(struct fg_writer *writer, bool *all, struct fg_error *error)
{
    const struct fg_setup *setup = writer->output.setup;
    const struct fg_tiling *tiling = &setup->grid.tiling;
    struct fg_tile_room room;
    if (!fg_tile_room_make(&room, tiling, setup->fields, 0))
        return fg_fail(error, FG_FAILED, "%s: no memory for a tile of %zu cells", writer->path,
                       fg_grid_tile_cells(&setup->grid));
    *all = true;
    for (size_t k = 0; k < setup->n_data * tiling->n && *all; k++) {
        const struct fg_tile tile = fg_tiling_at(tiling, k % tiling->n);
        const struct fg_cells cells = fg_tile_room_cells(&room, tiling, &tile);
        struct fg_summary found;
        *all = fg_writer_has_tile(writer, k / tiling->n, &tile, &cells, &found);
    }
    fg_tile_room_free(&room);
    return FG_OK;
}

enum fg_status fg_writer_repair(struct fg_writer *writer, struct fg_error *error)
{
    char event[sizeof(struct inotify_event) + 256];
    bool all = true;
    if (writer->watch < 0 || read(writer->watch, event, sizeof event) <= 0)
        return FG_OK;
    enum fg_status status = fg_writer_write_inputs(writer, error);
    if (status == FG_OK)
        status = has_all(writer, &all, error);
    return status != FG_OK || all
               ? status
               : fg_fail(error, FG_FAILED,
                         "%s was changed by another program while it was written, so it is not complete; the "
                         "tiles that it changed will be computed again",
                         writer->part);
}

/* Reads from the file of a writer; has the type fg_file_read. */
static enum fg_status read_from_writer(void *context, void *bytes, size_t n, uint64_t offset,
                                       struct fg_error *error)
{
    const struct fg_writer *writer = context;
    return fg_io_read(writer->fd, bytes, n, offset)
               ? FG_OK
               : fg_fail(error, FG_FAILED, "%s: reading: %s", writer->name, fg_io_reason());
}

/* Sets `*has` to whether the stationary points of data set s match their checksum or have not been searched
 * for. */
static enum fg_status has_points(struct fg_writer *writer, size_t s, bool *has, struct fg_error *error)
{
    struct fg_stationary points;
    enum fg_points_found found = FG_POINTS_CHANGED;
    const enum fg_status status =
        fg_point_table_read(&points, &found, writer->output.setup->data[s].checksum,
                            writer->skeleton.map.data[s].column, read_from_writer, writer, error);
    *has = found != FG_POINTS_CHANGED;
    return status;
}

/* Accepts the existing PATH as the result if it has this setup and all its values are undamaged; else
 * fails. */
static enum fg_status accept_finished(struct fg_writer *writer, struct fg_error *error)
{
    bool ours = false, all = true;
    writer->fd = open(writer->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    writer->name = writer->path;
    enum fg_status status = writer->fd >= 0 ? is_continuation(writer, &ours, error) : FG_OK;
    if (status == FG_OK && ours)
        status = has_all(writer, &all, error);
    for (size_t s = 0; s < writer->output.setup->n_data && status == FG_OK && ours && all; s++)
        status = has_points(writer, s, &all, error);
    if (status != FG_OK)
        return status;
    writer->resumed.complete = ours && all && fg_layout_check_complete(writer->path, NULL) == FG_OK;
    return writer->resumed.complete
               ? FG_OK
               : fg_path_refuse_taken(writer->path, all ? "" : ", and has changed since it was written",
                                      error);
}

/* Begins or resumes the file. The caller holds the lock. */
static enum fg_status begin_locked(struct fg_writer *writer, struct fg_error *error)
{
    bool found;
    if (is_finished(writer)) /* checked again: the last holder of the lock may have finished it */
        return accept_finished(writer, error);
    enum fg_status status = open_part(writer, &found, error);
    if (status != FG_OK)
        return status;
    return found ? try_to_resume(writer, error) : begin_file(writer, error);
}

enum fg_status fg_writer_begin(struct fg_writer *writer, struct fg_error *error)
{
    enum fg_status status = fg_skeleton_create(&writer->skeleton, &writer->output, error);
    if (status == FG_OK && !is_finished(writer))
        status = check_room(writer, error);
    if (status == FG_OK)
        status = fg_lock_take(&writer->lock, writer->path, error);
    if (status != FG_OK)
        return status;
    writer->resumed.abandoned = writer->lock.taken_over;
    strcpy(writer->resumed.earlier_host, writer->lock.earlier_host);
    status = begin_locked(writer, error);
    if (status == FG_OK)
        watch_part(writer);
    if (status != FG_OK && (writer->resumed.abandoned || writer->resumed.found))
        fg_lock_abandon(&writer->lock); /* so that the next run also reports that a run has died here */
    return status;
}
