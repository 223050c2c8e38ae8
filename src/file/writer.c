/* The writer: the file is laid out in memory, written by all threads under a temporary name, and renamed when
 * it is complete. A file that an earlier run left under the temporary name is resumed. In a team, process 0
 * does everything except the writing of tiles. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include "fishergrid/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "paths.h"
#include "point_table.h"
#include "writer_parts.h"

/* --- size --- */

enum fg_status fg_output_size(const struct fg_output *output, uint64_t *bytes, struct fg_error *error)
{
    struct fg_skeleton skeleton = {0};
    enum fg_status status = fg_skeleton_create(&skeleton, output, error);
    *bytes = skeleton.bytes;
    fg_skeleton_free(&skeleton);
    return status;
}

/* --- a writer --- */

static long long milliseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Syncs the file if the time has come, in one of the threads, and refreshes the lock. */
static enum fg_status sync_when_due(struct fg_writer *writer, struct fg_error *error)
{
    long long due = atomic_load(&writer->next_sync), now = milliseconds_now();
    if (writer->output.sync_seconds <= 0 || now < due)
        return FG_OK;
    long long next = now + (long long)(1000 * writer->output.sync_seconds);
    if (!atomic_compare_exchange_strong(&writer->next_sync, &due, next))
        return FG_OK;
    fg_lock_refresh(&writer->lock);
    return fg_writer_sync(writer, error);
}

static void free_writer(struct fg_writer **writer)
{
    if (!*writer)
        return;
    if ((*writer)->team_file)
        (*writer)->output.team->close((*writer)->team_file, NULL);
    if ((*writer)->fd >= 0)
        close((*writer)->fd);
    if ((*writer)->watch >= 0)
        close((*writer)->watch);
    fg_ways_close(&(*writer)->ways);
    sem_destroy(&(*writer)->turns);
    fg_lock_release(&(*writer)->lock);
    fg_skeleton_free(&(*writer)->skeleton);
    free(*writer);
    *writer = NULL;
}

/* Returns a writer that has its names and nothing else; NULL if memory runs out. */
static struct fg_writer *new_writer(const struct fg_output *output)
{
    struct fg_writer *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->output = *output;
    made->setup_hash = fg_setup_hash(output->setup);
    made->fd = made->watch = -1;
    made->skeleton = (struct fg_skeleton){.fd = -1, .file = H5I_INVALID_HID}; /* process 0 makes it */
    fg_path_with(output->path, "", made->path);
    fg_path_with(output->path, NAME_NEW, made->new);
    made->name = fg_path_with(output->path, NAME_PART, made->part);
    made->ways.direct = -1;
    made->resumed.tiles = output->setup->grid.tiling.n * output->setup->n_data;
    atomic_init(&made->next_sync, milliseconds_now() + (long long)(1000 * output->sync_seconds));
    atomic_init(&made->damaged, 0);
    sem_init(&made->turns, 0, output->provenance.threads < 4 ? 1 : (unsigned)output->provenance.threads / 2);
    return made;
}

/* --- a team --- */

/* Broadcasts the offsets of the arrays from process 0, which has made the file, and opens the file in all
 * processes. */
static enum fg_status begin_sharing(struct fg_writer *writer, struct fg_error *error)
{
    const struct fg_team *team = writer->output.team;
    if (!team)
        return FG_OK;
    fg_team_broadcast(team, &writer->skeleton.map, sizeof writer->skeleton.map);
    fg_team_broadcast(team, &writer->skeleton.bytes, sizeof writer->skeleton.bytes);
    fg_team_broadcast(team, &writer->resumed, sizeof writer->resumed);
    if (writer->resumed.complete)
        return FG_OK;
    writer->team_file = team->open(team->context, writer->part, error);
    return writer->team_file ? FG_OK : fg_fail_while(error, FG_FAILED, "%s: opening", writer->part);
}

/* Syncs what this process has written, because no process can sync for another, and closes the team's
 * file. */
