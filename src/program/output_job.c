#define _POSIX_C_SOURCE 200809L /* lstat */
#include "output_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "json_io.h"
#include "notice.h"
#include "run_summary.h"
#include "standard_output.h"
#include "write_way.h"

struct output_job output_job(struct options *options)
{
    struct output_job job = {
        .options = options, .setup = &options->setup, .interrupt = interrupt_at_deadline(options)};
    snprintf(job.part, sizeof job.part, "%s.part", options->output); /* output_check refuses longer paths */
    return job;
}

void output_job_free(struct output_job *job)
{
    fg_writer_suspend(&job->writer, NULL);
    provenance_free(&job->provenance);
    inputs_free(&job->inputs);
    free(job->points);
    json_decref(job->found);
}

/* --- before computing --- */

enum fg_status output_check(const struct options *options, struct fg_error *error)
{
    enum fg_status status =
        options->config ? fg_output_check_input(options->output, options->config, error) : FG_OK;
    for (size_t s = 0; s < options->n_data && status == FG_OK; s++) {
        if (!options->data[s].path)
            continue;
        char *input = inputs_file(options->data[s].path);
        status = input ? fg_output_check_input(options->output, input, error)
                       : fg_fail(error, FG_FAILED, "no memory");
        free(input);
    }
    for (size_t k = 0; k < options->n_inputs && status == FG_OK; k++)
        status = fg_output_check_input(options->output, options->inputs[k], error);
    if (status != FG_OK)
        return status;
    /* A dry run replaces nothing, so the file may exist. */
    const bool may_be_there = options->force || options->unless_done || options->dry_run;
    return fg_output_check(options->output, may_be_there, error);
}

/* --- opening --- */

struct fg_output output_of(const struct output_job *job)
{
    const struct options *options = job->options;
    return (struct fg_output){.path = options->output,
                              .setup = job->setup,
                              .samples = job->inputs.samples,
                              .force = options->force,
                              .sync_seconds = options->sync_seconds,
                              .team = options->team,
                              .provenance = job->provenance.record};
}

/* Describes the first difference between the setup of a file and the setup of this run: "seed 0, this is 1
 * (--seed)". Returns whether there is one. */
static bool word_difference(const struct fg_setup *theirs, const struct fg_setup *ours, char what[500])
{
    static const char checksum[] = "checksum_of_";
    struct fg_setup_difference difference;
    char option[64];
    if (!fg_setup_differ(theirs, ours, &difference))
        return false;
    options_of_scalar(difference.name, option);
    if (strcmp(difference.name, "kernel") == 0)
        strcpy(option, "FISHERGRID_ISA");
    if (strncmp(difference.name, checksum, strlen(checksum)) == 0)
        snprintf(what, 500, "other samples of %s", difference.name + strlen(checksum));
    else if (strcmp(difference.name, "arithmetic") == 0)
        strcpy(what, "another compiler or processor, which rounds differently");
    else
        snprintf(what, 500, "%s %s, this is %s%s%s%s", difference.name, difference.first, difference.second,
                 *option ? " (" : "", option, *option ? ")" : "");
    return true;
}

/* Fails because FILE.h5.part cannot be read. If its lock exists, the file is not damaged: a run died while it
 * wrote the metadata again. */
static enum fg_status refuse_unreadable(const struct output_job *job, const char *cause,
                                        struct fg_error *error)
{
    const char *part = job->part;
    char lock[OUTPUT_NAME_MAX];
    struct stat file;
    snprintf(lock, sizeof lock, "%s.lock", job->options->output);
    return lstat(lock, &file) == 0
               ? fg_fail(error, FG_BAD_INPUT,
                         "%s belongs to a sweep that stopped while it was being resumed; repeat the "
                         "command line of that sweep, or start again with --force",
                         part)
               : fg_fail(error, FG_BAD_INPUT,
                         "%s is damaged or was not made by fishergrid; name another output, or replace it "
                         "with --force (%s)",
                         part, cause);
}

