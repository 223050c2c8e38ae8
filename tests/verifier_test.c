/* Tests verifying: all checks of a correct file pass, and each fault is found by the checks that should find
 * it. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */
#include "small_run.h"

#include "fishergrid/verify.h"

/* With so many random cells, a cell is left out with a probability of e^-3. With this seed, the changed cell
 * is not. */
static const struct fg_verify_options options = {.cells = 3 * SMALL_CELLS, .seed = 1, .threads = 2};

/* The reports of an open file. */
struct report {
    struct fg_file_report file;
    struct fg_verify_report data[SMALL_DATA];
};

static struct report verify(const struct fg_result *result)
{
    struct report report;
    struct fg_error error;
    assert_done(fg_verify_file(result, &report.file, &error), &error);
    for (size_t s = 0; s < SMALL_DATA; s++)
        assert_done(fg_verify_data(result, s, &options, &report.data[s], &error), &error);
    return report;
}

/* A set of checks, one bit each. */
typedef uint64_t check_set;
#define CHECK(number) ((check_set)1 << (number))
#define TILES CHECK(FG_CHECK_TILES)
#define SUMMARIES CHECK(FG_CHECK_SUMMARIES)
#define VALUES CHECK(FG_CHECK_VALUES)
#define SEMIDEFINITE CHECK(FG_CHECK_SEMIDEFINITE)
#define SAMPLES CHECK(FG_CHECK_SAMPLES)
#define STATIONARY CHECK(FG_CHECK_STATIONARY)
#define DIFFERENCES (CHECK(FG_CHECK_DIFFERENCE_PHI) | CHECK(FG_CHECK_DIFFERENCE_R))

static check_set wrong_of(const struct fg_check *check, int n)
{
    check_set wrong = 0;
    for (int c = 0; c < n; c++)
        wrong |= check[c].wrong > 0 ? CHECK(c) : 0;
    return wrong;
}

/* Asserts that exactly these checks of the file and of data set A have found a fault. */
static void assert_wrong(const struct report *report, check_set file, check_set data)
{
    assert_int_equal(wrong_of(report->file.check, FG_N_FILE_CHECKS), file);
    assert_int_equal(wrong_of(report->data[0].check, FG_N_DATA_CHECKS), data);
    assert_int_equal(wrong_of(report->data[1].check, FG_N_DATA_CHECKS), 0);
}

static void a_right_file_has_no_wrong_check(void **state)
{
    struct small_run *run = *state;
    const struct report report = verify(small_run_open(run));
    assert_wrong(&report, 0, 0);
    assert_string_equal(report.file.first_mismatch, "");
    for (size_t s = 0; s < SMALL_DATA; s++)
        assert_same_summary(&report.data[s].found, &run->summary[s]);
}

/* The check by finite differences has the largest bound, about the square of its step 2^-16. */
static void checks_are_counted_and_errors_have_bounds(void **state)
{
    struct small_run *run = *state;
    const struct report report = verify(small_run_open(run));
    const struct fg_check *file = report.file.check, *data = report.data[0].check;
    assert_true(file[FG_CHECK_SETUP].checked == 1);
    assert_true(file[FG_CHECK_STRUCTURE].checked > 100); /* 60 objects, with attributes */
    assert_int_equal(file[FG_CHECK_TEXTS].checked, FG_N_TEXTS);
    assert_true(file[FG_CHECK_PHI].checked == SMALL_PHI && file[FG_CHECK_R].checked == SMALL_R);
    for (int f = 0; f < FG_N_FIELDS; f++)
        assert_int_equal(data[f].checked, options.cells);
    assert_int_equal(data[FG_CHECK_DIFFERENCE_PHI].checked, (options.cells + 7) / 8);
    assert_int_equal(data[FG_CHECK_DIFFERENCE_R].checked, (options.cells + 7) / 8);
    assert_int_equal(data[FG_CHECK_SEMIDEFINITE].checked, SMALL_CELLS);
    assert_int_equal(data[FG_CHECK_VALUES].checked, SMALL_CELLS);
    assert_int_equal(data[FG_CHECK_TILES].checked, SMALL_TILES);
    assert_int_equal(data[FG_CHECK_SUMMARIES].checked, 2 * SMALL_TILES);      /* marks, numbers */
    assert_int_equal(data[FG_CHECK_SAMPLES].checked, 1 + 2 * run->data[0].n); /* hash, each, its number */
    for (int c = 0; c < FG_N_DATA_CHECKS; c++) {
        assert_true(data[c].worst <= data[c].bound &&
                    data[c].bound < (c == FG_FISHER_CURVATURE ? 1e-9 : 0x1p-31));
        assert_int_equal(data[c].bound > 0,
                         c <= FG_CHECK_SEMIDEFINITE && (c < FG_N_REAL_FIELDS || c >= FG_N_FIELDS));
    }
}

