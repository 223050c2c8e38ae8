/* Whole sweeps as alternatives to be timed, with and without the file. */
#include <string.h>

#include "bench.h"
#include "write_way.h"

static uint64_t count_samples(const struct fg_setup *setup)
{
    uint64_t n = 0;
    for (size_t s = 0; s < setup->n_data; s++)
        n += setup->data[s].n;
    return n;
}

void bench_case_complete(struct bench_case *one, const struct bench_setting *setting)
{
    const double bytes = bytes_of_values(setting->setup);
    one->setting = setting;
    one->setup = setting->setup;
    one->threads = setting->threads;
    one->bytes = bytes < (double)FG_FILE_MAX ? (size_t)bytes : (size_t)FG_FILE_MAX;
    one->work = strcmp(one->unit, "B") == 0         ? bytes
                : strcmp(one->unit, "samples") == 0 ? (double)count_samples(setting->setup)
                                                    : (double)fg_setup_cells(setting->setup);
}

static bool wants_to_stop(void *context)
{
    return interrupt_wanted(context);
}

static enum fg_status run_sweep(const struct bench_case *self, const struct fg_sink *sink,
                                struct fg_error *error)
{
    const struct fg_problem problem = inputs_problem(&self->setting->inputs, self->setup);
    const struct fg_watcher watcher = {.stop = wants_to_stop, .context = self->setting->interrupt};
    return fg_sweep(&problem, self->threads, sink, &watcher, NULL, error);
}

enum fg_status bench_compute(const struct bench_case *self, struct fg_error *error)
{
    return run_sweep(self, NULL, error);
}

enum fg_status bench_file(const struct bench_case *self, struct fg_error *error)
{
    struct fg_writer *writer = NULL;
    struct fg_output output = self->setting->output;
    output.setup = self->setup;
    output.samples = self->setting->inputs.samples;
    output.no_sync = !self->sync;
    enum fg_status status = write_way(&output, error);
    if (status == FG_OK)
        status = fg_writer_open(&writer, &output, error);
    if (status == FG_OK) {
        const struct fg_sink sink = fg_writer_sink(writer);
        status = run_sweep(self, &sink, error);
    }
    if (status == FG_OK)
        status = fg_writer_finish(&writer, "", "{}", error);
    fg_writer_discard(&writer);
    return status;
}
