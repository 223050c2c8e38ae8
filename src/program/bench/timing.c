#define _DEFAULT_SOURCE /* gethostname */
#include "timing.h"

#include <glob.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "build_info.h"
#include "fishergrid/text.h"
#include "provenance.h"

double bench_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

enum fg_status bench_run(struct bench_case *cases, size_t n, size_t warm_up, size_t rounds,
                         struct fg_error *error)
{
    for (size_t c = 0; c < n; c++) {
        cases[c].seconds = calloc(rounds, sizeof *cases[c].seconds);
        if (!cases[c].seconds)
            return fg_fail(error, FG_FAILED, "no memory");
    }
    for (size_t round = 0; round < warm_up + rounds; round++) {
        for (size_t c = 0; c < n; c++) {
            double seconds;
            enum fg_status status = cases[c].run(cases[c].context, &seconds, error);
            if (status != FG_OK)
                return fg_fail_while(error, status, "bench, %s", cases[c].name);
            if (round >= warm_up)
                cases[c].seconds[round - warm_up] = seconds;
        }
    }
    return FG_OK;
}

void bench_free(struct bench_case *cases, size_t n)
{
    for (size_t c = 0; c < n; c++) {
        free(cases[c].seconds);
        cases[c].seconds = NULL;
    }
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct bench_statistics bench_statistics(const struct bench_case *of, size_t rounds)
{
    struct bench_statistics statistics = {0};
    double *sorted = malloc(rounds * sizeof *sorted);
    if (sorted) {
        memcpy(sorted, of->seconds, rounds * sizeof *sorted);
        qsort(sorted, rounds, sizeof *sorted, compare_doubles);
        statistics = (struct bench_statistics){sorted[0], (sorted[(rounds - 1) / 2] + sorted[rounds / 2]) / 2,
                                               sorted[rounds - 1]};
    }
    free(sorted);
    return statistics;
}

void bench_print(const struct bench_case *cases, size_t n, size_t rounds)
{
    printf("%-28s %10s %10s %8s %12s\n", "", "min s", "median s", "spread", "at min");
    for (size_t c = 0; c < n; c++) {
        struct bench_statistics s = bench_statistics(&cases[c], rounds);
        char rate[64] = "";
        if (cases[c].work > 0)
            snprintf(rate, sizeof rate, "%.3g %s/s", cases[c].work / s.minimum, cases[c].unit);
        printf("%-28s %10.5f %10.5f %7.0f%% %22s  %s\n", cases[c].name, s.minimum, s.median,
               100 * (s.maximum - s.minimum) / s.median, rate, cases[c].meaning);
    }
}

json_t *bench_to_json(const struct bench_case *cases, size_t n, size_t rounds)
{
    json_t *list = json_array();
    for (size_t c = 0; c < n; c++) {
        struct bench_statistics s = bench_statistics(&cases[c], rounds);
        json_t *seconds = json_array();
        for (size_t round = 0; round < rounds; round++)
            json_array_append_new(seconds, json_real(cases[c].seconds[round]));
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:f, s:o, s:f, s:f, s:f}", "name",
                                              cases[c].name, "meaning", cases[c].meaning, "unit",
                                              cases[c].unit ? cases[c].unit : "", "work", cases[c].work,
                                              "seconds", seconds, "minimum", s.minimum, "median", s.median,
                                              "maximum", s.maximum));
    }
    return list;
}

json_t *bench_ratio(const struct bench_case *of, const struct bench_case *to, size_t rounds)
{
    struct bench_statistics a = bench_statistics(of, rounds), b = bench_statistics(to, rounds);
    return json_pack("{s:s, s:s, s:f, s:f}", "of", of->name, "to", to->name, "minimum", a.minimum / b.minimum,
                     "median", a.median / b.median);
}

/* "model name" of /proc/cpuinfo; ARM kernels have none. */
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

/* Directories /sys/devices/system/node/node0, node1, ...; 1 where the system does not tell. */
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
