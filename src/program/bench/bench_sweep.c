/* `bench sweep`: a sweep, with and without the file, compared with plain stores and writes of the same
 * number of bytes. On the disk with all three ways of writing; the fastest is what the sweep is measured by.
 */
#define _GNU_SOURCE /* fallocate, madvise, O_DIRECT, sync_file_range */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

/* Of all wanted fields of a cell. */
static size_t wanted_bytes(const struct fg_setup *setup)
{
    size_t bytes = 0;
    for (int f = 0; f < FG_N_FIELDS; f++)
        bytes += setup->fields >> f & 1 ? fg_field_bytes((enum fg_field)f) : 0;
    return bytes;
}

#define PIECE ((size_t)1 << 19) /* bytes of a tile's part of a field */

static enum fg_status run_store(const struct bench_case *self, struct fg_error *error)
{
    (void)error;
#pragma omp parallel for num_threads(self->threads) schedule(dynamic, 1)
    for (size_t first = 0; first < self->bytes; first += PIECE)
        memset(self->memory + first, 1, self->bytes - first < PIECE ? self->bytes - first : PIECE);
    return FG_OK;
}

static bool write_whole(int fd, const char *bytes, size_t n, off_t offset)
{
    while (n > 0) {
        const ssize_t written = pwrite(fd, bytes, n, offset);
        if (written <= 0 && !(written < 0 && errno == EINTR))
            return false;
        bytes += written > 0 ? written : 0;
        offset += written > 0 ? written : 0;
        n -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

/* A piece, in the way of the case. The end of the last one, which fills no page, cannot go past the page
 * cache; nor can anything where the file system does not take it. */
static bool write_piece(const struct bench_case *self, int fd, int direct, size_t first)
{
    const size_t left = self->bytes - first, n = left < PIECE ? left : PIECE;
    const size_t whole = direct >= 0 ? n - n % 4096 : 0;
    const bool past = whole > 0 && write_whole(direct, self->memory + first, whole, (off_t)first);
    if (whole > 0 && !past && errno != EINVAL)
        return false;
    const size_t done = past ? whole : 0;
    return write_whole(fd, self->memory + first + done, n - done, (off_t)(first + done)) &&
           (self->way != FG_WAY_EARLY ||
            sync_file_range(fd, (off_t)first, (off_t)n, SYNC_FILE_RANGE_WRITE) == 0);
}

/* As many bytes as the fields have, by threads that take turns at pieces, into a new file whose space is
 * reserved. */
static enum fg_status run_write(const struct bench_case *self, struct fg_error *error)
{
    const char *path = self->setting->output.path;
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    const int direct = self->way == FG_WAY_DIRECT ? open(path, O_WRONLY | O_DIRECT | O_CLOEXEC) : -1;
    bool good = fd >= 0;
    if (good && fallocate(fd, 0, 0, (off_t)self->bytes) != 0)
        good = errno == EOPNOTSUPP;
    int reason = errno;
#pragma omp parallel for num_threads(self->threads) schedule(dynamic, 1)
    for (size_t first = 0; first < self->bytes; first += PIECE) {
        if (good && !write_piece(self, fd, direct, first)) {
#pragma omp critical(fg_bench_write)
            {
                reason = errno;
                good = false;
            }
        }
    }
    if (good && self->sync && fsync(fd) != 0) {
        reason = errno;
        good = false;
    }
    if (direct >= 0)
        close(direct);
    if (fd >= 0 && close(fd) != 0 && good) {
        reason = errno;
        good = false;
    }
    return good ? FG_OK : fg_fail(error, FG_FAILED, "%s: %s", path, strerror(reason));
}

/* Memory as large as all fields, in large pages where the system has them. The caller frees it. */
static enum fg_status reserve_memory(const struct fg_setup *setup, char **memory, size_t *bytes,
                                     struct fg_error *error)
{
    const uint64_t cells = fg_setup_cells(setup);
    const double wanted = (double)cells * (double)wanted_bytes(setup);
    *bytes = (size_t)cells * wanted_bytes(setup);
    if (wanted > (double)FG_FILE_MAX || posix_memalign((void **)memory, (size_t)1 << 21, *bytes) != 0)
        return fg_fail(error, FG_FAILED,
                       "no memory for %.0f bytes to compare with; a smaller grid needs less", wanted);
    madvise(*memory, *bytes, MADV_HUGEPAGE);
    return FG_OK;
}

enum { COMPUTE, STORE, FILE_CACHED, WRITE, FILE_SYNCED, DIRECT_SYNCED, EARLY_SYNCED, WRITE_SYNCED, N_CASES };

/* [{"of", "to", "minimum", "median"}, ...] of one run, which are printed, too. */
static json_t *ratios_of(const struct bench_case *cases, bool print)
{
    static const int ratios[][2] = {{COMPUTE, STORE},
                                    {FILE_CACHED, WRITE},
                                    {FILE_SYNCED, DIRECT_SYNCED},
                                    {FILE_SYNCED, EARLY_SYNCED},
                                    {FILE_SYNCED, WRITE_SYNCED}};
    json_t *list = json_array();
    for (size_t k = 0; k < sizeof ratios / sizeof *ratios; k++) {
        const struct bench_case *of = &cases[ratios[k][0]], *to = &cases[ratios[k][1]];
        const double minimum = of->minimum / to->minimum, median = of->median / to->median;
        if (print)
            printf("%s / %s: %.2f (median %.2f)\n", of->name, to->name, minimum, median);
        json_array_append_new(list, json_pack("{s:s, s:s, s:f, s:f}", "of", of->name, "to", to->name,
                                              "minimum", minimum, "median", median));
    }
    return list;
}

enum fg_status bench_sweep(const struct bench_setting *setting, json_t **result, struct fg_error *error)
{
    struct bench_case cases[N_CASES] = {
        [COMPUTE] = {"compute", "all fields, tile by tile, thrown away", bench_compute, .unit = "cells"},
        [STORE] = {"store", "as many bytes stored to memory by the same threads", run_store, .unit = "B"},
        [FILE_CACHED] = {"file", "the whole run, into the page cache", bench_file, .unit = "cells"},
        [WRITE] = {"write", "as many bytes by pwrite(2), one thread, reserved file", run_write, .unit = "B",
                   .way = FG_WAY_PLAIN},
        [FILE_SYNCED] = {"file-fsync", "the whole run, on the disk", bench_file, .unit = "cells",
                         .sync = true},
        [DIRECT_SYNCED] = {"direct-fsync", "as many bytes with O_DIRECT, same threads, and fsync", run_write,
                           .unit = "B", .sync = true, .way = FG_WAY_DIRECT},
        [EARLY_SYNCED] = {"early-fsync", "pwrite(2) and sync_file_range, and fsync", run_write, .unit = "B",
                          .sync = true, .way = FG_WAY_EARLY},
        [WRITE_SYNCED] = {"write-fsync", "pwrite(2) and fsync", run_write, .unit = "B", .sync = true,
                          .way = FG_WAY_PLAIN},
    };
    char *memory = NULL;
    size_t bytes;
    json_t *list;
    enum fg_status status = reserve_memory(setting->setup, &memory, &bytes, error);
    for (size_t c = 0; c < N_CASES; c++) {
        cases[c].setting = setting;
        cases[c].setup = setting->setup;
        cases[c].threads = c == WRITE ? 1 : setting->threads;
        cases[c].memory = memory;
        cases[c].bytes = bytes;
        cases[c].work =
            strcmp(cases[c].unit, "B") == 0 ? (double)bytes : (double)fg_setup_cells(setting->setup);
    }
    if (status == FG_OK)
        status = bench_run(cases, N_CASES, &list, error);
    if (status == FG_OK)
        *result = json_pack("{s:o, s:o}", "cases", list, "ratios", ratios_of(cases, !setting->options->json));
    free(memory);
    return status;
}
