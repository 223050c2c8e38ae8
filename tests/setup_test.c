/* Tests the setup of a run: its scalars, their limits, and the grid that follows. */
#include "check.h"

#include "fishergrid/setup.h"

/* Returns a setup of part 2 of 4 of a grid, with two data sets. Every scalar has a different value. */
static struct fg_setup example(void)
{
    double x0[] = {1, 2, 3}, x1[] = {0.5, -1, 4};
    unsigned char y[] = {0, 1, 1};
    const struct fg_dataset drawn = {.name = "A", .n = 3, .x0 = x0, .x1 = x1, .y = y},
                            given = {.name = "mine_2", .n = 2, .x0 = x1, .x1 = x0, .y = y};
    struct fg_setup setup = {.phi = {.n = 40, .low = 0.25, .high = 6.25},
                             .r = {.n = 30, .low = -4.5, .high = 5.5},
                             .tile_cells = 60,
                             .part = 2,
                             .parts = 4,
                             .method = FG_CHEBYSHEV,
                             .reduction = FG_MEAN,
                             .damping = 0.125,
                             .fields = 1u << FG_LOSS | 1u << FG_GRADIENT_R,
                             .gaussian = {.samples_per_class = 7, .spread = 0.375, .seed = UINT64_MAX},
                             .kernel = "baseline",
                             .arithmetic = 0xfedcba9876543210};
    fg_setup_add_data(&setup, &drawn, true);
    fg_setup_add_data(&setup, &given, false);
    assert_int_equal(fg_setup_cut(&setup, NULL), FG_OK);
    return setup;
}

static void must_set(struct fg_setup *setup, size_t k, const struct fg_setup_value *value)
{
    struct fg_error error;
    if (fg_setup_set(setup, k, value, &error) != FG_OK)
        fail_msg("%s: %s", value->name, error.text);
}

static bool is_equal(const struct fg_setup *a, const struct fg_setup *b)
{
    struct fg_setup_difference difference;
    const bool differ = fg_setup_differ(a, b, &difference);
    assert_int_equal(differ, fg_setup_hash(a) != fg_setup_hash(b));
    return !differ;
}

/* --- scalars --- */

static void a_setup_comes_back_from_its_scalars(void **state)
{
    (void)state;
    const struct fg_setup setup = example();
    struct fg_setup copy = {.n_data = 0};
    struct fg_setup_value value;
    for (size_t k = 0; k < fg_setup_size(&setup); k++) {
        fg_setup_get(&setup, k, &value);
        assert_true(value.name[0] && value.meaning);
        must_set(&copy, k, &value);
    }
    assert_int_equal(fg_setup_size(&copy), FG_SETUP_FIXED + 2 * FG_SETUP_OF_DATA);
    assert_true(is_equal(&setup, &copy));
    assert_int_equal(fg_setup_cut(&copy, NULL), FG_OK);
    assert_memory_equal(&copy.grid, &setup.grid, sizeof setup.grid); /* has no padding */
    assert_memory_equal(&copy.phi, &setup.phi, sizeof setup.phi);
    assert_memory_equal(&copy.r, &setup.r, sizeof setup.r);
    assert_memory_equal(&copy.gaussian, &setup.gaussian, sizeof setup.gaussian);
    assert_true(copy.tile_cells == 60 && copy.part == 2 && copy.parts == 4 && copy.damping == 0.125);
    assert_true(copy.method == FG_CHEBYSHEV && copy.reduction == FG_MEAN && copy.fields == setup.fields);
    assert_string_equal(copy.kernel, "baseline");
    assert_true(copy.arithmetic == setup.arithmetic && copy.n_data == 2);
    for (size_t s = 0; s < 2; s++) {
        assert_string_equal(copy.data[s].name, s ? "mine_2" : "A");
        assert_true(copy.data[s].n == 3 - s && copy.data[s].drawn == (s == 0));
        assert_true(copy.data[s].checksum == setup.data[s].checksum);
    }
}

