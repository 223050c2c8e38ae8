/* The samples in a team. Only process 0 has them; the other processes receive what they sum: the sources of a
 * data set if it has any, else its samples. The samples that sources replace follow only if cells need them.
 */
#ifndef FISHERGRID_TEAM_SAMPLES_H
#define FISHERGRID_TEAM_SAMPLES_H

#include <stdbool.h>

#include "fishergrid/samples.h"
#include "fishergrid/team.h"

/* The samples of all data sets, as this process has them. */
struct fg_team_samples {
    const struct fg_team *team;
    size_t n_data;
    struct fg_samples summed[FG_DATA_MAX]; /* sources if there are any, else the samples */
    struct fg_samples behind[FG_DATA_MAX]; /* samples that sources replace; x0 is NULL if not here */
    bool everywhere[FG_DATA_MAX];          /* whether all processes have all samples of this data set */
};

/* Sends given[n_data] of process 0 to all processes; the others may pass NULL. Process 0, or a process
 * without a team, borrows the arrays. Collective. Free `samples` with fg_team_samples_free, also after a
 * failure. Errors: FG_FAILED if memory runs out in any process. */
enum fg_status fg_team_samples_init(struct fg_team_samples *samples, const struct fg_samples *given,
                                    size_t n_data, const struct fg_team *team, struct fg_error *error);

/* Sends the samples that the sources of data set s replace to all processes. Collective.
 * Errors: FG_FAILED if memory runs out in any process. */
enum fg_status fg_team_samples_fetch(struct fg_team_samples *samples, size_t s, struct fg_error *error);

void fg_team_samples_free(struct fg_team_samples *samples);

#endif
