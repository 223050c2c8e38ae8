/* Checks whether a file can be made under a name, before anything is computed or touched. */
#define _POSIX_C_SOURCE 200809L /* lstat */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "fishergrid/file.h"
#include "paths.h"

/* Names of all files that making an output may replace. */
static const char *const suffixes[] = {"", NAME_PART, NAME_NEW, NAME_LOCK, NAME_LOCK_NEW};
enum { N_SUFFIXES = sizeof suffixes / sizeof *suffixes };

static bool is_same_file(const char *a, const char *b)
{
    struct stat file_a, file_b;
    return stat(a, &file_a) == 0 && stat(b, &file_b) == 0 && file_a.st_dev == file_b.st_dev &&
           file_a.st_ino == file_b.st_ino;
}

enum fg_status fg_output_check_input(const char *path, const char *input, struct fg_error *error)
{
    for (size_t k = 0; k < N_SUFFIXES; k++) {
        char name[FG_PATH_MAX];
        if (is_same_file(fg_path_with(path, suffixes[k], name), input))
            return fg_fail(error, FG_BAD_INPUT, "%s would replace the input '%s'; name another output", path,
                           input);
    }
    return FG_OK;
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
    char room[PATH_MAX];
    const char *directory = fg_path_directory(path, room);
    if (stat(directory, &status) != 0)
        return fg_fail(error, FG_BAD_INPUT, "%s: the directory '%s': %s; %s", path, directory,
                       strerror(errno), errno == ENOENT ? "make it first" : "name another output");
    if (!S_ISDIR(status.st_mode))
        return fg_fail(error, FG_BAD_INPUT, "%s: '%s' is not a directory; name another output", path,
                       directory);
    if (access(directory, W_OK | X_OK) != 0)
        return fg_fail(error, FG_BAD_INPUT,
                       "%s: cannot write into the directory '%s': %s; name another output", path, directory,
                       strerror(errno));
    return FG_OK;
}

/* Checks whether a file can be made under the name `path` with `suffix`. If `replaceable`, a regular file may
 * exist. */
static enum fg_status check_name(const char *path, const char *suffix, bool replaceable,
                                 struct fg_error *error)
{
    struct stat file;
    char name[FG_PATH_MAX];
    if (lstat(fg_path_with(path, suffix, name), &file) != 0)
        return errno == ENOENT
                   ? FG_OK
                   : fg_fail(error, FG_BAD_INPUT, "%s: %s; name another output", name, strerror(errno));
    if (!S_ISREG(file.st_mode))
        return fg_fail(error, FG_BAD_INPUT, "%s is %s; name another output", name,
                       S_ISDIR(file.st_mode) ? "a directory" : "not a regular file");
    return replaceable ? FG_OK : fg_path_refuse_taken(name, "", error);
}

/* Returns whether PATH.lock exists: a run may have died just after it renamed its file to PATH. */
static bool is_locked(const char *path)
{
    struct stat file;
    char name[FG_PATH_MAX];
    return lstat(fg_path_with(path, NAME_LOCK, name), &file) == 0;
}

enum fg_status fg_output_check(const char *path, bool force, struct fg_error *error)
{
    enum fg_status status = check_file_name(path, error);
    if (status == FG_OK)
        status = check_directory(path, error);
    const bool may_be_there = force || is_locked(path);
    for (size_t k = 0; k < N_SUFFIXES && status == FG_OK; k++)
        status = check_name(path, suffixes[k], k > 0 || may_be_there, error);
    return status;
}

double fg_output_free_bytes(const char *path)
{
    struct statvfs disk;
    char room[PATH_MAX];
    return statvfs(fg_path_directory(path, room), &disk) == 0 ? (double)disk.f_bavail * (double)disk.f_frsize
                                                              : INFINITY;
}
