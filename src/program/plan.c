#define _XOPEN_SOURCE 700 /* PATH_MAX, realpath */
#include "plan.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "build_info.h"
#include "fishergrid/estimate.h"
#include "json_io.h"
#include "notice.h"
#include "shell.h"
#include "standard_output.h"

/* Assumed writing speed. Local disks, and NFS over a gigabit network, are mostly at least this fast; a
 * parallel file system is ten times as fast. */
#define PLAN_BYTES_PER_SECOND 150e6

struct sweep_plan {
    uint64_t cells, threads;
    uint64_t file_bytes, memory_bytes; /* memory_bytes: for tiles, nodes and samples */
    double free_disk_bytes;            /* infinite if it is not known */
    double seconds_computing; /* estimate, see fishergrid/estimate.h; includes starting and reading samples */
    double seconds_writing;   /* at PLAN_BYTES_PER_SECOND */
    double seconds_trial;     /* duration of the trial */
    uint64_t ask_mebibytes;   /* memory to request for a job */
    char ask_time[32]; /* time to request, "HH:MM:00"; at most a day, because the job returns to the queue and
                          resumes */
};

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

/* --- the command that submits the sweep to Slurm --- */

/* A program with MPI needs the script that starts it through MPI, even for a single process. */
#define JOB_SCRIPT (FISHERGRID_MPI ? "mpi.sbatch" : "sweep.sbatch")
#define JOB_OPTIONS (FISHERGRID_MPI ? "--nodes=1 " : "")

static bool find_script(const char *directory, const char *below, char script[PATH_MAX])
{
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s%s/%s", directory, below, JOB_SCRIPT);
    return realpath(path, script) != NULL;
}

static enum fg_status find_job_script(const char *program, char script[PATH_MAX], struct fg_error *error)
{
    static const char *const places[] = {"/../share/fishergrid/jobs", "/../../jobs", "/../jobs"};
    const char *chosen = getenv("FISHERGRID_JOBS");
    if (chosen && *chosen && find_script(chosen, "", script))
        return FG_OK;
    char directory[PATH_MAX];
    if (!realpath("/proc/self/exe", directory) && !realpath(program, directory)) /* without /proc */
        *directory = '\0';
    char *const slash = strrchr(directory, '/');
    if (slash)
        *slash = '\0';
    for (size_t p = 0; slash && p < sizeof places / sizeof *places; p++) {
        if (find_script(directory, places[p], script))
            return FG_OK;
    }
    return fg_fail(
        error, FG_BAD_INPUT,
        "--sbatch: no %s beside this program; set the environment variable FISHERGRID_JOBS to its directory",
        JOB_SCRIPT);
}

/* Checks that the job can read an input. A pipe, as of <(...), ends with this process, and files in /dev
 * exist on this machine only. */
static enum fg_status check_job_input(const char *option, const char *path, struct fg_error *error)
{
    struct stat found;
    if (!path || (strncmp(path, "/dev/", 5) != 0 && stat(path, &found) == 0 && S_ISREG(found.st_mode)))
        return FG_OK;
    return fg_fail(error, FG_BAD_INPUT, "--sbatch: %s %s will not be there when the job runs; name a file",
                   option, path);
}

static enum fg_status check_job(const struct options *options, struct fg_error *error)
{
    if (options->json)
        return fg_fail(error, FG_BAD_INPUT, "--sbatch prints a command, not JSON; leave out one of the two");
    if (options->force)
        return fg_fail(
            error, FG_BAD_INPUT,
            "--sbatch: with --force every restart of the job would begin from scratch; remove the old "
            "file and leave out --force");
    enum fg_status status = check_job_input("--config", options->config, error);
    for (size_t s = 0; s < options->n_data && status == FG_OK; s++)
        status = check_job_input("--data", options->data[s].path, error);
    return status;
}

/* Prints `sbatch ... sweep.sbatch ...` for the sweep of the command line. jobs/sweep.sbatch is looked for in
 * the directory FISHERGRID_JOBS, where it is installed, and in the source tree of the build. Errors:
 * FG_BAD_INPUT if a job could not run this command line, or if the script is not found. */
static enum fg_status print_submission(const struct sweep_plan *plan, const struct options *options,
                                       struct fg_error *error)
{
    char script[PATH_MAX];
    enum fg_status status = check_job(options, error);
    if (status == FG_OK)
        status = find_job_script(options->argv[0], script, error);
    if (status != FG_OK)
        return status;
    options->argv[1] = script; /* replaces the words "fishergrid sweep", which the script contains */
    char *words = shell_line(options->argc - 1, options->argv + 1, false);
    if (!words)
        return fg_fail(error, FG_FAILED, "no memory for the command line");
    printf("sbatch %s--time=%s --cpus-per-task=%llu %s\n", JOB_OPTIONS, plan->ask_time,
           (unsigned long long)plan->threads, words);
    free(words);
    return FG_OK;
}

/* --- the plan as the options want it --- */

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
        status = print_submission(&plan, job->options, error);
    else if (job->options->json)
        return print_json(plan_to_json(&plan), error);
    else
        print_plan(&plan, job->setup);
    return status == FG_OK ? finish_output(error) : status;
}
