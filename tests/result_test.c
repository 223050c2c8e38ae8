/* Reading a result file: what was written comes back to the bit, and what is no such file is refused. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */
#include "small_run.h"

static void fields_are_read_back_to_the_bit(void **state)
{
    struct small_run *run = *state;
    struct small_grid grid, read;
    small_run_compute(run, &grid);
    small_grid_read(&read, small_run_open(run));
    assert_same_grids(&read, &grid);
    fg_result_close(&run->result);
    fg_result_close(&run->result);
    assert_null(run->result);
}

static void axes_and_tiles_are_read_back_to_the_bit(void **state)
{
    const struct fg_result *result = small_run_open(*state);
    const struct fg_tiling tiling = {SMALL_PHI, SMALL_R, SMALL_ROWS, SMALL_R, SMALL_TILES};
    const double high = 2 * acos(-1);
    assert_true(result->setup.grid.phi.n == SMALL_PHI && result->setup.grid.phi.whole == 0 &&
                result->setup.grid.r.n == SMALL_R);
    assert_true(result->setup.grid.phi.low == 0 && result->setup.grid.r.low == -5 &&
                result->setup.grid.r.high == 5);
    assert_memory_equal(&result->setup.grid.phi.high, &high, sizeof high);
    assert_memory_equal(&result->setup.grid.tiling, &tiling, sizeof tiling);
}

static void a_part_knows_its_place_in_the_whole(void **state)
{
    struct small_run *run = *state;
    small_run_write_part(run, run->path, 2, 3); /* tiles 2, 3 and 4 of 8 */
    struct fg_result *result = open_or_fail(run->path);
    assert_int_equal(result->setup.grid.phi.first, 2 * SMALL_ROWS);
    assert_int_equal(result->setup.grid.phi.n, 3 * SMALL_ROWS);
    assert_int_equal(result->setup.grid.phi.whole, SMALL_PHI);
    assert_int_equal(result->setup.grid.tiling.n, 3);
    fg_result_close(&result);
}

static void samples_are_read_back_to_the_bit(void **state)
{
    struct small_run *run = *state;
    const struct fg_result *result = small_run_open(run);
    assert_int_equal(result->setup.n_data, SMALL_DATA);
    for (size_t s = 0; s < SMALL_DATA; s++) {
        const struct fg_dataset *data = &run->data[s];
        struct fg_dataset read = {0};
        assert_int_equal(fg_result_read_samples(result, s, &read, NULL), FG_OK);
        assert_string_equal(read.name, data->name);
        assert_string_equal(result->setup.data[s].name, data->name);
        assert_int_equal(read.n, data->n);
        assert_memory_equal(read.x0, data->x0, data->n * sizeof *data->x0);
        assert_memory_equal(read.x1, data->x1, data->n * sizeof *data->x1);
        assert_memory_equal(read.y, data->y, data->n);
        assert_int_equal(result->data[s].fields, FG_ALL_FIELDS);
        fg_dataset_free(&read);
    }
}

static void texts_and_numbers_are_those_of_the_run(void **state)
{
    struct small_run *run = *state;
    const struct fg_result *result = small_run_open(run);
    assert_true(result->complete && !result->packed);
    for (int t = 0; t < FG_N_TEXTS; t++) {
        const char *expected = small_run_text(run, (enum fg_text)t);
        assert_non_null(result->text[t]);
        if (expected)
            assert_string_equal(result->text[t], expected);
    }
    assert_memory_equal(result->text[FG_TEXT_SUMMARY], SMALL_SUMMARY " ", sizeof SMALL_SUMMARY);
    assert_int_equal(result->threads, SMALL_THREADS);
    assert_int_equal(result->processes, 1);
}

/* Where nothing is done yet, values and flags are 0. */
static void a_file_under_way_opens_and_says_so(void **state)
{
    enum { DONE = 3, CELLS = DONE * SMALL_TILE_CELLS };
    struct small_run *run = *state;
    struct small_grid grid, read;
    small_run_compute(run, &grid);
    const struct fg_result *result = small_run_open_suspended(run, DONE);
    assert_false(result->complete);
    assert_int_equal(strspn(result->text[FG_TEXT_END_TIME], " "), strlen(SMALL_END_TIME));
    for (size_t s = 0; s < SMALL_DATA; s++) {
        uint64_t n;
        for (size_t t = 0; t < SMALL_TILES; t++) {
            bool done;
            assert_int_equal(fg_result_tile_done(result, s, t, &done, NULL), FG_OK);
            assert_int_equal(done, s == 0 && t < DONE);
        }
        assert_int_equal(fg_result_count_tiles(result, s, &n, NULL), FG_OK);
        assert_int_equal(n, s == 0 ? DONE : 0);
    }
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++)
        memset(grid.flag[0][f] + CELLS, FG_NOT_COMPUTED, SMALL_CELLS - CELLS);
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        memset(grid.field[0][f] + CELLS, 0, (SMALL_CELLS - CELLS) * sizeof(double));
    small_grid_read(&read, result);
    assert_memory_equal(read.field[0], grid.field[0], sizeof grid.field[0]);
    assert_memory_equal(read.flag[0], grid.flag[0], sizeof grid.flag[0]);
}

