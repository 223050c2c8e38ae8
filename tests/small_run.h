/* Shared by the tests of files: a small sweep of two data sets, its files in a directory of its own, and
 * access to their bytes. Only this file describes the sweep. A test begins with `#define _POSIX_C_SOURCE
 * 200809L`, which this file needs. */
#ifndef FISHERGRID_SMALL_RUN_H
#define FISHERGRID_SMALL_RUN_H

#include "check.h"

#include <dirent.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fishergrid/file.h"
#include "fishergrid/merge.h"
#include "fishergrid/result.h"
#include "fishergrid/stationary.h"
#include "fishergrid/sweep.h"
#include "open_result.h"

/* Real fields have 5040 bytes each, enough for pages of their own; the last tile of a data set is smaller. */
enum {
    SMALL_PHI = 30,
    SMALL_R = 21,
    SMALL_CELLS = SMALL_PHI * SMALL_R,
    SMALL_ROWS = 4,  /* number of rows of a tile */
    SMALL_TILES = 8, /* number of tiles of a data set */
    SMALL_TILE_CELLS = SMALL_ROWS * SMALL_R,
    SMALL_DATA = 2,
    SMALL_PATH = 96,
    SMALL_SWAP = 128 /* maximum number of bytes of file_swap */
};
#define SMALL_THREADS 4 /* number of threads that the file records */
#define SMALL_SEED 5
#define SMALL_START_TIME "2001-02-03T04:05:06Z"
#define SMALL_END_TIME "2001-02-03T04:05:07Z"
#define SMALL_SUMMARY "{\"cells\": 1260}"

/* --- statuses --- */

static inline void assert_done(enum fg_status status, const struct fg_error *error)
{
    if (status != FG_OK)
        fail_msg("%s", error->text);
}

/* Asserts that the status is the expected one, and that the error text is one line with these words. */
static inline void assert_refused(enum fg_status status, enum fg_status expected,
                                  const struct fg_error *error, const char *words)
{
    assert_int_equal(status, expected);
    if (!strstr(error->text, words) || strchr(error->text, '\n'))
        fail_msg("expected '%s', got '%s'", words, error->text);
}

/* --- files --- */

static inline bool file_exists(const char *path, const char *suffix)
{
    char name[SMALL_PATH + 16];
    struct stat file;
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return lstat(name, &file) == 0;
}

/* Returns the contents of a file, followed by a 0. The caller frees them. */
static inline char *file_bytes(const char *path, size_t *n)
{
    struct stat status;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &status) != 0)
        fail_msg("%s cannot be read", path);
    char *bytes = calloc(1, (size_t)status.st_size + 1);
    *n = fread(bytes, 1, (size_t)status.st_size, file);
    fclose(file);
    return bytes;
}

static inline void file_write(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* Exchanges n bytes of the file at `offset` with `bytes`. */
static inline void file_swap(const char *path, uint64_t offset, void *bytes, size_t n)
{
    char old[SMALL_SWAP];
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_true(n <= sizeof old && fseek(file, (long)offset, SEEK_SET) == 0 && fread(old, 1, n, file) == n);
    assert_true(fseek(file, (long)offset, SEEK_SET) == 0 && fwrite(bytes, 1, n, file) == n);
    assert_int_equal(fclose(file), 0);
    memcpy(bytes, old, n);
}

/* Changes the byte at `offset`. */
static inline void file_flip(const char *path, uint64_t offset)
{
    unsigned char byte = 0;
    file_swap(path, offset, &byte, 1);
    byte ^= 1;
    file_swap(path, offset, &byte, 1);
}

static inline void assert_same_files(const char *a, const char *b)
{
    size_t n, other_n;
    char *bytes = file_bytes(a, &n), *others = file_bytes(b, &other_n);
    assert_int_equal(n, other_n);
    assert_memory_equal(bytes, others, n);
    free(bytes);
    free(others);
}

/* --- values --- */

/* All fields of all cells; a sink in memory fills it. */
struct small_grid {
    double field[SMALL_DATA][FG_N_REAL_FIELDS][SMALL_CELLS];
    unsigned char flag[SMALL_DATA][FG_N_FLAG_FIELDS][SMALL_CELLS];
};

static inline const void *small_grid_field(const struct small_grid *grid, size_t s, int f)
{
    return f < FG_N_REAL_FIELDS ? (const void *)grid->field[s][f] : grid->flag[s][FG_FLAG(f)];
}

static inline enum fg_status small_grid_put(void *context, size_t s, const struct fg_tile *tile,
                                            const struct fg_cells *cells, const struct fg_summary *found,
                                            struct fg_error *error)
{
    struct small_grid *grid = context;
    const size_t first = tile->i0 * SMALL_R + tile->j0, n = tile->rows * tile->columns;
    (void)found, (void)error;
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        if (cells->field[f])
            memcpy(grid->field[s][f] + first, cells->field[f], n * sizeof(double));
    }
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++) {
        if (cells->flag[f])
            memcpy(grid->flag[s][f] + first, cells->flag[f], n);
    }
    return FG_OK;
}

