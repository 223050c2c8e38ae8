/* `fishergrid bench`: the speed of the kernel, of a whole sweep and of more threads. Each speed is compared
 * with the best that the machine can do, which is measured in the same run. */
#define _POSIX_C_SOURCE 200809L /* getpid */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "commands.h"
#include "fishergrid/text.h"
#include "json_io.h"
#include "standard_output.h"
#include "threads.h"

/* Stores a name for the benchmark's file that no file of the user has. */
static enum fg_status name_file(char path[4096], const char *directory, struct fg_error *error)
{
    int length = snprintf(path, 4096, "%s/fishergrid-bench-%ld.h5", directory, (long)getpid());
    if (length >= 4096)
        return fg_fail(error, FG_BAD_INPUT, "--directory: the name '%.60s...' is longer than 4000 bytes",
                       directory);
    return fg_output_check(path, false, error);
}

static json_t *problem_to_json(const struct bench_setting *setting)
{
    const struct fg_setup *setup = setting->setup;
    json_t *sets = json_array();
    for (size_t s = 0; s < setup->n_data; s++)
        json_array_append_new(sets, json_pack("{s:s, s:I}", "name", setup->data[s].name, "samples",
                                              (json_int_t)setup->data[s].n));
    return json_pack("{s:I, s:I, s:o, s:s, s:s, s:i}", "phi", (json_int_t)setup->grid.phi.n, "r",
                     (json_int_t)setup->grid.r.n, "data", sets, "kernel", setup->kernel, "config",
                     setting->provenance.config_json, "threads", setting->threads);
}

static enum fg_status run_kind(const struct bench_setting *setting, struct fg_error *error)
{
    static enum fg_status (*const run[])(const struct bench_setting *setting, json_t **result,
                                         struct fg_error *error) = {
        bench_kernel, bench_sweep, bench_disk, bench_samples,
        bench_scaling}; /* in the order of the operands */
    const char *kinds = command_of(COMMAND_BENCH)->operands, *kind = setting->options->input;
    const int k = fg_text_choice(kinds, kind);
    if (k < 0) {
        char hint[FG_HINT_MAX];
        fg_text_suggest(kind, kinds, hint);
        return fg_fail(error, FG_BAD_INPUT, "unknown bench '%.60s'%s; there are: %s", kind, hint, kinds);
    }
    json_t *result = NULL;
    enum fg_status status = run[k](setting, &result, error);
    if (status == FG_OK && setting->options->json)
        return print_json(json_pack("{s:s, s:o, s:o, s:o}", "bench", kind, "machine", bench_machine(),
                                    "problem", problem_to_json(setting), "result", result),
                          error);
    json_decref(result);
    return status == FG_OK ? finish_output(error) : status;
}

enum fg_status bench_load(struct bench_setting *setting, struct options *options, struct fg_error *error)
{
    setting->options = options;
    setting->setup = &options->setup;
    setting->threads = (int)options->threads;
    return inputs_prepare(&setting->inputs, options, error);
}

enum fg_status command_bench(struct options *options, struct fg_error *error)
{
    char path[4096];
    struct interrupt interrupt = interrupt_at_deadline(options);
    struct bench_setting setting = {.interrupt = &interrupt};
    enum fg_status status = name_file(path, options->directory, error);
    if (status == FG_OK)
        status = threads_decide(options, error);
    if (status == FG_OK)
        status = bench_load(&setting, options, error);
    if (status == FG_OK)
        status = provenance_init(&setting.provenance, options, error);
    if (status == FG_OK) {
        setting.output =
            (struct fg_output){.path = path, .force = true, .provenance = setting.provenance.record};
        interrupt_on_signals(); /* there may now be files that must be removed */
        status = run_kind(&setting, error);
    }
    provenance_free(&setting.provenance);
    inputs_free(&setting.inputs);
    return status;
}
