/* The kernels against 50-digit tables and against the plain reference kernel. */
#include "check.h"
#include "clouds.h"
#include "memory_sink.h"

#include <float.h>

/* --- tables --- */

/* A field and the columns of its value and of its error scale in the tables. */
static const struct {
    enum fg_field field;
    const char *value, *scale;
} columns[] = {
    {FG_LOSS, "loss", "loss"},
    {FG_FISHER_PHI_PHI, "F_phiphi", "F_phiphi"},
    {FG_FISHER_R_PHI, "F_rphi", "abs_F_rphi"},
    {FG_FISHER_R_R, "F_rr", "F_rr"},
    {FG_GRADIENT_PHI, "grad_phi", "abs_grad_phi"},
    {FG_GRADIENT_R, "grad_r", "abs_grad_r"},
    {FG_NATURAL_GRADIENT_PHI, "n_phi", "abs_n_phi"},
    {FG_NATURAL_GRADIENT_R, "n_r", "abs_n_r"},
    {FG_HESSIAN_PHI_PHI, "H_phiphi", "abs_H_phiphi"},
    {FG_EMPIRICAL_FISHER_PHI_PHI, "E_phiphi", "E_phiphi"},
    {FG_EMPIRICAL_FISHER_R_PHI, "E_rphi", "abs_E_rphi"},
    {FG_EMPIRICAL_FISHER_R_R, "E_rr", "E_rr"},
    {FG_FISHER_EIGENVALUE_MAX, "lambda_max", "lambda_max"},
    {FG_FISHER_EIGENVALUE_MIN, "lambda_min", "lambda_min"},
    {FG_FISHER_VOLUME, "jeffreys", "jeffreys"},
    {FG_NATURAL_GRADIENT_NORM, "nat_norm2", "nat_norm2"},
};

/* Column number of `name` in the header line of a table. */
static int column_of(const char *header, const char *name)
{
    int column = 0;
    size_t length = strlen(name);
    for (const char *at = header;; at++, column++) {
        size_t next = strcspn(at, ",\n");
        if (next == length && memcmp(at, name, length) == 0)
            return column;
        at += next;
        if (*at != ',')
            fail_msg("no column %s", name);
    }
}

static double value_in(const char *line, int column)
{
    while (column-- > 0)
        line = strchr(line, ',') + 1;
    return strtod(line, NULL);
}

/* The tables are right to 25 digits, the data and the points are the doubles the decimals round to. The
 * kernels promise 1e-13 of the scale: their margins carry up to |m| <= 13 units of 1.1e-16, the sums a few
 * units, and an ill-conditioned cell is recomputed before its quotient has lost a factor of 32. Where the
 * table notes it ('one' near phi = pi/4, a_phi down to 1e-17), what carries a factor a_phi is right to 1e-16
 * |x| absolutely. */
#define TABLE_TOLERANCE 1e-13
#define TABLE_ABSOLUTE 3e-16
/* Of Hessian and empirical Fisher matrix: sums, in which a margin's error enters once or twice; and of the
 * Newton step, whose scale has what its divisor loses. Over nodes, the error of the largest sum in a patch is
 * larger against the sum of the cell. */
static double geometry_tolerance(bool over_nodes)
{
    return over_nodes ? 1e-13 : 1e-14;
}

/* A cell of the tables by a kernel, or by nodes: then as the corner of a patch, where they err most. */
static enum fg_flag table_cell(const struct fg_kernel *kernel, const struct fg_samples *samples, double phi,
                               double r, bool over_nodes, double got[FG_N_REAL_FIELDS])
{
    const struct fg_kernel_params params = fg_kernel_params(samples, 5, FG_SUM, 0, FG_ALL_FIELDS);
    if (!over_nodes)
        return kernel_cell(kernel, samples, &params, phi, r, got);
    struct fg_setup setup = {.phi = {.n = 2, .low = phi, .high = phi + 2},
                             .r = {.n = 2, .low = r, .high = r + 1},
                             .method = FG_CHEBYSHEV,
                             .fields = FG_ALL_FIELDS,
                             .n_data = 1};
    const struct fg_problem problem = {.setup = &setup, .samples = samples, .kernel = kernel};
    struct fg_summary summary;
    cut(&setup, 0);
    struct swept swept = sweep_into_memory(&problem, 1, &summary);
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        got[f] = swept.cells.field[f][0];
    const enum fg_flag flag = (enum fg_flag)swept.cells.flag[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)][0];
    free_swept(&swept);
    return flag;
}

/* H^-1 g from the table's digits, in long double. What the determinant cancels is in the scale, too. */
static void check_newton(const struct fg_samples *samples, const char *header, const char *line,
                         bool over_nodes, const double got[FG_N_REAL_FIELDS])
{
    const char *const names[] = {"H_phiphi", "H_rphi", "H_rr", "grad_phi", "grad_r"};
    long double of[5];
    double scale[FG_N_REAL_FIELDS];
    for (int k = 0; k < 5; k++) {
        const char *at = line;
        for (int column = column_of(header, names[k]); column > 0; column--)
            at = strchr(at, ',') + 1;
        of[k] = strtold(at, NULL);
    }
    const long double det = of[0] * of[2] - of[1] * of[1];
    const double newton[] = {(double)((of[3] * of[2] - of[1] * of[4]) / det),
                             (double)((of[0] * of[4] - of[1] * of[3]) / det)};
    error_scales(samples, value_in(line, column_of(header, "phi")), value_in(line, column_of(header, "r")),
                 scale);
    for (int f = FG_NEWTON_PHI; f <= FG_NEWTON_R; f++) {
        double error = scaled_error(got[f], newton[f - FG_NEWTON_PHI], scale[f]);
        if (isfinite(scale[f]) && !(error <= geometry_tolerance(over_nodes)))
            fail_msg("phi, r %.40s, %s: got %.17g, expected %.17g, error %.2g of the scale", line,
                     fg_field_info[f].name, got[f], newton[f - FG_NEWTON_PHI], error);
    }
}

