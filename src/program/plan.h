/* What a sweep would need, found without making a file. */
#ifndef FISHERGRID_PLAN_H
#define FISHERGRID_PLAN_H

#include "output_job.h"

/* The speed by which the time of writing is foretold. Disks of nodes and NFS over a gigabit do about as much
 * at least; a parallel file system does ten times as much. */
#define PLAN_BYTES_PER_SECOND 150e6

struct sweep_plan {
    uint64_t cells, threads;
    uint64_t file_bytes, memory_bytes; /* memory: tiles, nodes and samples */
    double free_disk_bytes;            /* NaN where that is not known */
    double seconds_computing;          /* estimated: see estimate.h; with starting and reading the samples */
    double seconds_writing;            /* at PLAN_BYTES_PER_SECOND */
    double seconds_trial;              /* what the estimate took */
    uint64_t ask_mebibytes;            /* of memory, for a job */
    uint64_t ask_minutes;              /* for a job: at most a day, for it continues in its next turn */
};

/* Finds the plan and prints it as text, as JSON, or as a batch script for the command line in argv, as
 * the options say. */
enum fg_status plan_print(const struct output_job *job, int argc, char **argv, struct fg_error *error);

#endif
