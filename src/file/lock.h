/* The lock FILE.lock: allows one writer per file and names its holder. */
#ifndef FISHERGRID_LOCK_H
#define FISHERGRID_LOCK_H

#include <stdbool.h>

#include "fishergrid/file.h"
#include "paths.h"

/* A lock. Zero-initialise it, take it with fg_lock_take, release it with fg_lock_release. */
struct fg_lock {
    int fd;                         /* of the lock file, open while the lock is held */
    char name[FG_PATH_MAX];         /* FILE.lock; "": not held */
    bool taken_over;                /* a dead process left the lock */
    char earlier_host[FG_HOST_MAX]; /* host of the earlier run of this Slurm job that left the lock; "": none
                                     */
};

/* Takes the lock of the file `path`. The lock is a file that states host, process and job of its holder. The
 * holder has it locked with flock(2) as long as it lives. The text is on the disk before the lock gets its
 * name. These locks are taken over: the lock of a dead process of this host; the lock of an earlier run of
 * the current Slurm job (SLURM_RESTART_COUNT is above 0); a lock without text, which a power failure leaves.
 * Errors: FG_BAD_INPUT if a living process holds the lock, or if a process of another host left it, since
 * this host cannot tell whether that process lives; the text states the contents of the lock. */
enum fg_status fg_lock_take(struct fg_lock *lock, const char *path, struct fg_error *error);

/* Updates the time of the lock file, which shows that the holder lives. */
void fg_lock_refresh(const struct fg_lock *lock);

/* Releases the lock and leaves its file, which names this process, as if this process had died. Does nothing
 * if the lock is not held. */
void fg_lock_abandon(struct fg_lock *lock);

/* Releases the lock and removes its file. Does nothing if the lock is not held. */
void fg_lock_release(struct fg_lock *lock);

#endif