/* Changes a value by the smallest possible amount. */
static void change(struct fg_setup_value *value)
{
    static const char *const texts[][2] = {{"method", "auto"},
                                           {"reduction", "sum"},
                                           {"fields", "loss"},
                                           {"kernel", "baseline2"},
                                           {"data", "A,mine_3"}};
    value->number ^= 1;
    value->real = nextafter(value->real, INFINITY);
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        if (strcmp(value->name, texts[t][0]) == 0)
            strcpy(value->text, texts[t][1]);
    }
}

static void every_scalar_counts(void **state)
{
    (void)state;
    const struct fg_setup setup = example();
    for (size_t k = 0; k < fg_setup_size(&setup); k++) {
        struct fg_setup other = setup;
        struct fg_setup_value value;
        struct fg_setup_difference difference;
        fg_setup_get(&setup, k, &value);
        change(&value);
        must_set(&other, k, &value);
        assert_true(fg_setup_differ(&setup, &other, &difference));
        assert_string_equal(difference.name, value.name);
        assert_string_not_equal(difference.first, difference.second);
        assert_true(fg_setup_hash(&setup) != fg_setup_hash(&other));
    }
}

static void zeros_of_both_signs_differ(void **state)
{
    (void)state;
    struct fg_setup one = example();
    one.damping = one.phi.low = 0;
    struct fg_setup other = one;
    assert_true(is_equal(&one, &other));
    other.damping = -0.0;
    assert_false(is_equal(&one, &other));
    other.damping = 0;
    other.phi.low = -0.0;
    assert_false(is_equal(&one, &other));
}

/* Asserts that a value of the scalar `name` is refused. */
static void must_refuse(const char *name, uint64_t number, double real, const char *text)
{
    struct fg_setup setup = example();
    struct fg_setup_value value;
    struct fg_error error = {0};
    size_t k = 0;
    for (fg_setup_get(&setup, k, &value); strcmp(value.name, name) != 0; fg_setup_get(&setup, k, &value))
        assert_true(++k < fg_setup_size(&setup));
    value.number = number;
    value.real = real;
    strcpy(value.text, text);
    if (fg_setup_set(&setup, k, &value, &error) != FG_BAD_INPUT)
        fail_msg("%s takes %llu, %g, '%s'", name, (unsigned long long)number, real, text);
    assert_true(error.text[0] != '\0');
    if (value.type == FG_SETUP_COUNT || value.type == FG_SETUP_REAL)
        assert_memory_equal(error.text, name, strlen(name));
}

static void what_no_setup_has_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t least, most;
    } counts[] = {{"phi_cells", 1, UINT64_C(1) << 31},
                  {"r_cells", 1, UINT64_C(1) << 31},
                  {"tile_cells", 1, UINT64_C(1) << 63}, /* somewhere below */
                  {"part", 0, UINT64_C(1) << 31},
                  {"parts", 0, UINT64_C(1) << 31},
                  {"samples_per_class", 0, UINT64_C(1) << 31},
                  {"samples_of_A", 1, UINT64_C(1) << 31},
                  {"samples_of_mine_2", 1, UINT64_C(1) << 31},
                  {"sources_of_A", 0, UINT64_C(1) << 31},
                  {"drawn_A", 0, 1}};
    static const char *const reals[] = {"phi_low", "phi_high", "r_low", "r_high", "damping", "spread"};
    static const char *const texts[][2] = {
        {"method", ""},     {"method", "AUTO"}, {"method", "automatic"}, {"method", "auto|direct"},
        {"reduction", ""},  {"fields", ""},     {"fields", "los"},       {"fields", "loss,"},
        {"fields", "r,,r"}, {"data", ""},       {"data", "A,"},          {"data", ",A"},
        {"data", "1A"},     {"data", "A B"},    {"data", "A,setup"},
    };
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        must_refuse(counts[c].name, counts[c].most + 1, 0, "");
        must_refuse(counts[c].name, UINT64_MAX, 0, "");
        if (counts[c].least > 0)
            must_refuse(counts[c].name, counts[c].least - 1, 0, "");
    }
    for (size_t r = 0; r < sizeof reals / sizeof *reals; r++) {
        must_refuse(reals[r], 0, NAN, "");
        must_refuse(reals[r], 0, -INFINITY, "");
        must_refuse(reals[r], 0, r < 4 ? nextafter(FG_AXIS_BOUND, INFINITY) : -1e-300, "");
    }
    must_refuse("damping", 0, nextafter(FG_DAMPING_MAX, INFINITY), "");
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
        must_refuse(texts[t][0], 0, 0, texts[t][1]);
    char names[FG_SETUP_TEXT_MAX] = "A0";
    for (size_t s = 1; s <= FG_DATA_MAX; s++)
        sprintf(names + strlen(names), ",A%zu", s);
    must_refuse("data", 0, 0, names); /* one more than there may be */
    memset(names, 'A', FG_NAME_MAX + 1);
    names[FG_NAME_MAX + 1] = '\0';
    must_refuse("data", 0, 0, names);
}

