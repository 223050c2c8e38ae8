/* `bench disk`: a sweep whose file is on the disk at its end, compared with three ways of writing as many
 * bytes there. Nothing here holds the values of all fields, so the grid may be larger than the memory. */
#include "bench.h"

void bench_disk_cases(struct bench_case cases[BENCH_DISK_CASES], const struct bench_setting *setting)
{
    const struct bench_case all[BENCH_DISK_CASES] = {
        {"file-fsync", "the whole run, on the disk", bench_file, .unit = "cells"},
        {"direct-fsync", "as many bytes with O_DIRECT, same threads, and fsync", bench_write, .unit = "B",
         .way = FG_WAY_DIRECT},
        {"early-fsync", "pwrite(2) and sync_file_range, and fsync", bench_write, .unit = "B",
         .way = FG_WAY_EARLY},
        {"write-fsync", "pwrite(2) and fsync", bench_write, .unit = "B", .way = FG_WAY_PLAIN},
    };
    for (size_t c = 0; c < BENCH_DISK_CASES; c++) {
        cases[c] = all[c];
        cases[c].sync = true;
        bench_case_complete(&cases[c], setting);
    }
}

void bench_disk_ratios(json_t *list, const struct bench_case cases[BENCH_DISK_CASES])
{
    for (size_t c = 1; c < BENCH_DISK_CASES; c++)
        bench_add_ratio(list, &cases[0], &cases[c], 1);
}

enum fg_status bench_disk(const struct bench_setting *setting, json_t **result, struct fg_error *error)
{
    struct bench_case cases[BENCH_DISK_CASES];
    json_t *list, *ratios = json_array();
    bench_disk_cases(cases, setting);
    enum fg_status status = bench_run(cases, BENCH_DISK_CASES, &list, error);
    if (status == FG_OK) {
        bench_disk_ratios(ratios, cases);
        *result = json_pack("{s:o, s:O}", "cases", list, "ratios", ratios);
    }
    json_decref(ratios);
    return status;
}
