/* The sweep: every cell once and right, the same bytes however it is cut, and laws the fields must obey. */
#include "check.h"
#include "memory_sink.h"

#include <float.h>

/* Data sets A and B, and two heaps whose weights differ by many decades, so that about half of its cells are
 * recomputed.
 */
struct setting {
    struct fg_samples samples[3];
    struct fg_setup setup;
    struct fg_problem problem;
};

static void set_up(struct setting *setting, size_t n_phi, size_t n_r, const struct fg_kernel *kernel)
{
    const struct fg_gaussian draw = {.samples_per_class = 40, .spread = 0.3, .seed = 5};
    const double x0[] = {0.1, -0.1, 0.05, 0}, x1[] = {-70, -70.2, 80.1, 80};
    const unsigned char y[] = {0, 1, 0, 1};
    for (size_t s = 0; s < 2; s++) {
        struct fg_dataset data = {0};
        assert_int_equal(fg_dataset_builtin(&data, s ? "B" : "A", &draw, 1, NULL), FG_OK);
        assert_int_equal(fg_samples_init(&setting->samples[s], &data, NULL), FG_OK);
        fg_dataset_free(&data);
    }
    setting->samples[2] = samples_of(4, x0, x1, y);
    setting->setup = (struct fg_setup){.phi = {.n = n_phi, .low = 0, .high = 2 * acos(-1)},
                                       .r = {.n = n_r, .low = -5, .high = 5},
                                       .fields = FG_ALL_FIELDS,
                                       .n_data = 3};
    cut(&setting->setup, 0);
    setting->problem =
        (struct fg_problem){.setup = &setting->setup, .samples = setting->samples, .kernel = kernel};
}

static void tear_down(struct setting *setting)
{
    for (size_t s = 0; s < 3; s++)
        fg_samples_free(&setting->samples[s]);
}

/* --- tests --- */

static void threads_and_tiles_change_no_byte(void **state)
{
    (void)state;
    const int threads[] = {1, 2, 3, 5, 8};
    const size_t tiles[] = {0, 1, 7, 64, 100, 1000, 100000};
    for (size_t k = 0; kernel_name(k); k++) {
        const struct fg_kernel *kernel = kernel_or_skip(kernel_name(k));
        struct setting setting;
        if (!kernel)
            continue;
        set_up(&setting, 37, 53, kernel);
        struct swept first = sweep_into_memory(&setting.problem, 1, NULL);
        for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
            for (size_t c = 0; c < sizeof tiles / sizeof *tiles; c++) {
                cut(&setting.setup, tiles[c]);
                struct swept other = sweep_into_memory(&setting.problem, threads[t], NULL);
                assert_same_bytes(&first, &other);
                free_swept(&other);
            }
        }
        free_swept(&first);
        tear_down(&setting);
    }
}

static void check_cell(const struct setting *setting, const struct swept *grid, size_t s, size_t i, size_t j)
{
    double phi = fg_axis_value(&setting->setup.grid.phi, i), r = fg_axis_value(&setting->setup.grid.r, j);
    double expected[FG_N_REAL_FIELDS], scale[FG_N_REAL_FIELDS];
    size_t at = cell_at(grid, s, i, j);
    struct fg_kernel_params params = fg_setup_kernel_params(&setting->setup, &setting->samples[s]);
    fg_reference_cell(&setting->samples[s], &params, phi, r, expected, NULL);
    error_scales(&setting->samples[s], phi, r, scale);
    assert_int_not_equal(grid->cells.flag[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)][at], FG_NOT_COMPUTED);
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        /* as in kernel_test.c: margins of up to |x| + |r| = 86 carry that many roundings */
        double allowed = DBL_EPSILON * 200 * (f < FG_NATURAL_GRADIENT_PHI ? 2 : 32);
        if (f == FG_FISHER_CURVATURE)
            allowed = 1e-10; /* its bar where third moments are interpolated, of far clusters, too */
        double error = scaled_error(grid->cells.field[f][at], expected[f], scale[f]);
        if (!(error <= allowed))
            fail_msg("data set %zu, cell (%zu, %zu), %s: got %.17g, expected %.17g", s, i, j,
                     fg_field_info[f].name, grid->cells.field[f][at], expected[f]);
    }
}

