/* Packs fields into chunks. Threads read, round, shuffle and deflate chunks in parallel, and pass them to
 * HDF5 one at a time, in the order of the file. */
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "h5.h"
#include "pack_parts.h"
#include "quantize.h"

/* The whole work, in the order it is written: fields of data sets, chunk by chunk. */
struct work {
    struct fg_packer *packer;
    struct fg_first_failure *failure;
    const struct fg_packed *packed;
    struct fg_tiling chunks;
    int fields[FG_N_FIELDS]; /* [n_fields] the stored ones */
    size_t n_fields;
    hid_t dataset; /* that is being written; used by one thread at a time */
};

/* One of its chunks. */
struct item {
    size_t s, chunk;
    int f;
};

static struct item item_at(const struct work *work, uint64_t k)
{
    const uint64_t field = k / work->chunks.n;
    return (struct item){.s = (size_t)(field / work->n_fields),
                         .f = work->fields[field % work->n_fields],
                         .chunk = (size_t)(k % work->chunks.n)};
}

/* What one thread works with. */
struct worker {
    size_t cells;            /* of a chunk */
    double *values;          /* [cells] */
    unsigned char *shuffled; /* [cells * sizeof(double)] */
    unsigned char *deflated; /* as many */
    struct libdeflate_compressor *compressor;
    const void *chunk; /* what is to be written, one of the above */
    size_t bytes;
    bool is_deflated;
};

static bool worker_init(struct worker *worker, const struct work *work)
{
    const size_t cells = work->chunks.rows * work->chunks.columns;
    *worker = (struct worker){.cells = cells,
                              .values = malloc(cells * sizeof(double)),
                              .shuffled = malloc(cells * sizeof(double)),
                              .deflated = malloc(cells * sizeof(double)),
                              .compressor = libdeflate_alloc_compressor(work->packer->packing.level)};
    return worker->values && worker->shuffled && worker->deflated && worker->compressor;
}

static void worker_free(struct worker *worker)
{
    free(worker->values);
    free(worker->shuffled);
    free(worker->deflated);
    libdeflate_free_compressor(worker->compressor);
}

/* --- one chunk --- */

/* The shuffle of HDF5: the first bytes of all values, then the second ones. */
static void shuffle(const unsigned char *values, size_t n, size_t bytes, unsigned char *shuffled)
{
    for (size_t b = 0; b < bytes; b++) {
        for (size_t k = 0; k < n; k++)
            shuffled[b * n + k] = values[k * bytes + b];
    }
}

/* In place: the numbers of 32 bits come to lie at the beginning. */
static void narrow(double *values, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const float narrowed = (float)values[k];
        memcpy((char *)values + k * sizeof narrowed, &narrowed, sizeof narrowed);
    }
}

/* Reads the values of a chunk as they shall be stored, a whole chunk also at the rim of the grid, and says
 * how many bytes a value has. */
static enum fg_status read_chunk(struct worker *worker, const struct work *work, const struct item *item,
                                 size_t *bytes, struct fg_error *error)
{
    const struct fg_packing *packing = &work->packer->packing;
    const struct fg_tile tile = fg_tiling_at(&work->chunks, item->chunk);
    const uint64_t first = fg_tiling_first_cell(&work->chunks, &tile);
    const size_t n = tile.rows * tile.columns, stored = fg_field_bytes((enum fg_field)item->f);
    double worst = 0; /* known already */
    enum fg_status status = fg_result_read_cells(work->packer->from, item->s, (enum fg_field)item->f, first,
                                                 n, worker->values, error);
    if (status != FG_OK)
        return status;
    *bytes = stored;
    memset((char *)worker->values + n * stored, 0, (worker->cells - n) * stored);
    if (item->f >= FG_N_REAL_FIELDS)
        return FG_OK;
    fg_quantize(packing, worker->values, n, &worst);
    if (packing->float32) {
        narrow(worker->values, worker->cells);
        *bytes = sizeof(float);
    }
    return FG_OK;
}

/* What deflate cannot make smaller stays as it is; the chunk says so. */
static void deflate(struct worker *worker, size_t bytes)
{
    const size_t n = worker->cells * bytes;
    const unsigned char *from = (const unsigned char *)worker->values;
    if (bytes > 1) {
        shuffle(from, worker->cells, bytes, worker->shuffled);
        from = worker->shuffled;
    }
    const size_t deflated = libdeflate_zlib_compress(worker->compressor, from, n, worker->deflated, n - 1);
    worker->is_deflated = deflated > 0;
    worker->chunk = deflated > 0 ? worker->deflated : from;
    worker->bytes = deflated > 0 ? deflated : n;
}

/* --- writing --- */

static herr_t write_error(hid_t dataset, double error)
{
    hid_t attribute = H5Aopen(dataset, LAYOUT_RELATIVE_ERROR, H5P_DEFAULT);
    if (attribute < 0)
        return -1;
    herr_t written = H5Awrite(attribute, H5T_NATIVE_DOUBLE, &error);
    return H5Aclose(attribute) < 0 ? -1 : written;
}

