/* Chebyshev nodes against direct sums and against the reference kernel. */
#include "check.h"
#include "clouds.h"
#include "memory_sink.h"

/* --- sweeps that keep all cells --- */

struct result {
    struct swept swept;
    struct fg_summary summary;
};

static struct result sweep(const struct fg_samples *samples, const struct fg_axis *phi,
                           const struct fg_axis *r, enum fg_method method, int threads, size_t tile_cells)
{
    struct fg_setup setup = {.phi = *phi, .r = *r, .method = method, .fields = FG_ALL_FIELDS, .n_data = 1};
    const struct fg_problem problem = {
        .setup = &setup, .samples = samples, .kernel = fg_kernel_select(NULL, NULL)};
    struct result result;
    cut(&setup, tile_cells);
    result.swept = sweep_into_memory(&problem, threads, &result.summary);
    return result;
}

/* --- accuracy --- */

/* Largest error of each field, on the scale of the summed absolute terms, over corners, edges and random
 * cells: of nodes, and of direct sums at the same cells. */
struct errors {
    double of[FG_N_REAL_FIELDS], direct_of[FG_N_REAL_FIELDS];
    double sums, natural; /* the largest of nodes: of sums over the samples; of all else but the curvature */
    double direct_sums, direct_natural;
};

static bool is_sum(int f)
{
    return f < FG_NATURAL_GRADIENT_PHI || is_summed_geometry((enum fg_field)f);
}

static void measure_cell(const struct fg_samples *samples, double phi, double r, const struct result *nodes,
                         const struct result *direct, size_t at, struct errors *errors)
{
    double expected[FG_N_REAL_FIELDS], scale[FG_N_REAL_FIELDS];
    struct fg_kernel_params params = fg_kernel_params(samples, fabs(r), FG_SUM, 0, FG_ALL_FIELDS);
    enum fg_flag flag = fg_reference_cell(samples, &params, phi, r, expected, NULL);
    error_scales(samples, phi, r, scale);
    assert_int_not_equal(nodes->swept.cells.flag[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)][at], FG_NOT_COMPUTED);
    assert_int_equal(nodes->swept.cells.flag[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)][at] == FG_UNDEFINED,
                     flag == FG_UNDEFINED);
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        double least = scale[f] + 1e-280; /* below, an error is absolute: near the smallest doubles */
        double error = field_error(f, nodes->swept.cells.field[f][at], expected[f], least);
        double direct_error = field_error(f, direct->swept.cells.field[f][at], expected[f], least);
        errors->of[f] = fmax(errors->of[f], error);
        errors->direct_of[f] = fmax(errors->direct_of[f], direct_error);
        if (f == FG_FISHER_CURVATURE)
            continue;
        double *worst = is_sum(f) ? &errors->sums : &errors->natural;
        double *direct_worst = is_sum(f) ? &errors->direct_sums : &errors->direct_natural;
        *worst = fmax(*worst, error);
        *direct_worst = fmax(*direct_worst, direct_error);
    }
}

static struct errors measure(const struct fg_samples *samples, const struct fg_axis *phi,
                             const struct fg_axis *r, enum fg_method method, int cells)
{
    struct errors errors = {0};
    struct result nodes = sweep(samples, phi, r, method, 2, 0),
                  direct = sweep(samples, phi, r, FG_DIRECT, 2, 0);
    uint64_t random = 4711;
    for (int c = 0; c < cells; c++) {
        size_t i = c % 8 == 0 ? (c & 8 ? phi->n - 1 : 0) : (size_t)between(&random, 0, (double)phi->n);
        size_t j = c % 8 == 1 ? (c & 8 ? r->n - 1 : 0) : (size_t)between(&random, 0, (double)r->n);
        measure_cell(samples, fg_axis_value(phi, i), fg_axis_value(r, j), &nodes, &direct, i * r->n + j,
                     &errors);
    }
    free_swept(&nodes.swept);
    free_swept(&direct.swept);
    return errors;
}

