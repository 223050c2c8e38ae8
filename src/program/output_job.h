/* Output jobs: the state and the steps of a run that makes a file. `sweep` and `merge` share them. */
#ifndef FISHERGRID_OUTPUT_JOB_H
#define FISHERGRID_OUTPUT_JOB_H

#include "fishergrid/file.h"
#include "inputs.h"
#include "interrupt.h"
#include "progress.h"
#include "provenance.h"

/* Maximum length of a path that the system accepts, with a suffix such as ".part". */
enum { OUTPUT_NAME_MAX = 4096 + 8 };

/* State of a run until its file is made. Begin with output_job; end with output_job_free. */
struct output_job {
    struct options *options; /* borrowed */
    struct interrupt interrupt;
    struct inputs inputs;
    const struct fg_setup *setup; /* of the options */
    struct provenance provenance;
    struct fg_writer *writer;   /* NULL unless the file is open */
    struct fg_resumed resumed;  /* what output_open found */
    char part[OUTPUT_NAME_MAX]; /* the file while it is written, FILE.h5.part */
    struct progress_meter meter;
    struct fg_summary summary[FG_DATA_MAX];
    struct fg_stationary *points; /* [n_data] of the file, once its tiles are made; owned */
    uint64_t bytes;               /* size of the file */
    json_t *found;                /* the summary, once the file is finished; owned */
};

/* Returns a job for the setup of `options`, which may be completed until output_open. */
struct output_job output_job(struct options *options);
void output_job_free(struct output_job *job);

/* Checks whether the output can be made from the inputs, for every command with an output. Touches nothing.
 * Errors: FG_BAD_INPUT if it cannot be made or would replace an input. */
enum fg_status output_check(const struct options *options, struct fg_error *error);

/* Returns the description of the output file. It borrows from the job. */
struct fg_output output_of(const struct output_job *job);

/* Creates the file, or resumes the file of an earlier run. If the file is already complete, nothing is left
 * to do and `writer` is NULL. Errors: FG_BAD_INPUT also if the file has another setup; the text names the
 * difference. */
enum fg_status output_open(struct output_job *job, struct fg_error *error);

/* Returns the watcher of the job: it shows progress and stops on signals and deadlines. */
struct fg_watcher output_watcher(struct output_job *job);

/* Ends the file after its tiles were made with `status`: finishes it, or suspends it and says how to
 * resume. */
enum fg_status output_close(struct output_job *job, enum fg_status status, struct fg_error *error);

#endif
