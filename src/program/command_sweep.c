/* `fishergrid sweep`: options -> data sets -> setup -> tiles -> one file. */
#include "commands.h"
#include "output_job.h"
#include "plan.h"
#include "run_summary.h"
#include "threads.h"

/* Sets the signal handlers, and checks the output. Before there is a file, a signal ends the process at once,
 * since nothing is lost. In a team, all processes end together. */
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

/* Process 0 of a team loads the samples. Afterwards all processes have the same setup. */
static enum fg_status load(struct inputs *inputs, struct options *options, struct fg_error *error)
{
    enum fg_status status = fg_team_agree(options->team, inputs_prepare(inputs, options, error), error);
    return status == FG_OK
               ? fg_team_agree(options->team, fg_setup_share(&options->setup, options->team, error), error)
               : status;
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
        status = fg_team_agree(options->team, threads_decide(options, error), error);
    if (status == FG_OK)
        status = load(&job.inputs, options, error);
    if (status == FG_OK)
        status = fg_team_agree(options->team, provenance_init(&job.provenance, options, error), error);
    if (status == FG_OK)
        status = options->dry_run ? plan_print(&job, error) : output_open(&job, error);
    if (status == FG_OK && job.writer)
        status = output_close(&job, sweep(&job, error), error);
    if (status == FG_OK)
        status = run_summary_print(&job, error);
    output_job_free(&job);
    return status;
}
