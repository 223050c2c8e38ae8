/* Sources against the samples that they stand for. */
#include <float.h>

#include "check.h"
#include "fishergrid/dataset.h"
#include "fishergrid/sources.h"
#include "memory_sink.h"

/* More nodes than any sweep of these tests, so that only the number of sources decides. */
#define MANY_NODES 1e6

/* A standard normal number. */
static double normal(uint64_t *random)
{
    const double radius = sqrt(-2 * log(1 - uniform(random)));
    return radius * cos(2 * acos(-1) * uniform(random));
}

/* --- data sets that are hard to compress --- */

static void gaussian(double spread, double shift, uint64_t *random, unsigned char y, double x[2])
{
    x[0] = 1 + shift + spread * normal(random);
    x[1] = 1 + y + spread * normal(random);
}

static void a(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    (void)k;
    gaussian(0.3, 0, random, y, x);
}

static void b(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    (void)k;
    gaussian(0.3, 5, random, y, x);
}

static void narrow(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    (void)k;
    gaussian(1e-3, 0.1, random, y, x);
}

static void narrower(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    (void)k;
    gaussian(1e-6, 0.1, random, y, x);
}

static void tiny(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    (void)k, (void)y;
    gaussian(1e-9, 0.1, random, 0, x);
}

static void corner(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    (void)k;
    gaussian(1e-6, 0, random, y, x);
}

static void wide(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    (void)k;
    gaussian(1.5, 0, random, y, x);
}

static void equal(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    (void)random, (void)k, (void)y;
    x[0] = 1.1;
    x[1] = 1.3;
}

static void neighbours(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    (void)k;
    x[0] = uniform(random) < 0.5 ? 1 : 1 + DBL_EPSILON;
    x[1] = 1 + y;
}

static void vertical(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    (void)k;
    x[0] = 0.7;
    x[1] = 0.3 * normal(random) + y;
}

static void diagonal(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    (void)k, (void)y;
    x[0] = x[1] = uniform(random);
}

static void outlier(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    gaussian(1e-4, 0.3, random, y, x);
    if (k == 7)
        x[0] += 0.4;
}

static void two_clusters(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    (void)y;
    gaussian(1e-7, k % 3 == 0 ? 0.2 : 0.7, random, 0, x);
}

static void logarithmic(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    (void)k, (void)y;
    x[0] = exp(between(random, -20, 0));
    x[1] = exp(between(random, -20, 0));
}

static void distant(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    (void)k;
    gaussian(0.3, 39, random, y, x);
    x[1] -= 26;
}

static void beyond_range(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    gaussian(0.3, k % 2 ? 700 : -700, random, y, x);
}

static void grid(uint64_t *random, size_t k, unsigned char y, double x[2])
{
    (void)random;
    x[0] = (double)(k % 10) / 10;
    x[1] = (double)(k / 10 % 10) / 10 + y;
}

static const struct hard {
    const char *name;
    void (*draw)(uint64_t *random, size_t k, unsigned char y, double x[2]);
    size_t n;
    double class1;      /* fraction */
    double gain;        /* there are at least so many times more samples than sources */
    double sums, other; /* bounds of the errors of sums, and of what C divides */
} hard[] = {
    {"A", a, 20000, 0.5, 10, 2e-14, 1e-13},
    {"B", b, 20000, 0.5, 10, 2e-14, 1e-13},
    {"narrow", narrow, 20000, 0.5, 50, 1e-12, 1e-12},
    {"narrower", narrower, 20000, 0.5, 50, 1e-12, 1e-12},
    {"tiny", tiny, 20000, 0.5, 50, 1e-12, 1e-12},
    {"corner of a square", corner, 20000, 0.5, 10, 1e-12, 1e-12},
    {"wide", wide, 40000, 0.5, 2, 1e-12, 1e-12},
    {"equal", equal, 500, 0.5, 250, 1e-12, 1e-12},
    {"neighbouring doubles", neighbours, 20000, 0.5, 500, 1e-12, 1e-12},
    {"vertical line", vertical, 20000, 0.5, 100, 1e-12, 1e-12},
    {"diagonal line", diagonal, 20000, 0.5, 15, 1e-12, 1e-12},
    {"cluster and outlier", outlier, 20000, 0.5, 50, 1e-12, 1e-12},
    {"two clusters", two_clusters, 20000, 0.5, 50, 1e-12, 1e-12},
    {"logarithmic", logarithmic, 40000, 0.5, 2, 1e-12, 1e-12},
    {"distant", distant, 20000, 0.5, 10, 1e-12, 1e-12},
    {"beyond range", beyond_range, 20000, 0.5, 5, 1e-12, 1e-12},
    {"unbalanced", a, 20000, 0.01, 10, 1e-12, 1e-12},
    {"one class", a, 20000, 1, 10, 1e-12, 1e-12},
    {"duplicates", grid, 20000, 0.5, 15, 1e-12, 1e-12},
};
enum { N_HARD = sizeof hard / sizeof *hard };

