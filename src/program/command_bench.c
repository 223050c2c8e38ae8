/* `fishergrid bench`: how fast the kernel, a whole sweep and more threads are, each against what the machine
 * could do at best, measured in the same run. */
#define _GNU_SOURCE /* fallocate, madvise */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "commands.h"
#include "fishergrid/file.h"
#include "print.h"
#include "run_record.h"
#include "workload.h"

#define WARM_UP 2 /* rounds that do not count: memory is touched, clocks are up */

/* What every case works on. */
struct setting {
    const struct options *options;
    struct workload workload;
    struct run_record record;
    struct fg_problem problem;
    struct fg_file_spec spec;
    int threads;
    char *memory; /* as large as the fields, for plain storing; NULL where not needed */
    size_t bytes; /* of all fields */
};

/* --- kernel --- */

enum { KERNEL_ROWS = 64, PEAK_ROUNDS = 4000000 };

/* KERNEL_ROWS x FG_CHUNK cells a thread, directly summed. */
static enum fg_status run_kernel(void *context, double *seconds, struct fg_error *error)
{
    const struct setting *setting = context;
    const struct workload *workload = &setting->workload;
    const double low = setting->options->r.low, high = setting->options->r.high;
    (void)error;
    double start = bench_now();
#pragma omp parallel num_threads(setting->threads)
    {
        struct fg_moments moments;
        double r[FG_CHUNK];
        for (size_t j = 0; j < FG_CHUNK; j++)
            r[j] = low + (high - low) * (double)j / (FG_CHUNK - 1);
        for (int row = 0; row < KERNEL_ROWS; row++) {
            struct fg_direction direction = fg_direction(&workload->samples[0], 0.1 * row);
            workload->kernel->moments(&workload->samples[0], &workload->recipe[0], &direction, r, FG_CHUNK,
                                      &moments);
        }
    }
    *seconds = bench_now() - start;
    return FG_OK;
}

static enum fg_status run_peak(void *context, double *seconds, struct fg_error *error)
{
    const struct setting *setting = context;
    double sum = 0;
    double start = bench_now();
#pragma omp parallel num_threads(setting->threads) reduction(+ : sum)
    sum += setting->workload.kernel->peak(PEAK_ROUNDS);
    *seconds = bench_now() - start;
    return isfinite(sum) ? FG_OK : fg_fail(error, FG_FAILED, "multiply-adds went out of range");
}

static enum fg_status bench_kernel(struct setting *setting, json_t **result, struct fg_error *error)
{
    const struct workload *workload = &setting->workload;
    double threads = setting->threads, samples = (double)workload->samples[0].n;
    struct bench_case cases[] = {
        {"kernel", "direct sums of all moments", run_kernel, setting,
         threads * KERNEL_ROWS * FG_CHUNK * samples, "cell-samples", NULL},
        {"peak", "fused multiply-adds alone", run_peak, setting,
         threads * PEAK_ROUNDS * FG_PEAK_CHAINS * (double)workload->kernel->lanes, "FMA", NULL},
    };
    size_t rounds = setting->options->repetitions;
    enum fg_status status = bench_run(cases, 2, WARM_UP, rounds, error);
    if (status == FG_OK) {
        struct bench_statistics kernel = bench_statistics(&cases[0], rounds),
                                peak = bench_statistics(&cases[1], rounds);
        double slots = kernel.least / cases[0].work / (peak.least / cases[1].work);
        double median_slots = kernel.median / cases[0].work / (peak.median / cases[1].work);
        *result = json_pack("{s:o, s:{s:f, s:f}}", "cases", bench_to_json(cases, 2, rounds),
                            "fma_slots_per_cell_sample", "minimum", slots, "median", median_slots);
        if (!setting->options->json) {
            bench_print(cases, 2, rounds);
            printf("issue slots of a fused multiply-add per cell and sample: %.1f (median %.1f), %s kernel, "
                   "%d threads\n",
                   slots, median_slots, workload->kernel->name, setting->threads);
        }
    }
    bench_free(cases, 2);
    return status;
}

