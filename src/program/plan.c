#include "plan.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "fishergrid/estimate.h"
#include "json_io.h"
#include "notice.h"
#include "standard_output.h"
#include "submit_line.h"

/* Minutes before the end of a job at which it may get a signal: jobs/sweep.sbatch asks for two, and Slurm is
 * up to two minutes early. */
#define WARNING_MINUTES 4

static uint64_t memory_of_samples(const struct fg_setup *setup)
{
    uint64_t bytes = 0;
    for (size_t s = 0; s < setup->n_data; s++) /* x0, x1, y, and the memory of sorting or making sources */
        bytes += setup->data[s].n * (3 * sizeof(double) + 1);
    return bytes;
}

/* Computes what a job should request: more than the estimate, since its node may be slower and its disk
 * busier. */
static void request_resources(struct sweep_plan *plan)
{
    double mebibytes = 256 + 1.5 * (double)plan->memory_bytes / 0x1p20;
    plan->ask_mebibytes = 256 * (uint64_t)ceil(mebibytes / 256);
    const double minutes = WARNING_MINUTES + 2 * (plan->seconds_computing + plan->seconds_writing) / 60;
    const int ask = (int)ceil(fmin(fmax(minutes, 5), 24 * 60));
    snprintf(plan->ask_time, sizeof plan->ask_time, "%02d:%02d:00", ask / 60, ask % 60);
}

static enum fg_status make_plan(struct sweep_plan *plan, const struct output_job *job, struct fg_error *error)
{
    const double so_far = (double)clock() / CLOCKS_PER_SEC; /* the sweep also starts and reads its samples */
    const struct fg_problem problem = inputs_problem(&job->inputs, job->setup);
    const struct fg_output output = output_of(job);
    const int threads = (int)job->options->threads;
    const uint64_t sweep_bytes = fg_sweep_memory(&problem, threads);
    if (sweep_bytes == 0)
        return fg_fail(error, FG_FAILED, "no memory to find out how much the sweep needs");
    *plan = (struct sweep_plan){.cells = fg_setup_cells(job->setup),
                                .threads = job->options->threads,
                                .memory_bytes = sweep_bytes + memory_of_samples(job->setup),
                                .free_disk_bytes = fg_output_free_bytes(job->options->output)};
    enum fg_status status = fg_output_size(&output, &plan->file_bytes, error);
    if (status == FG_OK)
        status = fg_estimate_sweep(&problem, threads, &plan->seconds_computing, &plan->seconds_trial, error);
    plan->seconds_computing += so_far;
    plan->seconds_writing = (double)plan->file_bytes / PLAN_BYTES_PER_SECOND;
    request_resources(plan);
    return status;
}

static bool too_little_disk(const struct sweep_plan *plan)
{
    return (double)plan->file_bytes >
           plan->free_disk_bytes; /* false if unknown, because it is then infinite */
}

static json_t *plan_to_json(const struct sweep_plan *plan)
{
    json_t *slurm =
        json_pack("{s:I, s:o, s:s}", "cpus-per-task", (json_int_t)plan->threads, "mem",
                  json_sprintf("%lluM", (unsigned long long)plan->ask_mebibytes), "time", plan->ask_time);
    return json_pack("{s:I, s:I, s:I, s:o, s:I, s:f, s:f, s:o}", "cells", (json_int_t)plan->cells,
                     "file_bytes", (json_int_t)plan->file_bytes, "memory_bytes",
                     (json_int_t)plan->memory_bytes, "free_disk_bytes", finite_or_null(plan->free_disk_bytes),
                     "threads", (json_int_t)plan->threads, "seconds_computing", plan->seconds_computing,
                     "seconds_writing", plan->seconds_writing, "slurm", slurm);
}

static void print_plan(const struct sweep_plan *plan, const struct fg_setup *setup)
{
    printf("cells      %llu (%zu x %zu, %zu data set%s)\n", (unsigned long long)plan->cells,
           setup->grid.phi.n, setup->grid.r.n, setup->n_data, plural(setup->n_data));
    printf("file       %llu bytes\n", (unsigned long long)plan->file_bytes);
    printf("memory     %llu bytes for tiles and samples, %llu thread%s\n",
           (unsigned long long)plan->memory_bytes, (unsigned long long)plan->threads, plural(plan->threads));
    if (isinf(plan->free_disk_bytes))
        puts("free disk  unknown");
    else
        printf("free disk  %.0f bytes%s\n", plan->free_disk_bytes,
               too_little_disk(plan) ? ": too little" : "");
    printf("time       about %.2g s to compute, estimated from %.1f s of it on this processor\n",
           plan->seconds_computing, plan->seconds_trial);
    printf("           and %.2g s to write at %.0f MB/s, an assumption\n", plan->seconds_writing,
           PLAN_BYTES_PER_SECOND / 1e6);
    printf("ask Slurm  --cpus-per-task=%llu --mem=%lluM --time=%s (--sbatch prints the command)\n",
           (unsigned long long)plan->threads, (unsigned long long)plan->ask_mebibytes, plan->ask_time);
}

enum fg_status plan_print(const struct output_job *job, struct fg_error *error)
{
    struct sweep_plan plan;
    if (fg_team_rank(job->options->team) > 0) /* only process 0 has samples */
        return FG_OK;
    enum fg_status status = make_plan(&plan, job, error);
    if (status != FG_OK)
        return status;
    if (job->options->sbatch && too_little_disk(&plan))
        notice("%s: too little free disk, %.0f bytes for a file of %llu", job->options->output,
               plan.free_disk_bytes, (unsigned long long)plan.file_bytes);
    if (job->options->sbatch)
        status = submit_line_print(&plan, job->options, error);
    else if (job->options->json)
        return print_json(plan_to_json(&plan), error);
    else
        print_plan(&plan, job->setup);
    return status == FG_OK ? finish_output(error) : status;
}