/* `n` samples, and each of them `copies` times: the reference kernel, which is slow, sums n. */
static struct fg_samples draw_copies(const struct hard *how, uint64_t seed, size_t n, size_t copies)
{
    const size_t all = n * copies;
    double *x0 = malloc(all * sizeof *x0), *x1 = malloc(all * sizeof *x1);
    unsigned char *y = malloc(all);
    uint64_t random = seed;
    for (size_t k = 0; k < n; k++) {
        double x[2];
        y[k] = uniform(&random) < how->class1;
        how->draw(&random, k, y[k], x);
        for (size_t c = k; c < all; c += n) {
            x0[c] = x[0];
            x1[c] = x[1];
            y[c] = y[k];
        }
    }
    struct fg_samples samples = samples_of(all, x0, x1, y);
    free(x0);
    free(x1);
    free(y);
    return samples;
}

static struct fg_samples draw(const struct hard *how, uint64_t seed)
{
    return draw_copies(how, seed, how->n, 1);
}

/* The parameters with which the reference kernel computes, from n samples, the cells of all copies. */
static struct fg_kernel_params params_of_copies(struct fg_kernel_params params, size_t copies)
{
    params.scale *= (double)copies;
    params.damping /= (double)copies;
    return params;
}

static struct fg_samples sources_of(const struct fg_samples *samples, const struct fg_kernel *kernel,
                                    int threads)
{
    struct fg_samples sources;
    assert_int_equal(fg_sources_init(&sources, samples, MANY_NODES, kernel, threads, NULL), FG_OK);
    return sources;
}

/* --- fields --- */

struct errors {
    double sums, other, curvature;
    int n_undefined;
};

/* The errors of a cell of a sweep, above what the margin itself loses. A flag says undefined where the
 * reference does. */
static void note_errors(const struct fg_samples *samples, const struct fg_kernel_params *params,
                        const struct fg_setup *setup, const struct swept *swept, size_t i, size_t j,
                        struct errors *errors)
{
    const double phi = fg_axis_value(&setup->phi, i), r = fg_axis_value(&setup->r, j);
    const double margin = 1 + (samples->radius + fabs(r)) / 20;
    const size_t at = cell_at(swept, 0, i, j);
    double expected[FG_N_REAL_FIELDS], scale[FG_N_REAL_FIELDS];
    unsigned char flags[FG_N_FLAG_FIELDS];
    fg_reference_cell(samples, params, phi, r, expected, flags);
    fg_reference_scale(samples, params, phi, r, scale);
    for (int f = FG_NATURAL_GRADIENT_FLAG; f < FG_N_FIELDS; f++) {
        const int got = swept->cells.flag[FG_FLAG(f)][at], right = flags[FG_FLAG(f)];
        if (!(setup->fields & 1u << f))
            continue;
        assert_int_not_equal(got, FG_NOT_COMPUTED);
        if (f != FG_NEWTON_FLAG || isfinite(scale[FG_NEWTON_PHI])) /* else the sign of C + h is open */
            assert_int_equal(got == FG_UNDEFINED, right == FG_UNDEFINED);
    }
    errors->n_undefined += flags[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)] == FG_UNDEFINED;
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        if (!(setup->fields & 1u << f && isfinite(scale[f])))
            continue;
        const double error =
            field_error(f, swept->cells.field[f][at], expected[f], scale[f] + DBL_MIN / DBL_EPSILON) / margin;
        const bool is_sum = f < FG_NATURAL_GRADIENT_PHI || is_summed_geometry((enum fg_field)f);
        double *worst = f == FG_FISHER_CURVATURE ? &errors->curvature
                        : is_sum                 ? &errors->sums
                                                 : &errors->other;
        *worst = fmax(*worst, error);
    }
}