/* --- cutting --- */

static void must_not_cut(struct fg_setup setup, const char *why)
{
    struct fg_error error = {0};
    assert_int_equal(fg_setup_cut(&setup, &error), FG_BAD_INPUT);
    if (strstr(error.text, why) != error.text)
        fail_msg("'%s' does not begin with '%s'", error.text, why);
}

static void what_makes_no_grid_is_refused(void **state)
{
    (void)state;
    const uint64_t parts[][2] = {{0, 3}, {4, 3}, {1, 0}, {UINT64_MAX, 3}};
    const double dampings[] = {1e-300, -1, 1e101, NAN};
    struct fg_setup setup = example();
    setup.phi.high = setup.phi.low;
    must_not_cut(setup, "phi: the range 0.25:0.25 is empty");
    setup = example();
    setup.r.n = 0;
    must_not_cut(setup, "r: 0 cells");
    setup.r = (struct fg_axis){.n = 1 << 20, .low = 1, .high = 1 + 1e-10};
    must_not_cut(setup, "r: in the range");
    setup = example();
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        setup.part = parts[p][0];
        setup.parts = parts[p][1];
        must_not_cut(setup, "part: ");
    }
    setup = example();
    setup.parts = 20; /* two rows of cells in each row of tiles */
    assert_int_equal(fg_setup_cut(&setup, NULL), FG_OK);
    setup.parts = 21;
    must_not_cut(setup, "parts: 21 parts of a grid with 20 rows of tiles");
    setup = example();
    for (size_t d = 0; d < sizeof dampings / sizeof *dampings; d++) {
        setup.damping = dampings[d];
        must_not_cut(setup, "damping: ");
    }
}

/* Cuts part k of n twice. The second time changes nothing. */
static struct fg_grid cut_twice(struct fg_setup setup, size_t k, size_t n)
{
    setup.part = k;
    setup.parts = n;
    assert_int_equal(fg_setup_cut(&setup, NULL), FG_OK);
    const struct fg_grid once = setup.grid;
    const uint64_t cells = setup.tile_cells;
    assert_int_equal(fg_setup_cut(&setup, NULL), FG_OK);
    assert_memory_equal(&once, &setup.grid, sizeof once);
    assert_int_equal(setup.tile_cells, cells);
    assert_int_equal(fg_setup_cells(&setup), setup.n_data * once.phi.n * once.r.n);
    return once;
}

