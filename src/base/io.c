#define _POSIX_C_SOURCE 200809L /* pread, pwrite */
#include "io.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool fg_io_write(int fd, const void *bytes, size_t n, uint64_t offset)
{
    const char *next = bytes;
    while (n > 0) {
        ssize_t written = pwrite(fd, next, n, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written == 0)
            errno = EIO;
        if (written <= 0)
            return false;
        next += written;
        n -= (size_t)written;
        offset += (uint64_t)written;
    }
    return true;
}

bool fg_io_read(int fd, void *bytes, size_t n, uint64_t offset)
{
    char *next = bytes;
    while (n > 0) {
        ssize_t some = pread(fd, next, n, (off_t)offset);
        if (some < 0 && errno == EINTR)
            continue;
        if (some == 0)
            errno = 0;
        if (some <= 0)
            return false;
        next += some;
        n -= (size_t)some;
        offset += (uint64_t)some;
    }
    return true;
}

bool fg_io_sync(int fd)
{
    int failed;
    do
        failed = fsync(fd);
    while (failed && errno == EINTR);
    return !failed;
}

const char *fg_io_reason(void)
{
    return errno ? strerror(errno) : "the file is too short";
}