/* Errors count above what the margin itself loses: it is rounded like its parts, and enters every term. */
static void measure_cell(const struct fg_kernel *kernel, const struct fg_samples *samples,
                         const struct fg_samples *once, size_t copies, const struct fg_samples *sources,
                         double phi, double r, struct errors *errors)
{
    const struct fg_kernel_params params =
        fg_kernel_params(samples, samples->radius + 5, FG_SUM, 0, FG_ALL_FIELDS);
    const struct fg_kernel_params of_copies = params_of_copies(params, copies);
    double got[FG_N_REAL_FIELDS], expected[FG_N_REAL_FIELDS], scale[FG_N_REAL_FIELDS];
    double direct[FG_N_REAL_FIELDS];
    enum fg_flag flag = kernel_cell(kernel, sources, &params, phi, r, got);
    kernel_cell(kernel, samples, &params, phi, r, direct);
    unsigned char flags[FG_N_FLAG_FIELDS];
    fg_reference_cell(once, &of_copies, phi, r, expected, flags);
    const int reference = flags[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)];
    const double margin = 1 + (samples->radius + fabs(r)) / 20;
    fg_reference_scale(once, &of_copies, phi, r, scale);
    assert_int_equal(flag == FG_UNDEFINED, reference == FG_UNDEFINED);
    assert_int_not_equal(flag, FG_NOT_COMPUTED);
    errors->n_undefined += flag == FG_UNDEFINED;
    /* where u is rounding alone, the curvature of the samples is off, too */
    const double own = field_error(FG_FISHER_CURVATURE, direct[FG_FISHER_CURVATURE],
                                   expected[FG_FISHER_CURVATURE], scale[FG_FISHER_CURVATURE]);
    const double of_sources = field_error(FG_FISHER_CURVATURE, got[FG_FISHER_CURVATURE],
                                          expected[FG_FISHER_CURVATURE], scale[FG_FISHER_CURVATURE]);
    if (isfinite(scale[FG_FISHER_CURVATURE]))
        errors->curvature = fmax(errors->curvature, of_sources - 2 * own);
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        const bool is_sum = f < FG_NATURAL_GRADIENT_PHI || is_summed_geometry((enum fg_field)f);
        double *worst = is_sum ? &errors->sums : &errors->other;
        if (f != FG_FISHER_CURVATURE &&
            isfinite(scale[f])) /* below the normal doubles an error is absolute */
            *worst =
                fmax(*worst, field_error(f, got[f], expected[f], scale[f] + DBL_MIN / DBL_EPSILON) / margin);
    }
}

static void fields_of_sources_agree_with_the_reference(void **state)
{
    (void)state;
    const struct fg_kernel *kernel = fg_kernel_select(NULL, NULL);
    for (size_t h = 0; h < N_HARD; h++) {
        const size_t copies = 10, n = hard[h].n / copies;
        struct fg_samples samples = draw_copies(&hard[h], h + 1, n, copies);
        struct fg_samples once = draw_copies(&hard[h], h + 1, n, 1);
        struct fg_samples sources = sources_of(&samples, kernel, 2);
        struct errors errors = {0};
        uint64_t random = 99;
        assert_true((double)sources.n * hard[h].gain <= (double)samples.n && sources.n > 0);
        for (int cell = 0; cell < 12; cell++) {
            const double special[] = {0, atan(1), 2 * atan(1), 3 * atan(1), 4 * atan(1)};
            const double phi = cell < 5 ? special[cell] : between(&random, 0, 6.2831853);
            const double centre = sin(phi) * samples.mean0 + cos(phi) * samples.mean1;
            const double r = between(&random, -5, 5) - (cell % 2 ? centre : 0);
            measure_cell(kernel, &samples, &once, copies, &sources, phi, r, &errors);
        }
        print_message("%-20s %6zu samples as %5zu sources: sums %.1e, other %.1e, curvature %.1e, "
                      "%d undefined\n",
                      hard[h].name, samples.n, sources.n, errors.sums, errors.other, errors.curvature,
                      errors.n_undefined);
        assert_true(errors.sums <= hard[h].sums && errors.other <= hard[h].other);
        assert_true(errors.curvature <= 1e-12); /* of its absolute terms, as of direct sums */
        fg_samples_free(&sources);
        fg_samples_free(&samples);
        fg_samples_free(&once);
    }
}

/* --- the sweep --- */

static struct swept sweep_sources(const struct fg_samples *samples, struct fg_setup *setup, int threads,
                                  struct fg_summary *summary)
{
    const struct fg_kernel *kernel = fg_kernel_select(NULL, NULL);
    struct fg_samples sources;
    cut(setup, 0);
    assert_int_equal(fg_setup_compress(setup, 0, samples, kernel, threads, &sources, NULL), FG_OK);
    const struct fg_problem problem = {
        .setup = setup, .samples = sources.n > 0 ? &sources : samples, .kernel = kernel};
    struct swept swept = sweep_into_memory(&problem, threads, summary);
    fg_samples_free(&sources);
    return swept;
}

/* Beyond the range of a double, the reference computes the curvature of most cells, from all samples each.
 * The kernel's test has it. */