/* Checks that the part begins with row `first` of the whole grid and has its tiles. Returns its end row. */
static size_t check_part(const struct fg_grid *whole, const struct fg_grid *part, size_t first)
{
    const struct fg_tiling *tiling = &part->tiling;
    assert_true(part->phi.n > 0 && part->phi.first == first && part->phi.whole == whole->phi.n);
    assert_memory_equal(&part->r, &whole->r, sizeof whole->r);
    for (size_t i = 0; i < part->phi.n; i++)
        assert_true(fg_axis_value(&part->phi, i) == fg_axis_value(&whole->phi, first + i));
    const size_t before = fg_tiling_find(&whole->tiling, first, 0);
    for (size_t t = 0; t < tiling->n; t++) {
        const struct fg_tile here = fg_tiling_at(tiling, t), there = fg_tiling_at(&whole->tiling, before + t);
        assert_true(here.i0 + first == there.i0 && here.rows == there.rows);
        assert_true(here.j0 == there.j0 && here.columns == there.columns);
    }
    return first + part->phi.n;
}

static void parts_make_up_the_grid(void **state)
{
    (void)state;
    const size_t columns[] = {1, 2, 7, 30}, tiles[] = {0, 1, 3, 7, 16, 61, 1000};
    for (size_t g = 0; g < 23 * 4 * 7; g++) {
        struct fg_setup setup = {.phi = {.n = 1 + g % 23, .low = -1, .high = 2},
                                 .r = {.n = columns[g / 23 % 4], .low = 0, .high = 3},
                                 .tile_cells = tiles[g / 23 / 4],
                                 .n_data = 3};
        const struct fg_grid whole = cut_twice(setup, 0, 0);
        const size_t rows = fg_tiling_rows(&whole.tiling);
        for (size_t n = 1; n <= rows; n++) {
            size_t next = 0;
            for (size_t k = 1; k <= n; k++) {
                const struct fg_grid part = cut_twice(setup, k, n);
                next = check_part(&whole, &part, next);
            }
            assert_int_equal(next, whole.phi.n);
        }
        assert_int_equal(fg_grid_part(&whole, 1, rows + 1).phi.n, 0);
        setup.part = 1;
        setup.parts = rows + 1;
        must_not_cut(setup, "parts: ");
    }
}

/* --- arithmetic --- */

static void the_arithmetic_tells_kernels_apart(void **state)
{
    (void)state;
    uint64_t arithmetic[3] = {0}, again;
    for (size_t k = 0; kernel_name(k); k++) {
        const struct fg_kernel *kernel = kernel_or_skip(kernel_name(k));
        if (!kernel)
            continue;
        assert_int_equal(fg_arithmetic(kernel, &arithmetic[k], NULL), FG_OK);
        assert_int_equal(fg_arithmetic(kernel, &again, NULL), FG_OK);
        assert_true(again == arithmetic[k] && again != 0);
    }
    assert_true(arithmetic[0] != arithmetic[1]); /* one of them fuses; 0 where there is no such kernel */
}

static const struct fg_kernel *summing;
static bool summed_in_cells;

static void note_cells(const double *at0, const double *at1, size_t n, const size_t cells[2], double *sums)
{
    summed_in_cells = true;
    summing->cell_sums(at0, at1, n, cells, sums);
}

/* Sources of large boxes have a code path of their own. */
static void the_arithmetic_has_sums_in_cells(void **state)
{
    (void)state;
    uint64_t arithmetic;
    summing = fg_kernel_select(NULL, NULL);
    struct fg_kernel kernel = *summing;
    kernel.cell_sums = note_cells;
    assert_int_equal(fg_arithmetic(&kernel, &arithmetic, NULL), FG_OK);
    assert_true(summed_in_cells);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_setup_comes_back_from_its_scalars),
        cmocka_unit_test(every_scalar_counts),
        cmocka_unit_test(zeros_of_both_signs_differ),
        cmocka_unit_test(what_no_setup_has_is_refused),
        cmocka_unit_test(what_makes_no_grid_is_refused),
        cmocka_unit_test(parts_make_up_the_grid),
        cmocka_unit_test(the_arithmetic_tells_kernels_apart),
        cmocka_unit_test(the_arithmetic_has_sums_in_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
