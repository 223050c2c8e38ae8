/* `bench scaling`: 1 to T threads, strong and weak scaling, direct and chebyshev, with and without the
 * file. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

/* One point of a curve over the number of threads. */
struct scaling_point {
    const struct bench_setting *setting;
    struct fg_setup setup; /* with method, rows and tiles of this point */
    int threads;
    bool weak, file;
    size_t one; /* the point of the same curve with one thread */
    char name[48];
    char meaning[80];
};

static enum fg_status run_scaling(void *context, double *seconds, struct fg_error *error)
{
    struct scaling_point *point = context;
    return point->file ? bench_file(point->setting, &point->setup, point->threads, false, seconds, error)
                       : bench_compute(point->setting, &point->setup, point->threads, seconds, error);
}

enum { MOST_COUNTS = 64 };

/* Numbers of threads from 1 to `most`: all up to eight, then four for every doubling. Returns how many. */
static size_t thread_counts(int most, int counts[MOST_COUNTS])
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

/* Summing at every cell takes so much longer than interpolating that it gets a part of the rows only. */
#define ROWS_OF_DIRECT 64

static size_t share_of_direct(const struct bench_setting *setting, bool direct)
{
    return direct && setting->options->setup.method == FG_AUTO ? ROWS_OF_DIRECT : 1;
}

static size_t at_least_one(size_t n)
{
    return n > 0 ? n : 1;
}

/* The rows of a point. Weak scaling: a share of the rows and the whole range of phi for every thread, so that
 * cells and nodes both grow with the threads. It ends with as many cells as strong scaling has. */
static struct fg_axis scaling_phi(const struct bench_setting *setting, bool direct, bool weak, int threads)
{
    struct fg_axis phi = setting->setup->phi;
    phi.n = at_least_one(phi.n / share_of_direct(setting, direct));
    if (weak) {
        phi.n = at_least_one(phi.n / (size_t)setting->threads) * (size_t)threads;
        phi.high = phi.low + (phi.high - phi.low) * threads;
    }
    return phi;
}

static const char *method_name(const struct scaling_point *point)
{
    return point->setup.method == FG_DIRECT ? "direct" : "chebyshev";
}

/* Tiles are those of the whole grid everywhere, or else weak scaling would change their size with the
 * threads. Those of direct sums are as much smaller as their grid is, so that there are as many. */
static void plan_point(const struct bench_setting *setting, enum fg_method method, int threads,
                       struct scaling_point *point)
{
    const bool direct = method == FG_DIRECT;
    struct fg_setup *setup = &point->setup;
    point->setting = setting;
    point->threads = threads;
    *setup = *setting->setup;
    setup->method = method;
    setup->phi = scaling_phi(setting, direct, point->weak, threads);
    setup->tile_cells = at_least_one(setup->tile_cells / share_of_direct(setting, direct));
    setup->grid = fg_grid_cut(&setup->phi, &setup->r, setup->tile_cells);
    snprintf(point->name, sizeof point->name, "%s-%s-%s-%d", method_name(point),
             point->file ? "file" : "compute", point->weak ? "weak" : "strong", threads);
    snprintf(point->meaning, sizeof point->meaning, "%zu x %zu cells, %s", setup->phi.n, setup->r.n,
             point->file ? "the whole run, into the page cache" : "all fields, thrown away");
}

/* All points, curve by curve: methods, computing alone and with the file, strong and weak. Returns how many.
 */
static size_t plan_scaling(const struct bench_setting *setting, struct scaling_point *points)
{
    int counts[MOST_COUNTS];
    size_t n = 0, n_counts = thread_counts(setting->threads, counts);
    for (int curve = 0; curve < 8; curve++) {
        enum fg_method method = curve < 4 ? FG_DIRECT : FG_CHEBYSHEV;
        if (setting->options->setup.method != FG_AUTO && setting->options->setup.method != method)
            continue;
        for (size_t c = 0; c < n_counts; c++) {
            struct scaling_point *point = &points[n + c];
            *point = (struct scaling_point){.file = curve / 2 % 2, .weak = curve % 2, .one = n};
            plan_point(setting, method, counts[c], point);
        }
        n += n_counts;
    }
    return n;
}

/* One entry of "scaling", by the minima. */
static json_t *scaling_to_json(const struct scaling_point *points, const struct bench_case *cases, size_t p,
                               size_t rounds)
{
    const struct scaling_point *point = &points[p];
    double one = bench_statistics(&cases[point->one], rounds).minimum;
    double own = bench_statistics(&cases[p], rounds).minimum;
    const int threads = point->threads;
    const struct fg_grid *grid = &point->setup.grid;
    double efficiency = point->weak ? one / own : one / own / threads;
    return json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:f, s:f}", "method", method_name(point), "timed",
                     point->file ? "file" : "compute", "kind", point->weak ? "weak" : "strong", "threads",
                     threads, "phi", (json_int_t)grid->phi.n, "r", (json_int_t)grid->r.n, "tiles",
                     (json_int_t)grid->tiling.n, "speed_up", efficiency * threads, "efficiency", efficiency);
}

enum fg_status bench_scaling(const struct bench_setting *setting, json_t **result, struct fg_error *error)
{
    enum { MOST = 8 * MOST_COUNTS };
    size_t n = 0, rounds = setting->options->repetitions;
    struct scaling_point *points = calloc(MOST, sizeof *points);
    struct bench_case *cases = calloc(MOST, sizeof *cases);
    enum fg_status status = FG_OK;
    if (!points || !cases) {
        status = fg_fail(error, FG_FAILED, "no memory");
    } else {
        n = plan_scaling(setting, points);
        for (size_t p = 0; p < n; p++) {
            double cells = (double)fg_setup_cells(&points[p].setup);
            cases[p] = (struct bench_case){points[p].name, points[p].meaning, run_scaling, &points[p],
                                           cells,          "cells",           NULL};
        }
        status = bench_run(cases, n, BENCH_WARM_UP, rounds, error);
    }
    if (status == FG_OK) {
        json_t *list = json_array();
        for (size_t p = 0; p < n; p++)
            json_array_append_new(list, scaling_to_json(points, cases, p, rounds));
        if (!setting->options->json) {
            bench_print(cases, n, rounds);
            for (size_t p = 0; p < n; p++) {
                const json_t *point = json_array_get(list, p);
                printf("%-28s speed-up %.2f, efficiency %.2f\n", cases[p].name,
                       json_number_value(json_object_get(point, "speed_up")),
                       json_number_value(json_object_get(point, "efficiency")));
            }
        }
        *result = json_pack("{s:o, s:o}", "cases", bench_to_json(cases, n, rounds), "scaling", list);
    }
    if (cases)
        bench_free(cases, n);
    free(cases);
    free(points);
    return status;
}