static void check_line(const struct fg_kernel *kernel, const struct fg_samples *samples, const char *table,
                       const char *header, const char *line, bool over_nodes, double worst[FG_N_REAL_FIELDS])
{
    double phi = value_in(line, column_of(header, "phi")), r = value_in(line, column_of(header, "r"));
    double got[FG_N_REAL_FIELDS];
    enum fg_flag flag = table_cell(kernel, samples, phi, r, over_nodes, got);
    if (flag != FG_UNDEFINED) /* else the table's determinant is 0 but for its rounding */
        check_newton(samples, header, line, over_nodes, got);
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        double expected = value_in(line, column_of(header, columns[c].value));
        double scale = value_in(line, column_of(header, columns[c].scale));
        enum fg_field field = columns[c].field;
        if (field == FG_NATURAL_GRADIENT_NORM) { /* the table has its square; C = det F / F_rr */
            const double F_rr = value_in(line, column_of(header, "F_rr"));
            expected = sqrt(expected);
            scale = value_in(line, column_of(header, "abs_grad_r")) / sqrt(F_rr) +
                    value_in(line, column_of(header, "abs_n_phi")) *
                        sqrt(value_in(line, column_of(header, "det_F")) / F_rr);
        }
        if (isnan(expected)) {
            assert_true(isnan(got[field]));
            assert_int_equal(flag, FG_UNDEFINED);
            continue;
        }
        bool carries_a_phi = field == FG_FISHER_PHI_PHI || field == FG_FISHER_R_PHI ||
                             field == FG_GRADIENT_PHI || is_summed_geometry(field);
        double error = scaled_error(got[field], expected, scale);
        if (carries_a_phi && fabs(got[field] - expected) <= TABLE_ABSOLUTE)
            error = 0;
        worst[field] = fmax(worst[field], error);
        if (!(error <= (is_summed_geometry(field) ? geometry_tolerance(over_nodes) : TABLE_TOLERANCE)))
            fail_msg("%s%s, %s, phi %.17g, r %.17g, %s: got %.17g, expected %.17g, error %.2g of the scale",
                     kernel->name, over_nodes ? " over nodes" : "", table, phi, r, columns[c].value,
                     got[field], expected, error);
    }
}

static void check_table(const struct fg_kernel *kernel, const char *table, bool over_nodes)
{
    char path[1000], header[2000], line[2000];
    double worst[FG_N_REAL_FIELDS] = {0};
    struct fg_dataset data = {0};
    struct fg_samples samples;
    int lines = 0;
    snprintf(path, sizeof path, "%s/reference/%s.csv", TEST_DATA, table);
    assert_int_equal(fg_dataset_read_csv(&data, "test", path, 1, NULL), FG_OK);
    assert_int_equal(fg_samples_init(&samples, &data, NULL), FG_OK);
    snprintf(path, sizeof path, "%s/reference/%s.ref.csv", TEST_DATA, table);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(header, sizeof header, file));
    for (; fgets(line, sizeof line, file); lines++)
        check_line(kernel, &samples, table, header, line, over_nodes, worst);
    assert_in_range(lines, 30, 100);
    print_message("%-8s %-14s %-7s largest errors of the scale:", kernel->name, table,
                  over_nodes ? "nodes," : "direct,");
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        print_message(" %.1e", worst[f]);
    print_message("\n");
    fclose(file);
    fg_samples_free(&samples);
    fg_dataset_free(&data);
}

static void every_value_of_the_tables_is_met(void **state)
{
    (void)state;
    const char *const tables[] = {"a", "b", "one", "separable-wide"};
    for (size_t k = 0; kernel_name(k); k++) {
        const struct fg_kernel *kernel = kernel_or_skip(kernel_name(k));
        for (size_t t = 0; kernel && t < 4; t++) {
            check_table(kernel, tables[t], false);
            check_table(kernel, tables[t], true);
        }
    }
}

/* geometry-A: 12 cells of 1000 samples, 40 digits. The bars of the project, direct and over nodes. Those of
 * the Hessian and of the empirical Fisher matrix are relative to their scale, that of the angle is absolute,
 * and the others are relative. */
static const struct geometry_column {
    const char *name;
    enum fg_field field;
    double direct, over_nodes;
} geometry_columns[] = {{"H_phi_phi", FG_HESSIAN_PHI_PHI, 1e-14, 1e-13},
                        {"EF_phi_phi", FG_EMPIRICAL_FISHER_PHI_PHI, 1e-14, 1e-13},
                        {"EF_r_phi", FG_EMPIRICAL_FISHER_R_PHI, 1e-14, 1e-13},
                        {"EF_r_r", FG_EMPIRICAL_FISHER_R_R, 1e-14, 1e-13},
                        {"lambda_max", FG_FISHER_EIGENVALUE_MAX, 1e-13, 1e-12},
                        {"lambda_min", FG_FISHER_EIGENVALUE_MIN, 1e-13, 1e-12},
                        {"eigen_angle", FG_FISHER_EIGENVECTOR_ANGLE, 1e-13, 1e-12},
                        {"condition", FG_FISHER_CONDITION, 1e-13, 1e-12},
                        {"curvature", FG_FISHER_CURVATURE, 1e-12, 1e-9}};
enum { N_GEOMETRY_COLUMNS = sizeof geometry_columns / sizeof *geometry_columns };

