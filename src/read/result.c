/* Opens a result file: lets a child process describe its contents with HDF5. */
#define _POSIX_C_SOURCE 200809L /* O_CLOEXEC, strdup */
#include "fishergrid/result.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "open_result.h"

/* --- the file --- */

static enum fg_status open_file(struct fg_open_result *opened, struct fg_error *error)
{
    const char *path = opened->seen.path;
    struct stat file;
    opened->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* O_NONBLOCK: opening a pipe must not wait */
    if (opened->fd < 0 || fstat(opened->fd, &file) != 0)
        return fg_fail(error, FG_BAD_INPUT, "%s: %s; a file that a sweep made works", path, strerror(errno));
    if (S_ISDIR(file.st_mode))
        return fg_fail(error, FG_BAD_INPUT, "%s is a directory; name a file in it", path);
    if (!S_ISREG(file.st_mode))
        return fg_fail(error, FG_BAD_INPUT, "%s is not a regular file; a file that a sweep made works", path);
    opened->seen.bytes = (uint64_t)file.st_size;
    return FG_OK;
}

/* --- opening --- */

static enum fg_status open_result(struct fg_open_result *opened, struct fg_error *error)
{
    struct fg_result *result = &opened->seen;
    enum fg_status status = open_file(opened, error);
    if (status == FG_OK)
        status = fg_sandbox_run(fg_describe, opened, &fg_describe_limits, result->path, error);
    if (status != FG_OK)
        return status;
    uint64_t stored = 0;
    opened->setup_hash = fg_setup_hash(&result->setup);
    status = fg_result_read(result, opened->map.layout_hash, sizeof stored, &stored, error);
    result->moved = stored != fg_layout_hash(&result->setup, &opened->map);
    return status;
}

/* Copies the description into memory that no child shares. Returns NULL if memory runs out. */
static struct fg_open_result *keep(const struct fg_open_result *shared)
{
    const size_t bytes = sizeof *shared + shared->copied_bytes;
    struct fg_open_result *kept = malloc(bytes);
    if (!kept)
        return NULL;
    memcpy(kept, shared, bytes);
    for (int t = 0; t < FG_N_TEXTS; t++)
        kept->seen.text[t] = kept->text_at[t] ? kept->copied + (kept->text_at[t] - 1) : NULL;
    return kept;
}

static void release_result(struct fg_open_result *opened)
{
    if (opened->fd >= 0)
        close(opened->fd);
    if (opened->unpacked)
        munmap(opened->unpacked, opened->unpacked_bytes);
    free(opened->seen.path);
}

enum fg_status fg_result_open(struct fg_result **result, const char *path, struct fg_error *error)
{
    struct fg_open_result *shared = fg_sandbox_memory(FG_OPEN_RESULT_MAX), *kept = NULL;
    *result = NULL;
    if (!shared)
        return fg_fail(error, FG_FAILED, "%s: no memory", path);
    shared->fd = -1;
    shared->seen.path = strdup(path);
    enum fg_status status =
        shared->seen.path ? open_result(shared, error) : fg_fail(error, FG_FAILED, "%s: no memory", path);
    if (status == FG_OK && !(kept = keep(shared)))
        status = fg_fail(error, FG_FAILED, "%s: no memory", path);
    if (status == FG_OK)
        *result = &kept->seen;
    else
        release_result(shared);
    fg_sandbox_free(shared, FG_OPEN_RESULT_MAX);
    return status;
}

void fg_result_close(struct fg_result **result)
{
    if (!*result)
        return;
    struct fg_open_result *opened = (struct fg_open_result *)(void *)*result;
    release_result(opened);
    free(opened);
    *result = NULL;
}
