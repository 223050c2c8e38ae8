/* Times whole runs. */
#define _POSIX_C_SOURCE 200809L /* unlink */
#include <unistd.h>

#include "bench.h"

enum fg_status bench_compute(const struct bench_setting *setting, const struct fg_setup *setup, int threads,
                             double *seconds, struct fg_error *error)
{
    const struct fg_problem problem = inputs_problem(&setting->inputs, setup);
    double start = bench_now();
    enum fg_status status = fg_sweep(&problem, threads, NULL, NULL, NULL, error);
    *seconds = bench_now() - start;
    return status;
}

enum fg_status bench_file(const struct bench_setting *setting, const struct fg_setup *setup, int threads,
                          bool sync, double *seconds, struct fg_error *error)
{
    struct fg_writer *writer = NULL;
    const struct fg_problem problem = inputs_problem(&setting->inputs, setup);
    struct fg_output output = setting->output;
    output.setup = setup;
    output.no_sync = !sync;
    double start = bench_now();
    enum fg_status status = fg_writer_open(&writer, &output, error);
    if (status == FG_OK) {
        const struct fg_sink sink = fg_writer_sink(writer);
        status = fg_sweep(&problem, threads, &sink, NULL, NULL, error);
    }
    if (status == FG_OK)
        status = fg_writer_finish(&writer, "", "{}", error);
    *seconds = bench_now() - start;
    fg_writer_discard(&writer);
    unlink(output.path);
    return status;
}