static void check_geometry(const struct fg_kernel *kernel, const struct fg_samples *samples,
                           const char *header, const char *line, bool over_nodes)
{
    double got[FG_N_REAL_FIELDS], scale[FG_N_REAL_FIELDS];
    double phi = value_in(line, column_of(header, "phi")), r = value_in(line, column_of(header, "r"));
    table_cell(kernel, samples, phi, r, over_nodes, got);
    error_scales(samples, phi, r, scale);
    for (size_t c = 0; c < N_GEOMETRY_COLUMNS; c++) {
        const struct geometry_column *of = &geometry_columns[c];
        const double expected = value_in(line, column_of(header, of->name));
        const double unit = is_summed_geometry(of->field)              ? scale[of->field]
                            : of->field == FG_FISHER_EIGENVECTOR_ANGLE ? 1
                                                                       : fabs(expected);
        const double error = field_error((int)of->field, got[of->field], expected, unit);
        if (!(error <= (over_nodes ? of->over_nodes : of->direct)))
            fail_msg("%s%s, phi %.17g, r %.17g, %s: got %.17g, expected %.17g, error %.2g", kernel->name,
                     over_nodes ? " over nodes" : "", phi, r, of->name, got[of->field], expected, error);
    }
}

static void the_geometry_of_the_table_is_met(void **state)
{
    (void)state;
    char header[2000], line[2000];
    struct fg_dataset data = {0};
    struct fg_samples samples;
    assert_int_equal(
        fg_dataset_read_csv(&data, "test", TEST_DATA "/reference/geometry-A.samples.csv", 1, NULL), FG_OK);
    assert_int_equal(fg_samples_init(&samples, &data, NULL), FG_OK);
    for (size_t k = 0; kernel_name(k); k++) {
        const struct fg_kernel *kernel = kernel_or_skip(kernel_name(k));
        FILE *file = fopen(TEST_DATA "/reference/geometry-A.csv", "r");
        assert_non_null(file);
        assert_non_null(fgets(header, sizeof header, file));
        while (kernel && fgets(line, sizeof line, file)) {
            check_geometry(kernel, &samples, header, line, false);
            check_geometry(kernel, &samples, header, line, true);
        }
        fclose(file);
    }
    fg_samples_free(&samples);
    fg_dataset_free(&data);
}

/* What must hold between the geometry's fields, whatever the data. */
static void the_geometry_obeys_its_laws(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_CLOUDS; c++) {
        uint64_t random = 31 + c;
        struct fg_samples samples = scatter(&clouds[c], &random);
        struct fg_kernel_params params =
            fg_kernel_params(&samples, clouds[c].r_bound, FG_SUM, 0, FG_ALL_FIELDS);
        const struct fg_kernel *kernel = fg_kernel_select(NULL, NULL);
        for (int cell = 0; cell < 60; cell++) {
            double f[FG_N_REAL_FIELDS], phi = between(&random, 0, 6.28);
            double r = between(&random, -clouds[c].r_bound, clouds[c].r_bound);
            enum fg_flag flag = kernel_cell(kernel, &samples, &params, phi, r, f);
            const double max = f[FG_FISHER_EIGENVALUE_MAX], min = f[FG_FISHER_EIGENVALUE_MIN];
            const double trace = f[FG_FISHER_PHI_PHI] + f[FG_FISHER_R_R],
                         turn = 2 * f[FG_FISHER_EIGENVECTOR_ANGLE];
            /* a few roundings each; below DBL_MIN absolute */
            assert_true(fabs(max + min - trace) <= 1e-14 * trace + DBL_MIN);
            assert_true(fabs((max - min) * sin(turn) / 2 - f[FG_FISHER_R_PHI]) <= 1e-14 * trace + DBL_MIN);
            assert_true(fabs((max - min) * cos(turn) - (f[FG_FISHER_PHI_PHI] - f[FG_FISHER_R_R])) <=
                        1e-14 * trace + DBL_MIN);
            assert_true(f[FG_FISHER_EIGENVECTOR_ANGLE] > -acos(0) &&
                        f[FG_FISHER_EIGENVECTOR_ANGLE] <= acos(0));
            assert_true(f[FG_EMPIRICAL_FISHER_PHI_PHI] >= 0);
            const double along[] = {f[FG_HESSIAN_PHI_PHI] * f[FG_NEWTON_PHI],
                                    f[FG_FISHER_R_PHI] * f[FG_NEWTON_R],
                                    f[FG_FISHER_R_PHI] * f[FG_NEWTON_PHI], f[FG_FISHER_R_R] * f[FG_NEWTON_R]};
            double scale[FG_N_REAL_FIELDS];
            error_scales(&samples, phi, r, scale);
            if (isfinite(f[FG_NEWTON_R]) && trace > 1e-250) { /* H newton = g, as far as sums are right */
                const double off[] = {along[0] + along[1] - f[FG_GRADIENT_PHI],
                                      along[2] + along[3] - f[FG_GRADIENT_R]};
                const double margin = 8 + 2 * (samples.radius + fabs(r));
                assert_true(fabs(off[0]) <=
                            32 * DBL_EPSILON * margin *
                                (scale[FG_HESSIAN_PHI_PHI] * fabs(f[FG_NEWTON_PHI]) +
                                 scale[FG_FISHER_R_PHI] * fabs(f[FG_NEWTON_R]) + scale[FG_GRADIENT_PHI]));
                assert_true(fabs(off[1]) <=
                            32 * DBL_EPSILON * (fabs(along[2]) + fabs(along[3]) + fabs(f[FG_GRADIENT_R])));
            }
            if (flag == FG_UNDEFINED) {
                assert_true(isnan(f[FG_NATURAL_GRADIENT_NORM]));
                assert_true(isinf(f[FG_FISHER_CONDITION]) || min < 1e-300);
                continue;
            }
            assert_true(max < 1e-290 || fabs(max / min / f[FG_FISHER_CONDITION] - 1) <= 1e-14 ||
                        min < 1e-290);
            assert_true(min < 1e-290 || fabs(f[FG_FISHER_VOLUME] / sqrt(max) / sqrt(min) - 1) <= 1e-14);
        }
        fg_samples_free(&samples);
    }
}

