/* `bench sweep`: a sweep, with and without the file, compared with plain stores and writes of the same
 * number of bytes, with the finishing of as many cells, and with the rows of `bench disk`. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "write_way.h"

/* Stores as many bytes as the case has to memory. */
static enum fg_status run_store(const struct bench_case *self, struct fg_error *error)
{
    (void)error;
#pragma omp parallel for num_threads(self->threads) schedule(dynamic, 1)
    for (size_t first = 0; first < self->bytes; first += BENCH_PIECE)
        memset(self->memory + first, 1,
               self->bytes - first < BENCH_PIECE ? self->bytes - first : BENCH_PIECE);
    return FG_OK;
}

/* Allocates memory for all fields. The caller frees it. */
static enum fg_status reserve_memory(const struct fg_setup *setup, char **memory, struct fg_error *error)
{
    const double wanted = bytes_of_values(setup);
    if (wanted > (double)FG_FILE_MAX || !(*memory = bench_large_pages((size_t)wanted)))
        return fg_fail(
            error, FG_FAILED,
            "no memory for %.0f bytes to compare with; a smaller grid needs less, and 'bench disk' "
            "needs none",
            wanted);
    return FG_OK;
}

enum fg_status bench_sweep(const struct bench_setting *setting, json_t **result, struct fg_error *error)
{
    enum { COMPUTE, STORE, FINISH, FILE_CACHED, WRITE, ON_DISK, N_CASES = ON_DISK + BENCH_DISK_CASES };
    struct bench_case cases[N_CASES] = {
        [COMPUTE] = {"compute", "all fields, tile by tile, thrown away", bench_compute, .unit = "cells"},
        [STORE] = {"store", "as many bytes stored to memory by the same threads", run_store, .unit = "B"},
        [FINISH] = {"finish", "as many cells finished in the cache by the same threads", bench_finish,
                    .unit = "cells"},
        [FILE_CACHED] = {"file", "the whole run, into the page cache", bench_file, .unit = "cells"},
        [WRITE] = {"write", "as many bytes by pwrite(2), one thread, reserved file", bench_write, .unit = "B",
                   .way = FG_WAY_PLAIN},
    };
    char *memory = NULL;
    json_t *list, *ratios = json_array();
    enum fg_status status = reserve_memory(setting->setup, &memory, error);
    for (size_t c = 0; c < ON_DISK; c++)
        bench_case_complete(&cases[c], setting);
    cases[STORE].memory = memory;
    cases[WRITE].threads = 1;
    bench_disk_cases(cases + ON_DISK, setting);
    if (status == FG_OK)
        status = bench_run(cases, N_CASES, &list, error);
    if (status == FG_OK) {
        bench_add_ratio(ratios, &cases[COMPUTE], &cases[STORE], 1);
        bench_add_ratio(ratios, &cases[COMPUTE], &cases[FINISH], 1);
        bench_add_ratio(ratios, &cases[FILE_CACHED], &cases[WRITE], 1);
        bench_disk_ratios(ratios, cases + ON_DISK);
        *result = json_pack("{s:o, s:O}", "cases", list, "ratios", ratios);
    }
    json_decref(ratios);
    free(memory);
    return status;
}
