#define _DEFAULT_SOURCE /* flock, gethostname, futimens */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io.h"

enum { TEXT_SIZE = 512 };

/* The holder of a lock, as its file states it. */
struct holder {
    char host[FG_HOST_MAX];
    long pid;
    char job[64]; /* "" outside a batch system */
};

static struct holder myself(void)
{
    struct holder holder = {.pid = (long)getpid()};
    const char *job = getenv("SLURM_JOB_ID");
    if (gethostname(holder.host, sizeof holder.host - 1) != 0)
        strcpy(holder.host, "unknown");
    snprintf(holder.job, sizeof holder.job, "%s", job ? job : "");
    return holder;
}

/* Reads who holds the lock. Returns false if the file does not say. */
static bool read_holder(int fd, struct holder *holder)
{
    char text[TEXT_SIZE];
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    if (length <= 0)
        return false;
    text[length] = '\0';
    *holder = (struct holder){0};
    return sscanf(text, "host %255s\npid %ld\njob %63s", holder->host, &holder->pid, holder->job) >= 2;
}

/* Returns FG_OK if the lock is empty, has only zeros, or has the beginning of a text, as a power failure or a
 * full disk leaves it. Any other text belongs to a file that fishergrid did not make. */
static enum fg_status check_text(const struct fg_lock *lock, struct fg_error *error)
{
    static const char begin[] = "host ";
    char text[sizeof begin] = "";
    ssize_t length = pread(lock->fd, text, sizeof text - 1, 0);
    return length < 0 || memcmp(text, begin, strlen(text)) == 0
               ? FG_OK
               : fg_fail(error, FG_BAD_INPUT,
                         "%s is not a lock of fishergrid; move it, or name another output", lock->name);
}

/* Writes the name of this process into the lock. On a full disk the lock stays empty, but still holds. A
 * failed fsync is ignored: the text would only be missing after a power failure. */
static enum fg_status write_holder(const struct fg_lock *lock, struct fg_error *error)
{
    char text[TEXT_SIZE];
    struct holder me = myself();
    int length = snprintf(text, sizeof text, "host %s\npid %ld\n%s%s%s", me.host, me.pid,
                          *me.job ? "job " : "", me.job, *me.job ? "\n" : "");
    if (ftruncate(lock->fd, 0) == 0 && fg_io_write(lock->fd, text, (size_t)length, 0)) {
        fg_io_sync(lock->fd);
        return FG_OK;
    }
    if (errno == ENOSPC || errno == EDQUOT)
        return FG_OK;
    return fg_fail(error, FG_FAILED, "%s: %s", lock->name, strerror(errno));
}

/* Returns the seconds since the holder last refreshed the lock. */
static double silence(const struct fg_lock *lock)
{
    struct stat file;
    return fstat(lock->fd, &file) == 0 ? difftime(time(NULL), file.st_mtime) : 0;
}

/* Returns whether the holder was an earlier run of this Slurm job. Slurm starts a job again only after the
 * earlier run has ended. If Slurm has lost sight of a run that still lives, that run holds the flock, which
 * this process would then not have got. This works only where the file system shares flock between hosts. */
static bool is_earlier_run(const struct holder *holder, const struct holder *me)
{
    const char *restarts = getenv("SLURM_RESTART_COUNT");
    return restarts && strtol(restarts, NULL, 10) > 0 && *me->job && strcmp(holder->job, me->job) == 0;
}

/* Returns 0 if the opened lock is free, else errno: EWOULDBLOCK if its holder lives, ENOLCK if the file
 * system has no flock. */
