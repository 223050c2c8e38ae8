/* What happens when memory runs out, at whichever allocation. Objects that shared libraries allocate do not
 * count, except those of Jansson, which takes an allocator. */
#define _GNU_SOURCE /* vasprintf */
#include "failing_memory.h"
#include "tile_room.h"

#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fishergrid/hdf5_samples.h"
#include "fishergrid/sources.h"
#include "fishergrid/stationary.h"
#include "fishergrid/sweep.h"
#include "options.h"
#include "provenance.h"

/* --- data sets --- */

static const struct fg_gaussian draw = {.samples_per_class = 40, .spread = 0.3, .seed = 5};

static void assert_empty(const struct fg_dataset *data)
{
    assert_int_equal(data->n, 0);
    assert_true(!data->x0 && !data->x1 && !data->y);
    assert_string_equal(data->name, "");
}

static enum fg_status draw_b(void *context, struct fg_error *error)
{
    struct fg_dataset data = {0};
    (void)context;
    enum fg_status status = fg_dataset_builtin(&data, "B", &draw, 1, error);
    if (status != FG_OK)
        assert_empty(&data);
    fg_dataset_free(&data);
    return status;
}

static void a_builtin_data_set_needs_three_arrays(void **state)
{
    (void)state;
    assert_int_equal(allocations_needed(draw_b, NULL), 3);
}

static enum fg_status read_csv(void *path, struct fg_error *error)
{
    struct fg_dataset data = {0};
    enum fg_status status = fg_dataset_read_csv(&data, "mine", path, 1, error);
    if (status != FG_OK)
        assert_empty(&data);
    fg_dataset_free(&data);
    return status;
}

