/* `bench scaling`: the sweep with 1 to T threads, strong and weak scaling, with and without the file. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

enum { COUNTS_MAX = 64, CURVES = 4 };

/* One point of a curve over the number of threads. */
struct scaling_point {
    const struct bench_setting *setting;
    struct fg_setup setup; /* with the rows of this point */
    int threads;
    bool weak, file;
    size_t one; /* the point of the same curve with one thread */
    char name[32];
    char meaning[80];
};

static enum fg_status run_scaling(void *context, double *seconds, struct fg_error *error)
{
    struct scaling_point *point = context;
    return point->file ? bench_file(point->setting, &point->setup, point->threads, false, seconds, error)
                       : bench_compute(point->setting, &point->setup, point->threads, seconds, error);
}

/* Numbers of threads from 1 to `most`: all up to eight, then four for every doubling. Returns how many. */
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

/* Strong scaling has the whole grid. Weak scaling has a share of the rows and the whole range of phi for
 * every thread, so that cells and nodes both grow with the threads. Tiles are the same everywhere. */
static void plan_point(struct scaling_point *point)
{
    const struct bench_setting *setting = point->setting;
    struct fg_setup *setup = &point->setup;
    *setup = *setting->setup;
    if (point->weak) {
        const size_t share = setup->phi.n / (size_t)setting->threads;
        setup->phi.n = (share > 0 ? share : 1) * (size_t)point->threads;
        setup->phi.high = setup->phi.low + (setup->phi.high - setup->phi.low) * point->threads;
    }
    setup->grid = fg_grid_cut(&setup->phi, &setup->r, setup->tile_cells);
    snprintf(point->name, sizeof point->name, "%s-%s-%d", point->file ? "file" : "compute",
             point->weak ? "weak" : "strong", point->threads);
    snprintf(point->meaning, sizeof point->meaning, "%zu x %zu cells, %s", setup->phi.n, setup->r.n,
             point->file ? "the whole run, into the page cache" : "all fields, thrown away");
}

/* All points, curve by curve. Returns how many. */
static size_t plan_scaling(const struct bench_setting *setting, struct scaling_point *points,
                           struct bench_case *cases)
{
    int counts[COUNTS_MAX];
    const size_t n_counts = thread_counts(setting->threads, counts);
    for (size_t p = 0; p < CURVES * n_counts; p++) {
        const size_t curve = p / n_counts;
        struct scaling_point *point = &points[p];
        *point = (struct scaling_point){.setting = setting,
                                        .threads = counts[p % n_counts],
                                        .weak = curve % 2 == 1,
                                        .file = curve / 2 == 1,
                                        .one = curve * n_counts};
        plan_point(point);
        cases[p] = (struct bench_case){.name = point->name,
                                       .meaning = point->meaning,
                                       .run = run_scaling,
                                       .context = point,
                                       .work = (double)fg_setup_cells(&point->setup),
                                       .unit = "cells"};
    }
    return CURVES * n_counts;
}

/* One entry of "scaling", by the minima, and its line. */
static json_t *scaling_entry(const struct scaling_point *points, const struct bench_case *cases, size_t p,
                             size_t rounds, bool print)
{
    static const char *const methods[] = {
        [FG_AUTO] = "auto", [FG_DIRECT] = "direct", [FG_CHEBYSHEV] = "chebyshev"};
    const struct scaling_point *point = &points[p];
    const double one = bench_statistics(&cases[point->one], rounds).minimum;
    const double own = bench_statistics(&cases[p], rounds).minimum;
    const int threads = point->threads;
    const struct fg_grid *grid = &point->setup.grid;
    const double efficiency = point->weak ? one / own : one / own / threads;
    if (print)
        printf("%-28s speed-up %.2f, efficiency %.2f\n", point->name, efficiency * threads, efficiency);
    return json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:f, s:f}", "method", methods[point->setup.method],
                     "timed", point->file ? "file" : "compute", "kind", point->weak ? "weak" : "strong",
                     "threads", threads, "phi", (json_int_t)grid->phi.n, "r", (json_int_t)grid->r.n, "tiles",
                     (json_int_t)grid->tiling.n, "speed_up", efficiency * threads, "efficiency", efficiency);
}

enum fg_status bench_scaling(const struct bench_setting *setting, json_t **result, struct fg_error *error)
{
    const size_t rounds = setting->options->repetitions;
    const bool print = !setting->options->json;
    struct scaling_point *points = calloc(CURVES * COUNTS_MAX, sizeof *points);
    struct bench_case *cases = calloc(CURVES * COUNTS_MAX, sizeof *cases);
    enum fg_status status = points && cases ? FG_OK : fg_fail(error, FG_FAILED, "no memory");
    const size_t n = status == FG_OK ? plan_scaling(setting, points, cases) : 0;
    if (status == FG_OK)
        status = bench_run(cases, n, BENCH_WARM_UP, rounds, error);
    if (status == FG_OK) {
        if (print)
            bench_print(cases, n, rounds);
        json_t *list = json_array();
        for (size_t p = 0; p < n; p++)
            json_array_append_new(list, scaling_entry(points, cases, p, rounds, print));
        *result = json_pack("{s:o, s:o}", "cases", bench_to_json(cases, n, rounds), "scaling", list);
    }
    bench_free(cases, n);
    free(cases);
    free(points);
    return status;
}