static int flock_errno(const struct fg_lock *lock)
{
    if (flock(lock->fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    return errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL ? ENOLCK : errno;
}

static enum fg_status fail_flock(const struct fg_lock *lock, int failed, struct fg_error *error)
{
    return fg_fail(error, FG_FAILED, "%s: flock: %s", lock->name, strerror(failed));
}

/* Returns whether a process lives. Numbers below 1 are refused, because kill takes them for groups of
 * processes. */
static bool is_alive(long pid)
{
    return pid > 0 && pid <= INT_MAX && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* Returns FG_OK if the holder of the opened lock is dead. Without flock, the process number tells whether a
 * holder on this host lives. */
static enum fg_status claim(struct fg_lock *lock, const char *path, struct fg_error *error)
{
    struct holder holder, me = myself();
    char who[TEXT_SIZE] = "another process";
    const int failed = flock_errno(lock);
    const bool is_named = read_holder(lock->fd, &holder);
    const bool is_here = is_named && strcmp(holder.host, me.host) == 0;
    if (is_named)
        snprintf(who, sizeof who, "process %ld on %s%s%s%s", holder.pid, holder.host,
                 *holder.job ? " (job " : "", holder.job, *holder.job ? ")" : "");
    if (failed == EWOULDBLOCK ||
        (failed == ENOLCK && is_here && holder.pid != me.pid && is_alive(holder.pid)))
        return fg_fail(error, FG_BAD_INPUT, "%s is being written by %s; wait for it, or name another output",
                       path, who);
    if (failed && failed != ENOLCK)
        return fail_flock(lock, failed, error);
    if (!is_named)
        return check_text(lock, error);
    if (is_here)
        return FG_OK;
    if (failed || !is_earlier_run(&holder, &me))
        return fg_fail(error, FG_BAD_INPUT,
                       "%s is locked by %s, which last showed activity %.0f s ago; if it is dead, remove %s "
                       "and run this again",
                       path, who, silence(lock), lock->name);
    strcpy(lock->earlier_host, holder.host);
    return FG_OK;
}

/* Makes the lock under the name NAME.new, takes the flock and writes the text to the disk, and only then
 * renames it. Therefore a lock can be read, or its holder has died. Another process that makes the lock at
 * the same time may replace NAME.new, or may have renamed and taken this one. */
static enum fg_status make(struct fg_lock *lock, const char *new, struct fg_error *error)
{
    if (unlink(new) != 0 && errno != ENOENT)
        return fg_fail(error, FG_BAD_INPUT, "%s cannot be replaced: %s; name another output", new,
                       strerror(errno));
    lock->fd = open(new, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (lock->fd < 0)
        return errno == EEXIST ? FG_OK
                               : fg_fail(error, FG_BAD_INPUT, "%s cannot be made: %s; name another output",
                                         lock->name, strerror(errno));
    const int failed = flock_errno(lock);
    if (failed == EWOULDBLOCK) {
        close(lock->fd);
        lock->fd = -1;
        return FG_OK;
    }
    enum fg_status status =
        failed && failed != ENOLCK ? fail_flock(lock, failed, error) : write_holder(lock, error);
    if (status == FG_OK && !fg_path_rename(new, lock->name, false) && errno != EEXIST && errno != ENOENT)
        status = fg_fail(error, FG_FAILED, "renaming %s to %s: %s", new, lock->name, strerror(errno));
    unlink(new);
    return status;
}

/* Tries once to take the lock. If another process has made or removed the lock meanwhile, returns FG_OK, and
 * the descriptor is -1. */
static enum fg_status try_to_take(struct fg_lock *lock, const char *path, struct fg_error *error)
{
    char new[FG_PATH_MAX];
    fg_path_with(path, NAME_LOCK_NEW, new);
    *lock->earlier_host = '\0';
    lock->fd = open(lock->name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    lock->taken_over = lock->fd >= 0;
    if (lock->fd < 0 && errno != ENOENT)
        return fg_fail(error, FG_BAD_INPUT, "%s cannot be opened: %s; name another output", lock->name,
                       strerror(errno));
    enum fg_status status = lock->taken_over ? claim(lock, path, error) : make(lock, new, error);
    if (status == FG_OK && lock->taken_over)
        status = write_holder(lock, error);
    if (status == FG_OK && fg_path_leads_to(lock->name, lock->fd)) {
        unlink(new); /* a process may have died while it made a lock */
        return FG_OK;
    }
    if (lock->fd >= 0)
        close(lock->fd);
    lock->fd = -1;
    return status;
}

enum fg_status fg_lock_take(struct fg_lock *lock, const char *path, struct fg_error *error)
{
    enum fg_status status = FG_OK;
    fg_path_with(path, NAME_LOCK, lock->name);
    for (lock->fd = -1; status == FG_OK && lock->fd < 0;)
        status = try_to_take(lock, path, error);
    if (status != FG_OK)
        *lock = (struct fg_lock){0};
    return status;
}

void fg_lock_refresh(const struct fg_lock *lock)
{
    if (*lock->name)
        futimens(lock->fd, NULL);
}

void fg_lock_abandon(struct fg_lock *lock)
{
    if (!*lock->name)
        return;
    close(lock->fd);
    *lock = (struct fg_lock){0};
}

void fg_lock_release(struct fg_lock *lock)
{
    if (*lock->name && fg_path_leads_to(lock->name, lock->fd))
        unlink(lock->name);
    fg_lock_abandon(lock);
}
