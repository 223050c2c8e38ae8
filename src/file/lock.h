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
    char earlier_host[FG_HOST_MAX]; /* where an earlier turn of the Slurm job left it; "": it did not */
};

/* Takes the lock of the file `path`. The lock is a file that states host, process and job of its holder, who
 * holds flock(2) on it while alive. Its text is on the disk before it gets its name. A lock left by a dead
 * process of this host is taken over, as is a lock left by an earlier turn of the current Slurm job
 * (SLURM_RESTART_COUNT is above 0), and a lock without text, which a loss of power leaves.
 * Errors: FG_BAD_INPUT if a living process holds the lock, or if a process of another host left it, whose
 * state cannot be determined from here; the text states the contents of the lock. */
enum fg_status fg_lock_take(struct fg_lock *lock, const char *path, struct fg_error *error);

/* Updates the time of the lock file, to show that the holder is alive. */
void fg_lock_refresh(const struct fg_lock *lock);

/* Releases the lock and leaves its file, which names this process, as if this process had died. Does nothing
 * if the lock is not held. */
void fg_lock_abandon(struct fg_lock *lock);

/* Releases the lock and removes its file. Does nothing if the lock is not held. */
void fg_lock_release(struct fg_lock *lock);

#endif