static inline struct fg_sink small_grid_sink(struct small_grid *grid)
{
    memset(grid, 0, sizeof *grid);
    return (struct fg_sink){.put = small_grid_put, .context = grid};
}

static inline void assert_same_grids(const struct small_grid *a, const struct small_grid *b)
{
    assert_memory_equal(a->field, b->field, sizeof a->field);
    assert_memory_equal(a->flag, b->flag, sizeof a->flag);
}

static inline struct fg_result *open_or_fail(const char *path)
{
    struct fg_result *result;
    struct fg_error error;
    assert_done(fg_result_open(&result, path, &error), &error);
    return result;
}

/* Returns the offsets of the arrays of an open file. */
static inline const struct fg_layout_map *map_of(const struct fg_result *result)
{
    return &fg_result_opened(result)->map;
}

/* Reads all values of an open file of the whole grid. */
static inline void small_grid_read(struct small_grid *grid, const struct fg_result *result)
{
    struct fg_error error;
    memset(grid, 0, sizeof *grid);
    for (size_t s = 0; s < SMALL_DATA; s++) {
        for (int f = 0; f < FG_N_FIELDS; f++)
            assert_done(fg_result_read_cells(result, s, (enum fg_field)f, 0, SMALL_CELLS,
                                             (void *)small_grid_field(grid, s, f), &error),
                        &error);
    }
}

/* Asserts that all members are equal except the plans, which only a sweep has. */
static inline void assert_same_summary(const struct fg_summary *a, const struct fg_summary *b)
{
    assert_true(a->min_loss == b->min_loss);
    assert_int_equal(a->min_i, b->min_i);
    assert_int_equal(a->min_j, b->min_j);
    assert_memory_equal(a->flags, b->flags, sizeof a->flags);
    assert_int_equal(a->direct_fallback_cells, b->direct_fallback_cells);
}

/* --- the run --- */

/* Data set A, and one of a single sample, whose natural gradient is NaN: its Fisher matrix has rank 1. */
struct small_run {
    char directory[32];
    char path[SMALL_PATH]; /* a file in the directory */
    struct fg_dataset data[SMALL_DATA];
    struct fg_summary summary[SMALL_DATA]; /* summary of the last sweep or merge */
    struct fg_samples samples[SMALL_DATA];
    struct fg_setup setup;
    struct fg_problem problem;
    struct fg_output output;
    struct fg_result *result; /* the open file, or NULL */
};

/* Selects part k of n of the grid; 0 of 0 is the whole grid. */
static inline void small_run_choose_part(struct small_run *run, size_t k, size_t n)
{
    run->setup.part = k;
    run->setup.parts = n;
    assert_int_equal(fg_setup_cut(&run->setup, NULL), FG_OK);
}

/* Computes what follows from the data sets. */
static inline void small_run_prepare(struct small_run *run)
{
    run->setup.n_data = 0;
    for (size_t s = 0; s < SMALL_DATA; s++) {
        fg_samples_free(&run->samples[s]);
        assert_int_equal(fg_samples_init(&run->samples[s], &run->data[s], NULL), FG_OK);
        fg_setup_add_data(&run->setup, &run->data[s], s == 0);
    }
    small_run_choose_part(run, 0, 0);
}

/* Sets the damping, so that the run has other values. */
static inline void small_run_choose_damping(struct small_run *run, double damping)
{
    run->setup.damping = damping;
}

/* Moves the samples of A by `x1`. If e^x1 is too large for 32 bits, so are natural gradients of cells in
 * which samples are on the wrong side of the line. */
static inline void small_run_move_samples(struct small_run *run, double x1)
{
    for (size_t k = 0; k < run->data[0].n; k++)
        run->data[0].x1[k] += x1;
    small_run_prepare(run);
}

static inline void small_run_choose_fields(struct small_run *run, fg_field_set fields)
{
    run->setup.fields = fields;
}