static fg_field_set fields_of(const struct hard *how)
{
    const fg_field_set curvature = 1u << FG_FISHER_CURVATURE | 1u << FG_CURVATURE_FLAG;
    return FG_ALL_FIELDS & ~(how->draw == beyond_range ? curvature : 0);
}

/* Grids with nodes along both axes, one, and none. With damping, and as a mean. */
static void sweeps_of_sources_agree_with_the_reference(void **state)
{
    (void)state;
    enum { COPIES = 10 };
    const size_t shapes[][2] = {{300, 200}, {9, 200}, {300, 9}, {9, 9}};
    const size_t sets[] = {0, 10, 11, 14}; /* A, cluster and outlier, two clusters, beyond range */
    for (size_t k = 0; k < 16; k++) {
        const struct hard *how = &hard[sets[k / 4]];
        struct fg_samples samples = draw_copies(how, 5, how->n / COPIES, COPIES),
                          once = draw_copies(how, 5, how->n / COPIES, 1);
        struct fg_setup setup = {.phi = {.n = shapes[k % 4][0], .low = 0, .high = 6.28},
                                 .r = {.n = shapes[k % 4][1], .low = -5, .high = 5},
                                 .reduction = k % 2 ? FG_MEAN : FG_SUM,
                                 .damping = k % 3 ? 0 : 0.01,
                                 .fields = fields_of(how),
                                 .n_data = 1};
        struct fg_summary summary[1];
        struct swept swept = sweep_sources(&samples, &setup, 2, summary);
        const struct fg_kernel_params params =
            params_of_copies(fg_setup_kernel_params(&setup, &samples), COPIES);
        uint64_t random = 3;
        struct errors errors = {0};
        assert_true(setup.data[0].sources > 0);
        if (k % 4 == 0) { /* along both axes: everything that threads share is there */
            struct swept again = sweep_sources(&samples, &setup, 7, summary);
            assert_same_bytes(&swept, &again);
            free_swept(&again);
        }
        for (int cell = 0; cell < 8; cell++) {
            const size_t i = (size_t)((double)swept.n_phi * uniform(&random));
            const size_t j = (size_t)((double)swept.n_r * uniform(&random));
            note_errors(&once, &params, &setup, &swept, i, j, &errors);
        }
        print_message("%-20s %3zu x %3zu cells, %llu directly: sums %.1e, other %.1e, curvature %.1e\n",
                      how->name, swept.n_phi, swept.n_r, (unsigned long long)summary->direct_fallback_cells,
                      errors.sums, errors.other, errors.curvature);
        assert_true(errors.sums <= 1e-12 && errors.other <= 1e-12 && errors.curvature <= 1e-12);
        free_swept(&swept);
        fg_samples_free(&samples);
        fg_samples_free(&once);
    }
}

/* What `auto` makes of few samples, which keep to themselves, and of so many that sources stand for them:
 * over nodes, at angles where lines of samples and axes of boxes degenerate, and elsewhere. With many samples
 * there are few cells along r, since some must be computed from all samples. */
static void auto_agrees_with_the_reference_for_10_to_a_million_samples(void **state)
{
    (void)state;
    static const struct {
        size_t n, copies, n_r;
    } sizes[] = {{10, 1, 150}, {1000, 1, 150}, {2000, 50, 4}, {2000, 500, 4}};
    for (size_t k = 0; k < 4 * N_HARD; k++) {
        const struct hard *how = &hard[k / 4];
        const size_t n = sizes[k % 4].n, copies = sizes[k % 4].copies;
        struct fg_samples samples = draw_copies(how, 7, n, copies), once = draw_copies(how, 7, n, 1);
        struct fg_setup setup = {.phi = {.n = 129, .low = 0, .high = 2 * atan(1)},
                                 .r = {.n = sizes[k % 4].n_r, .low = -5, .high = 5},
                                 .fields = fields_of(how),
                                 .n_data = 1};
        struct fg_summary summary[1];
        struct swept swept = sweep_sources(&samples, &setup, 2, summary);
        const struct fg_kernel_params params =
            params_of_copies(fg_setup_kernel_params(&setup, &samples), copies);
        struct errors errors = {0};
        uint64_t random = 3;
        for (size_t cell = 0; cell < 6; cell++) {
            const size_t i = cell < 3 ? 64 * cell : (size_t)(129 * uniform(&random));
            const size_t j = (size_t)((double)setup.r.n * uniform(&random));
            note_errors(&once, &params, &setup, &swept, i, j, &errors);
        }
        print_message("%-20s %7zu samples, %5llu sources, %5llu cells directly: sums %.1e, other %.1e, "
                      "curvature %.1e, %d undefined\n",
                      how->name, n * copies, (unsigned long long)setup.data[0].sources,
                      (unsigned long long)summary->direct_fallback_cells, errors.sums, errors.other,
                      errors.curvature, errors.n_undefined);
        assert_true(errors.sums <= how->sums && errors.other <= how->other);
        assert_true(errors.curvature <= 1e-10); /* the bar of its terms */
        free_swept(&swept);
        fg_samples_free(&samples);
        fg_samples_free(&once);
    }
}

