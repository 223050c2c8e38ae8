/* `fishergrid sweep`: options -> data sets -> tiles -> one file. */
#define _POSIX_C_SOURCE 200809L /* strdup */
#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "commands.h"
#include "fishergrid/file.h"
#include "identity.h"
#include "print.h"
#include "progress.h"
#include "run_record.h"
#include "stop.h"
#include "team.h"
#include "team_start.h"
#include "workload.h"

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
    uint64_t cells = (uint64_t)options->phi.n * options->r.n * workload->n;
    uint64_t memory = fg_sweep_memory(problem, (int)options->threads) + memory_of_samples(workload);
    double disk = free_disk(options->output);
    if (options->json)
        return print_json(json_pack("{s:I, s:I, s:I, s:o, s:I}", "cells", (json_int_t)cells, "file_bytes",
                                    (json_int_t)bytes, "memory_bytes", (json_int_t)memory, "free_disk_bytes",
                                    finite_or_null(disk), "threads", (json_int_t)options->threads),
                          error);
    printf("cells      %llu (%zu x %zu, %zu data set%s)\n", (unsigned long long)cells, options->phi.n,
           options->r.n, workload->n, workload->n == 1 ? "" : "s");
    printf("file       %llu bytes\n", (unsigned long long)bytes);
    printf("memory     %llu bytes for tiles and samples, %llu thread%s\n", (unsigned long long)memory,
           (unsigned long long)options->threads, options->threads == 1 ? "" : "s");
    printf("free disk  %.0f bytes%s\n", disk, (double)bytes > disk ? ": too little" : "");
    return finish_output(error);
}

/* What the run found, for the file and for --json. */
static json_t *summary_to_json(const struct options *options, const struct workload *workload,
                               const struct fg_summary *summary, double seconds)
{
    json_t *sets = json_object();
    for (size_t s = 0; s < workload->n; s++) {
        const struct fg_summary *found = &summary[s];
        json_t *set =
            json_pack("{s:I, s:f, s:f, s:f}", "samples", (json_int_t)workload->data[s].n, "least_loss",
                      found->least_loss, "least_loss_phi", fg_axis_value(&options->phi, found->least_i),
                      "least_loss_r", fg_axis_value(&options->r, found->least_j));
        json_t *how =
            json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "cells_regular", (json_int_t)found->flags[FG_REGULAR],
                      "cells_recomputed", (json_int_t)found->flags[FG_RECOMPUTED], "cells_undefined",
                      (json_int_t)found->flags[FG_UNDEFINED], "nodes_phi",
                      (json_int_t)(found->plan.phi_panels * FG_ORDER_PHI), "nodes_r",
                      (json_int_t)(found->plan.r_panels * FG_ORDER_R), "cells_summed_anyway",
                      (json_int_t)found->summed_anyway);
        json_object_update_new(set, how);
        json_object_set_new(sets, workload->data[s].name, set);
    }
    uint64_t cells = (uint64_t)options->phi.n * options->r.n * workload->n;
    return json_pack("{s:I, s:f, s:o}", "cells", (json_int_t)cells, "seconds", seconds, "data", sets);
}

/* Where the samples were summed, unless at every cell. */
static void print_nodes(const struct fg_summary *summary)
{
    const struct fg_node_plan *plan = &summary->plan;
    if (plan->over_phi && plan->over_r)
        printf("; summed at %zu x %zu nodes", plan->phi_panels * FG_ORDER_PHI, plan->r_panels * FG_ORDER_R);
    else if (plan->over_phi || plan->over_r)
        printf("; summed at %zu nodes in %s",
               plan->over_phi ? plan->phi_panels * FG_ORDER_PHI : plan->r_panels * FG_ORDER_R,
               plan->over_phi ? "phi" : "r");
    if (summary->summed_anyway > 0)
        printf(" and directly in %llu cells", (unsigned long long)summary->summed_anyway);
}

static enum fg_status print_summary(const struct options *options, const struct workload *workload,
                                    const struct fg_summary *summary, double seconds, uint64_t bytes,
                                    struct fg_error *error)
{
    double cells = (double)options->phi.n * (double)options->r.n * (double)workload->n;
    printf("%s: %.0f cells in %.3f s (%.3g cells/s), %llu bytes, %s kernel, %llu thread%s\n", options->output,
           cells, seconds, cells / seconds, (unsigned long long)bytes, workload->kernel->name,
           (unsigned long long)options->threads, options->threads == 1 ? "" : "s");
    for (size_t s = 0; s < workload->n; s++) {
        printf("%s: %zu samples, least loss %.10g at phi = %.6f rad, r = %.6f", workload->data[s].name,
               workload->data[s].n, summary[s].least_loss, fg_axis_value(&options->phi, summary[s].least_i),
               fg_axis_value(&options->r, summary[s].least_j));
        print_nodes(&summary[s]);
        if (summary[s].flags[FG_RECOMPUTED])
            printf("; %llu cells recomputed", (unsigned long long)summary[s].flags[FG_RECOMPUTED]);
        if (summary[s].flags[FG_UNDEFINED])
            printf("; natural gradient undefined in %llu cells",
                   (unsigned long long)summary[s].flags[FG_UNDEFINED]);
        puts("");
    }
    if (options->phi.n < 3 || options->r.n < 3)
        puts("note: viewers such as silx do not plot grids below 3 x 3 cells");
    return finish_output(error);
}