static inline void small_run_init(struct small_run *run)
{
    const struct fg_gaussian draw = {.samples_per_class = 20, .spread = 0.3, .seed = 5},
                             one = {.samples_per_class = 1, .spread = 0.3, .seed = 5};
    *run = (struct small_run){.directory = "small_run.XXXXXX"};
    assert_non_null(mkdtemp(run->directory));
    snprintf(run->path, sizeof run->path, "%s/run.h5", run->directory);
    assert_int_equal(fg_dataset_builtin(&run->data[0], "A", &draw, 1, NULL), FG_OK);
    assert_int_equal(fg_dataset_builtin(&run->data[1], "A", &one, 1, NULL), FG_OK);
    strcpy(run->data[1].name, "alone");
    run->data[1].n = 1;
    run->setup = (struct fg_setup){.phi = {.n = SMALL_PHI, .low = 0, .high = 2 * acos(-1)},
                                   .r = {.n = SMALL_R, .low = -5, .high = 5},
                                   .tile_cells = SMALL_TILE_CELLS,
                                   .gaussian = draw,
                                   .fields = FG_ALL_FIELDS,
                                   .arithmetic = 7};
    run->problem = (struct fg_problem){
        .setup = &run->setup, .samples = run->samples, .kernel = fg_kernel_select(NULL, NULL)};
    strcpy(run->setup.kernel, run->problem.kernel->name);
    run->output =
        (struct fg_output){.setup = &run->setup,
                           .samples = run->samples,
                           .sync_seconds = 1e-3,
                           .provenance = {.text = {[FG_TEXT_VERSION] = "1.2.3",
                                                   [FG_TEXT_START_TIME] = SMALL_START_TIME,
                                                   [FG_TEXT_COMMAND_LINE] = "fishergrid sweep -o run.h5",
                                                   [FG_TEXT_CONFIG] = "{}",
                                                   [FG_TEXT_GIT_REVISION] = "0123abc",
                                                   [FG_TEXT_COMPILER] = "cc 4.5",
                                                   [FG_TEXT_COMPILER_FLAGS] = "-O6",
                                                   [FG_TEXT_HOST] = "node7"},
                                          .threads = SMALL_THREADS,
                                          .processes = 1}};
    small_run_prepare(run);
}

/* Calls `visit`, unless it is NULL, for each file of the directory. Returns the number of files. */
static inline size_t small_run_files(const struct small_run *run, int (*visit)(const char *))
{
    size_t n = 0;
    DIR *directory = opendir(run->directory);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        char name[sizeof run->directory + sizeof entry->d_name];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", run->directory, entry->d_name);
        n++;
        if (visit)
            visit(name);
    }
    closedir(directory);
    return n;
}

static inline void small_run_free(struct small_run *run)
{
    fg_result_close(&run->result);
    small_run_files(run, unlink);
    rmdir(run->directory);
    for (size_t s = 0; s < SMALL_DATA; s++) {
        fg_samples_free(&run->samples[s]);
        fg_dataset_free(&run->data[s]);
    }
}

/* Makes a new run, the state of a test. It is removed even if the test fails. */
static inline int small_run_set_up(void **state)
{
    *state = malloc(sizeof(struct small_run));
    small_run_init(*state);
    return 0;
}

static inline int small_run_tear_down(void **state)
{
    small_run_free(*state);
    free(*state);
    return 0;
}

#define small_run_test(name) cmocka_unit_test_setup_teardown(name, small_run_set_up, small_run_tear_down)

/* Returns the path of another file in the directory. */
static inline const char *small_run_file(const struct small_run *run, const char *name, char path[SMALL_PATH])
{
    snprintf(path, SMALL_PATH, "%s/%s", run->directory, name);
    return path;
}

/* Returns tile t, which is the same for each data set. */
static inline struct fg_tile small_run_tile(const struct small_run *run, size_t t)
{
    return fg_tiling_at(&run->setup.grid.tiling, t);
}

/* Returns a text of the file; NULL for the summary, which is padded with blanks, and for the version of HDF5.
 */
static inline const char *small_run_text(const struct small_run *run, enum fg_text text)
{
    return text == FG_TEXT_PROGRAM    ? "fishergrid"
           : text == FG_TEXT_END_TIME ? SMALL_END_TIME
                                      : run->output.provenance.text[text];
}

/* --- what becomes of it --- */

static inline enum fg_status small_run_lay_out(const struct small_run *run, const char *path,
                                               struct fg_layout_map *map, struct fg_error *error)
{
    return fg_layout_create(path, &run->output, map, error);
}

static inline size_t small_run_arrays(const struct small_run *run, const struct fg_layout_map *map,
                                      struct fg_layout_range arrays[LAYOUT_ARRAYS_MAX(SMALL_DATA)])
{
    return fg_layout_arrays(&run->setup, map, arrays);
}

/* Returns the size of the file in bytes. */
static inline uint64_t small_run_bytes(const struct small_run *run)
{
    uint64_t bytes;
    assert_int_equal(fg_output_size(&run->output, &bytes, NULL), FG_OK);
    return bytes;
}

