/* One writer a file: the lock FILE.lock, which names its holder. */
#ifndef FISHERGRID_LOCK_H
#define FISHERGRID_LOCK_H

#include <stdbool.h>

#include "fishergrid/error.h"

/* Zero-initialise; taken by fg_lock_take, given back by fg_lock_release. */
struct fg_lock {
    int fd;          /* of the lock, open while it is held */
    char *name;      /* FILE.lock, owned; NULL: not held */
    bool taken_over; /* from a holder that died */
};

/* Takes the lock of the file `path`. It is a file that says host, process and job of its holder, under
 * flock(2) as long as the holder lives. Held by a living process, or left by one of another host, of which
 * nobody can tell here: FG_BAD_INPUT, with what it says. Left by a dead process of this host, or by an
 * earlier turn of the Slurm job we are in (SLURM_RESTART_COUNT is above 0): taken over. */
enum fg_status fg_lock_take(struct fg_lock *lock, const char *path, struct fg_error *error);

/* Says that the holder is alive: sets the time of the file. */
void fg_lock_refresh(const struct fg_lock *lock);

/* Gives the lock up, and leaves its file, as a run that died would; does nothing when it is not held. */
void fg_lock_abandon(struct fg_lock *lock);

/* Gives the lock up and removes it; does nothing when it is not held. */
void fg_lock_release(struct fg_lock *lock);

#endif
