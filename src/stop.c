#define _POSIX_C_SOURCE 200809L /* sigaction, clock_gettime */
#include "stop.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

/* Between the handler and the threads nothing else can stand. */
static volatile sig_atomic_t signal_seen;

static const struct {
    int number;
    const char *name;
} signals[] = {{SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"}, {SIGUSR1, "SIGUSR1"}, {SIGHUP, "SIGHUP"}};
enum { N_SIGNALS = sizeof signals / sizeof *signals };

static void note_signal(int number)
{
    signal_seen = number;
}

/* Those that are ignored stay so: nohup, and shells for what they run in the background, ask for that. */
void stop_on_signals(void)
{
    struct sigaction old;
    for (int s = 0; s < N_SIGNALS; s++) {
        struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
        if (signals[s].number == SIGINT)
            action.sa_flags |= (int)SA_RESETHAND; /* the second one kills */
        sigemptyset(&action.sa_mask);
        if (sigaction(signals[s].number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(signals[s].number, &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Seconds until we stop for the sake of the Slurm job; infinite outside of one. */
static double slurm_seconds(void)
{
    const char *end = getenv("SLURM_JOB_END_TIME");
    char *rest;
    double left = end && *end ? strtod(end, &rest) - seconds_of(CLOCK_REALTIME) : INFINITY;
    if (!(left < INFINITY) || *rest != '\0')
        return INFINITY;
    return left - fmin(60, left / 10);
}

struct stop stop_at_deadline(const struct options *options)
{
    double slurm = slurm_seconds();
    return (struct stop){.deadline = seconds_of(CLOCK_MONOTONIC) + fmin(options->max_time, slurm),
                         .limit = options->max_time <= slurm ? "--max-time" : "the end of the Slurm job"};
}

bool stop_wanted(const struct stop *stop)
{
    return signal_seen || (stop->deadline < INFINITY && seconds_of(CLOCK_MONOTONIC) >= stop->deadline);
}

const char *stop_reason(const struct stop *stop)
{
    for (int s = 0; s < N_SIGNALS; s++) {
        if (signals[s].number == signal_seen)
            return signals[s].name;
    }
    return stop->limit;
}
