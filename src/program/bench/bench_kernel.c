/* `bench kernel`: direct sums, and the finishing of cells, compared with fused multiply-adds alone. */
#include <math.h>
#include <stdalign.h>
#include <stdio.h>

#include "bench.h"

#define KERNEL_ROWS 64
#define FINISH_ROWS 4096
#define PEAK_ROUNDS 4000000

/* Sums KERNEL_ROWS x FG_CHUNK cells directly in each thread. */
static enum fg_status run_kernel(const struct bench_case *self, struct fg_error *error)
{
    const struct bench_setting *setting = self->setting;
    const struct inputs *inputs = &setting->inputs;
    const double low = setting->setup->r.low, high = setting->setup->r.high;
    const struct fg_kernel_params params = fg_setup_kernel_params(setting->setup, &inputs->samples[0]);
    (void)error;
#pragma omp parallel num_threads(setting->threads)
    {
        struct fg_moments moments;
        double r[FG_CHUNK];
        for (size_t j = 0; j < FG_CHUNK; j++)
            r[j] = low + (high - low) * (double)j / (FG_CHUNK - 1);
        for (int row = 0; row < KERNEL_ROWS; row++) {
            struct fg_phi_terms phi_terms = fg_phi_terms(&inputs->samples[0], 0.1 * row);
            inputs->kernel->moments(&inputs->samples[0], &params, &phi_terms, r, NULL, FG_CHUNK, &moments);
        }
    }
    return FG_OK;
}

/* Distance of the fields in memory, in cells: a cache line more than a power of two, because otherwise all
 * fields would use the same few cache lines. */
enum { APART = FG_CHUNK + 8 };

/* All cells have the moments of one cell, because the time of a polynomial does not depend on its
 * coefficients. */
enum fg_status bench_finish(const struct bench_case *self, struct fg_error *error)
{
    const struct fg_setup *setup = self->setting->setup;
    const struct fg_samples *samples = &self->setting->inputs.samples[0];
    const struct fg_kernel *kernel = self->setting->inputs.kernel;
    const struct fg_kernel_params params = fg_setup_kernel_params(setup, samples);
    const struct fg_phi_terms phi_terms = fg_phi_terms(samples, (setup->phi.low + setup->phi.high) / 2);
    const double r = (setup->r.low + setup->r.high) / 2, x[FG_CHUNK] = {0};
    const size_t rows = ((size_t)self->work + FG_CHUNK - 1) / FG_CHUNK;
    double coefficients[FG_N_MOMENTS][FG_ORDER_R] = {{0}};
    struct fg_moments moments;
    (void)error;
    kernel->moments(samples, &params, &phi_terms, &r, NULL, 1, &moments);
    for (int m = 0; m < params.n_moments; m++)
        coefficients[m][0] = moments.of[m][0];
    const double scale[FG_N_SCALES] = {moments.of[FG_W2][0]};
#pragma omp parallel num_threads(self->threads)
    {
        alignas(64) double memory[APART * (FG_N_REAL_FIELDS + 1)];
        const struct fg_cells cells =
            fg_cells_at(memory, APART, setup->fields | 1u << FG_NATURAL_GRADIENT_FLAG);
#pragma omp for schedule(static)
        for (size_t row = 0; row < rows; row++)
            kernel->interpolate(coefficients[0], x, scale, &params, &phi_terms, 0, FG_CHUNK, &cells);
    }
    return FG_OK;
}

static enum fg_status run_peak(const struct bench_case *self, struct fg_error *error)
{
    const struct bench_setting *setting = self->setting;
    double sum = 0;
#pragma omp parallel num_threads(setting->threads) reduction(+ : sum)
    sum += setting->inputs.kernel->peak(PEAK_ROUNDS);
    return isfinite(sum) ? FG_OK : fg_fail(error, FG_FAILED, "multiply-adds went out of range");
}

/* Issue slots of a fused multiply-add for one unit of the work of a case. */
struct slots {
    double minimum, median;
};

static struct slots slots_of(const struct bench_case *one, const struct bench_case *peak)
{
    const double units = one->work / peak->work;
    return (struct slots){one->minimum / peak->minimum / units, one->median / peak->median / units};
}

enum fg_status bench_kernel(const struct bench_setting *setting, json_t **result, struct fg_error *error)
{
    const struct inputs *inputs = &setting->inputs;
    double threads = setting->threads, samples = (double)inputs->samples[0].n;
    enum { KERNEL, FINISH, PEAK, N_CASES };
    struct bench_case cases[] = {
        [KERNEL] = {.name = "kernel",
                    .meaning = "direct sums of all moments",
                    .run = run_kernel,
                    .setting = setting,
                    .work = threads * KERNEL_ROWS * FG_CHUNK * samples,
                    .unit = "cell-samples"},
        [FINISH] = {.name = "finish",
                    .meaning = "all fields from polynomials of the moments, stored in the cache",
                    .run = bench_finish,
                    .setting = setting,
                    .threads = setting->threads,
                    .work = threads * FINISH_ROWS * FG_CHUNK,
                    .unit = "cells"},
        [PEAK] = {.name = "peak",
                  .meaning = "fused multiply-adds alone",
                  .run = run_peak,
                  .setting = setting,
                  .work = threads * PEAK_ROUNDS * FG_PEAK_CHAINS * (double)inputs->kernel->lanes,
                  .unit = "FMA"},
    };
    json_t *list;
    enum fg_status status = bench_run(cases, N_CASES, &list, error);
    if (status != FG_OK)
        return status;
    const struct slots sum = slots_of(&cases[KERNEL], &cases[PEAK]);
    const struct slots cell = slots_of(&cases[FINISH], &cases[PEAK]);
    *result = json_pack("{s:o, s:{s:f, s:f}, s:{s:f, s:f}, s:s}", "cases", list, "fma_slots_per_cell_sample",
                        "minimum", sum.minimum, "median", sum.median, "fma_slots_per_cell", "minimum",
                        cell.minimum, "median", cell.median, "reciprocal", inputs->kernel->reciprocal);
    if (!setting->options->json)
        printf("issue slots of a fused multiply-add per cell and sample: %.1f (median %.1f), %s kernel, "
               "1/(1+q) by %s, %d threads\n"
               "issue slots to finish a cell: %.0f (median %.0f)\n",
               sum.minimum, sum.median, inputs->kernel->name, inputs->kernel->reciprocal, setting->threads,
               cell.minimum, cell.median);
    return FG_OK;
}
