/* Unpacks fields. HDF5 unpacks the chunks in a child process. The values go to the disk, because they may
 * exceed the memory. */
#define _GNU_SOURCE /* mkostemp, fallocate */
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "h5.h"
#include "io.h"
#include "open_result.h"
#include "paths.h"
#include "sandbox.h"

struct fg_unpacked {
    int fd;
    uint64_t at[][FG_N_FIELDS]; /* [n_data] 1 + offset in fd of each packed field; 0: it is not packed */
};

/* Deflate makes at most so much of a byte (a match of 258 bytes takes 2 bits). */
enum { DEFLATE_MOST = 1032 };

/* --- in the child --- */

struct unpacking {
    const struct fg_result *result;
    const struct fg_unpacked *unpacked;
};

/* Piece by piece, each a chunk as we pack them; others may have other chunks. */
static enum fg_status unpack_dataset(const struct unpacking *unpacking, hid_t dataset, hid_t type,
                                     size_t bytes, uint64_t offset, struct fg_error *error)
{
    const struct fg_result *result = unpacking->result;
    const struct fg_tiling pieces = fg_layout_chunks(&result->setup.grid);
    const hsize_t most = (hsize_t)pieces.rows * pieces.columns;
    void *values = malloc(most * bytes);
    hid_t space = H5Dget_space(dataset);
    enum fg_status status = values && space >= 0 ? FG_OK : FG_FAILED;
    for (size_t t = 0; t < pieces.n && status == FG_OK; t++) {
        const struct fg_tile piece = fg_tiling_at(&pieces, t);
        const hsize_t start[2] = {piece.i0, piece.j0}, count[2] = {piece.rows, piece.columns};
        const hsize_t n = count[0] * count[1];
        hid_t memory = H5Screate_simple(1, &n, NULL);
        if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
            H5Dread(dataset, type, memory, space, H5P_DEFAULT, values) < 0)
            status = FG_BAD_INPUT;
        else if (!fg_io_write(unpacking->unpacked->fd, values, n * bytes,
                              offset + fg_tiling_first_cell(&pieces, &piece) * bytes))
            status = FG_FAILED;
        H5Sclose(memory);
    }
    if (status == FG_BAD_INPUT)
        fg_fail(error, status, "%s: damaged: a chunk cannot be unpacked", result->path);
    else if (status != FG_OK)
        fg_fail(error, status, "%s: no memory or disk to unpack it", result->path);
    if (space >= 0)
        H5Sclose(space);
    free(values);
    return status;
}

static enum fg_status unpack_field(const struct unpacking *unpacking, hid_t file, size_t s, int f,
                                   struct fg_error *error)
{
    char name[FG_FIELD_NAME_MAX];
    fg_field_name((enum fg_field)f, unpacking->result->setup.data[s].name, name);
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    if (dataset < 0)
        return fg_fail(error, FG_BAD_INPUT, "%s: damaged: %s cannot be opened", unpacking->result->path,
                       name);
    enum fg_status status =
        unpack_dataset(unpacking, dataset, f < FG_N_REAL_FIELDS ? H5T_NATIVE_DOUBLE : H5T_NATIVE_UCHAR,
                       fg_field_bytes((enum fg_field)f), unpacking->unpacked->at[s][f] - 1, error);
    H5Dclose(dataset);
    return status;
}