/* --- sweep --- */

static enum fg_status run_compute(void *context, double *seconds, struct fg_error *error)
{
    const struct setting *setting = context;
    double start = bench_now();
    enum fg_status status = fg_sweep(&setting->problem, setting->threads, NULL, NULL, NULL, error);
    *seconds = bench_now() - start;
    return status;
}

/* Bytes of one value of field f, 0 of one that is not wanted. */
static size_t wanted_size(const struct fg_problem *problem, int f)
{
    size_t size = f < FG_N_REAL_FIELDS ? sizeof(double) : 1;
    return problem->fields >> f & 1 ? size : 0;
}

/* Of all wanted fields of a cell. */
static size_t wanted_bytes(const struct fg_problem *problem)
{
    size_t bytes = 0;
    for (int f = 0; f < FG_N_FIELDS; f++)
        bytes += wanted_size(problem, f);
    return bytes;
}

/* Tiles of `compute`, copied to where a whole grid in memory would have them. */
static enum fg_status put_into_memory(void *context, size_t data, const struct fg_tile *tile,
                                      const struct fg_cells *cells, const struct fg_summary *found,
                                      struct fg_error *error)
{
    (void)found;
    const struct setting *setting = context;
    const struct fg_problem *problem = &setting->problem;
    const size_t grid = problem->phi.n * problem->r.n, n = tile->rows * tile->columns;
    const size_t first = tile->i0 * problem->r.n + tile->j0;
    char *field = setting->memory + data * grid * wanted_bytes(problem);
    (void)error;
    for (int f = 0; f < FG_N_FIELDS; f++) {
        const size_t size = wanted_size(problem, f);
        const void *values = f < FG_N_REAL_FIELDS ? (const void *)cells->field[f] : cells->flag;
        if (size != 0)
            memcpy(field + first * size, values, n * size);
        field += grid * size;
    }
    return FG_OK;
}

static enum fg_status run_compute_to_memory(void *context, double *seconds, struct fg_error *error)
{
    struct setting *setting = context;
    struct fg_sink sink = {.put = put_into_memory, .context = setting};
    double start = bench_now();
    enum fg_status status = fg_sweep(&setting->problem, setting->threads, &sink, NULL, NULL, error);
    *seconds = bench_now() - start;
    return status;
}

#define PIECE ((size_t)1 << 19) /* bytes of a tile's part of a field */

static enum fg_status run_store(void *context, double *seconds, struct fg_error *error)
{
    const struct setting *setting = context;
    (void)error;
    double start = bench_now();
#pragma omp parallel for num_threads(setting->threads) schedule(dynamic, 1)
    for (size_t first = 0; first < setting->bytes; first += PIECE)
        memset(setting->memory + first, 1, setting->bytes - first < PIECE ? setting->bytes - first : PIECE);
    *seconds = bench_now() - start;
    return FG_OK;
}

/* The whole run as `fishergrid sweep` does it, from an empty directory entry to the renamed file. */
static enum fg_status run_file(const struct setting *setting, bool volatile_file, double *seconds,
                               struct fg_error *error)
{
    struct fg_writer *writer = NULL;
    struct fg_file_spec spec = setting->spec;
    spec.no_sync = volatile_file;
    double start = bench_now();
    enum fg_status status = fg_writer_create(&writer, &spec, true, error);
    if (status == FG_OK) {
        struct fg_sink sink = fg_writer_sink(writer);
        status = fg_sweep(&setting->problem, setting->threads, &sink, NULL, NULL, error);
    }
    if (status == FG_OK)
        status = fg_writer_finish(&writer, "", "{}", error);
    *seconds = bench_now() - start;
    fg_writer_discard(&writer);
    unlink(spec.path);
    return status;
}

static enum fg_status run_file_cached(void *context, double *seconds, struct fg_error *error)
{
    return run_file(context, true, seconds, error);
}

