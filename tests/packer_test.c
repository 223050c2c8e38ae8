/* Tests packing: values keep their bits, or are rounded as documented; a refusal or interruption leaves no
 * file. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */
#include "small_run.h"

#include <float.h>

#include "fishergrid/pack.h"
#include "fishergrid/verify.h"
#include "quantize.h"

static const struct fg_packing lossless = {.level = 6, .kept_bits = 52, .history = "packed"};

/* --- rounding --- */

static void values_are_rounded_to_the_nearest_and_ties_to_even(void **state)
{
    (void)state;
    const struct fg_packing packing = {.kept_bits = 1};
    const double values[] = {1, 1.25, 1.26, 1.75, -1.25, -3.6, 5e-324, 0.0, -0.0, DBL_MAX, -INFINITY};
    const double rounded[] = {1, 1, 1.5, 2, -1, -4, 0, 0.0, -0.0, 0x1.8p1023, -INFINITY};
    for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
        double value = values[k], worst = 0;
        assert_int_equal(fg_quantize(&packing, &value, 1, &worst), 1);
        assert_memory_equal(&value, &rounded[k], sizeof value);
        assert_true(worst == (value == values[k] ? 0 : fabs(value - values[k]) / fabs(values[k])));
    }
}

static void only_finite_values_can_be_too_large_for_32_bits(void **state)
{
    (void)state;
    const struct fg_packing packing = {.kept_bits = 52, .float32 = true};
    double values[] = {INFINITY, -FLT_MAX, FLT_MAX * (1 + 0x1p-26), NAN, -FLT_MAX * (1 + 0x1p-24)}, worst = 0;
    assert_int_equal(fg_quantize(&packing, values, 5, &worst), 4);
    assert_true(values[2] == (double)FLT_MAX && worst < 0x1p-25 && worst > 0);
}

/* --- files --- */

/* The outcome of packing. */
struct outcome {
    enum fg_status status;
    struct fg_error error;
    struct fg_packed packed[SMALL_DATA];
    uint64_t bytes;
};

/* Packs an open file. Removes the result if that fails. */
static struct outcome pack(const struct fg_result *from, const char *path, const struct fg_packing *packing,
                           const struct fg_watcher *watcher, const char *summary)
{
    struct outcome outcome;
    struct fg_packer *packer;
    outcome.status = fg_packer_create(&packer, from, path, packing, false, &outcome.error);
    if (outcome.status == FG_OK)
        outcome.status = fg_packer_fill(packer, 2, watcher, outcome.packed, &outcome.error);
    if (outcome.status == FG_OK)
        outcome.status = fg_packer_finish(&packer, summary, &outcome.bytes, &outcome.error);
    fg_packer_discard(&packer);
    assert_null(packer);
    return outcome;
}

static void packed_fields_unpack_to_the_same_bits(void **state)
{
    struct small_run *run = *state;
    const struct fg_result *from = small_run_open(run);
    struct small_grid grid, read;
    char path[SMALL_PATH];
    const struct outcome outcome =
        pack(from, small_run_file(run, "p.h5", path), &lossless, NULL, SMALL_SUMMARY);
    assert_done(outcome.status, &outcome.error);
    assert_int_equal(small_run_files(run, NULL), 2);
    struct fg_result *to = open_or_fail(path);
    assert_true(to->packed && to->complete && !to->float32 && to->kept_bits == 0 && to->bytes < from->bytes);
    assert_int_equal(outcome.bytes, to->bytes);
    assert_int_equal(fg_result_read_cells(to, 0, FG_LOSS, 0, 1, grid.field, NULL), FG_BAD_INPUT);
    assert_int_equal(fg_result_unpack(to, NULL), FG_OK);
    small_grid_read(&grid, from);
    small_grid_read(&read, to);
    assert_same_grids(&read, &grid);
    for (int t = 0; t < FG_N_TEXTS; t++)
        assert_string_equal(to->text[t], from->text[t]);
    for (size_t s = 0; s < SMALL_DATA; s++)
        assert_same_summary(&outcome.packed[s].found, &run->summary[s]);
    fg_result_close(&to);
}

/* Returns the largest relative error of a field. NaN must stay NaN. */
static double largest_error(const double *stored, const double *computed)
{
    double worst = 0;
    for (size_t k = 0; k < SMALL_CELLS; k++) {
        assert_int_equal(isnan(stored[k]), isnan(computed[k]));
        if (stored[k] != computed[k] && !isnan(computed[k]))
            worst = fmax(worst, fabs(stored[k] - computed[k]) / fabs(computed[k]));
    }
    return worst;
}

/* Checks a packed file: it passes verify, marks fit the rounded values, and the errors are within their
 * bounds. */
static void check_right(const struct fg_result *result)
{
    const struct fg_verify_options options = {.cells = 100, .threads = 1};
    struct fg_file_report file;
    struct fg_verify_report report;
    assert_int_equal(fg_verify_file(result, &file, NULL), FG_OK);
    for (int c = 0; c < FG_N_FILE_CHECKS; c++)
        assert_int_equal(file.check[c].wrong, 0);
    for (size_t s = 0; s < SMALL_DATA; s++) {
        assert_int_equal(fg_verify_data(result, s, &options, &report, NULL), FG_OK);
        for (int c = 0; c < FG_N_DATA_CHECKS; c++)
            assert_int_equal(report.check[c].wrong, 0);
    }
}

