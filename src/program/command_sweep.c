/* `fishergrid sweep`: options -> data sets -> tiles -> one file. */
#include <stdlib.h>

#include "commands.h"
#include "fishergrid/file.h"
#include "identity.h"
#include "make_file.h"
#include "plan.h"
#include "run_record.h"
#include "team.h"
#include "team_start.h"

static enum fg_status fill_by_sweep(const struct making *making, const struct fg_sink *sink,
                                    const struct fg_watcher *watcher, struct fg_summary *summary,
                                    struct fg_error *error)
{
    return fg_sweep(making->problem, (int)making->options->threads, sink, watcher, summary, error);
}

/* Whether the output can be made, and leaves the inputs alone. */
static enum fg_status check_output(const struct options *options, struct fg_error *error)
{
    enum fg_status status =
        options->config ? fg_writer_check_input(options->output, options->config, error) : FG_OK;
    for (size_t s = 0; s < options->n_data && status == FG_OK; s++) {
        const char *input = options->data[s].path;
        status = input ? fg_writer_check_input(options->output, input, error) : FG_OK;
    }
    if (status != FG_OK)
        return status;
    /* A dry run replaces nothing, so a file may be there. */
    const bool may_be_there = options->force || options->unless_done || options->dry_run;
    return fg_writer_check(options->output, may_be_there, error);
}

enum fg_status command_sweep(struct options *options, int argc, char **argv, struct fg_error *error)
{
    struct run_record record = {0};
    struct interrupt stop = interrupt_at_deadline(options);
    char *identity = NULL;
    struct workload *workload = calloc(1, sizeof *workload);
    const uint64_t threads = (uint64_t)team_threads(options->team);
    if (options->threads == 0)
        options->threads = threads;
    if (fg_team_rank(options->team) > 0)
        options->quiet = true;
    if (options->team)
        interrupt_on_signals(); /* a team ends together */
    else if (!options->dry_run)
        interrupt_at_once(&stop,
                          "fishergrid sweep"); /* samples may take minutes, and a job must end with 75 */

    enum fg_status status = workload ? check_output(options, error) : fg_fail(error, FG_FAILED, "no memory");
    if (status == FG_OK)
        status = workload_check_part(options, error);
    if (status == FG_OK)
        status = workload_load(workload, options, workload_r_bound(options), error);
    if (status == FG_OK)
        status = run_record_init(&record, options, argc, argv, workload->kernel, error);
    if (status == FG_OK && !(identity = identity_text(options, workload)))
        status = fg_fail(error, FG_FAILED, "no memory for the identity of the run");
    status = fg_team_agree(options->team, status, error);
    if (status == FG_OK)
        status = fg_team_agree(options->team, fg_team_compare(options->team, identity, error), error);
    if (status == FG_OK) {
        struct fg_file_spec spec = workload_file(workload, options, options->output, &record.run);
        struct fg_problem problem = workload_problem(workload, options);
        spec.identity = identity;
        spec.team = problem.team = options->team;
        if (!options->dry_run)
            interrupt_on_signals();
        const struct making making = {.options = options,
                                      .workload = workload,
                                      .problem = &problem,
                                      .spec = &spec,
                                      .stop = &stop,
                                      .fill = fill_by_sweep};
        status = options->dry_run ? plan_print(options, workload, &spec, &problem, argc, argv, error)
                                  : make_file(&making, error);
    }
    free(identity);
    run_record_free(&record);
    if (workload)
        workload_free(workload);
    free(workload);
    return status;
}