static void tell_of_leftover(const struct options *options, const struct fg_leftover *leftover)
{
    if (leftover->found && !options->quiet)
        fprintf(stderr, "continuing %s.part: %llu of %llu tiles are done\n", options->output,
                (unsigned long long)leftover->tiles_done, (unsigned long long)leftover->tiles);
    fflush(stderr);
}

static void tell_of_damage(const struct options *options, const struct fg_leftover *leftover)
{
    if (leftover->tiles_damaged > 0 && !options->quiet)
        fprintf(stderr,
                "%llu tile%s of %s.part had changed since they were written, and were computed again\n",
                (unsigned long long)leftover->tiles_damaged, leftover->tiles_damaged == 1 ? "" : "s",
                options->output);
}

/* Stops before the end, for the reason in `status` and `error`. */
static enum fg_status leave(struct fg_writer **writer, const struct options *options, const struct stop *stop,
                            enum fg_status status, struct fg_error *error)
{
    struct fg_error late;
    enum fg_status left = fg_writer_leave(writer, &late);
    if (status == FG_INTERRUPTED && left != FG_OK) {
        status = left;
        *error = late;
    }
    if (status == FG_INTERRUPTED)
        return fg_fail(error, status,
                       "%s: stopped by %s; %s.part keeps what is done, run the same command "
                       "again to continue",
                       options->output, stop_wanted(stop) ? stop_reason(stop) : "another process",
                       options->output);
    struct fg_error cause = *error;
    return fg_fail(error, status, "%s; %s.part keeps what is done, run the same command again to continue",
                   cause.text, options->output);
}

static enum fg_status finish(struct fg_writer **writer, const struct options *options,
                             const struct workload *workload, const struct fg_summary *summary,
                             const struct progress_meter *meter, struct fg_error *error)
{
    char end_time[32];
    uint64_t bytes = fg_writer_bytes(*writer);
    time_now(end_time);
    json_t *json = summary_to_json(options, workload, summary, progress_seconds(meter));
    char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
    enum fg_status status =
        team_agree(options->team, text ? FG_OK : fg_fail(error, FG_FAILED, "no memory"), error);
    if (status == FG_OK)
        status = fg_writer_finish(writer, end_time, text, error);
    fg_writer_leave(writer, NULL);
    free(text);
    if (status == FG_OK && !options->quiet) {
        status = options->json
                     ? print_json(json_incref(json), error)
                     : print_summary(options, workload, summary, progress_seconds(meter), bytes, error);
        if (status != FG_OK)
            fg_fail_while(error, status, "%s is complete, yet", options->output);
    }
    json_decref(json);
    return status;
}

/* Computes and writes, or goes on with what an earlier run left. */
static enum fg_status run(const struct options *options, const struct workload *workload,
                          const struct fg_file_spec *spec, const struct fg_problem *problem,
                          const struct stop *stop, struct fg_error *error)
{
    struct fg_writer *writer = NULL;
    struct progress_meter meter;
    struct fg_summary summary[MOST_DATA];
    stop_on_signals();
    progress_start(&meter, options);
    enum fg_status status = fg_writer_create(&writer, spec, options->force, error);
    if (status != FG_OK)
        return status;
    struct fg_leftover leftover = fg_writer_leftover(writer);
    if (leftover.complete) {
        if (team_rank(options->team) == 0)
            fprintf(stderr, "%s is complete: the run that made it died after that\n", options->output);
        return fg_writer_leave(&writer, error);
    }
    struct fg_sink sink = fg_writer_sink(writer);
    struct fg_watcher watcher = progress_watcher(&meter, leftover.cells_done, stop);
    tell_of_leftover(options, &leftover);
    status = fg_sweep(problem, (int)options->threads, &sink, &watcher, summary, error);
    progress_end(&meter);
    leftover = fg_writer_leftover(writer);
    tell_of_damage(options, &leftover);
    return status == FG_OK ? finish(&writer, options, workload, summary, &meter, error)
                           : leave(&writer, options, stop, status, error);
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
    const uint64_t threads = (uint64_t)team_threads(options->team);
    if (options->threads == 0)
        options->threads = threads;
    if (team_rank(options->team) > 0)
        options->quiet = true;

    enum fg_status status = workload ? check_output(options, error) : fg_fail(error, FG_FAILED, "no memory");
    if (status == FG_OK)
        status = workload_load(workload, options, workload_r_bound(options), error);
    if (status == FG_OK)
        status = run_record_init(&record, options, argc, argv, workload->kernel, error);
    if (status == FG_OK && !(identity = identity_text(options, workload)))
        status = fg_fail(error, FG_FAILED, "no memory for the identity of the run");
    status = team_agree(options->team, status, error);
    if (status == FG_OK)
        status = team_agree(options->team, team_compare(options->team, identity, error), error);
    if (status == FG_OK) {
        struct fg_file_spec spec = workload_file(workload, options, options->output, &record.run);
        struct fg_problem problem = workload_problem(workload, options);
        spec.identity = identity;
        spec.team = problem.team = options->team;
        status = options->dry_run ? print_plan(options, workload, &spec, &problem, error)
                                  : run(options, workload, &spec, &problem, &stop, error);
    }
    free(identity);
    run_record_free(&record);
    if (workload)
        workload_free(workload);
    free(workload);
    return status;
}
