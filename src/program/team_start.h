/* The processes that were started together: by mpirun if the program was built with MPI (team_mpi.c), else
 * only this one (team_alone.c). */
#ifndef FISHERGRID_TEAM_START_H
#define FISHERGRID_TEAM_START_H

#include <stdbool.h>

#include "fishergrid/team.h"

/* Returns whether there are other processes. If so, fills `team`, and drops the standard output of all
 * processes but number 0. Call it once; its resources are released at exit. */
bool team_start(struct fg_team *team);

/* Stores how many processes of the team run on this machine, and how many CPUs they may use together. All
 * processes call it. `team` is NULL for a single process. */
void team_on_machine(const struct fg_team *team, int *cpus, int *processes);

#endif