/* Opens the dataset of the item's field; what rounding did is known by now. */
static herr_t begin_field(struct work *work, const struct item *item)
{
    char name[FG_FIELD_NAME_MAX];
    fg_field_name((enum fg_field)item->f, work->packer->from->setup.data[item->s].name, name);
    work->dataset = H5Dopen2(work->packer->hdf5, name, H5P_DEFAULT);
    if (work->dataset < 0)
        return -1;
    return item->f < FG_N_REAL_FIELDS && fg_quantize_rounds(&work->packer->packing)
               ? write_error(work->dataset, work->packed[item->s].relative_error[item->f])
               : 0;
}

static herr_t end_field(struct work *work)
{
    hid_t dataset = work->dataset;
    work->dataset = H5I_INVALID_HID;
    return dataset < 0 ? 0 : H5Dclose(dataset);
}

static herr_t write_chunk(struct work *work, const struct worker *worker, const struct item *item)
{
    const struct fg_tile tile = fg_tiling_at(&work->chunks, item->chunk);
    const hsize_t offset[2] = {tile.i0, tile.j0};
    const uint32_t deflate_filter = item->f < FG_N_REAL_FIELDS ? 1u << 1 : 1u << 0; /* after the shuffle */
    if (item->chunk == 0 && begin_field(work, item) < 0)
        return -1;
    if (H5Dwrite_chunk(work->dataset, H5P_DEFAULT, worker->is_deflated ? 0 : deflate_filter, offset,
                       worker->bytes, worker->chunk) < 0)
        return -1;
    return item->chunk + 1 == work->chunks.n ? end_field(work) : 0;
}

/* Why the last call of HDF5 failed: what the system said, where that is part of it. */
static void cause_of_failure(char cause[H5_CAUSE_MAX])
{
    static const char before[] = "error message = '";
    fg_h5_cause(cause);
    const char *system = strstr(cause, before), *end = system ? strchr(system + strlen(before), '\'') : NULL;
    if (!end)
        return;
    const size_t length = (size_t)(end - system) - strlen(before);
    memmove(cause, system + strlen(before), length);
    cause[length] = '\0';
}

/* By one thread at a time, in order. */
static void put(struct work *work, const struct worker *worker, const struct item *item, uint64_t k,
                uint64_t n)
{
    const struct fg_watcher *watcher = work->failure->watcher;
    const uint64_t cells = (uint64_t)work->chunks.n_phi * work->chunks.n_r * work->packer->from->setup.n_data;
    struct fg_error error;
    char cause[H5_CAUSE_MAX];
    fg_h5_quiet(); /* HDF5 may be built to print errors of each thread */
    if (write_chunk(work, worker, item) < 0) {
        cause_of_failure(cause);
        fg_first_failure_note(
            work->failure,
            fg_fail(&error, FG_FAILED, "%s: writing a chunk: %s", work->packer->file.name, cause), &error);
    } else if (watcher && watcher->tell) {
        watcher->tell(watcher->context, (uint64_t)((double)(k + 1) / (double)n * (double)cells), cells);
    }
}

/* --- all of them --- */

static void pack_share(struct work *work, uint64_t n)
{
    struct worker worker;
    struct fg_error error;
    if (!worker_init(&worker, work))
        fg_first_failure_note(work->failure, fg_fail(&error, FG_FAILED, "no memory for a chunk"), &error);
#pragma omp barrier
#pragma omp for ordered schedule(dynamic, 1)
    for (uint64_t k = 0; k < n; k++) {
        const struct item item = item_at(work, k);
        bool is_ready = false;
        if (!fg_first_failure_is_over(work->failure)) {
            size_t bytes = 0;
            const enum fg_status status = read_chunk(&worker, work, &item, &bytes, &error);
            is_ready = status == FG_OK;
            if (is_ready)
                deflate(&worker, bytes);
            else
                fg_first_failure_note(work->failure, status, &error);
        }
#pragma omp ordered
        if (is_ready && !fg_first_failure_is_over(work->failure))
            put(work, &worker, &item, k, n);
    }
    worker_free(&worker);
}

enum fg_status fg_pack_chunks(struct fg_packer *packer, int threads, struct fg_first_failure *failure,
                              const struct fg_packed *packed)
{
    struct work work = {.packer = packer,
                        .failure = failure,
                        .packed = packed,
                        .chunks = fg_layout_chunks(&packer->from->setup.grid),
                        .dataset = H5I_INVALID_HID};
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (packer->from->setup.fields & 1u << f)
            work.fields[work.n_fields++] = f;
    }
    const uint64_t n = (uint64_t)packer->from->setup.n_data * work.n_fields * work.chunks.n;
#pragma omp parallel num_threads(threads)
    pack_share(&work, n);
    end_field(&work);
    return (enum fg_status)failure->status;
}
