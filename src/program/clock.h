/* Seconds of a clock of the system. The file that includes it must define _POSIX_C_SOURCE. */
#ifndef FISHERGRID_CLOCK_H
#define FISHERGRID_CLOCK_H

#include <time.h>

/* CLOCK_MONOTONIC for durations, CLOCK_REALTIME for seconds since 1970. */
static inline double clock_seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
