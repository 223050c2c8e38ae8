/* The team of MPI_COMM_WORLD. An error in a collective operation ends all processes, which is MPI's
 * default. */
#define _GNU_SOURCE /* sched_getaffinity */
#include <errno.h>
#include <mpi.h>
#include <omp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* --- files: every process opens the file for itself (MPI_COMM_SELF), so that no process waits until another
 * process writes, syncs or fails. Threads take turns, as MPI_THREAD_SERIALIZED requires; MPI libraries lock a
 * file for the duration of a call anyway --- */

struct file {
    MPI_File mpi;
};

/* Fails with MPI's text for `code`, and with the text for errno, which is often clearer. */
static enum fg_status refuse_mpi(int code, int number, struct fg_error *error)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length;
    MPI_Error_string(code, text, &length);
    return number ? fg_fail(error, FG_FAILED, "%s (%s)", strerror(number), text)
                  : fg_fail(error, FG_FAILED, "%s", text);
}

/* Checks a call of MPI that returned `code` and should have moved n bytes. */
static enum fg_status check(int code, MPI_Status *done, int n, struct fg_error *error)
{
    int number = errno, count = 0;
    if (code == MPI_SUCCESS)
        code = MPI_Get_count(done, MPI_BYTE, &count);
    if (code != MPI_SUCCESS)
        return refuse_mpi(code, number, error);
    return count == n ? FG_OK
                      : fg_fail(error, FG_FAILED, "%d of %d bytes%s%s", count, n, number ? ": " : "",
                                number ? strerror(number) : "");
}

static void *file_open(void *context, const char *path, struct fg_error *error)
{
    (void)context;
    struct file *file = malloc(sizeof *file);
    if (!file) {
        fg_fail(error, FG_FAILED, "no memory");
        return NULL;
    }
    errno = 0;
    int code = MPI_File_open(MPI_COMM_SELF, path, MPI_MODE_RDWR, MPI_INFO_NULL, &file->mpi);
    if (code == MPI_SUCCESS)
        return file;
    refuse_mpi(code, errno, error);
    free(file);
    return NULL;
}

/* Writes or reads n bytes. */
static enum fg_status move(const struct file *file, bool writes, char *bytes, size_t n, uint64_t offset,
                           struct fg_error *error)
{
    enum fg_status status = FG_OK;
#pragma omp critical(fg_mpi)
    for (size_t at = 0; at < n && status == FG_OK; at += PIECE) {
        const int piece = n - at < PIECE ? (int)(n - at) : PIECE;
        const MPI_Offset place = (MPI_Offset)(offset + at);
        MPI_Status done;
        errno = 0;
        const int code = writes ? MPI_File_write_at(file->mpi, place, bytes + at, piece, MPI_BYTE, &done)
                                : MPI_File_read_at(file->mpi, place, bytes + at, piece, MPI_BYTE, &done);
        status = check(code, &done, piece, error);
    }
    return status;
}

static enum fg_status file_write(void *file, const void *bytes, size_t n, uint64_t offset,
                                 struct fg_error *error)
{
    return move(file, true, (char *)bytes, n, offset, error);
}

static enum fg_status file_read(void *file, void *bytes, size_t n, uint64_t offset, struct fg_error *error)
{
    return move(file, false, bytes, n, offset, error);
}

static enum fg_status file_sync(void *file, struct fg_error *error)
{
    const struct file *open = file;
    enum fg_status status;
#pragma omp critical(fg_mpi)
    {
        errno = 0;
        int code = MPI_File_sync(open->mpi);
        status = code == MPI_SUCCESS ? FG_OK : refuse_mpi(code, errno, error);
    }
    return status;
}

static enum fg_status file_close(void *file, struct fg_error *error)
{
    struct file *open = file;
    if (!open)
        return FG_OK;
    errno = 0;
    int code = MPI_File_close(&open->mpi);
    int number = errno;
    free(open);
    return code == MPI_SUCCESS ? FG_OK : refuse_mpi(code, number, error);
}

/* --- start --- */

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
                             .open = file_open,
                             .write = file_write,
                             .read = file_read,
                             .sync = file_sync,
                             .close = file_close,
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
