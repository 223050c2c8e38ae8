/* A run that makes a file: what `sweep` and `merge` have in common, and the steps of it. */
#ifndef FISHERGRID_OUTPUT_JOB_H
#define FISHERGRID_OUTPUT_JOB_H

#include "fishergrid/file.h"
#include "inputs.h"
#include "interrupt.h"
#include "progress.h"
#include "provenance.h"

/* Everything a run needs until its file is made. Made by output_job_new, ended by output_job_free. */
struct output_job {
    struct options *options; /* borrowed */
    struct interrupt interrupt;
    struct inputs inputs;
    const struct fg_setup *setup; /* borrowed */
    struct provenance provenance;
    struct fg_writer *writer;  /* NULL unless it is open */
    struct fg_resumed resumed; /* what output_open found */
    struct progress_meter meter;
    struct fg_summary summary[FG_DATA_MAX];
    uint64_t bytes; /* of the file */
    json_t *found;  /* the summary, once the file is made; owned */
};

/* A job for `setup`, which may be completed until output_open. */
enum fg_status output_job_new(struct output_job **job, struct options *options, const struct fg_setup *setup,
                              struct fg_error *error);
void output_job_free(struct output_job *job); /* does nothing on NULL */

/* FG_BAD_INPUT where the output cannot be made, or would replace an input. Touches nothing. */
enum fg_status output_check(const struct options *options, struct fg_error *error);

/* The file that the job is to make; borrows from it. */
struct fg_output output_of(const struct output_job *job);

/* Makes the file, or resumes what an earlier run left of it. What was left of another setup: FG_BAD_INPUT,
 * with what differs. Where the file is complete already, nothing
 * is left to do, and `writer` is NULL. */
enum fg_status output_open(struct output_job *job, struct fg_error *error);

/* Who hears of progress while tiles are made, and stops that on signals and deadlines. */
struct fg_watcher output_watcher(struct output_job *job);

/* Ends the file after tiles were made with `status`: completes it, or suspends it and says how to continue.
 */
enum fg_status output_close(struct output_job *job, enum fg_status status, struct fg_error *error);

#endif