static enum fg_status end_sharing(struct fg_writer *writer, struct fg_error *error)
{
    void *file = writer->team_file;
    if (!file)
        return FG_OK;
    enum fg_status status = fg_writer_sync(writer, error);
    writer->team_file = NULL;
    enum fg_status closed = writer->output.team->close(file, status == FG_OK ? error : NULL);
    return status == FG_OK && closed != FG_OK ? fg_fail_while(error, closed, "%s: close", writer->part)
                                              : status;
}

/* Opens the file for writing tiles, under its name PATH.part. */
static enum fg_status open_ways(struct fg_writer *writer, struct fg_error *error)
{
    if (writer->resumed.complete)
        return FG_OK;
    if (writer->fd < 0) /* not process 0 */
        writer->fd = open(writer->part, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (writer->fd < 0)
        return fg_fail(error, FG_FAILED, "%s: opening: %s", writer->part, strerror(errno));
    const enum fg_way way = writer->output.way;
    writer->ways = fg_ways_open(writer->output.team && way == FG_WAY_DIRECT ? FG_WAY_EARLY : way, writer->fd,
                                writer->part);
    return FG_OK;
}

enum fg_status fg_writer_open(struct fg_writer **writer, const struct fg_output *output,
                              struct fg_error *error)
{
    const bool leads = fg_team_rank(output->team) == 0;
    struct fg_writer *made = *writer = new_writer(output);
    enum fg_status status = FG_OK;
    if (!made)
        status = fg_fail(error, FG_FAILED, "%s: no memory", output->path);
    else
        status = leads ? fg_writer_begin(made, error) : FG_OK;
    const bool is_made = leads && status == FG_OK;
    status = fg_team_agree(output->team, status, error);
    if (status == FG_OK)
        status = fg_team_agree(output->team, begin_sharing(made, error), error);
    if (status == FG_OK)
        status = fg_team_agree(output->team, open_ways(made, error), error);
    if (status != FG_OK && is_made && !made->resumed.found && !made->resumed.complete)
        fg_writer_discard(writer);
    else if (status != FG_OK)
        free_writer(writer);
    return status;
}

/* --- filling --- */

static enum fg_status put_tile(void *context, size_t data, const struct fg_tile *tile,
                               const struct fg_cells *cells, const struct fg_summary *found,
                               struct fg_error *error)
{
    struct fg_writer *writer = context;
    enum fg_status status = fg_writer_put_tile(writer, data, tile, cells, found, error);
    return status == FG_OK ? sync_when_due(writer, error) : status;
}

struct fg_sink fg_writer_sink(struct fg_writer *writer)
{
    return (struct fg_sink){.put = put_tile,
                            .has = writer->resumed.found ? fg_writer_has_tile : NULL,
                            .alignment = writer->ways.way == FG_WAY_DIRECT ? writer->ways.page : 0,
                            .context = writer};
}

uint64_t fg_writer_bytes(const struct fg_writer *writer)
{
    return writer->skeleton.bytes;
}

struct fg_resumed fg_writer_resumed(const struct fg_writer *writer)
{
    return writer->resumed;
}

enum fg_way fg_writer_way(const struct fg_writer *writer)
{
    return (enum fg_way)atomic_load(&writer->ways.way);
}

uint64_t fg_writer_sum_damaged(struct fg_writer *writer)
{
    return fg_team_sum(writer->output.team, atomic_load(&writer->damaged));
}

/* --- ending --- */

/* Checks that PATH.part is still the file that this writer made. */
static enum fg_status check_ours(struct fg_writer *writer, struct fg_error *error)
{
    return fg_path_leads_to(writer->part, writer->fd)
               ? FG_OK
               : fg_fail(error, FG_FAILED, "%s was removed or replaced while it was written", writer->part);
}

/* Checks that no other program has changed the metadata or added to the file. */
static enum fg_status check_unchanged(struct fg_writer *writer, struct fg_error *error)
{
    uint64_t hash;
    enum fg_status status = fg_skeleton_hash(&writer->skeleton, writer->fd, &hash, error);
    return status != FG_OK || hash == writer->metadata_hash
               ? status
               : fg_fail(
                     error, FG_FAILED,
                     "%s was changed by another program while it was written, so it is not complete; what "
                     "was added will be lost",
                     writer->part);
}

static enum fg_status close_part(struct fg_writer *writer, struct fg_error *error)
{
    int fd = writer->fd;
    writer->fd = -1;
    return close(fd) == 0 ? FG_OK : fg_fail(error, FG_FAILED, "%s: close: %s", writer->part, strerror(errno));
}

void fg_writer_set_stationary(struct fg_writer *writer, const struct fg_stationary *points)
{
    writer->points = points;
}

static enum fg_status write_points(struct fg_writer *writer, struct fg_error *error)
{
    enum fg_status status = FG_OK;
    for (size_t s = 0; writer->points && s < writer->output.setup->n_data && status == FG_OK; s++)
        status = fg_point_table_write(&writer->points[s], writer->output.setup->data[s].checksum,
                                      writer->skeleton.map.data[s].column, fg_writer_write, writer, error);
    return status;
}

/* Marks the skeleton complete, copies it to the file, and lets HDF5 read the mark back from there. */
static enum fg_status mark_file_complete(struct fg_writer *writer, struct fg_error *error)
{
    enum fg_status status =
        fg_layout_complete(&writer->skeleton.file, writer->end_time, writer->summary, error);
    if (status == FG_OK)
        status = fg_skeleton_copy(&writer->skeleton, fg_writer_write, writer, error);
    return status == FG_OK ? fg_layout_check_complete(writer->part, error) : status;
}

static enum fg_status rename_part(struct fg_writer *writer, struct fg_error *error)
{
    if (fg_path_rename(writer->part, writer->path, writer->output.force))
        return FG_OK;
    if (errno == EEXIST)
        return fg_fail(error, FG_FAILED,
                       "%s was made by another process meanwhile; the result is complete, and stays %s until "
                       "that file is removed",
                       writer->path, writer->part);
    return fg_fail(error, FG_FAILED, "renaming %s to %s: %s", writer->part, writer->path, strerror(errno));
}

/* Sets the metadata hash to 0, because completing the file changes the metadata. */
static enum fg_status remove_metadata_hash(struct fg_writer *writer, struct fg_error *error)
{
    const uint64_t none = 0;
    return fg_writer_write(writer, &none, sizeof none, writer->skeleton.map.metadata_hash, error);
}

/* Completes the file. Syncs the values and the removed hash before the file is marked complete. */
static enum fg_status complete_file(struct fg_writer *writer, struct fg_error *error)
{
    static fg_writer_step *const steps[] = {
        check_ours,           check_unchanged, fg_writer_repair,   write_points,
        remove_metadata_hash, fg_writer_sync,  mark_file_complete, fg_writer_sync,
        check_ours,           close_part,      rename_part,        fg_writer_sync_directory,
    };
    return fg_writer_take(writer, steps, sizeof steps / sizeof *steps, error);
}

/* Syncs and closes the file, so that a later run can resume it. */
static enum fg_status leave_file(struct fg_writer *writer, struct fg_error *error)
{
    static fg_writer_step *const steps[] = {fg_writer_sync, close_part, fg_writer_sync_directory};
    return fg_writer_take(writer, steps, sizeof steps / sizeof *steps, error);
}

/* Ends the writing of all processes. In process 0 `last` then ends the file. */
static enum fg_status end_writer(struct fg_writer **writer, fg_writer_step *last, struct fg_error *error)
{
    const struct fg_team *team = (*writer)->output.team;
    enum fg_status status = fg_team_agree(team, end_sharing(*writer, error), error);
    if (status == FG_OK && fg_team_rank(team) == 0)
        status = last(*writer, error);
    free_writer(writer);
    return fg_team_agree(team, status, error);
}

enum fg_status fg_writer_finish(struct fg_writer **writer, const char *end_time, const char *summary_json,
                                struct fg_error *error)
{
    (*writer)->end_time = end_time;
    (*writer)->summary = summary_json;
    return end_writer(writer, complete_file, error);
}

enum fg_status fg_writer_suspend(struct fg_writer **writer, struct fg_error *error)
{
    return *writer ? end_writer(writer, leave_file, error) : FG_OK;
}

void fg_writer_discard(struct fg_writer **writer)
{
    if (*writer && (*writer)->fd >= 0 && check_ours(*writer, NULL) == FG_OK)
        unlink((*writer)->part);
    free_writer(writer);
}