/* Fails, and says why FILE.h5.part cannot be resumed. */
static enum fg_status explain_other_setup(const struct output_job *job, struct fg_error *error)
{
    struct fg_result *result = NULL;
    struct fg_error cause;
    const char *part = job->part;
    char what[500];
    enum fg_status status = fg_result_open(&result, part, &cause);
    if (status == FG_OK && word_difference(&result->setup, job->setup, what))
        status =
            fg_fail(error, FG_BAD_INPUT,
                    "%s was begun with %s; repeat its command line to resume it, or start again with --force",
                    part, what);
    else if (status == FG_OK)
        status = fg_fail(
            error, FG_BAD_INPUT,
            "%s does not have the size of this sweep's file, so it is damaged; start again with --force",
            part);
    else if (status == FG_BAD_INPUT)
        status = refuse_unreadable(job, cause.text, error);
    else
        *error = cause;
    fg_result_close(&result);
    return status;
}

/* Replaces the error by the reason why --unless-done does not accept the existing file. Keeps the error if
 * there is no such reason. */
static void explain_finished(const struct output_job *job, struct fg_error *error)
{
    struct fg_result *result = NULL;
    struct fg_error cause;
    char what[500];
    const enum fg_status status = fg_result_open(&result, job->options->output, &cause);
    if (status == FG_OK && word_difference(&result->setup, job->setup, what))
        fg_fail_with(error, FG_REMEDY_REPLACE, FG_BAD_INPUT,
                     "%s exists, but was made with %s; name another output", job->options->output, what);
    else if (status == FG_OK && (result->packed || result->moved))
        fg_fail_with(error, FG_REMEDY_REPLACE, FG_BAD_INPUT,
                     "%s exists, but is %s of this result; name another output", job->options->output,
                     result->packed ? "a packed copy" : "a copy by another tool");
    else if (status == FG_BAD_INPUT)
        fg_fail_with(error, FG_REMEDY_REPLACE, FG_BAD_INPUT,
                     "%s exists, but is no result: %s; name another output", job->options->output,
                     cause.text);
    fg_result_close(&result);
}

/* Ends a run whose file is complete already. This is a success with --unless-done, or if the earlier run died
 * after it had completed the file. */
static enum fg_status end_complete(struct output_job *job, struct fg_error *error)
{
    const struct options *options = job->options;
    enum fg_status status = fg_writer_suspend(&job->writer, error);
    if (status == FG_OK && !options->unless_done && !job->resumed.abandoned)
        return fg_fail_with(error, FG_REMEDY_REPLACE, FG_BAD_INPUT, "%s exists; name another output",
                            options->output);
    if (status == FG_OK && fg_team_rank(options->team) == 0)
        notice("%s is complete: nothing is left to do", options->output);
    return status;
}

/* Says that this run has taken over the lock of an earlier run of its Slurm job on another host. If Slurm is
 * mistaken, two processes write. */
static void tell_earlier_run(const struct output_job *job)
{
    const char *restarts = getenv("SLURM_RESTART_COUNT");
    notice("the lock of %s was left on %s by an earlier run of this job; taking it over, since Slurm has "
           "started the job again (SLURM_RESTART_COUNT=%s)",
           job->options->output, job->resumed.earlier_host, restarts ? restarts : "");
}

enum fg_status output_open(struct output_job *job, struct fg_error *error)
{
    const struct options *options = job->options;
    const bool first = fg_team_rank(options->team) == 0;
    struct fg_output output = output_of(job);
    enum fg_status status = fg_team_agree(options->team, write_way(&output, error), error);
    if (status != FG_OK)
        return status;
    interrupt_on_signals();
    progress_start(&job->meter, options);
    status = fg_writer_open(&job->writer, &output, error);
    if (status != FG_OK && error->remedy == FG_REMEDY_OTHER_SETUP && first)
        return explain_other_setup(job, error);
    if (status != FG_OK && error->remedy == FG_REMEDY_REPLACE && options->unless_done && first)
        explain_finished(job, error);
    if (status != FG_OK)
        return status;
    job->resumed = fg_writer_resumed(job->writer);
    if (first && *job->resumed.earlier_host)
        tell_earlier_run(job);
    if (job->resumed.complete)
        return end_complete(job, error);
    if (job->resumed.changed && first)
        notice("%s was changed by another program; what it added is not kept", job->part);
    if (job->resumed.found && !options->quiet)
        notice("resuming %s: %llu of %llu tiles are done", job->part,
               (unsigned long long)job->resumed.tiles_done, (unsigned long long)job->resumed.tiles);
    return FG_OK;
}

