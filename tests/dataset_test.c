/* The built-in data sets: known answers, the promises of dataset.h, and the refusals. */
#include <Random123/threefry.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fishergrid/dataset.h"

static struct fg_dataset draw_or_fail(const char *name, size_t samples_per_class, double spread,
                                      uint64_t seed)
{
    struct fg_dataset dataset = {0};
    struct fg_error error = {0};
    const struct fg_gaussian draw = {samples_per_class, spread, seed};
    if (fg_dataset_builtin(&dataset, name, &draw, 1, &error) != FG_OK)
        fail_msg("%s", error.text);
    return dataset;
}

static void check_empty(const struct fg_dataset *dataset)
{
    assert_int_equal(dataset->n, 0);
    assert_null(dataset->x0);
    assert_null(dataset->x1);
    assert_null(dataset->y);
    assert_string_equal(dataset->name, "");
}

/* From `kat_vectors` in the tests of Random123: zeros, ones, digits of pi. */
static void threefry_gives_its_published_answers(void **state)
{
    (void)state;
    static const struct {
        threefry2x64_ctr_t counter;
        threefry2x64_key_t key;
        uint64_t answer[2];
    } known[] = {
        {{{0, 0}}, {{0, 0}}, {0xc2b6e3a8c2c69865, 0x6f81ed42f350084d}},
        {{{UINT64_MAX, UINT64_MAX}}, {{UINT64_MAX, UINT64_MAX}}, {0xe02cb7c4d95d277a, 0xd06633d0893b8b68}},
        {{{0x243f6a8885a308d3, 0x13198a2e03707344}},
         {{0xa4093822299f31d0, 0x082efa98ec4e6c89}},
         {0x263c7d30bb0f0af1, 0x56be8361d3311526}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const threefry2x64_ctr_t answer = threefry2x64_R(20, known[i].counter, known[i].key);
        assert_true(answer.v[0] == known[i].answer[0] && answer.v[1] == known[i].answer[1]);
    }
}

/* Computed once in Python with 200 bits from u on and rounded to double; Threefry was written anew for it.
 *
 * Tolerance: the error of normal is about 2 ulp (log, cos and sin are good to 1 ulp in any libm, and 2 pi u
 * is rounded); times the spread 0.3, plus the last rounding, that stays below 2 epsilon for coordinates up
 * to 4. Another libm, or a compiler that fuses multiply and add, may use it up; glibc needs 0.4 ulp. */
static void first_samples_of_seed_0_are_the_recorded_ones(void **state)
{
    (void)state;
    static const struct {
        size_t k;
        double x0, x1;
    } recorded[] = {
        {0, 0.79599889149925, 1.0874035511995086},
        {1, 1.2133216335021733, 0.894799128825435},
        {500, 0.8100357834857586, 2.205048135311423},
        {501, 1.0928660269088073, 1.7942555047632116},
    };
    struct fg_dataset a = draw_or_fail("A", FG_SAMPLES_PER_CLASS, FG_SPREAD, 0);
    for (size_t i = 0; i < sizeof recorded / sizeof *recorded; i++) {
        assert_true(fabs(a.x0[recorded[i].k] - recorded[i].x0) <= 2 * DBL_EPSILON);
        assert_true(fabs(a.x1[recorded[i].k] - recorded[i].x1) <= 2 * DBL_EPSILON);
    }
    fg_dataset_free(&a);
}

static void samples_follow_the_formulas_of_the_header(void **state)
{
    (void)state;
    const size_t samples_per_class = 100;
    const double spread = 0.7;
    const uint64_t seed = UINT64_C(0x0123456789abcdef);
    struct fg_dataset a = draw_or_fail("A", samples_per_class, spread, seed);
    assert_string_equal(a.name, "A");
    assert_int_equal(a.n, 2 * samples_per_class);
    for (size_t k = 0; k < a.n; k++) {
        const uint64_t y = k / samples_per_class;
        const threefry2x64_ctr_t counter = {{k % samples_per_class, y}};
        const threefry2x64_key_t key = {{seed, 0}};
        const threefry2x64_ctr_t bits = threefry2x64_R(20, counter, key);
        const double u1 = ldexp((double)(bits.v[0] >> 11) + 0.5, -53);
        const double u2 = ldexp((double)(bits.v[1] >> 11) + 0.5, -53);
        const double length = spread * sqrt(-2 * log(u1));
        const double angle = 8 * atan(1) * u2;
        assert_int_equal(a.y[k], y);
        assert_true(fabs(a.x0[k] - (1 + length * cos(angle))) < 1e-14);
        assert_true(fabs(a.x1[k] - (1 + (double)y + length * sin(angle))) < 1e-14);
    }
    fg_dataset_free(&a);
}

static void b_is_a_with_5_added_to_x0(void **state)
{
    (void)state;
    struct fg_dataset a = draw_or_fail("A", 500, 0.3, 7);
    struct fg_dataset b = draw_or_fail("B", 500, 0.3, 7);
    assert_string_equal(b.name, "B");
    assert_int_equal(b.n, a.n);
    for (size_t k = 0; k < a.n; k++)
        assert_true(b.x0[k] == a.x0[k] + 5.0);
    assert_memory_equal(b.x1, a.x1, a.n * sizeof *a.x1);
    assert_memory_equal(b.y, a.y, a.n);
    fg_dataset_free(&a);
    fg_dataset_free(&b);
}

static void each_class_of_a_larger_set_begins_with_the_smaller_one(void **state)
{
    (void)state;
    struct fg_dataset small = draw_or_fail("A", 500, 0.3, 3);
    struct fg_dataset large = draw_or_fail("A", 1000, 0.3, 3);
    for (size_t y = 0; y < 2; y++) {
        assert_memory_equal(large.x0 + 1000 * y, small.x0 + 500 * y, 500 * sizeof(double));
        assert_memory_equal(large.x1 + 1000 * y, small.x1 + 500 * y, 500 * sizeof(double));
        assert_memory_equal(large.y + 1000 * y, small.y + 500 * y, 500);
    }
    fg_dataset_free(&small);
    fg_dataset_free(&large);
}

/* Enough samples for threads to share them, and a number that none of the teams divides. */
static void any_number_of_threads_draws_the_same_bits(void **state)
{
    (void)state;
    const struct fg_gaussian draw = {.samples_per_class = 20011, .spread = 0.3, .seed = 11};
    struct fg_dataset one = {0};
    assert_int_equal(fg_dataset_builtin(&one, "B", &draw, 1, NULL), FG_OK);
    for (int threads = 2; threads <= 8; threads += threads == 3 ? 5 : 1) {
        struct fg_dataset many = {0};
        assert_int_equal(fg_dataset_builtin(&many, "B", &draw, threads, NULL), FG_OK);
        assert_int_equal(many.n, one.n);
        assert_memory_equal(many.x0, one.x0, one.n * sizeof *one.x0);
        assert_memory_equal(many.x1, one.x1, one.n * sizeof *one.x1);
        assert_memory_equal(many.y, one.y, one.n);
        fg_dataset_free(&many);
    }
    fg_dataset_free(&one);
}

static void every_seed_draws_samples_of_its_own(void **state)
{
    (void)state;
    static const uint64_t seeds[] = {0, 1, 2, UINT64_C(1) << 32, UINT64_C(1) << 63, UINT64_MAX};
    double first[sizeof seeds / sizeof *seeds];
    for (size_t s = 0; s < sizeof seeds / sizeof *seeds; s++) {
        struct fg_dataset a = draw_or_fail("A", 1, 0.3, seeds[s]);
        first[s] = a.x0[0];
        fg_dataset_free(&a);
        for (size_t earlier = 0; earlier < s; earlier++)
            assert_true(first[s] != first[earlier]);
    }
}

/* Mean, standard deviation and correlation of one class, each within 5 of its standard errors: 1 in 2 million
 * draws would fail, and the draw is always the same. */
static void check_gaussian(const double *x0, const double *x1, size_t n, double mean0, double mean1,
                           double spread)
{
    double sum0 = 0, sum1 = 0, sum00 = 0, sum11 = 0, sum01 = 0;
    for (size_t k = 0; k < n; k++) {
        const double d0 = (x0[k] - mean0) / spread;
        const double d1 = (x1[k] - mean1) / spread;
        sum0 += d0;
        sum1 += d1;
        sum00 += d0 * d0;
        sum11 += d1 * d1;
        sum01 += d0 * d1;
    }
    const double error = 1 / sqrt((double)n);
    const double count = (double)n;
    assert_true(fabs(sum0 / count) < 5 * error);
    assert_true(fabs(sum1 / count) < 5 * error);
    assert_true(fabs(sqrt(sum00 / count) - 1) < 5 * error / sqrt(2));
    assert_true(fabs(sqrt(sum11 / count) - 1) < 5 * error / sqrt(2));
    assert_true(fabs(sum01 / count) < 5 * error);
}

static void classes_are_gaussian_around_their_means(void **state)
{
    (void)state;
    const size_t n = 200000;
    struct fg_dataset b = draw_or_fail("B", n, 0.3, 0);
    check_gaussian(b.x0, b.x1, n, 6, 1, 0.3);
    check_gaussian(b.x0 + n, b.x1 + n, n, 6, 2, 0.3);
    fg_dataset_free(&b);
}

static void the_largest_spread_stays_inside_the_coordinate_range(void **state)
{
    (void)state;
    struct fg_dataset b = draw_or_fail("B", 1000, 1e5, 0);
    for (size_t k = 0; k < b.n; k++)
        assert_true(fabs(b.x0[k]) <= FG_COORDINATE_MAX && fabs(b.x1[k]) <= FG_COORDINATE_MAX);
    fg_dataset_free(&b);
}

static void impossible_draws_are_refused_with_a_way_out(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct fg_gaussian draw;
        const char *text;
    } refused[] = {
        {"Q", {500, 0.3, 0}, "unknown data set 'Q': built in are A and B; a file is given as NAME=FILE.csv"},
        {"a", {500, 0.3, 0}, "unknown data set 'a': built in are A and B; a file is given as NAME=FILE.csv"},
        {"", {500, 0.3, 0}, "unknown data set '': built in are A and B; a file is given as NAME=FILE.csv"},
        {"A", {0, 0.3, 0}, "0 samples per class: from 1 to 1073741824 would work"},
        {"B", {1073741825, 0.3, 0}, "1073741825 samples per class: from 1 to 1073741824 would work"},
        {"A", {500, 0, 0}, "spread 0: a number above 0 and up to 100000 would work, 0.3 is usual"},
        {"A", {500, -1.5, 0}, "spread -1.5: a number above 0 and up to 100000 would work, 0.3 is usual"},
        {"A", {500, 2e5, 0}, "spread 200000: a number above 0 and up to 100000 would work, 0.3 is usual"},
        {"A", {500, INFINITY, 0}, "spread inf: a number above 0 and up to 100000 would work, 0.3 is usual"},
        {"A", {500, NAN, 0}, "spread nan: a number above 0 and up to 100000 would work, 0.3 is usual"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct fg_dataset dataset = {0};
        struct fg_error error = {0};
        assert_int_equal(fg_dataset_builtin(&dataset, refused[i].name, &refused[i].draw, 1, &error),
                         FG_BAD_INPUT);
        assert_string_equal(error.text, refused[i].text);
        assert_int_equal(fg_dataset_builtin(&dataset, refused[i].name, &refused[i].draw, 1, NULL),
                         FG_BAD_INPUT);
        check_empty(&dataset);
    }
}

static void names_are_letters_digits_and_underscores(void **state)
{
    (void)state;
#define SIXTEEN "abcdefghijklmnop"
    static const struct {
        const char *name;
        enum fg_status status;
    } names[] = {
        {"A", FG_OK},
        {"z", FG_OK},
        {"Far_2", FG_OK},
        {"x__", FG_OK},
        {"samples", FG_OK},
        {"titles", FG_OK},
        {SIXTEEN SIXTEEN SIXTEEN SIXTEEN, FG_OK},
        {SIXTEEN SIXTEEN SIXTEEN SIXTEEN "q", FG_BAD_INPUT},
        {"", FG_BAD_INPUT},
        {"2A", FG_BAD_INPUT},
        {"_A", FG_BAD_INPUT},
        {"a b", FG_BAD_INPUT},
        {"a/b", FG_BAD_INPUT},
        {"a-b", FG_BAD_INPUT},
        {"a\n", FG_BAD_INPUT},
        {"\xc3\xa4", FG_BAD_INPUT}, /* a letter in other alphabets */
        {"title", FG_BAD_INPUT},
        {"Title", FG_BAD_INPUT},
        {"start_time", FG_BAD_INPUT},
        {"end_time", FG_BAD_INPUT},
        {"program_name", FG_BAD_INPUT},
        {"provenance", FG_BAD_INPUT},
        {"SetUp", FG_BAD_INPUT},
        {"samples_A", FG_BAD_INPUT},
        {"Tiles_A", FG_BAD_INPUT},
    };
#undef SIXTEEN
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct fg_error error = {0};
        if (fg_dataset_check_name(names[i].name, &error) != names[i].status)
            fail_msg("'%s': %s", names[i].name, error.text);
        assert_true((names[i].status == FG_OK) == (error.text[0] == '\0'));
    }
}

static void freeing_twice_or_nothing_is_harmless(void **state)
{
    (void)state;
    struct fg_dataset dataset = {0};
    fg_dataset_free(&dataset);
    dataset = draw_or_fail("A", 1, 0.3, 0);
    fg_dataset_free(&dataset);
    fg_dataset_free(&dataset);
    check_empty(&dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threefry_gives_its_published_answers),
        cmocka_unit_test(first_samples_of_seed_0_are_the_recorded_ones),
        cmocka_unit_test(samples_follow_the_formulas_of_the_header),
        cmocka_unit_test(b_is_a_with_5_added_to_x0),
        cmocka_unit_test(each_class_of_a_larger_set_begins_with_the_smaller_one),
        cmocka_unit_test(any_number_of_threads_draws_the_same_bits),
        cmocka_unit_test(every_seed_draws_samples_of_its_own),
        cmocka_unit_test(classes_are_gaussian_around_their_means),
        cmocka_unit_test(the_largest_spread_stays_inside_the_coordinate_range),
        cmocka_unit_test(impossible_draws_are_refused_with_a_way_out),
        cmocka_unit_test(names_are_letters_digits_and_underscores),
        cmocka_unit_test(freeing_twice_or_nothing_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
