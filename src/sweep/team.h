/* What a team of processes does together; every process calls these. Alone (`team` is NULL) they do nothing.
 */
#ifndef FISHERGRID_TEAM_SRC_H
#define FISHERGRID_TEAM_SRC_H

#include <stdbool.h>

#include "fishergrid/team.h"

int fg_team_rank(const struct fg_team *team); /* 0 alone */
int fg_team_size(const struct fg_team *team); /* 1 alone */

/* Copies bytes[n] of process 0 to all others. */
void fg_team_broadcast(const struct fg_team *team, void *bytes, size_t n);

/* See `share` of struct fg_team. */
void fg_team_allgather(const struct fg_team *team, void *pieces, size_t n, size_t bytes);

/* The sum of the values of all processes. */
uint64_t fg_team_sum(const struct fg_team *team, uint64_t value);

/* The worst status of all: a failure, or else an interruption, of the first process that has one. All get its
 * text, with its number unless that is 0. `error` may be NULL in none or in all. */
enum fg_status fg_team_agree(const struct fg_team *team, enum fg_status mine, struct fg_error *error);

/* FG_BAD_INPUT, in those whose text is not that of process 0, with the first line that differs. */
enum fg_status fg_team_compare(const struct fg_team *team, const char *text, struct fg_error *error);

#endif
