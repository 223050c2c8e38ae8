/* A team: processes, perhaps on several machines, that make one sweep and one file together. What they need
 * of each other is here, as functions of the caller's; the program has them from MPI.
 *
 * Every process of a team calls fg_writer_create, fg_sweep and so on with the same arguments, in the same
 * order, and all come back with the same status and the same text. */
#ifndef FISHERGRID_TEAM_H
#define FISHERGRID_TEAM_H

#include <stddef.h>
#include <stdint.h>

#include "fishergrid/api.h"
#include "fishergrid/error.h"

FG_API_BEGIN

/* Where a function takes a team, NULL is a process alone.
 *
 * `tell`, `share` and `greatest` are called by all processes, each by one thread at a time, and have no way
 * to fail but to end them all. The others are called by each process for itself, by many threads at once. */
struct fg_team {
    int rank, size; /* this process is number `rank` of 0..size-1 */
    /* Copies bytes[n] of process `from` to all others. */
    void (*tell)(void *context, int from, void *bytes, size_t n);
    /* Of pieces[n], `bytes` each, process q has filled those that fg_team_first gives it; afterwards all
     * processes have all. */
    void (*share)(void *context, void *pieces, size_t n, size_t bytes);
    /* The greatest `value` of all processes. */
    uint64_t (*greatest)(void *context, uint64_t value);

    /* A file, for reading and writing by all at the same time; NULL: FG_FAILED, with the reason in `error`.
     * The others say FG_FAILED likewise; a file that is too short for a read is a reason, too. `close`
     * accepts NULL. */
    void *(*open)(void *context, const char *path, struct fg_error *error);
    /* Writes n bytes at `offset`. */
    enum fg_status (*write)(void *file, const void *bytes, size_t n, uint64_t offset, struct fg_error *error);
    /* Reads n bytes from `offset` on. */
    enum fg_status (*read)(void *file, void *bytes, size_t n, uint64_t offset, struct fg_error *error);
    /* Brings what was written to the disk. */
    enum fg_status (*sync)(void *file, struct fg_error *error);
    /* Closes it. */
    enum fg_status (*close)(void *file, struct fg_error *error);
    void *context;
};

/* The first of n pieces of process q, of which q+1 has the next; n for q = size. */
size_t fg_team_first(const struct fg_team *team, size_t n, int q);

FG_API_END
#endif
