/* `fishergrid sweep`: options -> data sets -> setup -> tiles -> one file. */
#include "commands.h"
#include "output_job.h"
#include "plan.h"
#include "run_summary.h"
#include "threads.h"

/* Decides what signals do, and checks the output. Until there is a file, nothing is lost by ending at
 * once; but a team ends together. */
static enum fg_status begin_sweep(struct output_job *job, struct fg_error *error)
{
    struct options *options = job->options;
    if (fg_team_rank(options->team) > 0)
        options->quiet = true;
    if (options->team)
        interrupt_on_signals();
    else if (!options->dry_run)
        interrupt_at_once(&job->interrupt, "fishergrid sweep");
    return output_check(options, error);
}

/* All ranks of a team must have the same setup. */
static enum fg_status agree_on_setup(const struct options *options, struct fg_error *error)
{
    return fg_team_agree(options->team, fg_setup_compare_in_team(&options->setup, options->team, error),
                         error);
}

static enum fg_status sweep(struct output_job *job, struct fg_error *error)
{
    struct fg_problem problem = inputs_problem(&job->inputs, job->setup);
    problem.team = job->options->team;
    const struct fg_sink sink = fg_writer_sink(job->writer);
    const struct fg_watcher watcher = output_watcher(job);
    return fg_sweep(&problem, (int)job->options->threads, &sink, &watcher, job->summary, error);
}

enum fg_status command_sweep(struct options *options, struct fg_error *error)
{
    struct output_job job = output_job(options);
    enum fg_status status = fg_team_agree(options->team, begin_sweep(&job, error), error);
    if (status == FG_OK)
        status = threads_decide(options, error);
    if (status == FG_OK)
        status = inputs_load(&job.inputs, options, error);
    if (status == FG_OK)
        status = inputs_complete_setup(&job.inputs, options, error);
    if (status == FG_OK)
        status = inputs_sort(&job.inputs, error);
    if (status == FG_OK)
        status = inputs_compress(&job.inputs, &options->setup, (int)options->threads, error);
    if (status == FG_OK)
        status = provenance_init(&job.provenance, options, job.setup, error);
    status = fg_team_agree(options->team, status, error);
    if (status == FG_OK)
        status = agree_on_setup(options, error);
    if (status == FG_OK)
        status = options->dry_run ? plan_print(&job, error) : output_open(&job, error);
    if (status == FG_OK && job.writer)
        status = output_close(&job, sweep(&job, error), error);
    if (status == FG_OK)
        status = run_summary_print(&job, error);
    output_job_free(&job);
    return status;
}