static void a_csv_file_needs_room_for_a_batch_and_three_arrays_that_grow(void **state)
{
    (void)state;
    char path[] = "no_memory_test.XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    fputs("x0,x1,y\n", file);
    for (int k = 0; k < 60000; k++) /* two batches */
        fputs("1,2,0\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(allocations_needed(read_csv, path), 2 + 2 * 3);
    unlink(path);
}

static enum fg_status read_hdf5(void *path, struct fg_error *error)
{
    struct fg_dataset data = {0};
    bool is_result;
    enum fg_status status = fg_dataset_read_hdf5(&data, "mine", path, "/", &is_result, error);
    if (status != FG_OK)
        assert_empty(&data);
    fg_dataset_free(&data);
    return status;
}

static void an_hdf5_file_needs_three_arrays_and_a_name(void **state)
{
    (void)state;
    static const double ones[] = {1, 1};
    char path[] = "no_memory_test.XXXXXX";
    close(mkstemp(path));
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(1, (const hsize_t[]){2}, NULL), real = H5T_NATIVE_DOUBLE;
    for (const char *const *name = (const char *const[]){"x0", "x1", "y", NULL}; *name; name++) {
        const hid_t column = H5Dcreate2(file, *name, real, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Dwrite(column, real, H5S_ALL, H5S_ALL, H5P_DEFAULT, ones) >= 0);
        assert_true(H5Dclose(column) >= 0);
    }
    assert_true(H5Sclose(space) >= 0 && H5Fclose(file) >= 0);
    assert_int_equal(allocations_needed(read_hdf5, path), 4);
    unlink(path);
}

static enum fg_status make_samples(void *data, struct fg_error *error)
{
    struct fg_samples samples;
    enum fg_status status = fg_samples_init(&samples, data, error);
    assert_true(status == FG_OK || (samples.n == 0 && !samples.x0 && !samples.x1));
    fg_samples_free(&samples);
    return status;
}

static void samples_need_one_block(void **state)
{
    (void)state;
    struct fg_dataset data = {0};
    assert_int_equal(fg_dataset_builtin(&data, "A", &draw, 1, NULL), FG_OK);
    assert_int_equal(allocations_needed(make_samples, &data), 1);
    fg_dataset_free(&data);
}

static enum fg_status sort_samples(void *unused, struct fg_error *error)
{
    double x0[] = {1, 2, 3}, x1[] = {4, 5, 6};
    unsigned char y[] = {1, 0, 1};
    struct fg_dataset mixed = {.name = "X", .n = 3, .x0 = x0, .x1 = x1, .y = y};
    struct fg_samples samples;
    enum fg_status status = fg_samples_sort(&samples, &mixed, error);
    (void)unused;
    assert_true(status == FG_OK || (samples.n == 0 && !samples.x0 && x0[0] == 1));
    assert_true(status != FG_OK || (samples.x0[0] == 2 && samples.x0[2] == 3 && samples.x1[1] == 4));
    return status;
}

static void sorting_needs_room_for_one_class(void **state)
{
    (void)state;
    assert_int_equal(allocations_needed(sort_samples, NULL), 1);
}

static enum fg_status make_sources(void *samples, struct fg_error *error)
{
    struct fg_samples sources;
    enum fg_status status = fg_sources_init(&sources, samples, 1e6, fg_kernel_select(NULL, NULL), 1, error);
    assert_true(status == FG_OK ? sources.n > 0 : sources.n == 0 && !sources.owned);
    fg_samples_free(&sources);
    return status;
}

/* The tables of squares of the thread and of all, and the list of the thread; the order and its room; boxes:
 * of the thread, to do, and all; sources; stretches and their sums; what sums the cells of a box, for two
 * boxes. */
static void sources_need_thirteen_blocks(void **state)
{
    (void)state;
    const struct fg_gaussian dense = {.samples_per_class = 20000, .spread = 0.05};
    struct fg_dataset data = {0};
    struct fg_samples samples = {0};
    assert_int_equal(fg_dataset_builtin(&data, "A", &dense, 1, NULL), FG_OK);
    assert_int_equal(fg_samples_sort(&samples, &data, NULL), FG_OK);
    assert_int_equal(allocations_needed(make_sources, &samples), 13);
    fg_samples_free(&samples);
    fg_dataset_free(&data);
}

/* --- sweeps --- */

enum { N_DATA = 2 };

struct setting {
    struct fg_samples samples[N_DATA];
    struct fg_setup setup;
    struct fg_problem problem;
    int threads;
};

static struct setting *set_up(enum fg_method method, int threads)
{
    static struct setting setting;
    for (int s = 0; s < N_DATA; s++) {
        struct fg_dataset data = {0};
        assert_int_equal(fg_dataset_builtin(&data, s ? "B" : "A", &draw, 1, NULL), FG_OK);
        assert_int_equal(fg_samples_init(&setting.samples[s], &data, NULL), FG_OK);
        fg_dataset_free(&data);
    }
    setting.setup = (struct fg_setup){.phi = {.n = 20, .low = 0, .high = 1}, /* few panels, for speed */
                                      .r = {.n = 30, .low = -0.4, .high = 0.4},
                                      .method = method,
                                      .fields = FG_ALL_FIELDS,
                                      .n_data = N_DATA,
                                      .tile_cells = 50};
    assert_int_equal(fg_setup_cut(&setting.setup, NULL), FG_OK);
    setting.problem = (struct fg_problem){
        .setup = &setting.setup, .samples = setting.samples, .kernel = fg_kernel_select(NULL, NULL)};
    setting.threads = threads;
    return &setting;
}

static void tear_down(struct setting *setting)
{
    for (int s = 0; s < N_DATA; s++)
        fg_samples_free(&setting->samples[s]);
}

static enum fg_status sweep(void *context, struct fg_error *error)
{
    struct setting *setting = context;
    struct fg_summary summary[N_DATA];
    enum fg_status status = fg_sweep(&setting->problem, setting->threads, NULL, NULL, summary, error);
    for (int s = 0; status == FG_OK && s < N_DATA; s++) /* no cell is left out after all */
        assert_int_equal(summary[s].flags[0][FG_REGULAR] + summary[s].flags[0][FG_RECOMPUTED], 20 * 30);
    return status;
}

static enum fg_status find_points(void *context, struct fg_error *error)
{
    struct setting *setting = context;
    struct fg_stationary points;
    return fg_stationary_find(&points, &setting->problem, 0, setting->threads, NULL, error);
}

static void a_search_of_points_fails_without_memory(void **state)
{
    (void)state;
    struct setting *setting = set_up(FG_DIRECT, 1); /* more threads share boxes by chance, and so allocate */
    assert_true(allocations_needed(find_points, setting) > 0);
    tear_down(setting);
}

static void a_sweep_fails_whichever_thread_gets_no_memory(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 3; threads += 2) {
        struct setting *setting = set_up(FG_DIRECT, threads);
        long direct = allocations_needed(sweep, setting);
        assert_true(direct > threads); /* each has something of its own */
        setting->setup.method = FG_CHEBYSHEV;
        assert_int_equal(allocations_needed(sweep, setting), direct + N_DATA); /* tables of nodes */
        tear_down(setting);
    }
}

static enum fg_status make_room(void *tiling, struct fg_error *error)
{
    struct fg_tile_room room;
    if (!fg_tile_room_make(&room, tiling, FG_ALL_FIELDS, 0))
        return fg_fail(error, FG_FAILED, "no memory");
    fg_tile_room_free(&room);
    return FG_OK;
}

static void a_tile_of_large_pages_is_made_or_not(void **state)
{
    (void)state;
    struct fg_grid grid =
        fg_grid_cut(&(struct fg_axis){.n = 256, .high = 1}, &(struct fg_axis){.n = 256, .high = 1}, 65536);
    assert_int_equal(allocations_needed(make_room, &grid.tiling), 1);
}

