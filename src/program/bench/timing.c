#define _DEFAULT_SOURCE /* gethostname */
#include "bench.h"

#include <glob.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_info.h"
#include "clock.h"
#include "fishergrid/text.h"
#include "provenance.h"

/* Returns the number of rounds that are not counted, in which memory is first touched and the clock rate
 * rises. A round with a large file takes so long that this does not matter. */
static size_t warm_up_of(const struct bench_case *cases)
{
    return cases->bytes > (size_t)4 << 30 ? 0 : 2;
}

static enum fg_status time_case(const struct bench_case *one, double *seconds, struct fg_error *error)
{
    const double start = clock_seconds(CLOCK_MONOTONIC);
    enum fg_status status = one->run(one, error);
    *seconds = clock_seconds(CLOCK_MONOTONIC) - start;
    unlink(one->setting->output.path);
    if (interrupt_wanted(one->setting->interrupt))
        return fg_fail(error, FG_INTERRUPTED, "stopped by %s", interrupt_reason(one->setting->interrupt));
    return status == FG_OK ? FG_OK : fg_fail_while(error, status, "bench, %s", one->name);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Fills the statistics and returns {"name", ..., "seconds": [every round], ...}. Sorts the seconds. */
static json_t *conclude_case(struct bench_case *one, double *seconds, size_t rounds)
{
    json_t *list = json_array();
    for (size_t round = 0; round < rounds; round++)
        json_array_append_new(list, json_real(seconds[round]));
    qsort(seconds, rounds, sizeof *seconds, compare_doubles);
    one->minimum = seconds[0];
    one->median = (seconds[(rounds - 1) / 2] + seconds[rounds / 2]) / 2;
    one->maximum = seconds[rounds - 1];
    return json_pack("{s:s, s:s, s:s, s:f, s:o, s:f, s:f, s:f}", "name", one->name, "meaning", one->meaning,
                     "unit", one->unit, "work", one->work, "seconds", list, "minimum", one->minimum, "median",
                     one->median, "maximum", one->maximum);
}

static void print_cases(const struct bench_case *cases, size_t n)
{
    printf("%-28s %10s %10s %8s %12s\n", "", "min s", "median s", "spread", "at min");
    for (const struct bench_case *one = cases; one < cases + n; one++) {
        char rate[64];
        snprintf(rate, sizeof rate, "%.3g %s/s", one->work / one->minimum, one->unit);
        printf("%-28s %10.5f %10.5f %7.0f%% %22s  %s\n", one->name, one->minimum, one->median,
               100 * (one->maximum - one->minimum) / one->median, rate, one->meaning);
    }
}

enum fg_status bench_run(struct bench_case *cases, size_t n, json_t **list, struct fg_error *error)
{
    const size_t rounds = cases->setting->options->repetitions, warm_up = warm_up_of(cases);
    double *seconds = calloc(n * rounds, sizeof *seconds); /* [n, rounds] */
    enum fg_status status = seconds ? FG_OK : fg_fail(error, FG_FAILED, "no memory");
    for (size_t round = 0; round < warm_up + rounds; round++) {
        const size_t kept = round < warm_up ? 0 : round - warm_up; /* round `warm_up` replaces those before */
        for (size_t c = 0; c < n && status == FG_OK; c++)
            status = time_case(&cases[c], &seconds[c * rounds + kept], error);
    }
    *list = json_array();
    for (size_t c = 0; c < n && status == FG_OK; c++)
        json_array_append_new(*list, conclude_case(&cases[c], seconds + c * rounds, rounds));
    if (status == FG_OK && !cases->setting->options->json)
        print_cases(cases, n);
    if (status != FG_OK)
        json_decref(*list);
    free(seconds);
    return status;
}

void bench_add_ratio(json_t *list, const struct bench_case *of, const struct bench_case *to, size_t n)
{
    char name[100] = "";
    double minimum = 0, median = 0;
    for (size_t c = 0; c < n; c++) {
        fg_text_add(name, sizeof name, " + ", to[c].name);
        minimum += to[c].minimum;
        median += to[c].median;
    }
    minimum = of->minimum / minimum;
    median = of->median / median;
    if (!of->setting->options->json)
        printf(n > 1 ? "%s / (%s): %.2f (median %.2f)\n" : "%s / %s: %.2f (median %.2f)\n", of->name, name,
               minimum, median);
    json_array_append_new(list, json_pack("{s:s, s:s, s:f, s:f}", "of", of->name, "to", name, "minimum",
                                          minimum, "median", median));
}

/* Stores the "model name" of /proc/cpuinfo; "unknown" on ARM, where there is none. */
static void cpu_model(char *model, size_t size)
{
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(model, size, "unknown");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':')) {
            snprintf(model, size, "%.*s", (int)strcspn(strchr(line, ':') + 2, "\n"), strchr(line, ':') + 2);
            break;
        }
    }
    if (file)
        fclose(file);
}

static json_t *environment(const char *name)
{
    const char *value = getenv(name);
    return value ? json_string(value) : json_null();
}

/* Returns the number of directories /sys/devices/system/node/node0, node1, ...; 1 if there are none. */
static int numa_nodes(void)
{
    glob_t found;
    int n =
        glob("/sys/devices/system/node/node[0-9]*", GLOB_NOSORT, NULL, &found) == 0 ? (int)found.gl_pathc : 1;
    globfree(&found);
    return n;
}

json_t *bench_machine(void)
{
    char model[256], host[256] = "", time_text[32];
    cpu_model(model, sizeof model);
    if (gethostname(host, sizeof host - 1) != 0)
        strcpy(host, "unknown");
    fg_utf8_repair(host);
    time_now(time_text);
    /* Not sched_getaffinity: with OMP_PROC_BIND this thread is bound to one place already. */
    return json_pack("{s:s, s:s, s:i, s:i, s:i, s:o, s:o, s:s, s:s, s:s, s:s}", "host", host, "cpu", model,
                     "cores_allowed", omp_get_num_procs(), "cores_online", (int)sysconf(_SC_NPROCESSORS_ONLN),
                     "numa_nodes", numa_nodes(), "OMP_PLACES", environment("OMP_PLACES"), "OMP_PROC_BIND",
                     environment("OMP_PROC_BIND"), "version", FG_VERSION, "compiler", FG_COMPILER,
                     "compiler_flags", FG_COMPILER_FLAGS, "time", time_text);
}