struct fg_watcher output_watcher(struct output_job *job)
{
    return progress_watcher(&job->meter, job->resumed.cells_done, &job->interrupt);
}

/* --- closing --- */

/* Returns what remains of the run, and how to resume it. With --force, the same command would start again. */
static const char *word_leftover(const struct output_job *job, const struct stat *part)
{
    struct stat file;
    const struct options *options = job->options;
    const struct fg_output output = output_of(job);
    if (!S_ISREG(part->st_mode))
        return "can no longer be resumed; remove it, or name another output";
    if (fg_output_is_lost(&output))
        return "can no longer be resumed; --force replaces it";
    if (!options->force)
        return "keeps the finished tiles; run the same command again to resume";
    return lstat(options->output, &file) == 0
               ? "keeps the finished tiles; remove the old file and run the same command without --force to "
                 "resume"
               : "keeps the finished tiles; run the same command without --force to resume";
}

/* Adds to a failure how to resume the file, if there is one. */
static enum fg_status add_resume_hint(const struct output_job *job, enum fg_status status,
                                      struct fg_error *error)
{
    struct stat file;
    const struct fg_error cause = *error;
    if (lstat(job->part, &file) == 0)
        fg_fail_with(error, cause.remedy, status, "%s; %s %s", cause.text, job->part,
                     word_leftover(job, &file));
    return status;
}

/* Stops before the end, for the reason in `status` and `error`. */
static enum fg_status suspend(struct output_job *job, enum fg_status status, struct fg_error *error)
{
    const struct options *options = job->options;
    struct fg_error late;
    /* The same command would fail again, and a new file has no tiles to keep. */
    if (error->remedy == FG_REMEDY_DIRECT && status == FG_FAILED && !job->resumed.found && !options->team) {
        fg_writer_discard(&job->writer);
        return status;
    }
    const enum fg_status suspended = fg_writer_suspend(&job->writer, &late);
    if (status == FG_INTERRUPTED && suspended != FG_OK) {
        status = suspended;
        *error = late;
    }
    if (status == FG_INTERRUPTED)
        fg_fail(error, status, "%s: stopped by %s%s", options->output,
                interrupt_wanted(&job->interrupt) ? interrupt_reason(&job->interrupt) : "another process",
                job->meter.heard ? "" : " before it finished a tile, so it needs more time");
    return add_resume_hint(job, status, error);
}

/* Finds the stationary points of all data sets. */
static enum fg_status find_stationary_points(struct output_job *job, struct fg_error *error)
{
    struct fg_problem problem = inputs_problem(&job->inputs, job->setup);
    problem.team = job->options->team;
    const struct fg_watcher watcher = output_watcher(job);
    job->points = calloc(job->setup->n_data, sizeof *job->points);
    enum fg_status status =
        fg_team_agree(problem.team, job->points ? FG_OK : fg_fail(error, FG_FAILED, "no memory"), error);
    for (size_t s = 0; s < job->setup->n_data && status == FG_OK; s++)
        status =
            fg_stationary_find(&job->points[s], &problem, s, (int)job->options->threads, &watcher, error);
    return status;
}

/* Completes the file. */
static enum fg_status finish(struct output_job *job, struct fg_error *error)
{
    char end_time[32];
    job->bytes = fg_writer_bytes(job->writer);
    fg_writer_set_stationary(job->writer, job->points);
    time_now(end_time);
    job->found = run_summary_to_json(job);
    char *text = json_text(job->found);
    enum fg_status status =
        fg_team_agree(job->options->team, text ? FG_OK : fg_fail(error, FG_FAILED, "no memory"), error);
    if (status == FG_OK)
        status = fg_writer_finish(&job->writer, end_time, text, error);
    free(text);
    return status == FG_OK ? FG_OK : add_resume_hint(job, status, error);
}

enum fg_status output_close(struct output_job *job, enum fg_status status, struct fg_error *error)
{
    if (status == FG_OK)
        status = find_stationary_points(job, error);
    progress_end(&job->meter);
    const uint64_t damaged = fg_writer_sum_damaged(job->writer);
    if (damaged > 0 && !job->options->quiet)
        notice("%llu tile%s of %s had changed since they were written, and were computed again",
               (unsigned long long)damaged, plural(damaged), job->part);
    return status == FG_OK ? finish(job, error) : suspend(job, status, error);
}
