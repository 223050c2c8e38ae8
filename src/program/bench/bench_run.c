/* Whole sweeps as alternatives to be timed, with and without the file. */
#include "bench.h"
#include "write_way.h"

enum fg_status bench_compute(const struct bench_case *self, struct fg_error *error)
{
    const struct fg_problem problem = inputs_problem(&self->setting->inputs, self->setup);
    return fg_sweep(&problem, self->threads, NULL, NULL, NULL, error);
}

enum fg_status bench_file(const struct bench_case *self, struct fg_error *error)
{
    struct fg_writer *writer = NULL;
    const struct fg_problem problem = inputs_problem(&self->setting->inputs, self->setup);
    struct fg_output output = self->setting->output;
    output.setup = self->setup;
    output.no_sync = !self->sync;
    enum fg_status status = write_way(&output, error);
    if (status == FG_OK)
        status = fg_writer_open(&writer, &output, error);
    if (status == FG_OK) {
        const struct fg_sink sink = fg_writer_sink(writer);
        status = fg_sweep(&problem, self->threads, &sink, NULL, NULL, error);
    }
    if (status == FG_OK)
        status = fg_writer_finish(&writer, "", "{}", error);
    fg_writer_discard(&writer);
    return status;
}