static enum fg_status unpack_file(void *shared, struct fg_error *error)
{
    const struct unpacking *unpacking = shared;
    enum fg_status status = FG_OK;
    fg_h5_quiet();
    H5PLset_loading_state(0); /* no plugins, whatever filters the file asks for */
    hid_t access = fg_h5_file_access(), file = H5Fopen(unpacking->result->path, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    if (file < 0)
        return fg_fail(error, FG_BAD_INPUT, "%s: damaged", unpacking->result->path);
    for (size_t s = 0; s < unpacking->result->setup.n_data && status == FG_OK; s++) {
        for (int f = 0; f < FG_N_FIELDS && status == FG_OK; f++) {
            if (fg_unpacked_has(unpacking->unpacked, s, (enum fg_field)f))
                status = unpack_field(unpacking, file, s, f, error);
        }
    }
    H5Fclose(file);
    return status;
}

/* --- in the parent --- */

/* Gives every packed field its place; FG_BAD_INPUT where such a file cannot hold so much. */
static enum fg_status give_places(const struct fg_result *result, struct fg_unpacked *unpacked,
                                  uint64_t *bytes, struct fg_error *error)
{
    double all = 0, most = (double)result->bytes * DEFLATE_MOST;
    *bytes = 0;
    const uint64_t cells = fg_grid_cells(&result->setup.grid);
    for (size_t s = 0; s < result->setup.n_data; s++) {
        for (int f = 0; f < FG_N_FIELDS; f++) {
            if (!(result->data[s].fields & 1u << f) || fg_result_opened(result)->map.data[s].field[f])
                continue;
            all += (double)cells * (double)fg_field_bytes((enum fg_field)f);
            if (all > most)
                return fg_fail(error, FG_BAD_INPUT, "%s: damaged: its fields are larger than it can hold",
                               result->path);
            unpacked->at[s][f] = 1 + *bytes;
            *bytes += cells * fg_field_bytes((enum fg_field)f);
        }
    }
    return FG_OK;
}

/* A file without a name, with that much room. */
static enum fg_status make_room(const char *path, uint64_t bytes, int *fd, struct fg_error *error)
{
    const char *directory = getenv("TMPDIR");
    char *name = fg_path_with(directory && *directory ? directory : "/tmp", "/fishergrid-XXXXXX");
    *fd = name ? mkostemp(name, O_CLOEXEC) : -1;
    if (*fd >= 0)
        unlink(name);
    bool made = *fd >= 0 && (fallocate(*fd, 0, 0, (off_t)bytes) == 0 || errno == EOPNOTSUPP);
    enum fg_status status =
        made ? FG_OK
             : fg_fail(error, FG_FAILED, "%s: no room for %llu bytes to unpack it in %s: %s; set TMPDIR",
                       path, (unsigned long long)bytes,
                       name ? directory && *directory ? directory : "/tmp" : "memory", strerror(errno));
    free(name);
    return status;
}

enum fg_status fg_result_unpack(struct fg_result *result, struct fg_error *error)
{
    uint64_t bytes;
    if (!result->packed || fg_result_opened(result)->unpacked)
        return FG_OK;
    struct fg_unpacked *unpacked =
        calloc(1, sizeof *unpacked + result->setup.n_data * sizeof unpacked->at[0]);
    if (!unpacked)
        return fg_fail(error, FG_FAILED, "%s: no memory", result->path);
    unpacked->fd = -1;
    enum fg_status status = give_places(result, unpacked, &bytes, error);
    if (status == FG_OK)
        status = make_room(result->path, bytes, &unpacked->fd, error);
    if (status == FG_OK) {
        /* HDF5 keeps a chunk or two; a slow disk writes 10 MB/s */
        const struct fg_sandbox_limits limits = {.bytes = (size_t)256 << 20,
                                                 .seconds = 60 + (unsigned)(bytes / 10000000)};
        struct unpacking unpacking = {result, unpacked};
        status = fg_sandbox_run(unpack_file, &unpacking, &limits, result->path, error);
    }
    if (status == FG_OK)
        ((struct fg_open_result *)(void *)result)->unpacked = unpacked;
    else
        fg_unpacked_free(unpacked);
    return status;
}

bool fg_unpacked_has(const struct fg_unpacked *unpacked, size_t s, enum fg_field field)
{
    return unpacked->at[s][field] != 0;
}

enum fg_status fg_unpacked_read(const struct fg_result *result, size_t s, enum fg_field field, uint64_t first,
                                size_t n, void *values, struct fg_error *error)
{
    const struct fg_unpacked *unpacked = fg_result_opened(result)->unpacked;
    const size_t bytes = fg_field_bytes(field);
    return fg_io_read(unpacked->fd, values, n * bytes, unpacked->at[s][field] - 1 + first * bytes)
               ? FG_OK
               : fg_fail(error, FG_FAILED, "%s: reading what was unpacked: %s", result->path, fg_io_reason());
}

void fg_unpacked_free(struct fg_unpacked *unpacked)
{
    if (unpacked && unpacked->fd >= 0)
        close(unpacked->fd);
    free(unpacked);
}
