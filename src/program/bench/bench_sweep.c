/* `bench sweep`: a sweep, with and without the file, compared with plain stores and writes of the same
 * number of bytes. */
#define _GNU_SOURCE /* fallocate, madvise */
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

/* As many bytes by write(2), one thread, into a new file whose space is reserved. */
static enum fg_status run_write(const struct bench_case *self, struct fg_error *error)
{
    const char *path = self->setting->output.path;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool good = fd >= 0;
    if (good && fallocate(fd, 0, 0, (off_t)self->bytes) != 0)
        good = errno == EOPNOTSUPP;
    for (size_t first = 0; good && first < self->bytes;) {
        size_t left = self->bytes - first;
        ssize_t written = write(fd, self->memory + first, left < PIECE ? left : PIECE);
        good = written > 0 || (written < 0 && errno == EINTR);
        first += written > 0 ? (size_t)written : 0;
    }
    good = good && (!self->sync || fsync(fd) == 0);
    int reason = errno;
    if (fd >= 0)
        good = close(fd) == 0 && good;
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

enum { COMPUTE, STORE, FILE_CACHED, WRITE, FILE_SYNCED, WRITE_SYNCED, N_CASES };

/* [{"of", "to", "minimum", "median"}, ...] of one run, which are printed, too. */
static json_t *ratios_of(const struct bench_case *cases, bool print)
{
    static const int ratios[][2] = {{COMPUTE, STORE}, {FILE_CACHED, WRITE}, {FILE_SYNCED, WRITE_SYNCED}};
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
        [WRITE] = {"write", "as many bytes by write(2), one thread, reserved file", run_write, .unit = "B"},
        [FILE_SYNCED] = {"file-fsync", "the whole run, on the disk", bench_file, .unit = "cells",
                         .sync = true},
        [WRITE_SYNCED] = {"write-fsync", "write(2) and fsync", run_write, .unit = "B", .sync = true},
    };
    char *memory = NULL;
    size_t bytes;
    json_t *list;
    enum fg_status status = reserve_memory(setting->setup, &memory, &bytes, error);
    for (size_t c = 0; c < N_CASES; c++) {
        cases[c].setting = setting;
        cases[c].setup = setting->setup;
        cases[c].threads = setting->threads;
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
