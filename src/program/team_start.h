/* The processes that were started together: by mpirun in a program built with MPI (team_mpi.c), else this one
 * alone (team_alone.c). */
#ifndef FISHERGRID_TEAM_START_H
#define FISHERGRID_TEAM_START_H

#include <stdbool.h>

#include "fishergrid/team.h"

/* Whether there are others; then `team` is filled, and what this process prints on standard output is dropped
 * unless it is number 0. To be called once; what it needs is given back at the exit. */
bool team_start(struct fg_team *team);

/* Threads to start where nobody says how many: as many as OpenMP does, but together no more than the cores
 * that the processes of this machine may use. Called by all; `team` is NULL alone. */
int team_threads(const struct fg_team *team);

#endif