static enum fg_status run_file_synced(void *context, double *seconds, struct fg_error *error)
{
    return run_file(context, false, seconds, error);
}

/* As many bytes by write(2), one thread, into a new file whose space is reserved. */
static enum fg_status write_plainly(const struct setting *setting, bool sync, struct fg_error *error)
{
    const char *path = setting->spec.path;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool good = fd >= 0;
    if (good && fallocate(fd, 0, 0, (off_t)setting->bytes) != 0)
        good = errno == EOPNOTSUPP;
    for (size_t first = 0; good && first < setting->bytes;) {
        size_t left = setting->bytes - first;
        ssize_t written = write(fd, setting->memory + first, left < PIECE ? left : PIECE);
        good = written > 0 || (written < 0 && errno == EINTR);
        first += written > 0 ? (size_t)written : 0;
    }
    good = good && (!sync || fsync(fd) == 0);
    int reason = errno;
    if (fd >= 0)
        good = close(fd) == 0 && good;
    return good ? FG_OK : fg_fail(error, FG_FAILED, "%s: %s", path, strerror(reason));
}

static enum fg_status time_write(const struct setting *setting, bool sync, double *seconds,
                                 struct fg_error *error)
{
    double start = bench_now();
    enum fg_status status = write_plainly(setting, sync, error);
    *seconds = bench_now() - start;
    unlink(setting->spec.path);
    return status;
}

static enum fg_status run_write(void *context, double *seconds, struct fg_error *error)
{
    return time_write(context, false, seconds, error);
}

static enum fg_status run_write_synced(void *context, double *seconds, struct fg_error *error)
{
    return time_write(context, true, seconds, error);
}

/* Memory as large as all fields, in large pages where the system has them. */
static enum fg_status reserve_memory(struct setting *setting, struct fg_error *error)
{
    const struct fg_problem *problem = &setting->problem;
    double bytes = (double)problem->phi.n * (double)problem->r.n * (double)problem->n_data *
                   (double)wanted_bytes(problem);
    setting->bytes = problem->phi.n * problem->r.n * problem->n_data * wanted_bytes(problem);
    if (bytes > (double)FG_FILE_MAX ||
        posix_memalign((void **)&setting->memory, (size_t)1 << 21, setting->bytes) != 0)
        return fg_fail(error, FG_FAILED,
                       "no memory for %.0f bytes to compare with; a smaller grid needs less", bytes);
    madvise(setting->memory, setting->bytes, MADV_HUGEPAGE);
    return FG_OK;
}

static enum fg_status bench_sweep(struct setting *setting, json_t **result, struct fg_error *error)
{
    const struct fg_problem *problem = &setting->problem;
    double cells = (double)problem->phi.n * (double)problem->r.n * (double)problem->n_data;
    enum { COMPUTE, TO_MEMORY, STORE, FILE_CACHED, WRITE, FILE_SYNCED, WRITE_SYNCED, N };
    enum fg_status status = reserve_memory(setting, error);
    if (status != FG_OK)
        return status;
    double bytes = (double)setting->bytes;
    struct bench_case cases[N] = {
        [COMPUTE] = {"compute", "all fields, tile by tile, thrown away", run_compute, setting, cells, "cells",
                     NULL},
        [TO_MEMORY] = {"compute-to-memory", "the same, kept in memory as a whole", run_compute_to_memory,
                       setting, cells, "cells", NULL},
        [STORE] = {"store", "as many bytes stored to memory by the same threads", run_store, setting, bytes,
                   "B", NULL},
        [FILE_CACHED] = {"file", "the whole run, into the page cache", run_file_cached, setting, cells,
                         "cells", NULL},
        [WRITE] = {"write", "as many bytes by write(2), one thread, reserved file", run_write, setting, bytes,
                   "B", NULL},
        [FILE_SYNCED] = {"file-fsync", "the whole run, on the disk", run_file_synced, setting, cells, "cells",
                         NULL},
        [WRITE_SYNCED] = {"write-fsync", "write(2) and fsync", run_write_synced, setting, bytes, "B", NULL},
    };
    const int ratios[][2] = {
        {COMPUTE, STORE}, {TO_MEMORY, STORE}, {FILE_CACHED, WRITE}, {FILE_SYNCED, WRITE_SYNCED}};
    size_t rounds = setting->options->repetitions;
    status = bench_run(cases, N, WARM_UP, rounds, error);
    if (status == FG_OK) {
        json_t *list = json_array();
        for (size_t k = 0; k < sizeof ratios / sizeof *ratios; k++)
            json_array_append_new(list, bench_ratio(&cases[ratios[k][0]], &cases[ratios[k][1]], rounds));
        if (!setting->options->json) {
            bench_print(cases, N, rounds);
            for (size_t k = 0; k < json_array_size(list); k++) {
                const json_t *ratio = json_array_get(list, k);
                printf("%s / %s: %.2f (median %.2f)\n", json_string_value(json_object_get(ratio, "of")),
                       json_string_value(json_object_get(ratio, "to")),
                       json_number_value(json_object_get(ratio, "minimum")),
                       json_number_value(json_object_get(ratio, "median")));
            }
        }
        *result = json_pack("{s:o, s:o}", "cases", bench_to_json(cases, N, rounds), "ratios", list);
    }
    bench_free(cases, N);
    return status;
}

