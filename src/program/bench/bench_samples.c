/* `bench samples`: the cost of many samples, compared with few. The few are the samples of the command line.
 * The many are MANY times as many of the same distribution. */
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "bench.h"
#include "commands.h"
#include "fishergrid/sources.h"
#include "json_io.h"
#include "output_job.h"

enum { MANY = 1000 };

/* The cases. A sweep of many samples is compared with DRAW to SWEEP_FEW. */
enum { COMPUTE_FEW, COMPUTE_MANY, COMPRESS, DRAW, STORE, SWEEP_FEW, SWEEP_MANY, N_CASES };

/* --- cases --- */

static enum fg_status run_draw(const struct bench_case *self, struct fg_error *error)
{
    struct inputs inputs = {0};
    const enum fg_status status = inputs_load(&inputs, self->setting->options, error);
    inputs_free(&inputs);
    return status;
}

static enum fg_status run_compress(const struct bench_case *self, struct fg_error *error)
{
    const struct inputs *inputs = &self->setting->inputs;
    struct fg_setup setup = *self->setup;
    enum fg_status status = FG_OK;
    for (size_t s = 0; s < inputs->n && status == FG_OK; s++) {
        struct fg_samples sources;
        status =
            fg_setup_compress(&setup, s, &inputs->samples[s], inputs->kernel, self->threads, &sources, error);
        fg_samples_free(&sources);
    }
    return status;
}

/* Makes a file of one cell with all samples on the disk, and removes it. */
static enum fg_status run_store(const struct bench_case *self, struct fg_error *error)
{
    struct fg_writer *writer = NULL;
    struct fg_setup setup = *self->setup;
    struct fg_output output = self->setting->output;
    setup.phi.n = setup.r.n = 1;
    output.setup = &setup;
    output.samples = self->setting->inputs.samples;
    enum fg_status status = fg_setup_cut(&setup, error);
    if (status == FG_OK)
        status = fg_writer_open(&writer, &output, error);
    fg_writer_discard(&writer);
    return status;
}

static enum fg_status run_whole(const struct bench_case *self, struct fg_error *error)
{
    const struct bench_setting *setting = self->setting;
    struct options options = *setting->options;
    char part[OUTPUT_NAME_MAX];
    options.command = COMMAND_SWEEP;
    options.output = setting->output.path;
    options.force = options.quiet = true;
    options.setup.n_data = 0; /* the sweep adds its own */
    snprintf(part, sizeof part, "%s.part", options.output);
    const enum fg_status status = command_sweep(&options, error);
    unlink(part); /* left if the sweep was interrupted */
    return status == FG_INTERRUPTED
               ? fg_fail(error, status, "stopped by %s", interrupt_reason(setting->interrupt))
               : status;
}

/* --- peak memory --- */

/* Returns the peak of resident memory of this process in bytes; NaN if the system does not have it. getrusage
 * would include the memory of the parent before exec. */
static double peak_memory(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    double kilobytes = NAN;
    while (file && fgets(line, sizeof line, file) && sscanf(line, "VmHWM: %lf kB", &kilobytes) != 1)
        ;
    if (file)
        fclose(file);
    return 1024 * kilobytes;
}

static enum fg_status peak_of_sweep(const struct bench_setting *setting, double *peak, struct fg_error *error)
{
    const struct bench_case whole = {.setting = setting};
    const enum fg_status status = run_whole(&whole, error);
    unlink(setting->output.path);
    *peak = peak_memory();
    return status;
}

/* --- the command --- */

static enum fg_status check_drawn(const struct options *options, struct fg_error *error)
{
    for (size_t s = 0; s < options->n_data; s++) {
        if (options->data[s].path)
            return fg_fail(error, FG_BAD_INPUT, "'bench samples' draws its samples: --data A or --data B");
    }
    return FG_OK;
}

/* Measures the peak memory of sweeps of few and of many samples, in this order, then loads the many samples
 * for the other cases. */
static enum fg_status load_many(struct bench_setting *many, struct options *options,
                                const struct bench_setting *few, double *more_memory, struct fg_error *error)
{
    double before = NAN, after = NAN;
    *options = *few->options;
    options->setup.n_data = 0;
    options->setup.gaussian.samples_per_class *= MANY;
    *many = *few;
    many->options = options;
    many->inputs = (struct inputs){0};
    enum fg_status status = check_drawn(options, error);
    if (status == FG_OK)
        status = peak_of_sweep(few, &before, error);
    if (status == FG_OK)
        status = peak_of_sweep(many, &after, error);
    *more_memory = after - before;
    return status == FG_OK ? bench_load(many, options, error) : status;
}

static void fill_cases(struct bench_case *cases, const struct bench_setting *few,
                       const struct bench_setting *many)
{
    const struct bench_case all[N_CASES] = {
        [COMPUTE_FEW] = {"compute-few", "all fields of few samples, thrown away", bench_compute,
                         .unit = "cells"},
        [COMPUTE_MANY] = {"compute-many", "the same of 1000 times as many samples", bench_compute,
                          .unit = "cells"},
        [COMPRESS] = {"compress", "sources of the many samples", run_compress, .unit = "samples"},
        [DRAW] = {"draw", "the many samples", run_draw, .unit = "samples"},
        [STORE] = {"store", "the many samples in a file of one cell, on the disk", run_store,
                   .unit = "samples"},
        [SWEEP_FEW] = {"sweep-few", "the command sweep, few samples", run_whole, .unit = "cells"},
        [SWEEP_MANY] = {"sweep-many", "the command sweep, many samples", run_whole, .unit = "cells"},
    };
    for (size_t c = 0; c < N_CASES; c++) {
        cases[c] = all[c];
        bench_case_complete(&cases[c], c == COMPUTE_FEW || c == SWEEP_FEW ? few : many);
    }
}

static json_t *conclude(const struct bench_case *cases, json_t *list, double more_memory)
{
    const struct bench_setting *many = cases[COMPUTE_MANY].setting;
    const double n = cases[DRAW].work, bytes = more_memory / (n - n / (double)MANY);
    json_t *ratios = json_array();
    uint64_t sources = 0;
    for (size_t s = 0; s < many->setup->n_data; s++)
        sources += many->setup->data[s].sources;
    bench_add_ratio(ratios, &cases[COMPUTE_MANY], &cases[COMPUTE_FEW], 1);
    bench_add_ratio(ratios, &cases[SWEEP_MANY], &cases[DRAW], SWEEP_MANY - DRAW);
    if (!many->options->json)
        printf("%.0f samples as %llu sources; peak memory of a sweep: %.1f bytes a sample\n", n,
               (unsigned long long)sources, bytes);
    return json_pack("{s:o, s:o, s:I, s:o}", "cases", list, "ratios", ratios, "sources", (json_int_t)sources,
                     "bytes_a_sample", finite_or_null(bytes));
}

enum fg_status bench_samples(const struct bench_setting *few, json_t **result, struct fg_error *error)
{
    struct options options;
    struct bench_setting many;
    struct bench_case cases[N_CASES];
    double more_memory;
    json_t *list;
    enum fg_status status = load_many(&many, &options, few, &more_memory, error);
    if (status == FG_OK) {
        fill_cases(cases, few, &many);
        status = bench_run(cases, N_CASES, &list, error);
    }
    if (status == FG_OK)
        *result = conclude(cases, list, more_memory);
    inputs_free(&many.inputs);
    return status;
}