/* Errors of q = e^-m are those of m, |x| + |r| times a few roundings (sine, cosine, two products, a sum), and
 * enter every field once; a factor of 32 more is what the natural gradient may lose before a cell is
 * recomputed. */
static double tolerance(const struct fg_samples *samples, double r, enum fg_field field)
{
    double margin = 8 + 2 * (samples->radius + fabs(r));
    const bool is_sum = field < FG_NATURAL_GRADIENT_PHI || is_summed_geometry(field);
    return DBL_EPSILON * margin * (is_sum ? 2 : 32);
}

/* K of a cell of a data set. */
static double curvature_of(const struct fg_samples *samples, double phi, double r)
{
    const struct fg_kernel_params params =
        fg_kernel_params(samples, 12, FG_SUM, 0, 1u << FG_FISHER_CURVATURE);
    double field[FG_N_REAL_FIELDS];
    kernel_cell(fg_kernel_select(NULL, NULL), samples, &params, phi, r, field);
    return field[FG_FISHER_CURVATURE];
}

/* 1e-12, the bar of the project, where K is not small against its terms. */
static void the_curvature_obeys_its_laws(void **state)
{
    (void)state;
    enum { N = 40 };
    uint64_t random = 17;
    double x0[2 * N], x1[2 * N], shifted[N];
    unsigned char y[2 * N], others[N];
    for (size_t k = 0; k < N; k++) {
        x0[k] = x0[k + N] = between(&random, 0, 2);
        x1[k] = x1[k + N] = between(&random, 0, 3);
        y[k] = y[k + N] = uniform(&random) < 0.5;
        others[k] = !y[k];
        shifted[k] = x0[k] + 5;
    }
    struct fg_samples once = samples_of(N, x0, x1, y), twice = samples_of((size_t)2 * N, x0, x1, y),
                      relabelled = samples_of(N, x0, x1, others), far = samples_of(N, shifted, x1, y),
                      two = samples_of(2, x0, x1, y),
                      coincident = samples_of(2, (double[]){1, 1}, (double[]){2, 2}, y);
    for (int cell = 0; cell < 300; cell++) {
        const double phi = between(&random, 0, 6.28), r = between(&random, -5, 5);
        const double K = curvature_of(&once, phi, r);
        double scale[FG_N_REAL_FIELDS];
        error_scales(&once, phi, r, scale);
        const double bound = 1e-12 * scale[FG_FISHER_CURVATURE];
        assert_true(fabs(2 * curvature_of(&twice, phi, r) - K) <= bound);
        assert_true(fabs(curvature_of(&relabelled, phi, r) - K) <= bound);
        assert_true(fabs(curvature_of(&far, phi, r - 5 * sin(phi)) - K) <= bound);
        error_scales(&two, phi, r, scale);
        assert_true(fabs(curvature_of(&two, phi, r)) <= 1e-12 * scale[FG_FISHER_CURVATURE]);
        assert_true(isnan(curvature_of(&coincident, phi, r)));
    }
    struct fg_samples *all[] = {&once, &twice, &relabelled, &far, &two, &coincident};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        fg_samples_free(all[k]);
}

/* F^-1 H has the eigenvalues 1 and 1 + h/C, so n = newton (C + h)/C along phi; and E - F = sum (p^2 - w)(v^2,
 * v, 1). h and C in long double, from the definition. */
/* Samples on a line: at one phi their a differ by less than a is rounded, so that the sample that seems the
 * heaviest is not. */
static void the_curvature_of_a_line_is_that_of_the_reference(void **state)
{
    (void)state;
    enum { N = 10 };
    uint64_t random = 6;
    double x0[N], x1[N];
    unsigned char y[N];
    for (size_t k = 0; k < N; k++) {
        x0[k] = 0.7;
        x1[k] = between(&random, -1, 1);
        y[k] = k % 2;
    }
    struct fg_samples samples = samples_of(N, x0, x1, y);
    for (int cell = 0; cell < 50; cell++) {
        const double phi = acos(-1) / 2, r = between(&random, -5, 5);
        double scale[FG_N_REAL_FIELDS], expected[FG_N_REAL_FIELDS];
        const struct fg_kernel_params params = fg_kernel_params(&samples, 5, FG_SUM, 0, FG_ALL_FIELDS);
        fg_reference_cell(&samples, &params, phi, r, expected, NULL);
        error_scales(&samples, phi, r, scale);
        const int K = FG_FISHER_CURVATURE;
        assert_true(fabs(expected[K]) <= 1e-15 * scale[K]); /* K is proportional to cos(phi)^2 here */
        assert_true(scaled_error(curvature_of(&samples, phi, r), expected[K], scale[K]) <= 1e-12);
    }
    fg_samples_free(&samples);
}