/* --- scaling --- */

/* One point of a curve over the number of threads. */
struct scaling_point {
    struct setting setting; /* with method, rows and threads of this point */
    bool weak, file;
    size_t one; /* the point of the same curve with one thread */
    char name[48];
    char meaning[80];
};

static enum fg_status run_scaling(void *context, double *seconds, struct fg_error *error)
{
    struct scaling_point *point = context;
    return point->file ? run_file_cached(&point->setting, seconds, error)
                       : run_compute(&point->setting, seconds, error);
}

enum { MOST_COUNTS = 64 };

/* Numbers of threads from 1 to `most`: all up to eight, then four for every doubling. Returns how many. */
static size_t thread_counts(int most, int counts[MOST_COUNTS])
{
    size_t n = 0;
    int step = 1;
    for (int t = 1; t < most; t += step) {
        counts[n++] = t;
        step = t / step >= 8 ? 2 * step : step;
    }
    counts[n++] = most;
    return n;
}

/* Summing at every cell takes so much longer than interpolating that it gets a part of the rows only. */
#define ROWS_OF_DIRECT 64

static bool of_both(const struct setting *setting)
{
    return setting->options->method == FG_AUTO;
}

/* Tiles are those of the whole grid everywhere, or else weak scaling would change their size with the
 * threads. Those of direct sums are as much smaller as their grid is, so that there are as many. */
static size_t scaling_tile(const struct setting *setting, bool direct)
{
    const struct fg_problem *problem = &setting->problem;
    struct fg_tiling tiling = fg_tiling(&problem->phi, &problem->r, problem->tile_cells);
    size_t cells = tiling.rows * tiling.columns / (direct && of_both(setting) ? ROWS_OF_DIRECT : 1);
    return cells > 0 ? cells : 1;
}

static size_t scaling_rows(const struct setting *setting, bool direct)
{
    size_t rows = setting->problem.phi.n / (direct && of_both(setting) ? ROWS_OF_DIRECT : 1);
    return rows > 0 ? rows : 1;
}

/* The grid of a point. Weak scaling: a share of the rows and the whole range of phi for every thread, so that
 * cells and nodes both grow with the threads. It ends with as many cells as strong scaling has. */
static struct fg_axis scaling_phi(const struct setting *setting, bool direct, bool weak, int threads)
{
    struct fg_axis phi = setting->problem.phi;
    phi.n = scaling_rows(setting, direct);
    if (weak) {
        size_t share = phi.n / (size_t)setting->threads;
        phi.n = (share > 0 ? share : 1) * (size_t)threads;
        phi.high = phi.low + (phi.high - phi.low) * threads;
    }
    return phi;
}

