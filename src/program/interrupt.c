#define _DEFAULT_SOURCE /* sigaction, clock_gettime, setitimer */
#include "interrupt.h"

#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"

/* The number of the last signal. A lock-free atomic may be shared by the handler and other threads. A
 * sig_atomic_t may not: it is safe only in the thread that the handler interrupts. */
static atomic_int signal_seen;
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler may touch no other");

static const struct {
    int number;
    const char *name;
} signals[] = {{SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"}, {SIGUSR1, "SIGUSR1"}, {SIGHUP, "SIGHUP"}};
enum { N_SIGNALS = sizeof signals / sizeof *signals };

/* Parts of the line that a process prints when it stops at once. */
static const char *begin_of_line = "", *limit_of_time = "";

static void note_signal(int number)
{
    signal_seen = number;
}

static const char *name_of(int number)
{
    for (int s = 0; s < N_SIGNALS; s++) {
        if (signals[s].number == number)
            return signals[s].name;
    }
    return NULL;
}

/* Prints the line and ends the process. Calls only functions that are allowed in a signal handler. */
static void leave(int number)
{
    const char *name = name_of(number);
    const char *const words[] = {begin_of_line, ": stopped by ", name ? name : limit_of_time,
                                 " before it began a tile; run the same command again to resume\n"};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        if (write(STDERR_FILENO, words[k], strlen(words[k])) < 0)
            break; /* standard error is closed */
    }
    _exit(FG_INTERRUPTED);
}

/* Sets the handler of all signals. Signals that are ignored stay ignored: nohup, and shells for background
 * jobs, rely on that. */
static void handle_signals(void (*handler)(int number))
{
    struct sigaction old;
    for (int s = 0; s < N_SIGNALS; s++) {
        struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
        if (signals[s].number == SIGINT)
            action.sa_flags |= (int)SA_RESETHAND; /* the second SIGINT ends the process */
        sigemptyset(&action.sa_mask);
        if (sigaction(signals[s].number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(signals[s].number, &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
}

/* Returns the seconds until the process must stop because its Slurm job ends at `end`, the text of
 * SLURM_JOB_END_TIME; infinite outside a job. */
static double slurm_seconds(const char *end)
{
    char *rest;
    double left = end && *end ? strtod(end, &rest) - clock_seconds(CLOCK_REALTIME) : INFINITY;
    if (!(left < INFINITY) || *rest != '\0')
        return INFINITY;
    return left - fmin(60, left / 10);
}

struct interrupt interrupt_at_deadline(const struct options *options)
{
    const char *end = getenv("SLURM_JOB_END_TIME");
    const double slurm = slurm_seconds(end);
    struct interrupt stop = {.deadline = clock_seconds(CLOCK_MONOTONIC) + fmin(options->max_time, slurm),
                             .limit = "--max-time"};
    if (slurm < options->max_time)
        snprintf(stop.limit, sizeof stop.limit, "the end of the Slurm job (SLURM_JOB_END_TIME=%.30s%s)", end,
                 slurm > 0 ? "" : ", which is over; unset it outside of that job");
    return stop;
}

/* Lets SIGALRM arrive after `seconds`; never if this is too long for a timer. */
static void set_alarm(double seconds, void (*handler)(int number))
{
    const bool wanted = seconds < 1e9;
    const double left = wanted ? fmax(seconds, 1e-3) : 0; /* 0 would turn the timer off */
    struct itimerval timer = {.it_value = {.tv_sec = (time_t)left}};
    timer.it_value.tv_usec = (suseconds_t)(1e6 * (left - floor(left)));
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL); /* no alarm for the handler before */
    signal(SIGALRM, handler);
    setitimer(ITIMER_REAL, &timer, NULL);
}

void interrupt_at_once(const struct interrupt *stop, const char *command)
{
    begin_of_line = command;
    limit_of_time = stop->limit;
    handle_signals(leave);
    set_alarm(stop->deadline - clock_seconds(CLOCK_MONOTONIC), leave);
}

void interrupt_on_signals(void)
{
    handle_signals(note_signal);
    set_alarm(INFINITY, SIG_DFL);
}

bool interrupt_wanted(const struct interrupt *stop)
{
    return signal_seen || (stop->deadline < INFINITY && clock_seconds(CLOCK_MONOTONIC) >= stop->deadline);
}

const char *interrupt_reason(const struct interrupt *stop)
{
    const char *name = name_of(signal_seen);
    return name ? name : stop->limit;
}