/* Changes n bytes at `offset`, verifies the file, and restores the bytes. */
static struct report verify_changed(const struct fg_result *result, uint64_t offset, const void *bytes,
                                    size_t n)
{
    char swapped[SMALL_SWAP];
    memcpy(swapped, bytes, n);
    file_swap(result->path, offset, swapped, n);
    struct fg_result *changed = open_or_fail(result->path); /* opening reads layout_hash */
    const struct report report = verify(changed);
    fg_result_close(&changed);
    file_swap(result->path, offset, swapped, n);
    return report;
}

enum { CELL = 100, CELLS = 16 }; /* of rows 4 and 5, in the second tile */

/* Changes neighbouring cells, because one cell in 8 is checked by differences. A change of a thousandth is
 * far above every bound, and too small to violate other checks. */
static void changed_values_of_a_field_are_found_by_its_check(void **state)
{
    struct small_run *run = *state;
    const struct fg_result *result = small_run_open(run);
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        const check_set differences = f == FG_GRADIENT_PHI ? CHECK(FG_CHECK_DIFFERENCE_PHI)
                                      : f == FG_GRADIENT_R ? CHECK(FG_CHECK_DIFFERENCE_R)
                                                           : 0;
        double values[CELLS];
        assert_int_equal(fg_result_read_cells(result, 0, (enum fg_field)f, CELL, CELLS, values, NULL), FG_OK);
        for (size_t k = 0; k < CELLS; k++)
            values[k] *= 1.001;
        const struct report report = verify_changed(
            result, map_of(result)->data[0].field[f] + CELL * sizeof *values, values, sizeof values);
        const struct fg_check *check = report.data[0].check;
        assert_wrong(&report, 0, CHECK(f) | TILES | differences);
        assert_true(check[FG_CHECK_TILES].wrong == 1 && check[FG_CHECK_TILES].i == SMALL_ROWS);
        assert_in_range(check[f].i * SMALL_R + check[f].j, CELL, CELL + CELLS - 1);
    }
}

/* A change of one number: a double, a word, or a byte. */
struct change {
    uint64_t offset;
    union {
        double number;
        uint64_t word;
    } value;
    size_t bytes;
    check_set file, data; /* checks that find it */
};