static void hessian_and_empirical_fisher_obey_their_laws(void **state)
{
    (void)state;
    uint64_t random = 23;
    struct fg_samples samples = scatter(&clouds[0], &random);
    const struct fg_kernel_params params = fg_kernel_params(&samples, 5, FG_SUM, 0, FG_ALL_FIELDS);
    for (int cell = 0; cell < 100; cell++) {
        const double phi = between(&random, 0, 6.28), r = between(&random, -5, 5);
        double f[FG_N_REAL_FIELDS], scale[FG_N_REAL_FIELDS];
        long double h = 0, W0 = 0, W1 = 0, C = 0, E_F[3] = {0};
        kernel_cell(fg_kernel_select(NULL, NULL), &samples, &params, phi, r, f);
        error_scales(&samples, phi, r, scale);
        for (int pass = 0; pass < 2; pass++) {
            for (size_t k = 0; k < samples.n; k++) {
                const long double s = k < samples.n_class0 ? 1 : -1;
                const long double u = sinl(phi) * samples.x0[k] + cosl(phi) * samples.x1[k];
                const long double v = cosl(phi) * samples.x0[k] - sinl(phi) * samples.x1[k];
                const long double p = 1 / (1 + expl(s * (u + r))), w = p * (1 - p);
                if (pass) {
                    C += w * (v - W1 / W0) * (v - W1 / W0);
                    continue;
                }
                h += s * p * u;
                W0 += w;
                W1 += w * v;
                E_F[0] += (p * p - w) * v * v;
                E_F[1] += (p * p - w) * v;
                E_F[2] += p * p - w;
            }
        }
        const double n_phi = (double)(f[FG_NEWTON_PHI] * ((C + h) / C));
        const double terms =
            (double)(scale[FG_NEWTON_PHI] * fabsl((C + h) / C)) + scale[FG_NATURAL_GRADIENT_PHI];
        assert_true(
            !(fabs(n_phi - f[FG_NATURAL_GRADIENT_PHI]) > 1e-13 * terms)); /* no scale: C + h cancels */
        for (int c = 0; c < 3; c++) {
            const int F = FG_FISHER_PHI_PHI + c, E = FG_EMPIRICAL_FISHER_PHI_PHI + c;
            assert_true(fabs((double)E_F[c] - (f[E] - f[F])) <=
                        geometry_tolerance(false) * (scale[E] + scale[F]));
        }
    }
    fg_samples_free(&samples);
}

/* Saturated to weights of 1e-170 and below, where w f leaves the range of a double; on one side of a = 0 and
 * on both. */
static void the_curvature_of_saturated_cells_is_that_of_the_reference(void **state)
{
    (void)state;
    static const struct {
        double x1, r; /* class 1 lies at -x1 + 1 */
    } of[] = {{0, 390}, {0, -390}, {0, 600}, {0, -650}, {0, 700}, {400, 0.25}, {400, 3}, {700, 0.5}};
    uint64_t random = 5;
    for (size_t c = 0; c < sizeof of / sizeof *of; c++) {
        enum { N = 30 };
        double x0[N], x1[N];
        unsigned char y[N];
        for (size_t k = 0; k < N; k++) {
            y[k] = k % 2;
            x0[k] = between(&random, 0, 2);
            x1[k] = between(&random, 0, 2) + (y[k] ? -of[c].x1 : of[c].x1);
        }
        struct fg_samples samples = samples_of(N, x0, x1, y);
        const struct fg_kernel_params params = fg_kernel_params(&samples, 700, FG_SUM, 0, FG_ALL_FIELDS);
        for (int cell = 0; cell < 20; cell++) {
            const double phi = between(&random, -0.1, 0.1);
            double f[FG_N_REAL_FIELDS], expected[FG_N_REAL_FIELDS], scale[FG_N_REAL_FIELDS];
            unsigned char flag[FG_N_FLAG_FIELDS], right[FG_N_FLAG_FIELDS];
            kernel_cell_flags(fg_kernel_select(NULL, NULL), &samples, &params, phi, of[c].r, f, flag);
            fg_reference_cell(&samples, &params, phi, of[c].r, expected, right);
            fg_reference_scale(&samples, &params, phi, of[c].r, scale);
            const int K = FG_FISHER_CURVATURE;
            if (isfinite(scale[K]) &&
                !(scaled_error(f[K], expected[K], scale[K]) <= tolerance(&samples, of[c].r, K)))
                fail_msg("case %zu, phi %.17g: got %.17g, expected %.17g of %.3g, flag %d", c, phi, f[K],
                         expected[K], scale[K], flag[FG_FLAG(FG_CURVATURE_FLAG)]);
            for (int value = FG_UNDEFINED; value <= FG_OVERFLOW && isfinite(scale[K]); value++)
                assert_int_equal(flag[FG_FLAG(FG_CURVATURE_FLAG)] == value,
                                 right[FG_FLAG(FG_CURVATURE_FLAG)] == value);
        }
        fg_samples_free(&samples);
    }
}

/* The fields of the exercise, recomputed cells among them, are the same bits alone and beside all others. */
static void the_exercise_has_the_same_bits_beside_other_fields(void **state)
{
    (void)state;
    enum { N = 203 };
    static double memory[2][(FG_N_REAL_FIELDS + 1) * N];
    for (size_t k = 0; kernel_name(k); k++) {
        const struct fg_kernel *kernel = kernel_or_skip(kernel_name(k));
        for (size_t c = 0; kernel && c < N_CLOUDS; c++) {
            uint64_t random = 61 + c;
            struct fg_samples samples = scatter(&clouds[c], &random);
            double r[N], bound = clouds[c].r_bound;
            for (size_t j = 0; j < N; j++)
                r[j] = -bound + 2 * bound * (double)j / (N - 1);
            for (int row = 0; row < 4; row++) {
                const double phi = between(&random, 0, 6.28);
                struct fg_cells cells[2];
                for (int all = 0; all < 2; all++) {
                    const fg_field_set fields = all ? FG_ALL_FIELDS : FG_EXERCISE_FIELDS;
                    const struct fg_kernel_params params =
                        fg_kernel_params(&samples, bound, FG_SUM, 0, fields);
                    cells[all] = fg_cells_at(memory[all], N, fields);
                    fg_cells_evaluate(kernel, &samples, &params, phi, r, N, &cells[all]);
                }
                for (int f = 0; f < FG_HESSIAN_PHI_PHI; f++)
                    assert_memory_equal(cells[0].field[f], cells[1].field[f], sizeof r);
                assert_memory_equal(cells[0].flag[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)],
                                    cells[1].flag[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)], N);
            }
            fg_samples_free(&samples);
        }
    }
}