static const char *method_name(const struct scaling_point *point)
{
    return point->setting.problem.method == FG_DIRECT ? "direct" : "chebyshev";
}

static void plan_point(const struct setting *setting, enum fg_method method, int threads,
                       struct scaling_point *point)
{
    struct fg_axis phi = scaling_phi(setting, method == FG_DIRECT, point->weak, threads);
    point->setting = *setting;
    point->setting.threads = threads;
    point->setting.problem.method = method;
    point->setting.problem.phi = point->setting.spec.phi = phi;
    point->setting.problem.tile_cells = point->setting.spec.tile_cells =
        scaling_tile(setting, method == FG_DIRECT);
    snprintf(point->name, sizeof point->name, "%s-%s-%s-%d", method_name(point),
             point->file ? "file" : "compute", point->weak ? "weak" : "strong", threads);
    snprintf(point->meaning, sizeof point->meaning, "%zu x %zu cells, %s", phi.n, setting->problem.r.n,
             point->file ? "the whole run, into the page cache" : "all fields, thrown away");
}

/* All points, curve by curve: methods, computing alone and with the file, strong and weak. Returns how many.
 */
static size_t plan_scaling(const struct setting *setting, struct scaling_point *points)
{
    int counts[MOST_COUNTS];
    size_t n = 0, n_counts = thread_counts(setting->threads, counts);
    for (int curve = 0; curve < 8; curve++) {
        enum fg_method method = curve < 4 ? FG_DIRECT : FG_CHEBYSHEV;
        if (setting->options->method != FG_AUTO && setting->options->method != (int)method)
            continue;
        for (size_t c = 0; c < n_counts; c++) {
            struct scaling_point *point = &points[n + c];
            *point = (struct scaling_point){.file = curve / 2 % 2, .weak = curve % 2, .one = n};
            plan_point(setting, method, counts[c], point);
        }
        n += n_counts;
    }
    return n;
}

/* One entry of "scaling", by the minima. */
static json_t *scaling_to_json(const struct scaling_point *points, const struct bench_case *cases, size_t p,
                               size_t rounds)
{
    const struct scaling_point *point = &points[p];
    double one = bench_statistics(&cases[point->one], rounds).least;
    double own = bench_statistics(&cases[p], rounds).least;
    int threads = point->setting.threads;
    double efficiency = point->weak ? one / own : one / own / threads;
    const struct fg_problem *problem = &point->setting.problem;
    struct fg_tiling tiling = fg_tiling(&problem->phi, &problem->r, problem->tile_cells);
    return json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:f, s:f}", "method", method_name(point), "timed",
                     point->file ? "file" : "compute", "kind", point->weak ? "weak" : "strong", "threads",
                     threads, "phi", (json_int_t)problem->phi.n, "r", (json_int_t)problem->r.n, "tiles",
                     (json_int_t)tiling.n, "speed_up", efficiency * threads, "efficiency", efficiency);
}

static enum fg_status bench_scaling(struct setting *setting, json_t **result, struct fg_error *error)
{
    enum { MOST = 8 * MOST_COUNTS };
    size_t n = 0, rounds = setting->options->repetitions;
    struct scaling_point *points = calloc(MOST, sizeof *points);
    struct bench_case *cases = calloc(MOST, sizeof *cases);
    enum fg_status status = FG_OK;
    if (!points || !cases) {
        status = fg_fail(error, FG_FAILED, "no memory");
    } else {
        n = plan_scaling(setting, points);
        for (size_t p = 0; p < n; p++) {
            const struct fg_problem *problem = &points[p].setting.problem;
            double cells = (double)problem->phi.n * (double)problem->r.n * (double)problem->n_data;
            cases[p] = (struct bench_case){points[p].name, points[p].meaning, run_scaling, &points[p],
                                           cells,          "cells",           NULL};
        }
        status = bench_run(cases, n, WARM_UP, rounds, error);
    }
    if (status == FG_OK) {
        json_t *list = json_array();
        for (size_t p = 0; p < n; p++)
            json_array_append_new(list, scaling_to_json(points, cases, p, rounds));
        if (!setting->options->json) {
            bench_print(cases, n, rounds);
            for (size_t p = 0; p < n; p++) {
                const json_t *point = json_array_get(list, p);
                printf("%-28s speed-up %.2f, efficiency %.2f\n", cases[p].name,
                       json_number_value(json_object_get(point, "speed_up")),
                       json_number_value(json_object_get(point, "efficiency")));
            }
        }
        *result = json_pack("{s:o, s:o}", "cases", bench_to_json(cases, n, rounds), "scaling", list);
    }
    if (cases)
        bench_free(cases, n);
    free(cases);
    free(points);
    return status;
}