static void each_change_is_found_by_the_checks_that_should_find_it(void **state)
{
    struct small_run *run = *state;
    const struct fg_result *result = small_run_open(run);
    const struct fg_layout_data *at = &map_of(result)->data[0];
    const uint64_t loss = at->field[FG_LOSS] + CELL * sizeof(double),
                   F_rphi = at->field[FG_FISHER_R_PHI] + CELL * sizeof(double),
                   flag = at->field[FG_NATURAL_GRADIENT_FLAG] + CELL;
    const check_set of_loss = CHECK(FG_LOSS), of_F = CHECK(FG_FISHER_R_PHI),
                    of_flag = CHECK(FG_NATURAL_GRADIENT_FLAG);
    const struct change changes[] = {
        {loss, {.number = -1}, 8, 0, of_loss | TILES | SUMMARIES | VALUES},
        {F_rphi, {.number = NAN}, 8, 0, of_F | TILES | VALUES | SEMIDEFINITE},
        {F_rphi, {.number = 1e3}, 8, 0, of_F | TILES | SEMIDEFINITE},
        {flag, {.word = FG_RECOMPUTED}, 1, 0, TILES | SUMMARIES},
        {flag, {.word = FG_UNDEFINED}, 1, 0, of_flag | TILES | SUMMARIES | VALUES},
        {at->column[COLUMN_MARK + MARK_CHECKSUM] + 8, {.word = 1}, 8, 0, TILES},
        {at->column[COLUMN_MARK + MARK_CHECKSUM] + 8, {.word = 0}, 8, 0, TILES},
        {at->column[COLUMN_MARK + MARK_MIN_LOSS] + 8, {.number = 1}, 8, 0, TILES | SUMMARIES},
        {at->column[COLUMN_MARK + MARK_MIN_LOSS_CELL] + 8, {.word = CELL}, 8, 0, TILES | SUMMARIES},
        {at->column[COLUMN_MARK + MARK_UNDEFINED] + 8, {.word = 1}, 8, 0, TILES | SUMMARIES},
        {at->column[COLUMN_MARK + MARK_DIRECT_FALLBACK_CELLS] + 8, {.word = 1}, 8, 0, TILES},
        {at->column[COLUMN_TILE] + 8, {.word = 7}, 8, 0, SUMMARIES},
        {at->column[COLUMN_SAMPLE] + 8, {.word = 7}, 8, 0, SAMPLES},
        {at->column[COLUMN_X0] + 8,
         {.number = 3},
         8,
         0,
         (CHECK(FG_N_REAL_FIELDS) - 1) | CHECK(FG_NEWTON_FLAG) | SAMPLES | DIFFERENCES | STATIONARY},
        {at->column[COLUMN_X0] + 8, {.number = 2e6}, 8, 0, SAMPLES}, /* nothing is computed from that */
        {at->column[COLUMN_Y] + 1, {.word = 2}, 1, 0, SAMPLES},
        {at->column[COLUMN_POINT] + 8, {.word = 7}, 8, 0, STATIONARY},
        {at->column[COLUMN_POINT_PHI], {.number = 3}, 8, 0, STATIONARY},
        {at->column[COLUMN_POINT_LOSS] + 63 * 8, {.word = 7}, 8, 0, STATIONARY}, /* a row that is not used */
        {at->column[COLUMN_POINT_KIND] + 5, {.word = FG_SADDLE}, 1, 0, STATIONARY},
        {at->column[COLUMN_POINTS_NOTES], {.word = FG_LEVEL}, 1, 0, STATIONARY},
        {at->column[COLUMN_POINTS_CHECKSUM], {.word = 0}, 8, 0, STATIONARY},
        {map_of(result)->phi + 8, {.number = 0.2}, 8, CHECK(FG_CHECK_PHI), 0},
        {map_of(result)->r + 8, {.number = -4.4}, 8, CHECK(FG_CHECK_R), 0},
        {map_of(result)->layout_hash, {.word = 7}, 8, CHECK(FG_CHECK_SETUP), 0},
    };
    for (size_t c = 0; c < sizeof changes / sizeof *changes; c++) {
        const struct report report =
            verify_changed(result, changes[c].offset, &changes[c].value, changes[c].bytes);
        assert_wrong(&report, changes[c].file, changes[c].data);
    }
}

/* Checks the correct file without an attribute of an object, or without the object. */
static void check_missing(struct small_run *run, const char *object, const char *attribute,
                          const char *first_mismatch, check_set file)
{
    small_run_write(run, run->path);
    hid_t open = H5Fopen(run->path, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true((attribute ? H5Adelete_by_name(open, object, attribute, H5P_DEFAULT)
                           : H5Ldelete(open, object, H5P_DEFAULT)) >= 0);
    H5Fclose(open);
    struct fg_result *result = open_or_fail(run->path);
    const struct report report = verify(result);
    assert_wrong(&report, CHECK(FG_CHECK_STRUCTURE) | file, 0);
    assert_string_equal(report.file.first_mismatch, first_mismatch);
    fg_result_close(&result);
    unlink(run->path);
}

static void missing_objects_are_found_and_named(void **state)
{
    check_missing(*state, "/phi", "units", "/phi: attribute units is missing", 0);
    check_missing(*state, "/entry/A/loss", NULL, "/entry/A/loss is missing", 0);
    check_missing(*state, LAYOUT_PARAMETERS "/host", NULL, LAYOUT_PARAMETERS "/host is missing",
                  CHECK(FG_CHECK_TEXTS));
}

static void of_a_file_under_way_done_tiles_are_checked(void **state)
{
    const struct report report = verify(small_run_open_suspended(*state, 3));
    assert_wrong(&report, 0, 0);
    assert_int_equal(report.data[0].tiles_done, 3);
    assert_int_equal(report.data[0].check[FG_CHECK_VALUES].checked, 3 * SMALL_TILE_CELLS);
    assert_int_equal(report.data[0].check[FG_LOSS].checked, options.cells);
    assert_int_equal(report.data[1].tiles_done, 0);
    assert_int_equal(report.data[1].check[FG_LOSS].checked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        small_run_test(a_right_file_has_no_wrong_check),
        small_run_test(checks_are_counted_and_errors_have_bounds),
        small_run_test(changed_values_of_a_field_are_found_by_its_check),
        small_run_test(each_change_is_found_by_the_checks_that_should_find_it),
        small_run_test(missing_objects_are_found_and_named),
        small_run_test(of_a_file_under_way_done_tiles_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