static void every_shape_of_grid_agrees_with_the_reference(void **state)
{
    (void)state;
    const size_t shapes[][2] = {{1, 1}, {1, 7}, {7, 1}, {2, 2}, {3, 300}, {300, 3}, {17, 31}, {5, 513}};
    const struct fg_kernel *kernel = fg_kernel_select(NULL, NULL);
    for (size_t g = 0; g < sizeof shapes / sizeof *shapes; g++) {
        size_t n_phi = shapes[g][0], n_r = shapes[g][1];
        uint64_t random = 11 + g;
        struct setting setting;
        set_up(&setting, n_phi, n_r, kernel);
        struct swept grid = sweep_into_memory(&setting.problem, 2, NULL);
        for (size_t s = 0; s < 3; s++) {
            for (int corner = 0; corner < 4; corner++)
                check_cell(&setting, &grid, s, corner & 1 ? n_phi - 1 : 0, corner & 2 ? n_r - 1 : 0);
            for (int c = 0; c < 60; c++)
                check_cell(&setting, &grid, s, (size_t)between(&random, 0, (double)n_phi),
                           (size_t)between(&random, 0, (double)n_r));
        }
        free_swept(&grid);
        tear_down(&setting);
    }
}

/* Fourth-order central differences of the loss: the error is h^4 / 30 of the fifth derivative, for these data
 * (|x| < 8, so up to 8^5 a sample) below 1e-6 of the number of samples at h = 2 pi / 4000, far above
 * rounding. */
static void the_gradient_is_the_slope_of_the_loss(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting, 9, 9, fg_kernel_select(NULL, NULL));
    const double h = 2e-3;
    setting.setup.phi = (struct fg_axis){.n = 9, .low = 1.2 - 4 * h, .high = 1.2 + 4 * h};
    setting.setup.r = (struct fg_axis){.n = 9, .low = -0.4 - 4 * h, .high = -0.4 + 4 * h};
    setting.setup.n_data = 2;
    cut(&setting.setup, 0);
    struct swept grid = sweep_into_memory(&setting.problem, 1, NULL);
    for (size_t s = 0; s < 2; s++) {
        const double *loss = grid.cells.field[FG_LOSS];
        size_t at = cell_at(&grid, s, 4, 4), row = grid.n_r;
        double by_phi =
            (8 * (loss[at + row] - loss[at - row]) - (loss[at + 2 * row] - loss[at - 2 * row])) / (12 * h);
        double by_r = (8 * (loss[at + 1] - loss[at - 1]) - (loss[at + 2] - loss[at - 2])) / (12 * h);
        assert_true(fabs(by_phi - grid.cells.field[FG_GRADIENT_PHI][at]) <
                    1e-6 * (double)setting.samples[s].n);
        assert_true(fabs(by_r - grid.cells.field[FG_GRADIENT_R][at]) < 1e-6 * (double)setting.samples[s].n);
    }
    free_swept(&grid);
    tear_down(&setting);
}

