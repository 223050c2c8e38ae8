#define _GNU_SOURCE /* memfd_create, mkostemp, P_tmpdir */
#include "skeleton.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hash.h"
#include "io.h"
#include "paths.h"

/* Returns the number of bytes of all values. The rest of the file is smaller than the difference between
 * FG_FILE_MAX and what HDF5 and the system can address. */
static double bytes_of_arrays(const struct fg_output *output)
{
    struct fg_layout_map map;
    double bytes = 0;
    for (size_t k = 0; k < LAYOUT_ARRAYS_MAX(output->setup->n_data); k++) {
        const struct fg_layout_array array = fg_layout_array(output->setup, &map, k);
        double values = 1;
        for (int d = 0; d < array.rank; d++)
            values *= (double)array.shape[d];
        if (array.field == FG_N_FIELDS || (!output->packing && output->setup->fields & 1u << array.field))
            bytes += values * (double)fg_layout_bytes(array.type);
    }
    return bytes;
}

static enum fg_status refuse_size(const char *path, double bytes, const char *why, struct fg_error *error)
{
    char shown[32];
    snprintf(shown, sizeof shown, bytes < 0x1p64 ? "%.0f" : "%.3g", bytes);
    return fg_fail_with(error, FG_REMEDY_FEWER_FIELDS, FG_BAD_INPUT,
                        "%s: no room for about %s bytes%s; fewer cells or fields need less", path, shown,
                        why);
}

/* Returns whether this process may make a file of this size (ulimit -f). HDF5 would not report that
 * failure. */
static bool is_allowed(int fd, double bytes)
{
    return ftruncate(fd, (off_t)bytes) == 0 || errno != EFBIG;
}

/* Makes an empty file in memory. Being sparse, it can hold the layout of a file that is larger than any disk.
 * HDF5 opens files by path, and a file in memory has a path only if /proc is mounted. Otherwise the file is
 * made among the temporary files or beside the output, and keeps its name until HDF5 has opened it. */
static int make_temporary_file(const char *output, char path[PATH_MAX], bool *named)
{
    char room[PATH_MAX];
    int fd = memfd_create("fishergrid-layout", MFD_CLOEXEC);
    snprintf(path, PATH_MAX, "/proc/self/fd/%d", fd);
    *named = fd < 0 || access(path, F_OK) != 0;
    if (!*named)
        return fd;
    if (fd >= 0)
        close(fd);
    snprintf(path, PATH_MAX, "%s/fishergrid-layout-XXXXXX",
             access(P_tmpdir, W_OK | X_OK) == 0 ? P_tmpdir : fg_path_directory(output, room));
    return mkostemp(path, O_CLOEXEC);
}

static enum fg_status create_layout(struct fg_skeleton *skeleton, const char *path,
                                    const struct fg_output *output, struct fg_error *error)
{
    struct stat file;
    enum fg_status status = fg_layout_create(path, output, &skeleton->map, error);
    if (status == FG_OK)
        status = fg_layout_open(path, &skeleton->file, error);
    if (status == FG_OK && fstat(skeleton->fd, &file) != 0)
        status = fg_fail(error, FG_FAILED, "%s", strerror(errno));
    if (status == FG_OK) {
        skeleton->bytes = (uint64_t)file.st_size;
        skeleton->n_arrays = fg_layout_arrays(output->setup, &skeleton->map, skeleton->arrays);
    }
    return status;
}

enum fg_status fg_skeleton_create(struct fg_skeleton *skeleton, const struct fg_output *output,
                                  struct fg_error *error)
{
    char path[PATH_MAX];
    char why[64];
    bool named;
    double values = bytes_of_arrays(output);
    if (values > (double)FG_FILE_MAX) {
        snprintf(why, sizeof why, " in any file, %lld at most", (long long)FG_FILE_MAX);
        return refuse_size(output->path, values, why, error);
    }
    *skeleton = (struct fg_skeleton){
        .made = true, .fd = make_temporary_file(output->path, path, &named), .file = H5I_INVALID_HID};
    enum fg_status status = FG_OK;
    if (skeleton->fd < 0)
        status = fg_fail(error, FG_FAILED, "%s: %s", path, strerror(errno));
    else if (!is_allowed(skeleton->fd, values))
        status = refuse_size(output->path, values, ": File too large", error);
    if (status == FG_OK)
        status = create_layout(skeleton, path, output, error);
    if (skeleton->fd >= 0 && named)
        unlink(path);
    if (status != FG_OK)
        fg_skeleton_free(skeleton);
    return status == FG_FAILED ? fg_fail_while(error, status, "%s: laying out the file", output->path)
                               : status;
}

/* Passes the bytes of the file `fd` from `offset` to `end` to `take`. */
static enum fg_status pass_gap(int fd, uint64_t offset, uint64_t end, fg_file_write *take, void *context,
                               struct fg_error *error)
{
    char piece[8192];
    enum fg_status status = FG_OK;
    while (offset < end && status == FG_OK) {
        size_t n = end - offset < sizeof piece ? (size_t)(end - offset) : sizeof piece;
        if (!fg_io_read(fd, piece, n, offset))
            return fg_fail(error, FG_FAILED, "reading the layout: %s", fg_io_reason());
        status = take(context, piece, n, offset, error);
        offset += n;
    }
    return status;
}

/* Passes everything but the arrays of the file `fd` to `take`. */
static enum fg_status pass_gaps(const struct fg_skeleton *skeleton, int fd, uint64_t bytes,
                                fg_file_write *take, void *context, struct fg_error *error)
{
    uint64_t offset = 0;
    enum fg_status status = FG_OK;
    for (size_t k = 0; k < skeleton->n_arrays && status == FG_OK; k++) {
        status = pass_gap(fd, offset, skeleton->arrays[k].offset, take, context, error);
        offset = skeleton->arrays[k].offset + skeleton->arrays[k].bytes;
    }
    return status == FG_OK ? pass_gap(fd, offset, bytes, take, context, error) : status;
}

enum fg_status fg_skeleton_copy(const struct fg_skeleton *skeleton, fg_file_write *write, void *context,
                                struct fg_error *error)
{
    return pass_gaps(skeleton, skeleton->fd, skeleton->bytes, write, context, error);
}

/* Adds bytes to a hash; has the type fg_file_write. Leaves out the superblock, which HDF5 writes whenever it
 * opens a file for writing. */
static enum fg_status add_to_hash(void *hash, const void *bytes, size_t n, uint64_t offset,
                                  struct fg_error *error)
{
    const size_t skipped = offset == 0 ? 48 : 0;
    (void)error;
    *(uint64_t *)hash = fg_hash_bytes((const char *)bytes + skipped, n - skipped, *(uint64_t *)hash);
    return FG_OK;
}

enum fg_status fg_skeleton_hash(const struct fg_skeleton *skeleton, int fd, uint64_t *hash,
                                struct fg_error *error)
{
    struct stat file;
    *hash = 0;
    return fstat(fd, &file) == 0 ? pass_gaps(skeleton, fd, (uint64_t)file.st_size, add_to_hash, hash, error)
                                 : fg_fail(error, FG_FAILED, "reading the layout: %s", strerror(errno));
}

void fg_skeleton_free(struct fg_skeleton *skeleton)
{
    if (!skeleton->made)
        return;
    if (skeleton->file >= 0)
        H5Fclose(skeleton->file);
    if (skeleton->fd >= 0)
        close(skeleton->fd);
    *skeleton = (struct fg_skeleton){0};
}