/* A cell as the reference kernel computes it, which takes most of the time of these tests. */
struct reference {
    double phi, r, value[FG_N_REAL_FIELDS], scale[FG_N_REAL_FIELDS];
    unsigned char flags[FG_N_FLAG_FIELDS];
    enum fg_flag flag;
};

static struct reference reference_of(const struct fg_samples *samples, const struct fg_kernel_params *params,
                                     double phi, double r)
{
    struct reference reference = {.phi = phi, .r = r};
    reference.flag = fg_reference_cell(samples, params, phi, r, reference.value, reference.flags);
    error_scales(samples, phi, r, reference.scale);
    return reference;
}

static void check_against_reference(const struct fg_kernel *kernel, const struct fg_samples *samples,
                                    const struct fg_kernel_params *params, const struct reference *reference,
                                    const char *what)
{
    const double phi = reference->phi, r = reference->r, *expected = reference->value,
                 *scale = reference->scale;
    double got[FG_N_REAL_FIELDS];
    unsigned char flags[FG_N_FLAG_FIELDS];
    enum fg_flag flag = kernel_cell_flags(kernel, samples, params, phi, r, got, flags);
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        double allowed = tolerance(samples, r, (enum fg_field)f);
        /* below the normal doubles an error is absolute */
        double error = field_error(f, got[f], expected[f], scale[f] * params->scale + DBL_MIN / DBL_EPSILON);
        if (f < FG_NATURAL_GRADIENT_PHI && !isfinite(got[f]))
            fail_msg("%s, %s: %s is %g", kernel->name, what, fg_field_info[f].name, got[f]);
        if (!(error <= allowed))
            fail_msg("%s, %s, phi %.17g, r %.17g, %s: got %.17g, expected %.17g, error %.2g of %.2g, flag %d",
                     kernel->name, what, phi, r, fg_field_info[f].name, got[f], expected[f], error, allowed,
                     flag);
    }
    assert_int_equal(flag == FG_UNDEFINED, reference->flag == FG_UNDEFINED);
    if (isfinite(scale[FG_NEWTON_PHI])) /* the sign of C + h is known */
        assert_int_equal(flags[FG_FLAG(FG_NEWTON_FLAG)], reference->flags[FG_FLAG(FG_NEWTON_FLAG)]);
    assert_int_not_equal(flag, FG_NOT_COMPUTED);
}

static void random_cells_agree_with_the_reference(void **state)
{
    (void)state;
    enum { N = 60 };
    struct reference cells[N];
    for (size_t c = 0; c < N_CLOUDS; c++) {
        uint64_t random = 88172645463325252u + c;
        struct fg_samples samples = scatter(&clouds[c], &random);
        struct fg_kernel_params params =
            fg_kernel_params(&samples, clouds[c].r_bound, FG_SUM, 0, FG_ALL_FIELDS);
        for (int cell = 0; cell < N; cell++) {
            const double phi = between(&random, 0, 6.2831853),
                         r = between(&random, -clouds[c].r_bound, clouds[c].r_bound);
            cells[cell] = reference_of(&samples, &params, phi, r);
        }
        for (size_t k = 0; kernel_name(k); k++) {
            const struct fg_kernel *kernel = kernel_or_skip(kernel_name(k));
            for (int cell = 0; kernel && cell < N; cell++)
                check_against_reference(kernel, &samples, &params, &cells[cell], clouds[c].name);
        }
        fg_samples_free(&samples);
    }
}

static void damping_and_mean_agree_with_the_reference(void **state)
{
    (void)state;
    const struct fg_kernel *kernel = fg_kernel_select(NULL, NULL);
    for (size_t c = 0; c < N_CLOUDS; c++) {
        uint64_t random = 1234567u + c;
        struct fg_samples samples = scatter(&clouds[c], &random);
        for (double damping = 1e-12; damping < 1e12; damping *= 1e4) {
            struct fg_kernel_params params =
                fg_kernel_params(&samples, clouds[c].r_bound, FG_MEAN, damping, FG_ALL_FIELDS);
            double phi = between(&random, 0, 6.2831853), r = between(&random, -5, 5);
            double got[FG_N_REAL_FIELDS], expected[FG_N_REAL_FIELDS];
            assert_int_not_equal(kernel_cell(kernel, &samples, &params, phi, r, got), FG_UNDEFINED);
            fg_reference_cell(&samples, &params, phi, r, expected, NULL);
            for (int f = FG_NATURAL_GRADIENT_PHI; f <= FG_NATURAL_GRADIENT_R; f++) {
                /* the larger component is the scale: the solution rotates as lambda takes over */
                double scale = hypot(expected[FG_NATURAL_GRADIENT_PHI], expected[FG_NATURAL_GRADIENT_R]);
                double error = scaled_error(got[f], expected[f], scale + DBL_MIN / DBL_EPSILON);
                if (!(error <= 100 * tolerance(&samples, r, (enum fg_field)f)))
                    fail_msg("%s, damping %g, %s: got %.17g, expected %.17g, error %.2g", clouds[c].name,
                             damping, fg_field_info[f].name, got[f], expected[f], error);
            }
        }
        fg_samples_free(&samples);
    }
}

/* --- ranks and ranges --- */