static bool same_doubles(const double *a, const double *b, size_t n)
{
    return memcmp(a, b, n * sizeof *a) == 0;
}

static void threads_change_no_bit_of_a_source(void **state)
{
    (void)state;
    const struct fg_kernel *kernel = fg_kernel_select(NULL, NULL);
    for (size_t h = 0; h < N_HARD; h++) {
        struct fg_samples samples = draw(&hard[h], h + 1);
        struct fg_samples one = sources_of(&samples, kernel, 1), five = sources_of(&samples, kernel, 5);
        assert_int_equal(one.n, five.n);
        assert_int_equal(one.n_class0, five.n_class0);
        assert_true(same_doubles(one.owned, five.owned, 5 * one.n)); /* all arrays */
        fg_samples_free(&one);
        fg_samples_free(&five);
        fg_samples_free(&samples);
    }
}

/* What only costs time is left alone: few samples, few nodes, samples that are scattered, other methods. */
static void sources_are_used_only_where_they_save(void **state)
{
    (void)state;
    const struct fg_kernel *kernel = fg_kernel_select(NULL, NULL);
    const struct hard few = {"A", a, 1000, 0.5, 0, 0, 0},
                      scattered = {"far apart", beyond_range, 30, 0.5, 0, 0, 0};
    struct fg_samples sources, samples = draw(&few, 1), some = draw(&scattered, 1), many = draw(&hard[0], 1);
    struct fg_setup setup = {.phi = {.n = 64, .low = 0, .high = 6.28}, .r = {.n = 64, .low = -5, .high = 5}};
    assert_int_equal(fg_sources_init(&sources, &samples, MANY_NODES, kernel, 2, NULL), FG_OK);
    assert_int_equal(sources.n, 0);
    assert_int_equal(fg_sources_init(&sources, &some, MANY_NODES, kernel, 2, NULL), FG_OK);
    assert_int_equal(sources.n, 0);
    assert_int_equal(fg_sources_init(&sources, &many, 4, kernel, 2, NULL), FG_OK);
    assert_int_equal(sources.n, 0);
    setup.method = FG_DIRECT;
    assert_int_equal(fg_setup_compress(&setup, 0, &many, kernel, 2, &sources, NULL), FG_OK);
    assert_int_equal(sources.n, 0);
    setup.method = FG_AUTO;
    assert_int_equal(fg_setup_compress(&setup, 0, &many, kernel, 2, &sources, NULL), FG_OK);
    assert_true(sources.n > 0 && setup.data[0].sources == sources.n && sources.behind == &many);
    fg_samples_free(&sources);
    fg_samples_free(&samples);
    fg_samples_free(&some);
    fg_samples_free(&many);
}

/* Weights are sums of Lagrange polynomials: they count the samples, and integrate polynomials. */
static void weights_integrate_polynomials(void **state)
{
    (void)state;
    struct fg_samples samples = draw(&hard[0], 1),
                      sources = sources_of(&samples, fg_kernel_select(NULL, NULL), 2);
    for (int m = 0; m < 10; m++) {
        long double of_samples = 0, of_sources = 0;
        for (size_t k = 0; k < samples.n_class0; k++)
            of_samples += powl(samples.x0[k] - 1, m / 2) * powl(samples.x1[k] - 1, m % 4);
        for (size_t k = 0; k < sources.n_class0; k++)
            of_sources += sources.weight[k] * powl((long double)sources.x0[k] - 1 + sources.o0[k], m / 2) *
                          powl((long double)sources.x1[k] - 1 + sources.o1[k], m % 4);
        assert_true(fabsl(of_samples - of_sources) <= 1e-14L * (long double)samples.n);
    }
    fg_samples_free(&sources);
    fg_samples_free(&samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_integrate_polynomials),
        cmocka_unit_test(sources_are_used_only_where_they_save),
        cmocka_unit_test(threads_change_no_bit_of_a_source),
        cmocka_unit_test(sweeps_of_sources_agree_with_the_reference),
        cmocka_unit_test(fields_of_sources_agree_with_the_reference),
        cmocka_unit_test(auto_agrees_with_the_reference_for_10_to_a_million_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
