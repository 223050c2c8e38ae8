/* A team: processes, perhaps on several machines, that make one sweep and one file together. What they need
 * of each other is here, as functions of the caller's; the program has them from MPI.
 *
 * Every process of a team calls fg_writer_open, fg_sweep and so on with the same arguments, in the same
 * order, and all come back with the same status and the same text. Where a function takes a team, NULL is a
 * process alone. */
#ifndef FISHERGRID_TEAM_H
#define FISHERGRID_TEAM_H

#include <stddef.h>
#include <stdint.h>

#include "fishergrid/api.h"
#include "fishergrid/error.h"

FG_API_BEGIN

/* `broadcast`, `allgather` and `allreduce_max` are collective: every process calls them, with one thread at a
 * time. They have no way to fail but to end all processes. The others are called by each process for itself,
 * by many threads at once. */
struct fg_team {
    int rank, size; /* this process is number `rank` of 0..size-1 */
    /* Copies bytes[n] of process `from` to all others. */
    void (*broadcast)(void *context, int from, void *bytes, size_t n);
    /* Of pieces[n], `bytes` each, process q has filled those that fg_team_first gives it; afterwards all
     * processes have all. */
    void (*allgather)(void *context, void *pieces, size_t n, size_t bytes);
    /* The greatest `value` of all processes. */
    uint64_t (*allreduce_max)(void *context, uint64_t value);

    /* Opens a file that all processes read and write at the same time. NULL: FG_FAILED, with the reason in
     * `error`. The functions below fail likewise; a file that is too short for a read is a failure, too. */
    void *(*open)(void *context, const char *path, struct fg_error *error);
    /* Writes n bytes at `offset`. */
    enum fg_status (*write)(void *file, const void *bytes, size_t n, uint64_t offset, struct fg_error *error);
    /* Reads n bytes from `offset` on. */
    enum fg_status (*read)(void *file, void *bytes, size_t n, uint64_t offset, struct fg_error *error);
    /* Brings what was written to the disk. */
    enum fg_status (*sync)(void *file, struct fg_error *error);
    /* Closes it; accepts NULL. */
    enum fg_status (*close)(void *file, struct fg_error *error);
    void *context;
};

int fg_team_rank(const struct fg_team *team); /* 0 alone */
int fg_team_size(const struct fg_team *team); /* 1 alone */

/* The first of n pieces of process q; process q+1 has those from its own first on. n for q = size. */
size_t fg_team_first(const struct fg_team *team, size_t n, int q);

/* --- collective: every process calls these; alone they do nothing ------------------------------------------
 */

/* Copies bytes[n] of process 0 to all others. */
void fg_team_broadcast(const struct fg_team *team, void *bytes, size_t n);

/* See `allgather` of struct fg_team. */
void fg_team_allgather(const struct fg_team *team, void *pieces, size_t n, size_t bytes);

/* The sum of the values of all processes. */
uint64_t fg_team_sum(const struct fg_team *team, uint64_t value);

/* The worst status of all: the failure, or else the interruption, of the first process that has one. All get
 * its text, with its number unless that is 0. `error` may be NULL in all processes or in none. */
enum fg_status fg_team_agree(const struct fg_team *team, enum fg_status mine, struct fg_error *error);

FG_API_END
#endif