/* F n = g, the definition of the natural gradient, to the rounding of F's entries times n. */
static void the_fisher_matrix_takes_the_natural_gradient_to_the_gradient(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting, 40, 40, fg_kernel_select(NULL, NULL));
    struct swept grid = sweep_into_memory(&setting.problem, 2, NULL);
    for (size_t at = 0; at < 2 * 40 * 40; at++) {
        double F_phiphi = grid.cells.field[FG_FISHER_PHI_PHI][at],
               F_rphi = grid.cells.field[FG_FISHER_R_PHI][at];
        double F_rr = grid.cells.field[FG_FISHER_R_R][at];
        double n_phi = grid.cells.field[FG_NATURAL_GRADIENT_PHI][at],
               n_r = grid.cells.field[FG_NATURAL_GRADIENT_R][at];
        double scale_phi = fabs(F_phiphi * n_phi) + fabs(F_rphi * n_r);
        double scale_r = fabs(F_rphi * n_phi) + fabs(F_rr * n_r);
        assert_int_equal(grid.cells.flag[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)][at], FG_REGULAR);
        assert_true(fabs(F_phiphi * n_phi + F_rphi * n_r - grid.cells.field[FG_GRADIENT_PHI][at]) <=
                    1e-13 * scale_phi);
        assert_true(fabs(F_rphi * n_phi + F_rr * n_r - grid.cells.field[FG_GRADIENT_R][at]) <=
                    1e-13 * scale_r);
    }
    free_swept(&grid);
    tear_down(&setting);
}

/* 2 pi and pi are doubles: the sine of the last row is off by 2.4e-16, the margin by |x| of that. */
static void the_last_row_repeats_the_first(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting, 21, 21, fg_kernel_select(NULL, NULL));
    struct swept grid = sweep_into_memory(&setting.problem, 2, NULL);
    for (size_t s = 0; s < 2; s++) {
        for (size_t j = 0; j < 21; j++) {
            double scale[FG_N_REAL_FIELDS];
            error_scales(&setting.samples[s], 0, fg_axis_value(&setting.setup.r, j), scale);
            for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
                double error = scaled_error(grid.cells.field[f][cell_at(&grid, s, 20, j)],
                                            grid.cells.field[f][cell_at(&grid, s, 0, j)], scale[f]);
                assert_true(error <= 1e-13);
            }
        }
    }
    free_swept(&grid);
    tear_down(&setting);
}

/* phi + pi and -r change the sign of every a: F_phiphi and F_rr stay, F_rphi changes its sign. */
static void turning_by_pi_mirrors_the_fisher_matrix(void **state)
{
    (void)state;
    enum { N = 21 };
    struct setting setting;
    set_up(&setting, N, N, fg_kernel_select(NULL, NULL));
    struct swept grid = sweep_into_memory(&setting.problem, 2, NULL);
    for (size_t s = 0; s < 2; s++) {
        for (size_t i = 0; i <= N / 2; i++) {
            for (size_t j = 0; j < N; j++) {
                size_t at = cell_at(&grid, s, i, j), turned = cell_at(&grid, s, i + N / 2, N - 1 - j);
                double scale[FG_N_REAL_FIELDS];
                error_scales(&setting.samples[s], fg_axis_value(&setting.setup.phi, i),
                             fg_axis_value(&setting.setup.r, j), scale);
                for (int f = FG_FISHER_PHI_PHI; f <= FG_FISHER_R_R; f++) {
                    double sign = f == FG_FISHER_R_PHI ? -1 : 1;
                    assert_true(scaled_error(sign * grid.cells.field[f][turned], grid.cells.field[f][at],
                                             scale[f]) <= 1e-13);
                }
            }
        }
    }
    free_swept(&grid);
    tear_down(&setting);
}

