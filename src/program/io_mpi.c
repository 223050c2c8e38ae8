/* Every process opens the file for itself (MPI_COMM_SELF), so that no process waits until another process
 * writes, syncs or fails. Threads take turns, as MPI_THREAD_SERIALIZED requires; MPI libraries lock a file
 * for the duration of a call anyway. */
#include "io_mpi.h"

#include <errno.h>
#include <mpi.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct file {
    MPI_File mpi;
};

/* Maximum number of bytes of one call, because MPI counts with an int. */
enum { PIECE = 1 << 30 };

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

void *io_mpi_open(void *context, const char *path, struct fg_error *error)
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

enum fg_status io_mpi_write(void *file, const void *bytes, size_t n, uint64_t offset, struct fg_error *error)
{
    return move(file, true, (char *)bytes, n, offset, error);
}

enum fg_status io_mpi_read(void *file, void *bytes, size_t n, uint64_t offset, struct fg_error *error)
{
    return move(file, false, bytes, n, offset, error);
}

enum fg_status io_mpi_sync(void *file, struct fg_error *error)
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

enum fg_status io_mpi_close(void *file, struct fg_error *error)
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