/* The bars of the project. Direct sums: 1e-14 for sums of up to 1000 terms and margins of up to 13, each a
 * few roundings; 1e-13 for their quotients; 1e-12 for the curvature, which has third moments and two divisors
 * C. Nodes: 2e-14 for the sums, of which interpolation has a few 1e-15 (an error of some 1e-16 of the patch,
 * in which moments vary by up to e^3.6: fishergrid/nodes.h); 1e-13 for quotients, whose C may be 2^-6 of the
 * patch's W2 before it is summed directly; 1e-10 for the curvature, whose X may be 2^-17 of the patch's, as
 * in the data of all kinds below. */
static double bar(int f, bool direct)
{
    if (f == FG_FISHER_CURVATURE)
        return direct ? 1e-12 : 1e-10;
    return is_sum(f) ? (direct ? 1e-14 : 2e-14) : 1e-13;
}

static void check_promise(const char *name, const struct fg_samples *samples)
{
    const struct fg_axis phi = {.n = 500, .low = 0, .high = 2 * acos(-1)},
                         r = {.n = 170, .low = -5, .high = 5};
    const enum fg_method methods[] = {FG_AUTO, FG_CHEBYSHEV};
    for (int m = 0; m < 2; m++) {
        struct errors errors = measure(samples, &phi, &r, methods[m], 600);
        for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
            print_message("%-14s %-26s direct %.1e, nodes %.1e\n", name, fg_field_info[f].name,
                          errors.direct_of[f], errors.of[f]);
            if (!(errors.direct_of[f] <= bar(f, true) && errors.of[f] <= bar(f, false)))
                fail_msg("%s, %s: direct %.1e of %.0e, nodes %.1e of %.0e", name, fg_field_info[f].name,
                         errors.direct_of[f], bar(f, true), errors.of[f], bar(f, false));
        }
    }
}

static void the_data_sets_of_the_tables_keep_the_promise(void **state)
{
    (void)state;
    const char *const tables[] = {"a", "b", "separable-wide"};
    for (size_t t = 0; t < 3; t++) {
        char path[1000];
        struct fg_dataset data = {0};
        struct fg_samples samples;
        snprintf(path, sizeof path, "%s/reference/%s.csv", TEST_DATA, tables[t]);
        assert_int_equal(fg_dataset_read_csv(&data, "test", path, NULL), FG_OK);
        assert_int_equal(fg_samples_init(&samples, &data, NULL), FG_OK);
        check_promise(tables[t], &samples);
        fg_samples_free(&samples);
        fg_dataset_free(&data);
    }
}

static void the_built_in_data_sets_keep_the_promise(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 10, 500};
    for (size_t s = 0; s < 3; s++) {
        const struct fg_gaussian draw = {.samples_per_class = sizes[s], .spread = 0.3, .seed = 0};
        for (const char *name = "AB"; *name; name++) {
            const char set[2] = {*name, '\0'};
            struct fg_dataset data = {0};
            struct fg_samples samples;
            assert_int_equal(fg_dataset_builtin(&data, set, &draw, 1, NULL), FG_OK);
            assert_int_equal(fg_samples_init(&samples, &data, NULL), FG_OK);
            check_promise(set, &samples);
            fg_samples_free(&samples);
            fg_dataset_free(&data);
        }
    }
}

/* Everything else: 1e-12, and 1e-10 for the curvature, or ten times what direct sums lose where those are the
 * cause (margins of several hundred carry that many roundings whatever the method). */
