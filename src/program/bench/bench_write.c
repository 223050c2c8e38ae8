/* Plain writing of as many bytes as the file of a sweep, in one of the three ways, for comparison. */
#define _GNU_SOURCE /* fallocate, madvise, O_DIRECT, sync_file_range */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

char *bench_large_pages(size_t bytes)
{
    const size_t page = (size_t)2 << 20, whole = (bytes + page - 1) / page * page;
    char *memory = aligned_alloc(page, whole);
    if (memory)
        (void)madvise(memory, whole, MADV_HUGEPAGE); /* a request that the system may decline */
    return memory;
}

static bool write_whole(int fd, const char *bytes, size_t n, off_t offset)
{
    while (n > 0) {
        const ssize_t written = pwrite(fd, bytes, n, offset);
        if (written <= 0 && !(written < 0 && errno == EINTR))
            return false;
        bytes += written > 0 ? written : 0;
        offset += written > 0 ? written : 0;
        n -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

/* Writes a piece in the way of the case. The end of the last piece, which does not fill a page, cannot bypass
 * the page cache. If the file system does not support O_DIRECT, no piece can. */
static bool write_piece(const struct bench_case *self, const char *piece, int fd, int direct, size_t first)
{
    const size_t left = self->bytes - first, n = left < BENCH_PIECE ? left : BENCH_PIECE;
    const size_t whole = direct >= 0 ? n - n % 4096 : 0;
    const bool past = whole > 0 && write_whole(direct, piece, whole, (off_t)first);
    if (whole > 0 && !past && errno != EINVAL)
        return false;
    const size_t done = past ? whole : 0;
    return write_whole(fd, piece + done, n - done, (off_t)(first + done)) &&
           (self->way != FG_WAY_EARLY ||
            sync_file_range(fd, (off_t)first, (off_t)n, SYNC_FILE_RANGE_WRITE) == 0);
}

/* Writes the same piece many times, by all threads, into a file whose space is reserved. A sweep, too, writes
 * from tiles that stay in the cache of the processor. Returns 0, or errno. */
static int fill_file(const struct bench_case *self, const char *piece, int fd, int direct)
{
    int failed = fallocate(fd, 0, 0, (off_t)self->bytes) == 0 || errno == EOPNOTSUPP ? 0 : errno;
#pragma omp parallel for num_threads(self->threads) schedule(dynamic, 1)
    for (size_t first = 0; first < self->bytes; first += BENCH_PIECE) {
        int seen;
#pragma omp atomic read
        seen = failed;
        const bool stops = interrupt_wanted(self->setting->interrupt);
        if (!seen && (stops || !write_piece(self, piece, fd, direct, first))) {
#pragma omp atomic write
            failed = stops ? EINTR : errno;
        }
    }
    return !failed && self->sync && fsync(fd) != 0 ? errno : failed;
}

enum fg_status bench_write(const struct bench_case *self, struct fg_error *error)
{
    const char *path = self->setting->output.path;
    char *piece = bench_large_pages(BENCH_PIECE);
    if (!piece)
        return fg_fail(error, FG_FAILED, "no memory");
    memset(piece, 1, BENCH_PIECE);
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    const int direct = self->way == FG_WAY_DIRECT ? open(path, O_WRONLY | O_DIRECT | O_CLOEXEC) : -1;
    int failed = fd >= 0 ? fill_file(self, piece, fd, direct) : errno;
    if (direct >= 0)
        close(direct);
    if (fd >= 0 && close(fd) != 0 && !failed)
        failed = errno;
    free(piece);
    return failed ? fg_fail(error, FG_FAILED, "%s: %s", path, strerror(failed)) : FG_OK;
}
