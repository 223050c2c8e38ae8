/* Plans: what a sweep would need, determined without making a file. */
#ifndef FISHERGRID_PLAN_H
#define FISHERGRID_PLAN_H

#include "output_job.h"

/* Assumed writing speed. Local disks, and NFS over a gigabit network, are mostly at least this fast; a
 * parallel file system is ten times as fast. */
#define PLAN_BYTES_PER_SECOND 150e6

struct sweep_plan {
    uint64_t cells, threads;
    uint64_t file_bytes, memory_bytes; /* memory_bytes: for tiles, nodes and samples */
    double free_disk_bytes;            /* infinite if it is not known */
    double seconds_computing; /* estimate, see fishergrid/estimate.h; includes starting and reading samples */
    double seconds_writing;   /* at PLAN_BYTES_PER_SECOND */
    double seconds_trial;     /* duration of the trial */
    uint64_t ask_mebibytes;   /* memory to request for a job */
    char ask_time[32]; /* time to request, "HH:MM:00"; at most a day, because the job returns to the queue and
                          resumes */
};

/* Computes the plan and prints it as the options say: as text, as JSON, or as the command that
 * submits the command line to Slurm. */
enum fg_status plan_print(const struct output_job *job, struct fg_error *error);

#endif
