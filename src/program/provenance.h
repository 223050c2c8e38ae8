/* Who runs what, where and when: the facts that go into the file as provenance. */
#ifndef FISHERGRID_PROVENANCE_H
#define FISHERGRID_PROVENANCE_H

#include "fishergrid/file.h"
#include "options.h"

/* The strings behind a struct fg_run. Zero-initialise; emptied by provenance_free. */
struct provenance {
    char *command_line, *config_json; /* owned */
    char host[256];
    char start_time[32];
    struct fg_run run; /* points into this struct, which must not move */
};

/* Fills `provenance` for a run of `setup` (NULL: none, and no config_json). The command line is stored as
 * argv, without --dry-run. No memory: FG_FAILED. */
enum fg_status provenance_init(struct provenance *provenance, const struct options *options,
                               const struct fg_setup *setup, int argc, char **argv, struct fg_error *error);
void provenance_free(struct provenance *provenance);

/* The present time as ISO 8601 in UTC, "2026-01-31T12:00:00Z". */
void time_now(char text[32]);

#endif
