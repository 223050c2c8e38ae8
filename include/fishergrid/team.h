/* A team: a group of processes, perhaps on several machines, that compute one sweep and write one file
 * together. The caller provides the communication functions; the program uses MPI.
 *
 * Every process of a team calls fg_writer_open, fg_sweep and the other collective functions with the same
 * arguments in the same order. All processes return with the same status and the same text. Where a function
 * takes a team, NULL means a single process. */
#ifndef FISHERGRID_TEAM_H
#define FISHERGRID_TEAM_H

#include <stddef.h>
#include <stdint.h>

#include "fishergrid/api.h"
#include "fishergrid/error.h"

FG_API_BEGIN

/* The communication functions of a team. `broadcast`, `allgather` and `allreduce_max` are collective: every
 * process calls them, one thread at a time; on failure they end all processes. Each process calls the file
 * functions for itself, from many threads at the same time. */
struct fg_team {
    int rank, size; /* this process has number `rank` of 0..size-1 */
    /* Copies bytes[n] of process `from` to all other processes. */
    void (*broadcast)(void *context, int from, void *bytes, size_t n);
    /* Gathers pieces[n] of `bytes` bytes each: process q has filled the pieces that fg_team_first assigns to
     * it; afterwards all processes have all pieces. */
    void (*allgather)(void *context, void *pieces, size_t n, size_t bytes);
    /* Returns the maximum of `value` over all processes. */
    uint64_t (*allreduce_max)(void *context, uint64_t value);

    /* Opens a file that all processes read and write at the same time. On failure returns NULL, with the
     * reason in `error`. The functions below return FG_FAILED on failure; a read beyond the end of the file
     * is a failure. */
    void *(*open)(void *context, const char *path, struct fg_error *error);
    /* Writes n bytes at `offset`. */
    enum fg_status (*write)(void *file, const void *bytes, size_t n, uint64_t offset, struct fg_error *error);
    /* Reads n bytes at `offset`. */
    enum fg_status (*read)(void *file, void *bytes, size_t n, uint64_t offset, struct fg_error *error);
    /* Writes to the disk what was written to the file (fsync). */
    enum fg_status (*sync)(void *file, struct fg_error *error);
    /* Closes the file. Does nothing on NULL. */
    enum fg_status (*close)(void *file, struct fg_error *error);
    void *context;
};

int fg_team_rank(const struct fg_team *team); /* rank of this process; 0 if team is NULL */
int fg_team_size(const struct fg_team *team); /* number of processes; 1 if team is NULL */

/* Divides n pieces among the processes and returns the index of the first piece of process q. Process q has
 * the pieces from fg_team_first(q) up to but not including fg_team_first(q + 1). Returns n for q = size. */
size_t fg_team_first(const struct fg_team *team, size_t n, int q);

/* --- collective: every process calls these; with a single process they leave the values unchanged ---------
 */

/* Copies bytes[n] of process 0 to all other processes. */
void fg_team_broadcast(const struct fg_team *team, void *bytes, size_t n);

/* Gathers pieces; see `allgather` of struct fg_team. */
void fg_team_allgather(const struct fg_team *team, void *pieces, size_t n, size_t bytes);

/* Returns the sum of `value` over all processes. */
uint64_t fg_team_sum(const struct fg_team *team, uint64_t value);

/* Agrees on one status for all processes: the status of the first process that failed; if none failed, the
 * status of the first process that was interrupted; else FG_OK. All processes return this status and the text
 * of that process. The text names the process unless it is process 0. `error` must be NULL in all processes
 * or in none. */
enum fg_status fg_team_agree(const struct fg_team *team, enum fg_status mine, struct fg_error *error);

FG_API_END
#endif
