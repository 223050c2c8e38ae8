/* Packs fields into chunks. Threads read, round, shuffle and deflate chunks in parallel, and pass them to
 * HDF5 one at a time, in the order of the file. */
#define _POSIX_C_SOURCE 200809L /* PATH_MAX */
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "first_failure.h"
#include "h5.h"
#include "pack_parts.h"
#include "quantize.h"

/* The chunks of all fields, in the order in which they are written: by data set, field and place. */
struct chunk_list {
    const struct fg_packer *packer;
    struct fg_tiling tiling; /* of one field */
    int fields[FG_N_FIELDS]; /* [n_fields] the stored ones */
    uint64_t n_fields, n;    /* fields of a data set; chunks of all data sets */
    struct fg_first_failure failure;
};

struct chunk {
    size_t s;
    int f;
    struct fg_tile tile;
};

static struct chunk chunk_at(const struct chunk_list *list, uint64_t k)
{
    const uint64_t field = k / list->tiling.n;
    return (struct chunk){.s = (size_t)(field / list->n_fields),
                          .f = list->fields[field % list->n_fields],
                          .tile = fg_tiling_at(&list->tiling, (size_t)(k % list->tiling.n))};
}

/* The memory of one thread. */
struct chunk_buffer {
    size_t cells;            /* of a chunk */
    double *values;          /* [cells] owned, with the two below */
    unsigned char *shuffled; /* [cells * sizeof(double)] */
    unsigned char *deflated; /* [room] */
    size_t room, bytes;      /* `bytes` of `room` are in use */
    struct libdeflate_compressor *compressor;
};

static bool chunk_buffer_init(struct chunk_buffer *buffer, const struct chunk_list *list)
{
    const size_t cells = list->tiling.rows * list->tiling.columns, bytes = cells * sizeof(double);
    *buffer = (struct chunk_buffer){.cells = cells,
                                    .compressor = libdeflate_alloc_compressor(list->packer->packing.level)};
    if (!buffer->compressor)
        return false;
    buffer->room = libdeflate_zlib_compress_bound(buffer->compressor, bytes);
    buffer->values = malloc(2 * bytes + buffer->room);
    if (!buffer->values)
        return false;
    buffer->shuffled = (unsigned char *)(buffer->values + cells);
    buffer->deflated = buffer->shuffled + bytes;
    return true;
}

static void chunk_buffer_free(struct chunk_buffer *buffer)
{
    free(buffer->values);
    libdeflate_free_compressor(buffer->compressor);
}

/* --- one chunk --- */

/* Shuffles values like the filter of HDF5: the first bytes of all values, then the second bytes, and so on.
 * Returns the number of bytes of a value. */
static size_t shuffle(const double *values, size_t n, bool float32, unsigned char *shuffled)
{
    const size_t bytes = float32 ? sizeof(float) : sizeof(double);
    for (size_t k = 0; k < n; k++) {
        const float narrow = float32 ? (float)values[k] : 0;
        const unsigned char *value = float32 ? (const void *)&narrow : (const void *)&values[k];
        for (size_t b = 0; b < bytes; b++)
            shuffled[b * n + k] = value[b];
    }
    return bytes;
}

/* Reads, rounds, shuffles and deflates a chunk. At the edge of the grid, the chunk is padded with zeros. */
static enum fg_status make_chunk(struct chunk_buffer *buffer, const struct chunk_list *list,
                                 const struct chunk *chunk, struct fg_error *error)
{
    const struct fg_packer *packer = list->packer;
    const size_t n = chunk->tile.rows * chunk->tile.columns;
    const void *from = buffer->values;
    size_t bytes = 1;
    double worst = 0; /* not used: fg_pack_tiles has found it */
    memset(buffer->values, 0, buffer->cells * sizeof *buffer->values);
    enum fg_status status =
        fg_result_read_cells(packer->from, chunk->s, (enum fg_field)chunk->f,
                             fg_tiling_first_cell(&list->tiling, &chunk->tile), n, buffer->values, error);
    if (status != FG_OK)
        return status;
    if (chunk->f < FG_N_REAL_FIELDS) {
        fg_quantize(&packer->packing, buffer->values, n, &worst);
        bytes = shuffle(buffer->values, buffer->cells, packer->packing.float32, buffer->shuffled);
        from = buffer->shuffled;
    }
    buffer->bytes = libdeflate_zlib_compress(buffer->compressor, from, buffer->cells * bytes,
                                             buffer->deflated, buffer->room);
    return FG_OK;
}

static enum fg_status write_chunk(const struct chunk_list *list, const struct chunk *chunk,
                                  const struct chunk_buffer *buffer, struct fg_error *error)
{
    const hsize_t offset[2] = {chunk->tile.i0, chunk->tile.j0};
    char name[FG_FIELD_NAME_MAX], cause[H5_CAUSE_MAX];
    fg_h5_quiet(); /* HDF5 may have been built to print the errors of each thread */
    fg_field_name((enum fg_field)chunk->f, list->packer->from->setup.data[chunk->s].name, name);
    hid_t dataset = H5Dopen2(list->packer->hdf5, name, H5P_DEFAULT);
    const bool written =
        H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, offset, buffer->bytes, buffer->deflated) >= 0;
    fg_h5_cause(cause);
    const bool closed = H5Dclose(dataset) >= 0;
    if (written && !closed)
        fg_h5_cause(cause);
    return written && closed
               ? FG_OK
               : fg_fail(error, FG_FAILED, "%s: writing a chunk: %s", list->packer->file.name, cause);
}

/* --- all chunks --- */

static void tell(const struct chunk_list *list, uint64_t done)
{
    const struct fg_watcher *watcher = list->failure.watcher;
    const uint64_t cells = fg_setup_cells(&list->packer->from->setup);
    if (watcher && watcher->tell)
        watcher->tell(watcher->context, (uint64_t)((double)done / (double)list->n * (double)cells), cells);
}

/* Packs chunks until none is left. Each thread calls this function. */
static void pack_chunks(struct chunk_list *list)
{
    struct chunk_buffer buffer;
    struct fg_error error;
    if (!chunk_buffer_init(&buffer, list))
        fg_first_failure_note(&list->failure, fg_fail(&error, FG_FAILED, "no memory for a chunk"), &error);
#pragma omp for ordered schedule(dynamic, 1)
    for (uint64_t k = 0; k < list->n; k++) {
        const struct chunk chunk = chunk_at(list, k);
        enum fg_status status = FG_OK;
        const bool is_over = fg_first_failure_is_over(&list->failure);
        if (!is_over)
            status = make_chunk(&buffer, list, &chunk, &error);
#pragma omp ordered
        if (!is_over && !fg_first_failure_is_over(&list->failure)) {
            if (status == FG_OK)
                status = write_chunk(list, &chunk, &buffer, &error);
            if (status == FG_OK)
                tell(list, k + 1);
            fg_first_failure_note(&list->failure, status, &error);
        }
    }
    chunk_buffer_free(&buffer);
}

enum fg_status fg_pack_chunks(struct fg_packer *packer, int threads, const struct fg_watcher *watcher,
                              struct fg_error *error)
{
    const struct fg_setup *setup = &packer->from->setup;
    struct chunk_list list = {
        .packer = packer, .tiling = fg_layout_chunks(&setup->grid), .failure.watcher = watcher};
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (setup->fields & 1u << f)
            list.fields[list.n_fields++] = f;
    }
    list.n = setup->n_data * list.n_fields * list.tiling.n;
#pragma omp parallel num_threads(threads)
    pack_chunks(&list);
    return fg_first_failure_end(&list.failure, error);
}
