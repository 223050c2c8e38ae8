/* Who runs what, where and when: the facts that go into the file as provenance. */
#ifndef FISHERGRID_RUN_RECORD_H
#define FISHERGRID_RUN_RECORD_H

#include "fishergrid/file.h"
#include "options.h"

/* The strings behind a struct fg_run. Zero-initialise; emptied by run_record_free. */
struct run_record {
    char *command_line, *config_json; /* owned */
    char host[256];
    char start_time[32];
    struct fg_run run; /* points into this struct, which must not move */
};

/* Fills `record`. The command line is stored as argv, without --dry-run. No memory: FG_FAILED. */
enum fg_status run_record_init(struct run_record *record, const struct options *options, int argc,
                               char **argv, const struct fg_kernel *kernel, struct fg_error *error);
void run_record_free(struct run_record *record);

/* The present time as ISO 8601 in UTC, "2026-01-31T12:00:00Z". */
void time_now(char text[32]);

#endif