static void rank_1_has_no_natural_gradient(void **state)
{
    (void)state;
    const double x0[] = {1.1, 1.1, 1.1}, x1[] = {0.3, 0.3, 0.3}, line[] = {-1, 2, 7};
    const unsigned char y[] = {0, 1, 1};
    struct fg_samples equal = samples_of(3, x0, x1, y), on_a_line = samples_of(3, x0, line, y);
    struct fg_kernel_params params = fg_kernel_params(&on_a_line, 5, FG_SUM, 0, FG_ALL_FIELDS);
    for (size_t k = 0; kernel_name(k); k++) {
        const struct fg_kernel *kernel = kernel_or_skip(kernel_name(k));
        double field[FG_N_REAL_FIELDS];
        if (!kernel)
            continue;
        assert_int_equal(kernel_cell(kernel, &equal, &params, 0.7, 0.2, field), FG_UNDEFINED);
        assert_true(isnan(field[FG_NATURAL_GRADIENT_PHI]) && isnan(field[FG_NATURAL_GRADIENT_R]));
        assert_true(isfinite(field[FG_FISHER_PHI_PHI]) && isfinite(field[FG_GRADIENT_PHI]));
        /* a_phi = x0 at phi = 0: equal for all; not so beside it */
        assert_int_equal(kernel_cell(kernel, &on_a_line, &params, 0, 0.2, field), FG_UNDEFINED);
        assert_int_not_equal(kernel_cell(kernel, &on_a_line, &params, 1e-9, 0.2, field), FG_UNDEFINED);
    }
    fg_samples_free(&equal);
    fg_samples_free(&on_a_line);
}

/* One sample carries all the weight, the second e^-gap of it, down to where a double ends and beyond. */
static void a_light_second_sample_still_decides_the_natural_gradient(void **state)
{
    (void)state;
    const double gaps[] = {1, 10, 30, 100, 300, 600, 800, 3000};
    const struct fg_kernel *kernel = fg_kernel_select(NULL, NULL);
    for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++) {
        const double x0[] = {0.25, 3}, x1[] = {1, 1 + gaps[g]};
        const unsigned char y[] = {0, 0};
        struct fg_samples samples = samples_of(2, x0, x1, y);
        struct fg_kernel_params params = fg_kernel_params(&samples, 5, FG_SUM, 0, FG_ALL_FIELDS);
        const struct reference reference = reference_of(&samples, &params, 0.01, 0.5);
        check_against_reference(kernel, &samples, &params, &reference, "light second sample");
        double field[FG_N_REAL_FIELDS];
        kernel_cell(kernel, &samples, &params, 0.01, 0.5, field);
        assert_true(isfinite(field[FG_NATURAL_GRADIENT_PHI]));
        fg_samples_free(&samples);
    }
}

/* Every margin is so large that n, about e^|m| / |d|, exceeds the largest double: its sign is still known. */
static void overflow_is_told_from_rank_1(void **state)
{
    (void)state;
    static const struct {
        double x0[4], x1[4], phi, r;
        size_t n;
        double n_phi;
    } cases[] = {
        {{1000, -1000}, {0, 0}, 4.1, 0, 2, INFINITY},
        {{1000, -1000}, {0, 0}, 4.1, 1e-3, 2, INFINITY},
        {{1000, -1000}, {0, 0}, 5.3, 1e-3, 2, -INFINITY},
        {{1e5, -1e5}, {0, 0}, 4.1, 0, 2, INFINITY},    /* weights below those of long double */
        {{1e5, -0.99e5}, {0, 0}, 4.1, 0, 2, INFINITY}, /* and the second far below the first */
        /* all weight at one point, the gradient from two on the wrong side, whose weights lose digits */
        {{0, 1000, 0, -1000}, {0, -1310, 0, 170}, 0, 570, 4, -INFINITY},
    };
    const unsigned char y[] = {0, 1, 1, 1}, last[] = {0, 0, 1, 1};
    for (size_t k = 0; kernel_name(k); k++) {
        const struct fg_kernel *kernel = kernel_or_skip(kernel_name(k));
        for (size_t c = 0; kernel && c < sizeof cases / sizeof *cases; c++) {
            struct fg_samples samples =
                samples_of(cases[c].n, cases[c].x0, cases[c].x1, cases[c].n == 4 ? last : y);
            struct fg_kernel_params params =
                fg_kernel_params(&samples, fabs(cases[c].r), FG_SUM, 0, FG_ALL_FIELDS);
            double got[FG_N_REAL_FIELDS], expected[FG_N_REAL_FIELDS];
            assert_int_equal(kernel_cell(kernel, &samples, &params, cases[c].phi, cases[c].r, got),
                             FG_OVERFLOW);
            assert_int_equal(fg_reference_cell(&samples, &params, cases[c].phi, cases[c].r, expected, NULL),
                             FG_OVERFLOW);
            assert_true(got[FG_NATURAL_GRADIENT_PHI] == cases[c].n_phi);
            assert_true(expected[FG_NATURAL_GRADIENT_PHI] == cases[c].n_phi);
            assert_true(isfinite(got[FG_NATURAL_GRADIENT_R]) == isfinite(expected[FG_NATURAL_GRADIENT_R]));
            params.damping = 1e-3;
            assert_int_equal(kernel_cell(kernel, &samples, &params, cases[c].phi, cases[c].r, got),
                             FG_RECOMPUTED);
            assert_true(isfinite(got[FG_NATURAL_GRADIENT_PHI]) && isfinite(got[FG_NATURAL_GRADIENT_R]));
            fg_samples_free(&samples);
        }
    }
}

