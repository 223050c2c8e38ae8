/* When a sweep shall stop before its end: on a signal, or when its time is up. */
#ifndef FISHERGRID_INTERRUPT_H
#define FISHERGRID_INTERRUPT_H

#include <stdbool.h>

#include "options.h"

struct interrupt {
    double deadline;   /* seconds of the monotonic clock; infinite: none */
    const char *limit; /* what set it */
};

/* When time will be up: the sooner of --max-time from now and the end of the Slurm job (SLURM_JOB_END_TIME,
 * seconds since 1970), less a minute, or less a tenth of what is left where that is shorter. */
struct interrupt interrupt_at_deadline(const struct options *options);

/* From here on, and until interrupt_on_signals, SIGTERM, SIGINT, SIGUSR1, SIGHUP (unless they were ignored)
 * and the deadline end the process, with a line that says so and FG_INTERRUPTED: for what may take long, or
 * wait for ever, before there is a file. `command` is what that line begins with; it must last as long. */
void interrupt_at_once(const struct interrupt *stop, const char *command);

/* From here on SIGTERM, SIGINT, SIGUSR1 and SIGHUP ask to stop instead of killing (unless they were ignored);
 * a second SIGINT kills. A closed pipe becomes an error of the call that meets it. */
void interrupt_on_signals(void);

/* Whether to stop now; asked by many threads at once, as in struct fg_watcher. */
bool interrupt_wanted(const struct interrupt *stop);

/* Why: "SIGTERM", "--max-time". */
const char *interrupt_reason(const struct interrupt *stop);

#endif
