/* Plans: what a sweep would need, determined without making a file. */
#ifndef FISHERGRID_PLAN_H
#define FISHERGRID_PLAN_H

#include "output_job.h"

/* Computes the plan and prints it as the options say: as text, as JSON, or as the command that
 * submits the command line to Slurm. */
enum fg_status plan_print(const struct output_job *job, struct fg_error *error);

#endif