static void far_saturated_cells_stay_finite(void **state)
{
    (void)state;
    for (size_t k = 0; kernel_name(k); k++) {
        const struct fg_kernel *kernel = kernel_or_skip(kernel_name(k));
        const struct cloud far[] = {{"far", 40, 40, -25, 2, 0, 0.5, 700, false},
                                    {"largest", 40, 0, 0, FG_COORDINATE_MAX / 2, 0, 0.5, 1e6, false}};
        for (size_t c = 0; kernel && c < 2; c++) {
            uint64_t random = 5 + c;
            struct fg_samples samples = scatter(&far[c], &random);
            struct fg_kernel_params params =
                fg_kernel_params(&samples, far[c].r_bound, FG_SUM, 0, FG_ALL_FIELDS);
            for (double r = -far[c].r_bound; r <= far[c].r_bound; r += far[c].r_bound / 50) {
                double field[FG_N_REAL_FIELDS];
                kernel_cell(kernel, &samples, &params, between(&random, 0, 6.28), r, field);
                for (int f = 0; f < FG_NATURAL_GRADIENT_PHI; f++)
                    assert_true(isfinite(field[f]));
                assert_true(field[FG_LOSS] >= 0 && field[FG_FISHER_R_R] >= 0 &&
                            field[FG_FISHER_PHI_PHI] >= 0);
            }
            fg_samples_free(&samples);
        }
    }
}

/* --- same bits --- */

/* A cell has the same bits alone and anywhere in a row of any length, also where neighbours are recomputed.
 */
static void a_cell_does_not_depend_on_its_neighbours(void **state)
{
    (void)state;
    enum { N = FG_CHUNK + 13 };
    for (size_t k = 0; kernel_name(k); k++) {
        const struct fg_kernel *kernel = kernel_or_skip(kernel_name(k));
        for (size_t c = 0; kernel && c < N_CLOUDS; c++) {
            uint64_t random = 77 + c;
            struct fg_samples samples = scatter(&clouds[c], &random);
            struct fg_kernel_params params =
                fg_kernel_params(&samples, clouds[c].r_bound, FG_SUM, 0, FG_ALL_FIELDS);
            double r[N], row[FG_N_REAL_FIELDS][N], alone[FG_N_REAL_FIELDS];
            unsigned char flag[FG_N_FLAG_FIELDS][N];
            struct fg_cells cells;
            for (int f = 0; f < FG_N_REAL_FIELDS; f++)
                cells.field[f] = row[f];
            for (int f = 0; f < FG_N_FLAG_FIELDS; f++)
                cells.flag[f] = flag[f];
            for (size_t j = 0; j < N; j++)
                r[j] = between(&random, -clouds[c].r_bound, clouds[c].r_bound);
            fg_cells_evaluate(kernel, &samples, &params, 0.3, r, clouds[c].n > 1000 ? 11 : N, &cells);
            for (size_t j = 0; j < (clouds[c].n > 1000 ? 11 : N); j++) {
                assert_int_equal(kernel_cell(kernel, &samples, &params, 0.3, r[j], alone),
                                 flag[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)][j]);
                for (int f = 0; f < FG_N_REAL_FIELDS; f++)
                    assert_memory_equal(&alone[f], &row[f][j], sizeof alone[f]);
            }
            fg_samples_free(&samples);
        }
    }
}

/* Between instruction sets sums are rounded differently; no bits are promised, but the same tolerance. */
static void instruction_sets_agree(void **state)
{
    (void)state;
    const struct fg_kernel *baseline = fg_kernel_select("baseline", NULL);
    double worst = 0;
    for (size_t k = 1; kernel_name(k); k++) {
        const struct fg_kernel *kernel = kernel_or_skip(kernel_name(k));
        uint64_t random = 3;
        struct fg_samples samples = scatter(&clouds[0], &random);
        struct fg_kernel_params params = fg_kernel_params(&samples, 5, FG_SUM, 0, FG_ALL_FIELDS);
        for (int cell = 0; kernel && cell < 1000; cell++) {
            double phi = between(&random, 0, 6.28), r = between(&random, -5, 5);
            double a[FG_N_REAL_FIELDS], b[FG_N_REAL_FIELDS], scale[FG_N_REAL_FIELDS];
            kernel_cell(baseline, &samples, &params, phi, r, a);
            kernel_cell(kernel, &samples, &params, phi, r, b);
            error_scales(&samples, phi, r, scale);
            for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
                double error = field_error(f, a[f], b[f], scale[f]);
                worst = fmax(worst, error);
                assert_true(error <= 2 * tolerance(&samples, r, (enum fg_field)f));
            }
        }
        fg_samples_free(&samples);
    }
    print_message("largest difference between instruction sets: %.2g of the scale\n", worst);
}

static void an_unknown_instruction_set_is_refused_with_those_there_are(void **state)
{
    (void)state;
    struct fg_error error;
    assert_null(fg_kernel_select("sse9", &error));
    assert_non_null(strstr(error.text, "sse9"));
    assert_non_null(strstr(error.text, "baseline"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_of_the_tables_is_met),
        cmocka_unit_test(the_geometry_of_the_table_is_met),
        cmocka_unit_test(the_geometry_obeys_its_laws),
        cmocka_unit_test(the_curvature_obeys_its_laws),
        cmocka_unit_test(the_curvature_of_a_line_is_that_of_the_reference),
        cmocka_unit_test(hessian_and_empirical_fisher_obey_their_laws),
        cmocka_unit_test(the_curvature_of_saturated_cells_is_that_of_the_reference),
        cmocka_unit_test(the_exercise_has_the_same_bits_beside_other_fields),
        cmocka_unit_test(random_cells_agree_with_the_reference),
        cmocka_unit_test(damping_and_mean_agree_with_the_reference),
        cmocka_unit_test(rank_1_has_no_natural_gradient),
        cmocka_unit_test(a_light_second_sample_still_decides_the_natural_gradient),
        cmocka_unit_test(overflow_is_told_from_rank_1),
        cmocka_unit_test(far_saturated_cells_stay_finite),
        cmocka_unit_test(a_cell_does_not_depend_on_its_neighbours),
        cmocka_unit_test(instruction_sets_agree),
        cmocka_unit_test(an_unknown_instruction_set_is_refused_with_those_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
