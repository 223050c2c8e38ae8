#define _POSIX_C_SOURCE 200809L /* pread, pwrite */
#include "io.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Reads or writes n bytes. */
static bool transfer(int fd, char *next, size_t n, uint64_t offset, bool writes)
{
    while (n > 0) {
        ssize_t some = writes ? pwrite(fd, next, n, (off_t)offset) : pread(fd, next, n, (off_t)offset);
        if (some < 0 && errno == EINTR)
            continue;
        if (some == 0)
            errno = writes ? EIO : 0;
        if (some <= 0)
            return false;
        next += some;
        n -= (size_t)some;
        offset += (uint64_t)some;
    }
    return true;
}

bool fg_io_write(int fd, const void *bytes, size_t n, uint64_t offset)
{
    return transfer(fd, (char *)bytes, n, offset, true);
}

bool fg_io_read(int fd, void *bytes, size_t n, uint64_t offset)
{
    return transfer(fd, bytes, n, offset, false);
}

bool fg_io_sync(int fd)
{
    int failed;
    do
        failed = fsync(fd);
    while (failed && errno == EINTR);
    return !failed;
}

static void *close_it(void *fd)
{
    close((int)(intptr_t)fd);
    return NULL;
}

/* Blocks all signals in the new thread, so that a thread of the caller handles them. */
void fg_io_close_aside(int fd)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool made = pthread_create(&thread, NULL, close_it, (void *)(intptr_t)fd) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (made)
        pthread_detach(thread);
    else
        close(fd);
}

const char *fg_io_reason(void)
{
    return errno ? strerror(errno) : "the file is too short";
}
