/* `bench kernel`: direct sums compared with fused multiply-adds alone. */
#include <math.h>
#include <stdio.h>

#include "bench.h"
#include "json_io.h"

#define KERNEL_ROWS 64
#define PEAK_ROUNDS 4000000

/* KERNEL_ROWS x FG_CHUNK cells a thread, directly summed. */
static enum fg_status run_kernel(void *context, double *seconds, struct fg_error *error)
{
    const struct bench_setting *setting = context;
    const struct inputs *inputs = &setting->inputs;
    const double low = setting->setup->r.low, high = setting->setup->r.high;
    const struct fg_kernel_params params = fg_setup_recipe(setting->setup, &inputs->samples[0]);
    (void)error;
    double start = bench_now();
#pragma omp parallel num_threads(setting->threads)
    {
        struct fg_moments moments;
        double r[FG_CHUNK];
        for (size_t j = 0; j < FG_CHUNK; j++)
            r[j] = low + (high - low) * (double)j / (FG_CHUNK - 1);
        for (int row = 0; row < KERNEL_ROWS; row++) {
            struct fg_phi_terms phi_terms = fg_phi_terms(&inputs->samples[0], 0.1 * row);
            inputs->kernel->moments(&inputs->samples[0], &params, &phi_terms, r, FG_CHUNK, &moments);
        }
    }
    *seconds = bench_now() - start;
    return FG_OK;
}

static enum fg_status run_peak(void *context, double *seconds, struct fg_error *error)
{
    const struct bench_setting *setting = context;
    double sum = 0;
    double start = bench_now();
#pragma omp parallel num_threads(setting->threads) reduction(+ : sum)
    sum += setting->inputs.kernel->peak(PEAK_ROUNDS);
    *seconds = bench_now() - start;
    return isfinite(sum) ? FG_OK : fg_fail(error, FG_FAILED, "multiply-adds went out of range");
}

enum fg_status bench_kernel(const struct bench_setting *setting, json_t **result, struct fg_error *error)
{
    const struct inputs *inputs = &setting->inputs;
    double threads = setting->threads, samples = (double)inputs->samples[0].n;
    struct bench_case cases[] = {
        {"kernel", "direct sums of all moments", run_kernel, (void *)setting,
         threads * KERNEL_ROWS * FG_CHUNK * samples, "cell-samples", NULL},
        {"peak", "fused multiply-adds alone", run_peak, (void *)setting,
         threads * PEAK_ROUNDS * FG_PEAK_CHAINS * (double)inputs->kernel->lanes, "FMA", NULL},
    };
    size_t rounds = setting->options->repetitions;
    enum fg_status status = bench_run(cases, 2, BENCH_WARM_UP, rounds, error);
    if (status == FG_OK) {
        struct bench_statistics kernel = bench_statistics(&cases[0], rounds),
                                peak = bench_statistics(&cases[1], rounds);
        double slots = kernel.minimum / cases[0].work / (peak.minimum / cases[1].work);
        double median_slots = kernel.median / cases[0].work / (peak.median / cases[1].work);
        *result = json_pack("{s:o, s:{s:f, s:f}}", "cases", bench_to_json(cases, 2, rounds),
                            "fma_slots_per_cell_sample", "minimum", slots, "median", median_slots);
        if (!setting->options->json) {
            bench_print(cases, 2, rounds);
            printf("issue slots of a fused multiply-add per cell and sample: %.1f (median %.1f), %s kernel, "
                   "%d threads\n",
                   slots, median_slots, inputs->kernel->name, setting->threads);
        }
    }
    bench_free(cases, 2);
    return status;
}
