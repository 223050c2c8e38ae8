/* Unpacks fields. HDF5 unpacks the chunks in a child process, into a mapped file that the parent shares,
 * because the values may be larger than the memory. */
#define _GNU_SOURCE /* mkostemp */
#include "fishergrid/result.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "h5.h"
#include "open_result.h"
#include "paths.h"

/* Maximum number of bytes that deflate makes of one byte: a match of 258 bytes takes 2 bits. */
static const double deflate_most = 1032;

/* --- in the child --- */

/* Reads whole rows of chunks at a time, so that each chunk is unpacked once. */
static bool unpack_rows(hid_t dataset, hid_t space, hsize_t rows, const struct fg_grid *grid, hid_t type,
                        char *values)
{
    const hsize_t n_phi = grid->phi.n, n_r = grid->r.n;
    bool read = true;
    for (hsize_t i = 0; i < n_phi && read; i += rows) {
        const hsize_t start[2] = {i, 0}, count[2] = {rows < n_phi - i ? rows : n_phi - i, n_r};
        hid_t memory = H5Screate_simple(2, count, NULL);
        read = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
               H5Dread(dataset, type, memory, space, H5P_DEFAULT, values + i * n_r * H5Tget_size(type)) >= 0;
        H5Sclose(memory);
    }
    return read;
}

static enum fg_status unpack_field(const struct fg_open_result *opened, hid_t file, size_t s, int f,
                                   struct fg_error *error)
{
    const struct fg_setup *setup = &opened->seen.setup;
    char name[FG_FIELD_NAME_MAX];
    hsize_t chunk[2];
    fg_field_name((enum fg_field)f, setup->data[s].name, name);
    const hid_t type = f < FG_N_REAL_FIELDS ? H5T_NATIVE_DOUBLE : H5T_NATIVE_UCHAR;
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), properties = H5Dget_create_plist(dataset),
                space = H5Dget_space(dataset);
    if (H5Pget_chunk(properties, 2, chunk) != 2)
        chunk[0] = 64; /* no chunks: another tool has unpacked 32-bit numbers, or H5Dopen2 failed */
    const bool read = unpack_rows(dataset, space, chunk[0], &setup->grid, type,
                                  opened->unpacked + opened->unpacked_at[s][f] - 1);
    H5Sclose(space);
    H5Pclose(properties);
    H5Dclose(dataset);
    return read ? FG_OK
                : fg_fail(error, FG_BAD_INPUT, "%s: damaged: a chunk of %s cannot be unpacked",
                          opened->seen.path, name);
}

/* Unpacks all packed fields of a file; has the type fg_sandbox_work. */
static enum fg_status unpack_file(void *result, struct fg_error *error)
{
    const struct fg_open_result *opened = result;
    hid_t file;
    enum fg_status status = fg_h5_open_for_reading(opened->seen.path, &file, error);
    if (status != FG_OK)
        return status;
    for (size_t s = 0; s < opened->seen.setup.n_data; s++) {
        for (int f = 0; f < FG_N_FIELDS && status == FG_OK; f++) {
            if (opened->unpacked_at[s][f])
                status = unpack_field(opened, file, s, f, error);
        }
    }
    H5Fclose(file);
    return status;
}

/* --- in the parent --- */

/* Assigns a place to every packed field. Fails with FG_BAD_INPUT if a file of this size cannot hold so many
 * values. */
static enum fg_status give_places(struct fg_open_result *opened, struct fg_error *error)
{
    const struct fg_result *result = &opened->seen;
    const double most = (double)result->bytes * deflate_most;
    const uint64_t cells = fg_grid_cells(&result->setup.grid);
    opened->unpacked_bytes = 0;
    for (size_t s = 0; s < result->setup.n_data; s++) {
        for (int f = 0; f < FG_N_FIELDS; f++) {
            if (!(result->data[s].fields & 1u << f) || opened->map.data[s].field[f])
                continue;
            const size_t bytes = fg_field_bytes((enum fg_field)f);
            if ((double)opened->unpacked_bytes + (double)cells * (double)bytes > most)
                return fg_fail(error, FG_BAD_INPUT, "%s: damaged: its fields are larger than it can hold",
                               result->path);
            opened->unpacked_at[s][f] = 1 + opened->unpacked_bytes;
            opened->unpacked_bytes += cells * bytes;
        }
    }
    return FG_OK;
}

/* Maps a file without a name, with its disk space reserved: writing to a page without space would end the
 * process. */
static enum fg_status map_unnamed_file(struct fg_open_result *opened, struct fg_error *error)
{
    const char *chosen = getenv("TMPDIR"), *directory = chosen && *chosen ? chosen : "/tmp";
    const size_t bytes = opened->unpacked_bytes;
    char name[FG_PATH_MAX];
    fg_path_with(directory, "/fishergrid-XXXXXX", name);
    const int fd = mkostemp(name, O_CLOEXEC);
    int failed = fd < 0 || unlink(name) != 0 ? errno : posix_fallocate(fd, 0, (off_t)bytes);
    void *values = failed ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (values != MAP_FAILED)
        opened->unpacked = values;
    else if (!failed)
        failed = errno;
    if (fd >= 0)
        close(fd);
    return opened->unpacked ? FG_OK
                            : fg_fail(error, FG_FAILED,
                                      "%s: no room for %zu bytes to unpack it in %s%s: %s; set TMPDIR to a "
                                      "directory with more",
                                      opened->seen.path, bytes, directory == chosen ? "TMPDIR=" : "",
                                      directory, strerror(failed));
}

enum fg_status fg_result_unpack(struct fg_result *result, struct fg_error *error)
{
    struct fg_open_result *opened = (struct fg_open_result *)(void *)result;
    if (!result->packed || opened->unpacked)
        return FG_OK;
    enum fg_status status = give_places(opened, error);
    if (status == FG_OK)
        status = map_unnamed_file(opened, error);
    if (status != FG_OK)
        return status;
    /* HDF5 keeps one or two chunks in memory; a slow disk writes 10 MB/s */
    const struct fg_sandbox_limits limits = {
        .bytes = (size_t)256 << 20, .cpu_seconds = 60 + (unsigned)(opened->unpacked_bytes / 10000000)};
    status = fg_sandbox_run(unpack_file, opened, &limits, result->path, error);
    if (status != FG_OK) {
        munmap(opened->unpacked, opened->unpacked_bytes);
        opened->unpacked = NULL;
    }
    return status;
}
