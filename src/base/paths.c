#define _GNU_SOURCE /* renameat2 */
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"

const char *fg_path_with(const char *path, const char *suffix, char name[FG_PATH_MAX])
{
    snprintf(name, FG_PATH_MAX, "%.*s%s", PATH_MAX, path, suffix);
    return name;
}

const char *fg_path_directory(const char *path, char room[PATH_MAX])
{
    if (strlen(path) >= PATH_MAX)
        return path;
    return dirname(strcpy(room, path));
}

enum fg_status fg_path_sync_directory(const char *path, struct fg_error *error)
{
    char room[PATH_MAX];
    int fd = open(fg_path_directory(path, room), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* EINVAL: the file system cannot sync a directory. EACCES: the directory can be written but not read. */
    bool done = fd >= 0 ? fg_io_sync(fd) || errno == EINVAL : errno == EACCES;
    enum fg_status status =
        done ? FG_OK : fg_fail(error, FG_FAILED, "%s: fsync of its directory: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return status;
}

enum fg_status fg_path_refuse_taken(const char *path, const char *what, struct fg_error *error)
{
    return fg_fail_with(error, FG_REMEDY_REPLACE, FG_BAD_INPUT, "%s exists%s; name another output", path,
                        what);
}

bool fg_path_leads_to(const char *path, int fd)
{
    struct stat named, opened;
    return lstat(path, &named) == 0 && fstat(fd, &opened) == 0 && named.st_dev == opened.st_dev &&
           named.st_ino == opened.st_ino;
}

bool fg_path_rename(const char *from, const char *to, bool replace)
{
    struct stat file;
    if (replace)
        return rename(from, to) == 0;
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    /* The file system does not support RENAME_NOREPLACE. NFS supports links; other file systems do not. */
    if (link(from, to) == 0)
        return unlink(from) == 0;
    if (errno == EEXIST || errno == ENOENT)
        return false;
    if (lstat(to, &file) == 0) {
        errno = EEXIST;
        return false;
    }
    return rename(from, to) == 0;
}