/* --- the command --- */

/* A name for the file to write, beside nothing of the user's. */
static enum fg_status name_file(char path[4096], const char *directory, struct fg_error *error)
{
    int length = snprintf(path, 4096, "%s/fishergrid-bench-%ld.h5", directory, (long)getpid());
    if (length >= 4096)
        return fg_fail(error, FG_BAD_INPUT, "--directory: the name is too long");
    return fg_writer_check(path, false, error);
}

static json_t *problem_to_json(const struct setting *setting)
{
    const struct fg_problem *problem = &setting->problem;
    json_t *sets = json_array();
    for (size_t s = 0; s < problem->n_data; s++)
        json_array_append_new(sets, json_pack("{s:s, s:I}", "name", setting->workload.data[s].name, "samples",
                                              (json_int_t)setting->workload.data[s].n));
    return json_pack("{s:I, s:I, s:o, s:s, s:s, s:i}", "phi", (json_int_t)problem->phi.n, "r",
                     (json_int_t)problem->r.n, "data", sets, "kernel", problem->kernel->name, "config",
                     setting->record.config_json, "threads", setting->threads);
}

static enum fg_status run_kind(struct setting *setting, struct fg_error *error)
{
    static const struct {
        const char *name;
        enum fg_status (*run)(struct setting *setting, json_t **result, struct fg_error *error);
    } kinds[] = {{"kernel", bench_kernel}, {"sweep", bench_sweep}, {"scaling", bench_scaling}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (strcmp(setting->options->input, kinds[k].name) != 0)
            continue;
        json_t *result = NULL;
        enum fg_status status = kinds[k].run(setting, &result, error);
        if (status == FG_OK && setting->options->json)
            return print_json(json_pack("{s:s, s:o, s:o, s:o}", "bench", kinds[k].name, "machine",
                                        bench_machine(), "problem", problem_to_json(setting), "result",
                                        result),
                              error);
        json_decref(result);
        return status == FG_OK ? finish_output(error) : status;
    }
    return fg_fail(error, FG_BAD_INPUT, "unknown bench '%.60s'; there are: kernel, sweep, scaling",
                   setting->options->input);
}

enum fg_status command_bench(struct options *options, int argc, char **argv, struct fg_error *error)
{
    char path[4096];
    struct setting *setting = calloc(1, sizeof *setting);
    if (!setting)
        return fg_fail(error, FG_FAILED, "no memory");
    if (options->threads == 0)
        options->threads = (uint64_t)omp_get_max_threads();
    setting->options = options;
    setting->threads = (int)options->threads;
    enum fg_status status = name_file(path, options->directory, error);
    if (status == FG_OK)
        status = workload_load(&setting->workload, options, workload_r_bound(options), error);
    if (status == FG_OK)
        status = run_record_init(&setting->record, options, argc, argv, setting->workload.kernel, error);
    if (status == FG_OK) {
        setting->problem = workload_problem(&setting->workload, options);
        setting->spec = workload_file(&setting->workload, options, path, &setting->record.run);
        status = run_kind(setting, error);
    }
    free(setting->memory);
    run_record_free(&setting->record);
    workload_free(&setting->workload);
    free(setting);
    return status;
}