static void all_kinds_of_data_stay_within_1e_12(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_CLOUDS; c++) {
        uint64_t random = 99 + c;
        struct fg_samples samples = scatter(&clouds[c], &random);
        double bound = fmin(50, clouds[c].r_bound);
        struct fg_axis phi = {.n = 200, .low = between(&random, -3, 0), .high = between(&random, 1, 7)};
        phi.high = fmin(phi.high, phi.low + 100 / samples.radius); /* panels shrink with the radius */
        const struct fg_axis r = {.n = 150, .low = -bound, .high = between(&random, -bound + 1, bound)};
        struct errors errors = measure(&samples, &phi, &r, samples.n > 1000 ? FG_AUTO : FG_CHEBYSHEV, 200);
        const int K = FG_FISHER_CURVATURE;
        print_message("%-18s sums %.1e (direct %.1e), natural gradient %.1e (direct %.1e), "
                      "curvature %.1e (direct %.1e)\n",
                      clouds[c].name, errors.sums, errors.direct_sums, errors.natural, errors.direct_natural,
                      errors.of[K], errors.direct_of[K]);
        assert_true(errors.of[K] <= fmax(1e-10, 10 * errors.direct_of[K]));
        assert_true(errors.sums <= fmax(1e-12, 10 * errors.direct_sums));
        assert_true(errors.natural <= fmax(1e-12, 10 * errors.direct_natural));
        fg_samples_free(&samples);
    }
}

/* --- same bits, every shape --- */

static void threads_and_tiles_change_no_byte(void **state)
{
    (void)state;
    const size_t kinds[] = {0, 4, 8}; /* ordinary, saturated, two clusters (many cells summed directly) */
    const enum fg_method methods[] = {FG_AUTO, FG_CHEBYSHEV};
    for (size_t k = 0; k < 3; k++) {
        uint64_t random = k;
        random += 17;
        struct fg_samples samples = scatter(&clouds[kinds[k]], &random);
        const struct fg_axis phi = {.n = 83, .low = 0, .high = 6}, r = {.n = 211, .low = -5, .high = 5};
        for (int m = 0; m < 2; m++) {
            struct result first = sweep(&samples, &phi, &r, methods[m], 1, 0);
            const size_t tiles[] = {1, 50, 333, 5000, 100000};
            for (size_t t = 0; t < 5; t++) {
                struct result other =
                    sweep(&samples, &phi, &r, methods[m], t == 0 ? 8 : (int)t + 1, tiles[t]);
                assert_same_bytes(&first.swept, &other.swept);
                assert_int_equal(first.summary.direct_fallback_cells, other.summary.direct_fallback_cells);
                free_swept(&other.swept);
            }
            free_swept(&first.swept);
        }
        fg_samples_free(&samples);
    }
}

static void grids_of_every_shape_agree_with_direct_sums(void **state)
{
    (void)state;
    const size_t shapes[][2] = {{1, 1}, {2, 2}, {1, 900}, {900, 1}, {5000, 3}, {3, 5000}, {41, 257}};
    uint64_t random = 3;
    struct fg_samples samples = scatter(&clouds[0], &random);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const struct fg_axis phi = {.n = shapes[s][0], .low = 0, .high = 2 * acos(-1)},
                             r = {.n = shapes[s][1], .low = -5, .high = 5};
        const enum fg_method methods[] = {FG_AUTO, FG_CHEBYSHEV};
        for (int m = 0; m < 2; m++) {
            struct errors errors = measure(&samples, &phi, &r, methods[m], 200);
            assert_true(errors.sums <= 2e-14 && errors.natural <= 1e-13);
        }
    }
    fg_samples_free(&samples);
}

/* Cells on the very edges of panels belong to one of the two, and both give the same to rounding. */
static void edges_of_panels_are_no_seams(void **state)
{
    (void)state;
    uint64_t random = 8;
    struct fg_samples samples = scatter(&clouds[0], &random);
    struct fg_axis phi = {.n = 0, .low = 0, .high = 2 * acos(-1)}, r = {.n = 0, .low = -5, .high = 5};
    struct fg_node_plan plan = fg_node_plan(&samples, &phi, &r, FG_CHEBYSHEV);
    phi.n = 4 * plan.phi_panels + 1; /* every fourth row and column lies on an edge */
    r.n = 4 * plan.r_panels + 1;
    struct result nodes = sweep(&samples, &phi, &r, FG_CHEBYSHEV, 2, 0);
    struct result direct = sweep(&samples, &phi, &r, FG_DIRECT, 2, 0);
    for (size_t i = 0; i < phi.n; i += 4) {
        for (size_t j = 0; j < r.n; j += 4) {
            struct errors errors = {0};
            measure_cell(&samples, fg_axis_value(&phi, i), fg_axis_value(&r, j), &nodes, &direct, i * r.n + j,
                         &errors);
            assert_true(errors.sums <= 2e-14 && errors.natural <= 1e-13);
        }
    }
    free_swept(&nodes.swept);
    free_swept(&direct.swept);
    fg_samples_free(&samples);
}

