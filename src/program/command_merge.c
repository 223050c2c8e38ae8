/* `fishergrid merge`: part files -> the setup of the whole -> tiles -> one file. */
#include "fishergrid/merge.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "commands.h"
#include "notice.h"
#include "output_job.h"
#include "run_summary.h"
#include "threads.h"

/* Raises the limit of open files, usually 1024, to the maximum that the system allows, because all parts stay
 * open. */
static enum fg_status raise_open_files(size_t n, struct fg_error *error)
{
    enum { OTHERS = 32 }; /* for output, lock, libraries and child processes */
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= n + OTHERS)
        return FG_OK;
    files.rlim_cur = files.rlim_max;
    if (files.rlim_max >= n + OTHERS && setrlimit(RLIMIT_NOFILE, &files) == 0)
        return FG_OK;
    return fg_fail(error, FG_BAD_INPUT,
                   "%zu parts are more than the %llu files this system lets a process open; make fewer "
                   "parts, or raise that (ulimit -Hn)",
                   n, (unsigned long long)files.rlim_max);
}

/* Opens all parts. Must run before there are threads, because it forks child processes. */
static enum fg_status open_parts(struct fg_result **parts, const struct options *options,
                                 struct fg_error *error)
{
    enum fg_status status = raise_open_files(options->n_inputs, error);
    for (size_t p = 0; p < options->n_inputs && status == FG_OK; p++)
        status = fg_result_open(&parts[p], options->inputs[p], error);
    return status;
}

/* Copies version and compiler from a part, because they describe what computed the values. Host and times are
 * those of the merge. */
static void credit_parts(struct fg_provenance *run, const struct fg_result *part)
{
    static const enum fg_text texts[] = {FG_TEXT_VERSION, FG_TEXT_GIT_REVISION, FG_TEXT_COMPILER,
                                         FG_TEXT_COMPILER_FLAGS};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        if (part->text[texts[k]])
            run->text[texts[k]] = part->text[texts[k]];
    }
}

static enum fg_status merge_files(struct output_job *job, struct fg_result *const *parts,
                                  struct fg_error *error)
{
    const struct fg_setup *whole = job->setup;
    for (size_t s = 0; s < whole->n_data; s++)
        job->summary[s].plan =
            fg_node_plan(&job->inputs.samples[s], &whole->grid.phi, &whole->grid.r, whole->method);
    const struct fg_sink sink = fg_writer_sink(job->writer);
    const struct fg_watcher watcher = output_watcher(job);
    return fg_merge(parts, job->options->n_inputs, whole, (int)job->options->threads, &sink, &watcher,
                    job->summary, error);
}

enum fg_status command_merge(struct options *options, struct fg_error *error)
{
    const size_t n = options->n_inputs;
    struct fg_result **parts = calloc(n, sizeof *parts); /* [n] sorted by part number by fg_merge_plan */
    struct output_job job = output_job(options);
    interrupt_on_signals();
    enum fg_status status =
        parts ? output_check(options, error) : fg_fail(error, FG_FAILED, "no memory for %zu parts", n);
    if (status == FG_OK)
        status = open_parts(parts, options, error);
    if (status == FG_OK)
        status = fg_merge_plan(parts, n, &options->setup, error);
    for (size_t p = 0; p < n && status == FG_OK && !options->quiet; p++)
        notice_not_copied(parts[p], options->output);
    if (status == FG_OK)
        status = inputs_of_result(&job.inputs, parts[0], error);
    if (status == FG_OK) /* after child processes have opened the parts */
        status = threads_decide(options, error);
    if (status == FG_OK)
        status = provenance_init(&job.provenance, options, error);
    if (status == FG_OK)
        credit_parts(&job.provenance.record, parts[0]);
    if (status == FG_OK)
        status = output_open(&job, error);
    if (status == FG_OK && job.writer)
        status = output_close(&job, merge_files(&job, parts, error), error);
    if (status == FG_OK)
        status = run_summary_print(&job, error);
    output_job_free(&job);
    for (size_t p = 0; parts && p < n; p++)
        fg_result_close(&parts[p]);
    free(parts);
    return status;
}