static void cells_beyond_the_grid_and_fields_left_out_are_refused(void **state)
{
    struct small_run *run = *state;
    const uint64_t beyond[][2] = {
        {SMALL_CELLS, 1}, {SMALL_CELLS - 1, 2}, {0, SMALL_CELLS + 1}, {UINT64_MAX, 2}};
    double values[SMALL_CELLS + 1], last;
    struct fg_error error;
    small_run_choose_fields(run, FG_ALL_FIELDS & ~(1u << FG_GRADIENT_R));
    const struct fg_result *result = small_run_open(run);
    for (size_t b = 0; b < sizeof beyond / sizeof *beyond; b++)
        assert_refused(fg_result_read_cells(result, 1, FG_LOSS, beyond[b][0], beyond[b][1], values, &error),
                       FG_BAD_INPUT, &error, "loss_alone has no values there");
    assert_refused(fg_result_read_cells(result, 0, FG_GRADIENT_R, 0, 1, values, &error), FG_BAD_INPUT, &error,
                   "gradient_r_A has no values there");
    assert_int_equal(fg_result_read_cells(result, 1, FG_LOSS, 0, SMALL_CELLS, values, NULL), FG_OK);
    assert_int_equal(fg_result_read_cells(result, 1, FG_LOSS, SMALL_CELLS - 1, 1, &last, NULL), FG_OK);
    assert_true(last == values[SMALL_CELLS - 1]);
    assert_true(result->data[1].fields == (FG_ALL_FIELDS & ~(1u << FG_GRADIENT_R)));
}

/* The file PATH is none of ours; who opened it has nothing to close. */
static void refuse(const char *path, const char *words)
{
    struct fg_result *result;
    struct fg_error error;
    assert_refused(fg_result_open(&result, path, &error), FG_BAD_INPUT, &error, words);
    assert_memory_equal(error.text, path, strlen(path));
    assert_null(result);
}

static void truncated_files_and_garbage_are_refused(void **state)
{
    struct small_run *run = *state;
    uint64_t random = 7;
    size_t n;
    small_run_write(run, run->path);
    char *bytes = file_bytes(run->path, &n), path[SMALL_PATH];
    const size_t lengths[] = {0, 1, 47, 48, 4096, n / 2, n - 1};
    small_run_file(run, "bad.h5", path);
    refuse(path, "No such file");
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        file_write(path, bytes, lengths[l]);
        refuse(path, lengths[l] < 48 ? "not an HDF5 file, or damaged: " : "damaged: truncated file: ");
    }
    memset(bytes + 48, 0, n - 48); /* nothing behind the superblock */
    file_write(path, bytes, n);
    refuse(path, "");
    for (size_t k = 0; k < n; k++)
        bytes[k] = (char)between(&random, -128, 128);
    file_write(path, bytes, n);
    refuse(path, "not an HDF5 file");
    H5Fclose(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    refuse(path, "an HDF5 file, but not one that fishergrid made");
    free(bytes);
}

static void the_setup_is_read_back(void **state)
{
    struct small_run *run = *state;
    struct fg_setup_difference difference;
    small_run_choose_damping(run, 0.1);
    const struct fg_result *result = small_run_open(run);
    assert_false(fg_setup_differ(&result->setup, &run->setup, &difference));
    assert_memory_equal(&result->setup.grid, &run->setup.grid, sizeof run->setup.grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        small_run_test(fields_are_read_back_to_the_bit),
        small_run_test(axes_and_tiles_are_read_back_to_the_bit),
        small_run_test(samples_are_read_back_to_the_bit),
        small_run_test(texts_and_numbers_are_those_of_the_run),
        small_run_test(a_part_knows_its_place_in_the_whole),
        small_run_test(a_file_under_way_opens_and_says_so),
        small_run_test(cells_beyond_the_grid_and_fields_left_out_are_refused),
        small_run_test(truncated_files_and_garbage_are_refused),
        small_run_test(the_setup_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
