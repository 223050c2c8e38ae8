/* Interrupts: a sweep stops before its end on a signal, or when its time is up. */
#ifndef FISHERGRID_INTERRUPT_H
#define FISHERGRID_INTERRUPT_H

#include <stdbool.h>

#include "options.h"

struct interrupt {
    double deadline; /* seconds of the monotonic clock; infinite: none */
    char limit[160]; /* what set the deadline, with its value */
};

/* Returns the deadline: the earlier of --max-time from now and the end of the Slurm job (SLURM_JOB_END_TIME,
 * seconds since 1970). A minute is subtracted, or a tenth of the remaining time if that is shorter. */
struct interrupt interrupt_at_deadline(const struct options *options);

/* From this call until interrupt_on_signals, the deadline and SIGTERM, SIGINT, SIGUSR1 and SIGHUP (unless
 * ignored before) end the process with a line of text and FG_INTERRUPTED. Use it while there is no file yet,
 * for work that may take long or wait forever. `stop` and `command`, with which the line begins, must remain
 * valid. */
void interrupt_at_once(const struct interrupt *stop, const char *command);

/* From this call on, SIGTERM, SIGINT, SIGUSR1 and SIGHUP (unless ignored before) request a stop instead of
 * ending the process. A second SIGINT ends it. A closed pipe becomes an error of the call that writes to
 * it. */
void interrupt_on_signals(void);

/* Returns whether to stop now. Many threads call it at the same time, as in struct fg_watcher. */
bool interrupt_wanted(const struct interrupt *stop);

/* Returns the reason: "SIGTERM", "--max-time". */
const char *interrupt_reason(const struct interrupt *stop);

#endif
