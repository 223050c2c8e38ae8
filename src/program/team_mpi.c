/* The team of MPI_COMM_WORLD. An error in a collective operation ends all processes, which is MPI's
 * default. */
#define _GNU_SOURCE /* sched_getaffinity */
#include <mpi.h>
#include <omp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "io_mpi.h"
#include "team_start.h"

/* Maximum number of bytes of one call, because MPI counts with an int. */
enum { PIECE = 1 << 30 };

static void broadcast(void *context, int from, void *bytes, size_t n)
{
    (void)context;
    for (size_t at = 0; at < n; at += PIECE)
        MPI_Bcast((char *)bytes + at, n - at < PIECE ? (int)(n - at) : PIECE, MPI_BYTE, from, MPI_COMM_WORLD);
}

/* Broadcasts the pieces of one process after the other. This needs no lists of counts, and no counts beyond
 * an int. The time is small compared with that of computing the pieces. */
static void allgather(void *context, void *pieces, size_t n, size_t bytes)
{
    const struct fg_team *team = context;
    for (int q = 0; q < team->size; q++) {
        size_t first = fg_team_first(team, n, q), end = fg_team_first(team, n, q + 1);
        broadcast(context, q, (char *)pieces + first * bytes, (end - first) * bytes);
    }
}

static uint64_t allreduce_max(void *context, uint64_t value)
{
    (void)context;
    uint64_t found;
    MPI_Allreduce(&value, &found, 1, MPI_UINT64_T, MPI_MAX, MPI_COMM_WORLD);
    return found;
}

static void finalize(void)
{
    MPI_Finalize();
}

bool team_start(struct fg_team *team)
{
    int level;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level) != MPI_SUCCESS)
        return false; /* not reached: on an error, MPI prints a message and ends the process */
    atexit(finalize);
    *team = (struct fg_team){.broadcast = broadcast,
                             .allgather = allgather,
                             .allreduce_max = allreduce_max,
                             .open = io_mpi_open,
                             .write = io_mpi_write,
                             .read = io_mpi_read,
                             .sync = io_mpi_sync,
                             .close = io_mpi_close,
                             .context = team};
    MPI_Comm_rank(MPI_COMM_WORLD, &team->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &team->size);
    if (team->size > 1 && level < MPI_THREAD_SERIALIZED) {
        fputs("fishergrid: this MPI library does not let threads call it (MPI_THREAD_SERIALIZED)\n", stderr);
        MPI_Abort(MPI_COMM_WORLD, FG_FAILED);
    }
    if (team->rank > 0 && !freopen("/dev/null", "w", stdout))
        fclose(stdout);
    return team->size > 1;
}

void team_on_machine(const struct fg_team *team, int *cpus, int *processes)
{
    MPI_Comm machine;
    cpu_set_t mine, all;
    *cpus = omp_get_num_procs();
    *processes = 1;
    if (!team)
        return;
    CPU_ZERO(&mine);
    sched_getaffinity(0, sizeof mine, &mine);
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
    MPI_Comm_size(machine, processes);
    MPI_Allreduce(&mine, &all, (int)sizeof mine, MPI_BYTE, MPI_BOR, machine);
    MPI_Comm_free(&machine);
    *cpus = CPU_COUNT(&all) > 0 ? CPU_COUNT(&all) : *cpus;
}
