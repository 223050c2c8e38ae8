/* `bench sweep`: a sweep, with and without the file, compared with plain stores and writes of as many
 * bytes. */
#define _GNU_SOURCE /* fallocate, madvise */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "json_io.h"

/* The setting, and memory as large as all fields, for plain storing. */
struct stored {
    const struct bench_setting *setting;
    char *memory;
    size_t bytes; /* of all fields */
};

static enum fg_status run_compute(void *context, double *seconds, struct fg_error *error)
{
    const struct bench_setting *setting = ((const struct stored *)context)->setting;
    return bench_compute(setting, setting->setup, setting->threads, seconds, error);
}

/* Of all wanted fields of a cell. */
static size_t wanted_bytes(const struct fg_setup *setup)
{
    size_t bytes = 0;
    for (int f = 0; f < FG_N_FIELDS; f++)
        bytes += setup->fields >> f & 1 ? fg_field_bytes((enum fg_field)f) : 0;
    return bytes;
}

#define PIECE ((size_t)1 << 19) /* bytes of a tile's part of a field */

static enum fg_status run_store(void *context, double *seconds, struct fg_error *error)
{
    const struct stored *stored = context;
    (void)error;
    double start = bench_now();
#pragma omp parallel for num_threads(stored->setting->threads) schedule(dynamic, 1)
    for (size_t first = 0; first < stored->bytes; first += PIECE)
        memset(stored->memory + first, 1, stored->bytes - first < PIECE ? stored->bytes - first : PIECE);
    *seconds = bench_now() - start;
    return FG_OK;
}

static enum fg_status run_file(const struct stored *stored, bool sync, double *seconds,
                               struct fg_error *error)
{
    const struct bench_setting *setting = stored->setting;
    return bench_file(setting, setting->setup, setting->threads, sync, seconds, error);
}

static enum fg_status run_file_cached(void *context, double *seconds, struct fg_error *error)
{
    return run_file(context, false, seconds, error);
}

static enum fg_status run_file_synced(void *context, double *seconds, struct fg_error *error)
{
    return run_file(context, true, seconds, error);
}

/* As many bytes by write(2), one thread, into a new file whose space is reserved. */
static enum fg_status write_plainly(const struct stored *stored, bool sync, struct fg_error *error)
{
    const char *path = stored->setting->output.path;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool good = fd >= 0;
    if (good && fallocate(fd, 0, 0, (off_t)stored->bytes) != 0)
        good = errno == EOPNOTSUPP;
    for (size_t first = 0; good && first < stored->bytes;) {
        size_t left = stored->bytes - first;
        ssize_t written = write(fd, stored->memory + first, left < PIECE ? left : PIECE);
        good = written > 0 || (written < 0 && errno == EINTR);
        first += written > 0 ? (size_t)written : 0;
    }
    good = good && (!sync || fsync(fd) == 0);
    int reason = errno;
    if (fd >= 0)
        good = close(fd) == 0 && good;
    return good ? FG_OK : fg_fail(error, FG_FAILED, "%s: %s", path, strerror(reason));
}

static enum fg_status time_write(const struct stored *stored, bool sync, double *seconds,
                                 struct fg_error *error)
{
    double start = bench_now();
    enum fg_status status = write_plainly(stored, sync, error);
    *seconds = bench_now() - start;
    unlink(stored->setting->output.path);
    return status;
}

static enum fg_status run_write(void *context, double *seconds, struct fg_error *error)
{
    return time_write(context, false, seconds, error);
}

static enum fg_status run_write_synced(void *context, double *seconds, struct fg_error *error)
{
    return time_write(context, true, seconds, error);
}

/* Memory as large as all fields, in large pages where the system has them. */
static enum fg_status reserve_memory(struct stored *stored, struct fg_error *error)
{
    const struct fg_setup *setup = stored->setting->setup;
    const uint64_t cells = fg_setup_cells(setup);
    const double bytes = (double)cells * (double)wanted_bytes(setup);
    stored->bytes = (size_t)cells * wanted_bytes(setup);
    if (bytes > (double)FG_FILE_MAX ||
        posix_memalign((void **)&stored->memory, (size_t)1 << 21, stored->bytes) != 0)
        return fg_fail(error, FG_FAILED,
                       "no memory for %.0f bytes to compare with; a smaller grid needs less", bytes);
    madvise(stored->memory, stored->bytes, MADV_HUGEPAGE);
    return FG_OK;
}

enum { COMPUTE, STORE, FILE_CACHED, WRITE, FILE_SYNCED, WRITE_SYNCED, N_CASES };

/* The ratios of one run, printed or as JSON. */
static json_t *ratios_of(const struct bench_case *cases, size_t rounds, bool print)
{
    static const int ratios[][2] = {{COMPUTE, STORE}, {FILE_CACHED, WRITE}, {FILE_SYNCED, WRITE_SYNCED}};
    json_t *list = json_array();
    for (size_t k = 0; k < sizeof ratios / sizeof *ratios; k++) {
        json_t *ratio = bench_ratio(&cases[ratios[k][0]], &cases[ratios[k][1]], rounds);
        if (print)
            printf("%s / %s: %.2f (median %.2f)\n", json_string_value(json_object_get(ratio, "of")),
                   json_string_value(json_object_get(ratio, "to")),
                   json_number_value(json_object_get(ratio, "minimum")),
                   json_number_value(json_object_get(ratio, "median")));
        list = json_append(list, ratio);
    }
    return list;
}

enum fg_status bench_sweep(const struct bench_setting *setting, json_t **result, struct fg_error *error)
{
    struct stored stored = {.setting = setting};
    enum fg_status status = reserve_memory(&stored, error);
    if (status != FG_OK)
        return status;
    const double cells = (double)fg_setup_cells(setting->setup), bytes = (double)stored.bytes;
    struct bench_case cases[N_CASES] = {
        [COMPUTE] = {"compute", "all fields, tile by tile, thrown away", run_compute, &stored, cells, "cells",
                     NULL},
        [STORE] = {"store", "as many bytes stored to memory by the same threads", run_store, &stored, bytes,
                   "B", NULL},
        [FILE_CACHED] = {"file", "the whole run, into the page cache", run_file_cached, &stored, cells,
                         "cells", NULL},
        [WRITE] = {"write", "as many bytes by write(2), one thread, reserved file", run_write, &stored, bytes,
                   "B", NULL},
        [FILE_SYNCED] = {"file-fsync", "the whole run, on the disk", run_file_synced, &stored, cells, "cells",
                         NULL},
        [WRITE_SYNCED] = {"write-fsync", "write(2) and fsync", run_write_synced, &stored, bytes, "B", NULL},
    };
    const size_t rounds = setting->options->repetitions;
    const bool print = !setting->options->json;
    status = bench_run(cases, N_CASES, BENCH_WARM_UP, rounds, error);
    if (status == FG_OK) {
        if (print)
            bench_print(cases, N_CASES, rounds);
        json_t *ratios = ratios_of(cases, rounds, print);
        *result = json_pack("{s:o, s:o}", "cases", bench_to_json(cases, N_CASES, rounds), "ratios", ratios);
    }
    bench_free(cases, N_CASES);
    free(stored.memory);
    return status;
}