static inline enum fg_status small_run_create(struct small_run *run, const char *path, bool force,
                                              struct fg_writer **writer, struct fg_error *error)
{
    run->output.path = path;
    run->output.force = force;
    return fg_writer_open(writer, &run->output, error);
}

static inline enum fg_status small_run_fill(struct small_run *run, int threads, const struct fg_sink *sink,
                                            const struct fg_watcher *watcher, struct fg_error *error)
{
    return fg_sweep(&run->problem, threads, sink, watcher, run->summary, error);
}

/* Merges parts, which may be in any order. */
static inline enum fg_status small_run_merge(struct small_run *run, struct fg_result **parts, size_t n,
                                             int threads, const struct fg_sink *sink,
                                             const struct fg_watcher *watcher, struct fg_error *error)
{
    struct fg_setup whole;
    struct fg_setup_difference difference;
    enum fg_status status = fg_merge_plan(parts, n, &whole, error);
    if (status != FG_OK)
        return status;
    assert_false(fg_setup_differ(&whole, &run->setup, &difference));
    return fg_merge(parts, n, &whole, threads, sink, watcher, run->summary, error);
}

/* Computes the values without a file. */
static inline void small_run_compute(struct small_run *run, struct small_grid *grid)
{
    struct fg_error error;
    const struct fg_sink sink = small_grid_sink(grid);
    assert_done(small_run_fill(run, 1, &sink, NULL, &error), &error);
}

/* Finishes the file, all of whose tiles are written. */
static inline void small_run_end(struct small_run *run, struct fg_writer **writer)
{
    struct fg_stationary points[SMALL_DATA];
    struct fg_error error;
    for (size_t s = 0; s < SMALL_DATA; s++)
        assert_done(fg_stationary_find(&points[s], &run->problem, s, 1, NULL, &error), &error);
    fg_writer_set_stationary(*writer, points);
    assert_done(fg_writer_finish(writer, SMALL_END_TIME, SMALL_SUMMARY, &error), &error);
}

/* Computes the missing tiles, and finishes the file. */
static inline void small_run_finish(struct small_run *run, int threads, struct fg_writer **writer)
{
    struct fg_error error;
    const struct fg_sink sink = fg_writer_sink(*writer);
    assert_done(small_run_fill(run, threads, &sink, NULL, &error), &error);
    small_run_end(run, writer);
}

/* Makes a complete file. */
static inline void small_run_write(struct small_run *run, const char *path)
{
    struct fg_writer *writer;
    struct fg_error error;
    assert_done(small_run_create(run, path, false, &writer, &error), &error);
    small_run_finish(run, 1, &writer);
}

/* Makes a complete file and opens it. It stays open until the end of the test. */
static inline const struct fg_result *small_run_open(struct small_run *run)
{
    small_run_write(run, run->path);
    run->result = open_or_fail(run->path);
    return run->result;
}

/* Makes the file of part k of n. */
static inline void small_run_write_part(struct small_run *run, const char *path, size_t k, size_t n)
{
    small_run_choose_part(run, k, n);
    small_run_write(run, path);
    small_run_choose_part(run, 0, 0);
}

/* Functions of a watcher that stops after `left` tiles. */
static inline void small_stop_count(void *left, uint64_t cells_done, uint64_t cells)
{
    (void)cells_done, (void)cells;
    if (atomic_load((atomic_size_t *)left) > 0)
        atomic_fetch_sub((atomic_size_t *)left, 1);
}

static inline bool small_stop_now(void *left)
{
    return atomic_load((atomic_size_t *)left) == 0;
}

static inline struct fg_watcher small_stop(atomic_size_t *left)
{
    return (struct fg_watcher){.tell = small_stop_count, .stop = small_stop_now, .context = left};
}

/* Makes PATH.part with the first `tiles` tiles. The tiles of A come first. */
static inline void small_run_suspend_after(struct small_run *run, const char *path, size_t tiles)
{
    struct fg_writer *writer;
    struct fg_error error;
    atomic_size_t left = tiles;
    const struct fg_watcher watcher = small_stop(&left);
    assert_done(small_run_create(run, path, false, &writer, &error), &error);
    const struct fg_sink sink = fg_writer_sink(writer);
    assert_int_equal(small_run_fill(run, 1, &sink, &watcher, &error), FG_INTERRUPTED);
    assert_done(fg_writer_suspend(&writer, &error), &error);
}

/* Makes the .part file of the run and opens it. It stays open until the end of the test. */
static inline const struct fg_result *small_run_open_suspended(struct small_run *run, size_t tiles)
{
    char path[SMALL_PATH];
    small_run_suspend_after(run, run->path, tiles);
    run->result = open_or_fail(small_run_file(run, "run.h5.part", path));
    return run->result;
}

#endif