/* The bound is half a unit of the last decimal digit, or of the last bit of a float. */
static void rounding_keeps_the_promised_digits_and_tells_its_largest_error(void **state)
{
    struct small_run *run = *state;
    const struct fg_result *from = small_run_open(run);
    const int digits[] = {1, 7, 15, 17};
    const double bounds[] = {0.5e-1, 0.5e-7, 0.5e-15, 0x1p-24};
    struct small_grid grid, read;
    char path[SMALL_PATH];
    small_grid_read(&grid, from);
    small_run_file(run, "p.h5", path);
    for (size_t d = 0; d < sizeof digits / sizeof *digits; d++) {
        const struct fg_packing packing = {1, fg_kept_bits(digits[d]), digits[d] == 17, "rounded"};
        const struct outcome outcome = pack(from, path, &packing, NULL, SMALL_SUMMARY);
        assert_done(outcome.status, &outcome.error);
        struct fg_result *to = open_or_fail(path);
        assert_true(to->kept_bits == packing.kept_bits % 52 && to->float32 == packing.float32);
        assert_int_equal(fg_result_unpack(to, NULL), FG_OK);
        small_grid_read(&read, to);
        assert_memory_equal(read.flag, grid.flag, sizeof read.flag);
        for (size_t k = 0; k < SMALL_DATA * FG_N_REAL_FIELDS; k++) {
            const size_t s = k / FG_N_REAL_FIELDS, f = k % FG_N_REAL_FIELDS;
            const double worst = largest_error(read.field[s][f], grid.field[s][f]);
            assert_true(worst <= bounds[d] && worst == outcome.packed[s].relative_error[f]);
            assert_true(worst == to->data[s].relative_error[f]);
        }
        check_right(to);
        fg_result_close(&to);
        unlink(path);
    }
}

/* --- refusals --- */

/* Asserts that packing fails with this status and these words, and leaves no file. */
static void refuse(struct small_run *run, const struct fg_result *from, const struct fg_packing *packing,
                   const struct fg_watcher *watcher, const char *summary, enum fg_status status,
                   const char *words)
{
    char path[SMALL_PATH];
    const size_t files = small_run_files(run, NULL);
    const struct outcome outcome =
        pack(from, small_run_file(run, "none.h5", path), packing, watcher, summary);
    assert_refused(outcome.status, status, &outcome.error, words);
    assert_int_equal(small_run_files(run, NULL), files);
}

/* Truncates the file after the first chunk is packed, long after all tiles have been compared. */
static void cut_short(void *path, uint64_t cells_done, uint64_t cells)
{
    (void)cells_done, (void)cells;
    assert_int_equal(truncate(path, 8192), 0);
}

static void a_source_that_shrinks_while_it_is_packed_is_bad_input(void **state)
{
    struct small_run *run = *state;
    const struct fg_result *from = small_run_open(run);
    const struct fg_watcher watcher = {.tell = cut_short, .context = run->path};
    refuse(run, from, &lossless, &watcher, "", FG_BAD_INPUT, "the file is too short");
}

/* At a distance of 100 natural gradients reach e^100, 2.7e43. */
static void values_beyond_32_bits_are_refused(void **state)
{
    struct small_run *run = *state;
    const struct fg_packing packing = {.level = 1, .kept_bits = 52, .float32 = true, .history = ""};
    small_run_move_samples(run, 100);
    refuse(run, small_run_open(run), &packing, NULL, "", FG_BAD_INPUT, "too large for 32 bits");
}

static void sources_that_are_changed_or_incomplete_or_packed_are_refused(void **state)
{
    struct small_run *run = *state;
    char path[SMALL_PATH];
    refuse(run, small_run_open_suspended(run, 1), &lossless, NULL, "", FG_BAD_INPUT, "is not complete");
    fg_result_close(&run->result);
    const struct fg_result *from = small_run_open(run);
    assert_int_equal(pack(from, small_run_file(run, "p.h5", path), &lossless, NULL, "").status, FG_OK);
    assert_int_equal(pack(from, path, &lossless, NULL, "").status, FG_BAD_INPUT);
    struct fg_result *to = open_or_fail(path);
    refuse(run, to, &lossless, NULL, "", FG_BAD_INPUT, "is packed already");
    fg_result_close(&to);
    file_flip(run->path, map_of(from)->data[1].field[FG_LOSS] + 3 * SMALL_TILE_CELLS * sizeof(double));
    refuse(run, from, &lossless, NULL, "", FG_BAD_INPUT,
           "tile 3 of data set alone has changed since it was written");
}

static void whoever_gives_up_leaves_nothing(void **state)
{
    struct small_run *run = *state;
    const struct fg_result *from = small_run_open(run);
    char path[SMALL_PATH], too_long[FG_SUMMARY_MAX(SMALL_DATA) + 2] = {0};
    struct fg_packer *packer;
    atomic_size_t left = 0;
    const struct fg_watcher watcher = small_stop(&left);
    small_run_file(run, "p.h5", path);
    assert_int_equal(fg_packer_create(&packer, from, path, &lossless, false, NULL), FG_OK);
    assert_true(file_exists(path, ".part.new") && file_exists(path, ".lock"));
    fg_packer_discard(&packer);
    assert_int_equal(small_run_files(run, NULL), 1);
    refuse(run, from, &lossless, &watcher, "", FG_INTERRUPTED, "stopped before the end");
    memset(too_long, '!', sizeof too_long - 1);
    refuse(run, from, &lossless, NULL, too_long, FG_FAILED, LAYOUT_SUMMARY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_rounded_to_the_nearest_and_ties_to_even),
        cmocka_unit_test(only_finite_values_can_be_too_large_for_32_bits),
        small_run_test(packed_fields_unpack_to_the_same_bits),
        small_run_test(rounding_keeps_the_promised_digits_and_tells_its_largest_error),
        small_run_test(values_beyond_32_bits_are_refused),
        small_run_test(a_source_that_shrinks_while_it_is_packed_is_bad_input),
        small_run_test(sources_that_are_changed_or_incomplete_or_packed_are_refused),
        small_run_test(whoever_gives_up_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
