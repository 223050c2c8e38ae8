/* Provenance of a run: program, command line, host and time, which are stored in the file. */
#ifndef FISHERGRID_PROVENANCE_H
#define FISHERGRID_PROVENANCE_H

#include "fishergrid/file.h"
#include "options.h"

/* The strings of a struct fg_provenance. Zero-initialise it; empty it with provenance_free. */
struct provenance {
    char *command_line, *config_json; /* owned */
    char host[256];
    char start_time[32];
    struct fg_provenance record; /* points into this struct, so do not move the struct */
};

/* Fills `provenance` for a run of the complete setup of `options`.
 * Errors: FG_FAILED if memory runs out. */
enum fg_status provenance_init(struct provenance *provenance, const struct options *options,
                               struct fg_error *error);
void provenance_free(struct provenance *provenance);

/* Stores the current time as ISO 8601 in UTC, "2026-01-31T12:00:00Z". */
void time_now(char text[32]);

#endif