/* Its answer is a size, with no room for a failure but 0. */
static void the_memory_of_a_sweep_is_0_where_there_is_none_to_find_out(void **state)
{
    (void)state;
    struct setting *setting = set_up(FG_CHEBYSHEV, 2);
    const uint64_t bytes = fg_sweep_memory(&setting->problem, 2);
    const long before = blocks_in_use;
    assert_true(bytes > 0);
    for (bool refused = true; refused;) {
        static long n;
        refuse_memory(n++, 1);
        const uint64_t again = fg_sweep_memory(&setting->problem, 2);
        refused = allocations > refused_from;
        refuse_memory(0, 0);
        assert_int_equal(again, refused ? 0 : bytes);
        assert_int_equal(blocks_in_use, before);
    }
    tear_down(setting);
}

static enum fg_status find_arithmetic(void *kernel, struct fg_error *error)
{
    static uint64_t with_memory;
    uint64_t arithmetic = 0;
    enum fg_status status = fg_arithmetic(kernel, &arithmetic, error);
    if (status == FG_OK && with_memory == 0)
        with_memory = arithmetic;
    assert_true(status != FG_OK || arithmetic == with_memory);
    return status;
}

static void the_arithmetic_is_found_out_in_full_or_not(void **state)
{
    (void)state;
    void *kernel = (void *)(uintptr_t)fg_kernel_select("baseline", NULL); /* which is only read */
    assert_int_equal(find_arithmetic(kernel, NULL), FG_OK);
    assert_true(allocations_needed(find_arithmetic, kernel) > 10); /* samples, and a tile of each way */
}

/* --- messages --- */

static void a_message_too_long_loses_its_end_instead_of_its_middle(void **state)
{
    (void)state;
    struct fg_error error;
    char path[3000];
    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = '\0';
    refuse_memory(0, 1);
    const enum fg_status status = fg_fail(&error, FG_BAD_INPUT, "reading %s: why", path);
    refuse_memory(0, 0);
    assert_int_equal(status, FG_BAD_INPUT);
    assert_memory_equal(error.text, "reading ppp", 11);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    assert_null(strstr(error.text, "..."));
}

/* --- the record of a run --- */

struct command_line {
    enum command_id command;
    int argc;
    char *argv[8];
    struct options options; /* what it says */
    char *config;           /* and what belongs into the record */
};

static enum fg_status make_record(void *context, struct fg_error *error)
{
    struct command_line *line = context;
    struct provenance record = {0};
    enum fg_status status = provenance_init(&record, &line->options, error);
    if (status == FG_OK && line->config)
        assert_string_equal(record.config_json, line->config);
    else if (status == FG_OK)
        line->config = strdup(record.config_json);
    provenance_free(&record);
    return status;
}

static void a_record_is_whole_or_not_made(void **state)
{
    (void)state;
    static struct command_line lines[] = {
        {COMMAND_SWEEP,
         6,
         {"fishergrid sweep", "-o", "x.h5", "-dA", "-dmine=points.csv", "-N7"},
         .config = NULL},
        {COMMAND_BENCH,
         4,
         {"fishergrid bench", "sweep", "--seed=18446744073709551615", "--directory=d"},
         .config = NULL},
    };
    json_set_alloc_funcs(malloc, free);
    for (size_t l = 0; l < sizeof lines / sizeof *lines; l++) {
        struct command_line *line = &lines[l];
        struct fg_setup *setup = &line->options.setup;
        struct fg_error error;
        if (options_parse(&line->options, line->command, line->argc, line->argv, &error) != FG_OK)
            fail_msg("%s", error.text);
        line->options.argc = line->argc;
        line->options.argv = line->argv;
        setup->n_data = line->options.n_data; /* as if they had been loaded */
        for (size_t s = 0; s < setup->n_data; s++) {
            setup->data[s].drawn = !line->options.data[s].path;
            strcpy(setup->data[s].name, line->options.data[s].name);
        }
        assert_int_equal(make_record(line, &error), FG_OK);
        assert_true(allocations_needed(make_record, line) > 20); /* a name and a value of each option */
        free(line->config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_builtin_data_set_needs_three_arrays),
        cmocka_unit_test(a_csv_file_needs_room_for_a_batch_and_three_arrays_that_grow),
        cmocka_unit_test(an_hdf5_file_needs_three_arrays_and_a_name),
        cmocka_unit_test(samples_need_one_block),
        cmocka_unit_test(sorting_needs_room_for_one_class),
        cmocka_unit_test(sources_need_thirteen_blocks),
        cmocka_unit_test(a_tile_of_large_pages_is_made_or_not),
        cmocka_unit_test(a_sweep_fails_whichever_thread_gets_no_memory),
        cmocka_unit_test(a_search_of_points_fails_without_memory),
        cmocka_unit_test(the_memory_of_a_sweep_is_0_where_there_is_none_to_find_out),
        cmocka_unit_test(the_arithmetic_is_found_out_in_full_or_not),
        cmocka_unit_test(a_message_too_long_loses_its_end_instead_of_its_middle),
        cmocka_unit_test(a_record_is_whole_or_not_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
