/* `bench scaling`: the sweep with 1 to T threads, strong and weak scaling, with and without the file. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

enum { COUNTS_MAX = 64, CURVES = 4 };

/* One point of a curve over the number of threads. */
struct scaling_point {
    struct fg_setup setup; /* has the rows of this point */
    bool weak;
    size_t one; /* index of the case of the same curve with one thread */
    char name[32];
    char meaning[80];
};

/* Stores numbers of threads from 1 to `most`: all up to 8, then four in every doubling. Returns how many. */
static size_t thread_counts(int most, int counts[COUNTS_MAX])
{
    size_t n = 0;
    int step = 1;
    for (int t = 1; t < most; t += step) {
        counts[n++] = t;
        step = t / step >= 8 ? 2 * step : step;
    }
    counts[n++] = most;
    return n;
}

/* Plans one point. Strong scaling has the whole grid. Weak scaling has a share of the rows and the whole
 * range of phi for each thread, so that cells and nodes both grow with the number of threads. All tiles have
 * the same size. */
static void plan_point(struct scaling_point *point, struct bench_case *one)
{
    const struct bench_setting *setting = one->setting;
    const bool file = one->run == bench_file;
    struct fg_setup *setup = &point->setup;
    *setup = *setting->setup;
    if (point->weak) {
        const size_t share = setup->phi.n / (size_t)setting->threads;
        setup->phi.n = (share > 0 ? share : 1) * (size_t)one->threads;
        setup->phi.high = setup->phi.low + (setup->phi.high - setup->phi.low) * one->threads;
    }
    setup->grid = fg_grid_cut(&setup->phi, &setup->r, setup->tile_cells);
    snprintf(point->name, sizeof point->name, "%s-%s-%d", file ? "file" : "compute",
             point->weak ? "weak" : "strong", one->threads);
    snprintf(point->meaning, sizeof point->meaning, "%zu x %zu cells, %s", setup->phi.n, setup->r.n,
             file ? "the whole run, into the page cache" : "all fields, thrown away");
    one->name = point->name;
    one->meaning = point->meaning;
    one->setup = setup;
    one->work = (double)fg_setup_cells(setup);
}

/* Plans all points, curve by curve. Returns how many. */
static size_t plan_scaling(const struct bench_setting *setting, struct scaling_point *points,
                           struct bench_case *cases)
{
    int counts[COUNTS_MAX];
    const size_t n_counts = thread_counts(setting->threads, counts);
    for (size_t p = 0; p < CURVES * n_counts; p++) {
        const size_t curve = p / n_counts;
        points[p].weak = curve % 2 == 1;
        points[p].one = curve * n_counts;
        cases[p] = (struct bench_case){.run = curve / 2 == 1 ? bench_file : bench_compute,
                                       .unit = "cells",
                                       .setting = setting,
                                       .threads = counts[p % n_counts]};
        plan_point(&points[p], &cases[p]);
    }
    return CURVES * n_counts;
}

/* Returns one entry of "scaling", from the minima, and prints its line. */
static json_t *scaling_entry(const struct scaling_point *point, const struct bench_case *cases, size_t p,
                             bool print)
{
    static const char *const methods[] = {
        [FG_AUTO] = "auto", [FG_DIRECT] = "direct", [FG_CHEBYSHEV] = "chebyshev"};
    const int threads = cases[p].threads;
    const struct fg_grid *grid = &point->setup.grid;
    const double gain = cases[point->one].minimum / cases[p].minimum;
    const double efficiency = point->weak ? gain : gain / threads;
    if (print)
        printf("%-28s speed-up %.2f, efficiency %.2f\n", point->name, efficiency * threads, efficiency);
    return json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:f, s:f}", "method", methods[point->setup.method],
                     "timed", cases[p].run == bench_file ? "file" : "compute", "kind",
                     point->weak ? "weak" : "strong", "threads", threads, "phi", (json_int_t)grid->phi.n, "r",
                     (json_int_t)grid->r.n, "tiles", (json_int_t)grid->tiling.n, "speed_up",
                     efficiency * threads, "efficiency", efficiency);
}

enum fg_status bench_scaling(const struct bench_setting *setting, json_t **result, struct fg_error *error)
{
    struct scaling_point *points = calloc(CURVES * COUNTS_MAX, sizeof *points);
    struct bench_case *cases = calloc(CURVES * COUNTS_MAX, sizeof *cases);
    json_t *list, *scaling = json_array();
    enum fg_status status = points && cases ? FG_OK : fg_fail(error, FG_FAILED, "no memory");
    const size_t n = status == FG_OK ? plan_scaling(setting, points, cases) : 0;
    if (status == FG_OK)
        status = bench_run(cases, n, &list, error);
    for (size_t p = 0; p < n && status == FG_OK; p++)
        json_array_append_new(scaling, scaling_entry(&points[p], cases, p, !setting->options->json));
    if (status == FG_OK)
        *result = json_pack("{s:o, s:O}", "cases", list, "scaling", scaling);
    json_decref(scaling);
    free(cases);
    free(points);
    return status;
}
