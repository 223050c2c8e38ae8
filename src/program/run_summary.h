/* Run summaries: what a run found, for the file, for --json and for people. */
#ifndef FISHERGRID_RUN_SUMMARY_H
#define FISHERGRID_RUN_SUMMARY_H

#include <jansson.h>

#include "output_job.h"

/* Returns what a sweep found in data set s, {"samples": ..., "sources": ..., "min_loss": ...,
 * "cells_regular": ..., ...}. The caller owns the object. NULL if memory runs out. */
json_t *found_to_json(const struct fg_setup *setup, size_t s, const struct fg_summary *found);

/* Prints what a sweep found in a data set as the rest of a line: "minimum loss 479.1 at ...; summed at ...".
 * Numbers of cells that are 0 are left out. `found` is what found_to_json returned, or the same from a file.
 * `rounded`: the loss has been rounded since, so that the true minimum may be in another cell nearby. */
void found_print(const json_t *found, bool rounded);

/* Prints "1000000 samples as 2512 sources (error bound ...)", or "1000 samples" without sources. */
void print_samples(const struct fg_setup_data *data);

/* Returns the summary of a job whose tiles are finished. The caller owns the object. NULL if memory runs
 * out. */
json_t *run_summary_to_json(const struct output_job *job);

/* Prints the summary, as JSON if the options say so. Prints nothing if they say quiet or if nothing was left
 * to do. */
enum fg_status run_summary_print(const struct output_job *job, struct fg_error *error);

#endif
