/* Timing of alternatives side by side: all of them in turn, round after round, after rounds that do not
 * count. A speed is a ratio of two alternatives of one run; minimum and median of the rounds speak for each.
 */
#ifndef FISHERGRID_BENCH_H
#define FISHERGRID_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "fishergrid/error.h"

/* One alternative. `run` does the work once and stores the seconds of the part that counts. */
struct bench_case {
    const char *name;    /* short, for the table and for ratios */
    const char *meaning; /* one sentence */
    enum fg_status (*run)(void *context, double *seconds, struct fg_error *error);
    void *context;
    double work;      /* how much of `unit` one run does; 0: no rate is shown */
    const char *unit; /* of the work, e.g. "cells" */
    double *seconds;  /* [rounds] filled by bench_run; owned by the caller, freed by bench_free */
};

/* Runs all cases in turn, `warm_up` + `rounds` times; keeps the seconds of the last `rounds`. */
enum fg_status bench_run(struct bench_case *cases, size_t n, size_t warm_up, size_t rounds,
                         struct fg_error *error);
void bench_free(struct bench_case *cases, size_t n);

/* Of the rounds of one case, in seconds. */
struct bench_statistics {
    double least, median, most;
};
struct bench_statistics bench_statistics(const struct bench_case *of, size_t rounds);

/* Seconds of the monotonic clock. */
double bench_now(void);

/* A line a case: name, minimum, median, spread, rate, meaning. */
void bench_print(const struct bench_case *cases, size_t n, size_t rounds);

/* [{"name", "meaning", "unit", "work", "seconds": [every round], "minimum", "median", "maximum"}, ...] */
json_t *bench_to_json(const struct bench_case *cases, size_t n, size_t rounds);

/* {"of", "to", "minimum": min/min, "median": median/median}: how many times as long the one takes as the
 * other. */
json_t *bench_ratio(const struct bench_case *of, const struct bench_case *to, size_t rounds);

/* CPU model, cores allowed, OMP_PLACES and OMP_PROC_BIND, version, compiler, flags, time. */
json_t *bench_machine(void);

#endif
