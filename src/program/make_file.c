#define _POSIX_C_SOURCE 200809L /* lstat */
#include "make_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "paths.h"
#include "print.h"
#include "progress.h"
#include "run_record.h"
#include "team.h"

uint64_t cells_of(const struct fg_problem *problem)
{
    return (uint64_t)problem->phi.n * problem->r.n * problem->n_data;
}

/* What the run found, for the file and for --json. */
static json_t *summary_to_json(const struct fg_problem *problem, const struct workload *workload,
                               const struct fg_summary *summary, double seconds)
{
    json_t *sets = json_object();
    for (size_t s = 0; s < workload->n; s++) {
        const struct fg_summary *found = &summary[s];
        json_t *set =
            json_pack("{s:I, s:f, s:f, s:f}", "samples", (json_int_t)workload->data[s].n, "least_loss",
                      found->least_loss, "least_loss_phi", fg_axis_value(&problem->phi, found->least_i),
                      "least_loss_r", fg_axis_value(&problem->r, found->least_j));
        json_t *how =
            json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "cells_regular", (json_int_t)found->flags[FG_REGULAR],
                      "cells_recomputed", (json_int_t)found->flags[FG_RECOMPUTED], "cells_undefined",
                      (json_int_t)found->flags[FG_UNDEFINED], "nodes_phi",
                      (json_int_t)(found->plan.phi_panels * FG_ORDER_PHI), "nodes_r",
                      (json_int_t)(found->plan.r_panels * FG_ORDER_R), "cells_summed_anyway",
                      (json_int_t)found->summed_anyway);
        if (json_object_update_new(set, how) != 0) {
            json_decref(set);
            set = NULL;
        }
        sets = json_with(sets, workload->data[s].name, set);
    }
    return json_pack("{s:I, s:f, s:o}", "cells", (json_int_t)cells_of(problem), "seconds", seconds, "data",
                     sets);
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
                                    const struct fg_problem *problem, const struct fg_summary *summary,
                                    double seconds, uint64_t bytes, struct fg_error *error)
{
    double cells = (double)cells_of(problem);
    printf("%s: %.0f cells in %.3f s (%.3g cells/s), %llu bytes, %s kernel, %llu thread%s\n", options->output,
           cells, seconds, cells / seconds, (unsigned long long)bytes, workload->kernel->name,
           (unsigned long long)options->threads, options->threads == 1 ? "" : "s");
    for (size_t s = 0; s < workload->n; s++) {
        printf("%s: %zu samples, least loss %.10g at phi = %.6f rad, r = %.6f", workload->data[s].name,
               workload->data[s].n, summary[s].least_loss, fg_axis_value(&problem->phi, summary[s].least_i),
               fg_axis_value(&problem->r, summary[s].least_j));
        print_nodes(&summary[s]);
        if (summary[s].flags[FG_RECOMPUTED])
            printf("; %llu cells recomputed", (unsigned long long)summary[s].flags[FG_RECOMPUTED]);
        if (summary[s].flags[FG_UNDEFINED])
            printf("; natural gradient undefined in %llu cells",
                   (unsigned long long)summary[s].flags[FG_UNDEFINED]);
        puts("");
    }
    if (problem->phi.n < 3 || problem->r.n < 3)
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

/* How to go on: with --force the same command would start afresh. */
static const char *way_on(const struct options *options)
{
    struct stat file;
    if (!options->force)
        return "run the same command again to continue";
    return lstat(options->output, &file) == 0
               ? "remove the old file and run the same command without --force to continue"
               : "run the same command without --force to continue";
}

/* Adds to a failure how to go on, where something is left to go on with. */
static enum fg_status say_what_is_kept(const struct options *options, enum fg_status status,
                                       struct fg_error *error)
{
    struct stat file;
    const struct fg_error cause = *error;
    char *part = fg_path_with(options->output, NAME_PART);
    if (part && lstat(part, &file) == 0)
        fg_fail(error, status, "%s; %s keeps what is done, %s", cause.text, part, way_on(options));
    free(part);
    return status;
}

/* Stops before the end, for the reason in `status` and `error`; `progress`: some tile was finished. */
static enum fg_status leave(struct fg_writer **writer, const struct making *making, bool progress,
                            enum fg_status status, struct fg_error *error)
{
    const char *output = making->options->output, *way = way_on(making->options);
    struct fg_error late;
    enum fg_status left = fg_writer_leave(writer, &late);
    if (status == FG_INTERRUPTED && left != FG_OK) {
        status = left;
        *error = late;
    }
    if (status == FG_INTERRUPTED)
        return fg_fail(error, status, "%s: stopped by %s; %s.part keeps what is done, %s%s", output,
                       interrupt_wanted(making->stop) ? interrupt_reason(making->stop) : "another process",
                       output, way,
                       progress ? "" : "; no tile was finished this time, so give it more of it");
    return say_what_is_kept(making->options, status, error);
}

static enum fg_status finish(struct fg_writer **writer, const struct making *making,
                             const struct fg_summary *summary, const struct progress_meter *meter,
                             struct fg_error *error)
{
    const struct options *options = making->options;
    char end_time[32];
    uint64_t bytes = fg_writer_bytes(*writer);
    time_now(end_time);
    json_t *json = summary_to_json(making->problem, making->workload, summary, progress_seconds(meter));
    char *text = json_text(json);
    enum fg_status status =
        fg_team_agree(options->team, text ? FG_OK : fg_fail(error, FG_FAILED, "no memory"), error);
    if (status == FG_OK)
        status = fg_writer_finish(writer, end_time, text, error);
    if (status != FG_OK)
        say_what_is_kept(options, status, error);
    fg_writer_leave(writer, NULL);
    free(text);
    if (status == FG_OK && !options->quiet) {
        status = options->json ? print_json(json_incref(json), error)
                               : print_summary(options, making->workload, making->problem, summary,
                                               progress_seconds(meter), bytes, error);
        if (status != FG_OK)
            fg_fail_while(error, status, "%s is complete, yet", options->output);
    }
    json_decref(json);
    return status;
}

/* There is nothing left to do: a success for those who ask for that, and after a death between the end of the
 * file and that of its run. */
static enum fg_status leave_complete(struct fg_writer **writer, const struct options *options, bool abandoned,
                                     struct fg_error *error)
{
    enum fg_status status = fg_writer_leave(writer, error);
    if (status != FG_OK)
        return status;
    if (!options->unless_done && !abandoned)
        return fg_path_refuse_taken(options->output, "", error);
    if (fg_team_rank(options->team) == 0)
        fprintf(stderr, "%s is complete: nothing is left to do\n", options->output);
    return FG_OK;
}

enum fg_status make_file(const struct making *making, struct fg_error *error)
{
    const struct options *options = making->options;
    struct fg_writer *writer = NULL;
    struct progress_meter meter;
    struct fg_summary summary[MOST_DATA];
    progress_start(&meter, options);
    enum fg_status status = fg_writer_create(&writer, making->spec, options->force, error);
    if (status != FG_OK)
        return status;
    struct fg_leftover leftover = fg_writer_leftover(writer);
    if (leftover.complete)
        return leave_complete(&writer, options, leftover.abandoned, error);
    struct fg_sink sink = fg_writer_sink(writer);
    struct fg_watcher watcher = progress_watcher(&meter, leftover.cells_done, making->stop);
    tell_of_leftover(options, &leftover);
    status = making->fill(making, &sink, &watcher, summary, error);
    progress_end(&meter);
    leftover = fg_writer_leftover(writer);
    tell_of_damage(options, &leftover);
    return status == FG_OK ? finish(&writer, making, summary, &meter, error)
                           : leave(&writer, making, meter.heard, status, error);
}