static void the_summary_finds_the_first_least_loss_and_counts_all_cells(void **state)
{
    (void)state;
    struct setting setting;
    struct fg_summary summary[3];
    set_up(&setting, 33, 29, fg_kernel_select(NULL, NULL));
    cut(&setting.setup, 50);
    struct swept grid = sweep_into_memory(&setting.problem, 2, summary);
    for (size_t s = 0; s < 3; s++) {
        size_t least = cell_at(&grid, s, 0, 0), counts[FG_N_FLAG_FIELDS][FG_N_FLAGS] = {{0}};
        for (size_t at = least; at < cell_at(&grid, s + 1, 0, 0); at++) {
            for (int f = 0; f < FG_N_FLAG_FIELDS; f++)
                counts[f][grid.cells.flag[f][at]]++;
            if (grid.cells.field[FG_LOSS][at] < grid.cells.field[FG_LOSS][least])
                least = at;
        }
        assert_int_equal(cell_at(&grid, s, summary[s].min_i, summary[s].min_j), least);
        assert_true(summary[s].min_loss == grid.cells.field[FG_LOSS][least]);
        for (int f = 0; f < FG_N_FLAG_FIELDS; f++) {
            for (int value = 0; value < FG_N_FLAGS; value++)
                assert_int_equal(summary[s].flags[f][value], counts[f][value]);
        }
    }
    assert_true(summary[2].flags[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)][FG_RECOMPUTED] >
                33 * 29 / 3); /* about half: see struct setting */
    free_swept(&grid);
    tear_down(&setting);
}

/* --- the sink and the watcher --- */

static enum fg_status refuse(void *context, size_t data, const struct fg_tile *tile,
                             const struct fg_cells *cells, const struct fg_summary *found,
                             struct fg_error *error)
{
    (void)found;
    (void)data, (void)tile, (void)cells;
    int calls;
#pragma omp atomic capture
    calls = ++*(int *)context;
    return calls < 3 ? FG_OK : fg_fail(error, FG_INTERRUPTED, "enough");
}

static void a_failing_sink_stops_the_sweep_with_its_status_and_text(void **state)
{
    (void)state;
    struct setting setting;
    struct fg_error error = {0};
    int calls = 0;
    set_up(&setting, 100, 100, fg_kernel_select(NULL, NULL));
    cut(&setting.setup, 100);
    struct fg_sink sink = {.put = refuse, .context = &calls};
    assert_int_equal(fg_sweep(&setting.problem, 2, &sink, NULL, NULL, &error), FG_INTERRUPTED);
    assert_string_equal(error.text, "enough");
    assert_in_range(calls, 3, 4); /* the other thread may have been in it */
    tear_down(&setting);
}

static enum fg_status expect_loss_only(void *context, size_t data, const struct fg_tile *tile,
                                       const struct fg_cells *cells, const struct fg_summary *found,
                                       struct fg_error *error)
{
    (void)found;
    (void)context, (void)data, (void)tile, (void)error;
    bool right = cells->field[FG_LOSS] != NULL;
    for (int f = 1; f < FG_N_REAL_FIELDS; f++)
        right = right && cells->field[f] == NULL;
    return right ? FG_OK : FG_FAILED;
}

static void only_wanted_fields_reach_the_sink(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting, 20, 20, fg_kernel_select(NULL, NULL));
    setting.setup.fields = 1u << FG_LOSS;
    struct fg_sink sink = {.put = expect_loss_only};
    assert_int_equal(fg_sweep(&setting.problem, 2, &sink, NULL, NULL, NULL), FG_OK);
    tear_down(&setting);
}

static void remember(void *context, uint64_t cells_done, uint64_t cells)
{
    uint64_t *last = context;
    assert_true(cells_done > *last && cells_done <= cells);
    *last = cells_done;
}

static void the_watcher_hears_of_every_cell_once(void **state)
{
    (void)state;
    struct setting setting;
    uint64_t last = 0;
    set_up(&setting, 31, 41, fg_kernel_select(NULL, NULL));
    cut(&setting.setup, 64);
    struct fg_watcher watcher = {.tell = remember, .context = &last};
    assert_int_equal(fg_sweep(&setting.problem, 3, NULL, &watcher, NULL, NULL), FG_OK);
    assert_int_equal(last, 3 * 31 * 41);
    tear_down(&setting);
}

