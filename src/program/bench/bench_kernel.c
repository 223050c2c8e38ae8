/* `bench kernel`: direct sums compared with fused multiply-adds alone. */
#include <math.h>
#include <stdio.h>

#include "bench.h"

#define KERNEL_ROWS 64
#define PEAK_ROUNDS 4000000

/* KERNEL_ROWS x FG_CHUNK cells a thread, directly summed. */
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

static enum fg_status run_peak(const struct bench_case *self, struct fg_error *error)
{
    const struct bench_setting *setting = self->setting;
    double sum = 0;
#pragma omp parallel num_threads(setting->threads) reduction(+ : sum)
    sum += setting->inputs.kernel->peak(PEAK_ROUNDS);
    return isfinite(sum) ? FG_OK : fg_fail(error, FG_FAILED, "multiply-adds went out of range");
}

enum fg_status bench_kernel(const struct bench_setting *setting, json_t **result, struct fg_error *error)
{
    const struct inputs *inputs = &setting->inputs;
    double threads = setting->threads, samples = (double)inputs->samples[0].n;
    struct bench_case cases[] = {
        {.name = "kernel",
         .meaning = "direct sums of all moments",
         .run = run_kernel,
         .setting = setting,
         .work = threads * KERNEL_ROWS * FG_CHUNK * samples,
         .unit = "cell-samples"},
        {.name = "peak",
         .meaning = "fused multiply-adds alone",
         .run = run_peak,
         .setting = setting,
         .work = threads * PEAK_ROUNDS * FG_PEAK_CHAINS * (double)inputs->kernel->lanes,
         .unit = "FMA"},
    };
    json_t *list;
    enum fg_status status = bench_run(cases, 2, &list, error);
    if (status != FG_OK)
        return status;
    const double slots = cases[0].minimum / cases[0].work / (cases[1].minimum / cases[1].work);
    const double median_slots = cases[0].median / cases[0].work / (cases[1].median / cases[1].work);
    *result = json_pack("{s:o, s:{s:f, s:f}, s:s}", "cases", list, "fma_slots_per_cell_sample", "minimum",
                        slots, "median", median_slots, "reciprocal", inputs->kernel->reciprocal);
    if (!setting->options->json)
        printf("issue slots of a fused multiply-add per cell and sample: %.1f (median %.1f), %s kernel, "
               "1/(1+q) by %s, %d threads\n",
               slots, median_slots, inputs->kernel->name, inputs->kernel->reciprocal, setting->threads);
    return FG_OK;
}
