/* What a run found: for the file, for --json and for people. */
#ifndef FISHERGRID_RUN_SUMMARY_H
#define FISHERGRID_RUN_SUMMARY_H

#include <jansson.h>

#include "output_job.h"

/* The summary of a job whose tiles are made. The caller owns the object; NULL: no memory. */
json_t *run_summary_to_json(const struct output_job *job);

/* Prints it, as JSON where the options say so. Prints nothing where they say to be quiet, or where nothing
 * was left to do. */
enum fg_status run_summary_print(const struct output_job *job, struct fg_error *error);

#endif