static void tiles_cover_the_grid_once_in_order_of_the_file(void **state)
{
    (void)state;
    for (size_t n_phi = 1; n_phi < 12; n_phi++) {
        for (size_t n_r = 1; n_r < 12; n_r++) {
            for (size_t cells = 1; cells < 40; cells += 3) {
                struct fg_axis phi = {.n = n_phi, .low = 0, .high = 1}, r = {.n = n_r, .low = 0, .high = 1};
                struct fg_tiling tiling = fg_grid_cut(&phi, &r, cells).tiling;
                size_t next = 0;
                for (size_t t = 0; t < tiling.n; t++) {
                    struct fg_tile tile = fg_tiling_at(&tiling, t);
                    assert_int_equal(fg_tiling_find(&tiling, tile.i0 + tile.rows - 1, tile.j0), t);
                    assert_int_equal(fg_tiling_first_cell(&tiling, &tile), next);
                    assert_true(tile.columns == n_r || tile.rows == 1); /* one piece of the file */
                    next += fg_tile_cells(&tile);
                }
                assert_int_equal(next, n_phi * n_r);
                assert_int_equal(fg_tiling_rows(&tiling) * fg_tiling_across(&tiling), tiling.n);
            }
        }
    }
}

/* Of 4096 bytes, by default: those of the flag, of real fields alone, or none; parts of a grid have the same.
 */
static void tiles_fill_pages_where_the_grid_allows(void **state)
{
    (void)state;
    static const struct {
        size_t n_r, rows, multiple; /* of so many cells */
    } expected[] = {{4096, 16, 4096}, {16384, 4, 4096}, {1024, 64, 4096}, {3072, 20, 4096},
                    {1000, 64, 512},  {500, 128, 512},  {1001, 65, 1001}, {20000, 3, 20000}};
    for (size_t k = 0; k < sizeof expected / sizeof *expected; k++) {
        const size_t n_r = expected[k].n_r;
        const struct fg_axis phi = {.n = 100000, .low = 0, .high = 1}, r = {.n = n_r, .low = 0, .high = 1};
        const struct fg_grid grid = fg_grid_cut(&phi, &r, 0), part = fg_grid_part(&grid, 2, 3);
        assert_int_equal(grid.tiling.rows, expected[k].rows);
        assert_int_equal(fg_grid_tile_cells(&grid) % expected[k].multiple, 0);
        assert_int_equal(part.tiling.rows, grid.tiling.rows);
    }
}

static void axes_have_exact_ends_and_symmetric_values(void **state)
{
    (void)state;
    const struct fg_axis axis = {.n = 513, .low = -5, .high = 5}, single = {.n = 1, .low = 2.5, .high = 3},
                         odd = {.n = 7, .low = 0.1, .high = 0.7};
    for (size_t i = 0; i < axis.n; i++)
        assert_true(fg_axis_value(&axis, i) == -fg_axis_value(&axis, axis.n - 1 - i));
    assert_true(fg_axis_value(&single, 0) == 2.5);
    assert_true(fg_axis_value(&odd, 0) == 0.1 && fg_axis_value(&odd, 6) == 0.7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_and_tiles_change_no_byte),
        cmocka_unit_test(every_shape_of_grid_agrees_with_the_reference),
        cmocka_unit_test(the_gradient_is_the_slope_of_the_loss),
        cmocka_unit_test(the_fisher_matrix_takes_the_natural_gradient_to_the_gradient),
        cmocka_unit_test(the_last_row_repeats_the_first),
        cmocka_unit_test(turning_by_pi_mirrors_the_fisher_matrix),
        cmocka_unit_test(the_summary_finds_the_first_least_loss_and_counts_all_cells),
        cmocka_unit_test(a_failing_sink_stops_the_sweep_with_its_status_and_text),
        cmocka_unit_test(only_wanted_fields_reach_the_sink),
        cmocka_unit_test(the_watcher_hears_of_every_cell_once),
        cmocka_unit_test(tiles_cover_the_grid_once_in_order_of_the_file),
        cmocka_unit_test(tiles_fill_pages_where_the_grid_allows),
        cmocka_unit_test(axes_have_exact_ends_and_symmetric_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
