/* `fishergrid sweep`: options -> data sets -> tiles -> one file. */
#define _POSIX_C_SOURCE 200809L /* strdup */
#include <libgen.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "commands.h"
#include "fishergrid/file.h"
#include "identity.h"
#include "make_file.h"
#include "print.h"
#include "run_record.h"

static double free_disk(const char *path)
{
    struct statvfs disk;
    char *copy = strdup(path);
    double bytes =
        copy && statvfs(dirname(copy), &disk) == 0 ? (double)disk.f_bavail * (double)disk.f_frsize : NAN;
    free(copy);
    return bytes;
}

static uint64_t memory_of_samples(const struct workload *workload)
{
    uint64_t bytes = 0;
    for (size_t s = 0; s < workload->n; s++) /* x0, x1, y as given; four arrays for the kernel */
        bytes += workload->data[s].n * (6 * sizeof(double) + 1);
    return bytes;
}

/* What the sweep would need. */
static enum fg_status print_plan(const struct options *options, const struct workload *workload,
                                 const struct fg_file_spec *spec, const struct fg_problem *problem,
                                 struct fg_error *error)
{
    uint64_t bytes;
    enum fg_status status = fg_file_size(spec, &bytes, error);
    if (status != FG_OK)
        return status;
    uint64_t cells = cells_of(problem);
    uint64_t memory = fg_sweep_memory(problem, (int)options->threads) + memory_of_samples(workload);
    double disk = free_disk(options->output);
    if (options->json)
        return print_json(json_pack("{s:I, s:I, s:I, s:o, s:I}", "cells", (json_int_t)cells, "file_bytes",
                                    (json_int_t)bytes, "memory_bytes", (json_int_t)memory, "free_disk_bytes",
                                    finite_or_null(disk), "threads", (json_int_t)options->threads),
                          error);
    printf("cells      %llu (%zu x %zu, %zu data set%s)\n", (unsigned long long)cells, problem->phi.n,
           problem->r.n, workload->n, workload->n == 1 ? "" : "s");
    printf("file       %llu bytes\n", (unsigned long long)bytes);
    printf("memory     %llu bytes for tiles and samples, %llu thread%s\n", (unsigned long long)memory,
           (unsigned long long)options->threads, options->threads == 1 ? "" : "s");
    printf("free disk  %.0f bytes%s\n", disk, (double)bytes > disk ? ": too little" : "");
    return finish_output(error);
}

static enum fg_status fill_by_sweep(const struct making *making, const struct fg_sink *sink,
                                    const struct fg_watcher *watcher, struct fg_summary *summary,
                                    struct fg_error *error)
{
    return fg_sweep(making->problem, (int)making->options->threads, sink, watcher, summary, error);
}

/* Whether the output can be made, and leaves the inputs alone. */
static enum fg_status check_output(const struct options *options, struct fg_error *error)
{
    for (size_t s = 0; s < options->n_data; s++) {
        const char *input = options->data[s].path;
        enum fg_status status = input ? fg_writer_check_input(options->output, input, error) : FG_OK;
        if (status != FG_OK)
            return status;
    }
    /* A dry run replaces nothing, so a file may be there. */
    return fg_writer_check(options->output, options->force || options->dry_run, error);
}

enum fg_status command_sweep(struct options *options, int argc, char **argv, struct fg_error *error)
{
    struct run_record record = {0};
    struct stop stop = stop_at_deadline(options);
    char *identity = NULL;
    struct workload *workload = calloc(1, sizeof *workload);
    if (!workload)
        return fg_fail(error, FG_FAILED, "no memory");
    if (options->threads == 0)
        options->threads = (uint64_t)omp_get_max_threads();

    enum fg_status status = check_output(options, error);
    if (status == FG_OK)
        status = workload_check_part(options, error);
    if (status == FG_OK)
        status = workload_load(workload, options, workload_r_bound(options), error);
    if (status == FG_OK)
        status = run_record_init(&record, options, argc, argv, workload->kernel, error);
    if (status == FG_OK && !(identity = identity_text(options, workload)))
        status = fg_fail(error, FG_FAILED, "no memory for the identity of the run");
    if (status == FG_OK) {
        struct fg_file_spec spec = workload_file(workload, options, options->output, &record.run);
        struct fg_problem problem = workload_problem(workload, options);
        spec.identity = identity;
        const struct making making = {.options = options,
                                      .workload = workload,
                                      .problem = &problem,
                                      .spec = &spec,
                                      .stop = &stop,
                                      .fill = fill_by_sweep};
        status = options->dry_run ? print_plan(options, workload, &spec, &problem, error)
                                  : make_file(&making, error);
    }
    free(identity);
    run_record_free(&record);
    workload_free(workload);
    free(workload);
    return status;
}
