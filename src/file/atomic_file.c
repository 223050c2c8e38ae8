#define _DEFAULT_SOURCE /* O_DIRECTORY, lstat */
#include "atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"

static void release_lock_and_file(struct fg_atomic_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    fg_lock_release(&file->lock);
    *file = (struct fg_atomic_file){0};
}

static enum fg_status check_final_name(const struct fg_atomic_file *file, struct fg_error *error)
{
    struct stat there;
    return !file->force && lstat(file->path, &there) == 0 ? fg_path_refuse_taken(file->path, "", error)
                                                          : FG_OK;
}

static enum fg_status open_new(struct fg_atomic_file *file, struct fg_error *error)
{
    if (unlink(file->name) == 0 || errno == ENOENT)
        file->fd = open(file->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return file->fd >= 0 ? FG_OK
                         : fg_fail(error, FG_BAD_INPUT, "%s cannot be made: %s; name another output",
                                   file->name, strerror(errno));
}

enum fg_status fg_atomic_file_begin(struct fg_atomic_file *file, const char *path, bool force,
                                    struct fg_error *error)
{
    *file = (struct fg_atomic_file){.fd = -1, .force = force};
    fg_path_with(path, "", file->path);
    fg_path_with(path, NAME_NEW, file->name);
    enum fg_status status = fg_lock_take(&file->lock, path, error);
    if (status == FG_OK)
        status = check_final_name(file, error);
    if (status == FG_OK)
        status = open_new(file, error);
    if (status != FG_OK)
        release_lock_and_file(file);
    return status;
}

static enum fg_status rename_finished(struct fg_atomic_file *file, struct fg_error *error)
{
    if (!fg_io_sync(file->fd))
        return fg_fail(error, FG_FAILED, "%s: fsync: %s", file->name, strerror(errno));
    enum fg_status status = check_final_name(file, error);
    if (status == FG_OK && !fg_path_rename(file->name, file->path, file->force))
        status = fg_fail(error, FG_FAILED, "renaming %s to %s: %s", file->name, file->path, strerror(errno));
    return status == FG_OK ? fg_path_sync_directory(file->path, error) : status;
}

enum fg_status fg_atomic_file_finish(struct fg_atomic_file *file, struct fg_error *error)
{
    enum fg_status status = rename_finished(file, error);
    if (status != FG_OK)
        unlink(file->name);
    release_lock_and_file(file);
    return status;
}

void fg_atomic_file_discard(struct fg_atomic_file *file)
{
    if (!*file->path)
        return;
    unlink(file->name);
    release_lock_and_file(file);
}