/* Nodes are turned from the centres of panels, so large angles are as good as small ones. */
static void large_angles_lose_nothing(void **state)
{
    (void)state;
    uint64_t random = 21;
    struct fg_samples samples = scatter(&clouds[0], &random);
    const struct fg_axis phi = {.n = 300, .low = 1e5, .high = 1e5 + 6}, r = {.n = 160, .low = -5, .high = 5};
    struct errors errors = measure(&samples, &phi, &r, FG_CHEBYSHEV, 300);
    print_message("phi from 1e5: sums %.1e, natural gradient %.1e\n", errors.sums, errors.natural);
    assert_true(errors.sums <= 2e-14 && errors.natural <= 1e-13);
    fg_samples_free(&samples);
}

/* --- where nodes are used --- */

static void nodes_are_used_in_a_direction_where_they_are_fewer(void **state)
{
    (void)state;
    uint64_t random = 1;
    struct fg_samples samples = scatter(&clouds[0], &random);
    const struct fg_axis fine_phi = {.n = 4096, .low = 0, .high = 6.28},
                         coarse_phi = {.n = 8, .low = 0, .high = 6.28},
                         fine_r = {.n = 4096, .low = -5, .high = 5},
                         coarse_r = {.n = 8, .low = -5, .high = 5};
    struct fg_node_plan both = fg_node_plan(&samples, &fine_phi, &fine_r, FG_AUTO);
    struct fg_node_plan none = fg_node_plan(&samples, &coarse_phi, &coarse_r, FG_AUTO);
    struct fg_node_plan phi_only = fg_node_plan(&samples, &fine_phi, &coarse_r, FG_AUTO);
    struct fg_node_plan r_only = fg_node_plan(&samples, &coarse_phi, &fine_r, FG_AUTO);
    struct fg_node_plan direct = fg_node_plan(&samples, &fine_phi, &fine_r, FG_DIRECT);
    struct fg_node_plan forced = fg_node_plan(&samples, &coarse_phi, &coarse_r, FG_CHEBYSHEV);
    assert_true(both.over_phi && both.over_r && !none.over_phi && !none.over_r);
    assert_true(phi_only.over_phi && !phi_only.over_r && !r_only.over_phi && r_only.over_r);
    assert_true(!direct.over_phi && !direct.over_r && forced.over_phi && forced.over_r);
    /* the table of auto stays small whatever the axes */
    const struct fg_axis long_phi = {.n = 1 << 20, .low = 0, .high = 6.28},
                         long_r = {.n = (size_t)1 << 31, .low = -1e6, .high = 1e6};
    struct fg_node_plan wide = fg_node_plan(&samples, &long_phi, &long_r, FG_AUTO);
    assert_true(!wide.over_r && !wide.over_phi);
    fg_samples_free(&samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_data_sets_of_the_tables_keep_the_promise),
        cmocka_unit_test(the_built_in_data_sets_keep_the_promise),
        cmocka_unit_test(all_kinds_of_data_stay_within_1e_12),
        cmocka_unit_test(threads_and_tiles_change_no_byte),
        cmocka_unit_test(grids_of_every_shape_agree_with_direct_sums),
        cmocka_unit_test(edges_of_panels_are_no_seams),
        cmocka_unit_test(large_angles_lose_nothing),
        cmocka_unit_test(nodes_are_used_in_a_direction_where_they_are_fewer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
