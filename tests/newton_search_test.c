/* The search for a stationary point: one pass over the samples near the zero describes it, wherever the pass
 * was. */
#include <float.h>

#include "check.h"
#include "newton_search.h"

/* Samples without any symmetry. */
static const double x0[] = {1.1, -0.7, 0.9, 2.2, 0.3, 1.3, -1.6, 0.4};
static const double x1[] = {0.9, 1.2, -1.6, 0.1, 1.8, 2.3, 0.2, -0.5};
static const unsigned char y[] = {0, 0, 1, 0, 1, 1, 0, 1};
enum { N = sizeof y };

/* Fails unless two values differ by a few roundings. */
static void check_near(double a, double b)
{
    assert_true(fabs(a - b) <= 8 * DBL_EPSILON * fabs(b));
}

/* Fails unless the sums at places up to 8e-13 from the zero give the point at (phi, r). They differ from the
 * sums at the point by up to 4000 roundings. */
static void check_zero(const struct fg_newton_search *search, struct fg_place at)
{
    const double low = (double)at.phi - 0.01, high = (double)at.phi + 0.01;
    struct fg_zero zero, other;
    assert_true(fg_newton_search_refine(search, low, high, NULL, at, &zero));
    at.phi = zero.phi;
    at.r = zero.r;
    assert_true(fg_newton_search_refine(search, low, high, NULL, at, &zero));
    const double phi = (double)zero.phi, r = (double)zero.r;
    const struct fg_stationary_point expected = fg_newton_search_describe(search, &zero, 0, phi, r);
    for (int k = 0; k < 9; k++) {
        const long double off_phi = 3e-13L * (k / 3 - 1), off_r = 3e-13L * (k % 3 - 1);
        const struct fg_place start = {zero.phi + off_phi, zero.r + off_r, at.M};
        assert_true(fg_newton_search_refine(search, low, high, NULL, start, &other));
        assert_true(other.near.phi == (double)start.phi && other.near.r == (double)start.r);
        assert_true(fabsl(other.phi - zero.phi) < 1e-18L && fabsl(other.r - zero.r) < 1e-18L);
        const struct fg_stationary_point point = fg_newton_search_describe(search, &other, 0, phi, r);
        check_near(point.loss, expected.loss);
        for (int e = 0; e < 2; e++) {
            check_near(point.fisher[e], expected.fisher[e]);
            check_near(point.hessian[e], expected.hessian[e]);
            check_near(point.relative[e], expected.relative[e]);
        }
        assert_true(fabs(point.gradient - expected.gradient) < 1e-17); /* terms of up to 3 in long double */
    }
}

static void a_pass_describes_the_zero_next_to_it(void **state)
{
    (void)state;
    struct fg_samples samples = samples_of(N, x0, x1, y);
    const struct fg_kernel *kernel = fg_kernel_select(NULL, NULL);
    const struct fg_setup setup = {
        .phi = {.n = 2, .low = 0, .high = 6.283}, .r = {.n = 2, .low = -9, .high = 9}, .n_data = 1};
    const struct fg_problem problem = {.setup = &setup, .samples = &samples, .kernel = kernel};
    struct fg_stationary found;
    struct fg_newton_search search;
    assert_int_equal(fg_stationary_find(&found, &problem, 0, 1, NULL, NULL), FG_OK);
    assert_true(found.n >= 2);
    assert_int_equal(fg_newton_search_init(&search, kernel, &samples, 3, 1, NULL), FG_OK);
    for (size_t k = 0; k < found.n; k++)
        check_zero(&search, (struct fg_place){found.point[k].phi, found.point[k].r, 0});
    fg_newton_search_free(&search);
    fg_samples_free(&samples);
}

static long double loss_at(const struct fg_samples *samples, double phi, double r)
{
    long double loss = 0;
    for (size_t k = 0; k < N; k++) {
        const long double u = sinl(phi) * samples->x0[k] + cosl(phi) * samples->x1[k] + r,
                          wrong = k < samples->n_class0 ? -u : u;
        loss += fmaxl(wrong, 0) + log1pl(expl(-fabsl(wrong)));
    }
    return loss;
}

/* At phi = 1e6, the rounding of phi moves a sample that is 2e6 from the mean by 1e-4. */
static void a_copy_many_turns_away_has_the_loss_of_its_place(void **state)
{
    (void)state;
    double far0[N];
    for (int k = 0; k < N; k++)
        far0[k] = 1e6 * x0[k];
    struct fg_samples samples = samples_of(N, far0, x1, y);
    const struct fg_setup setup = {
        .phi = {.n = 2, .low = 999000, .high = 999007}, .r = {.n = 2, .low = -1e6, .high = 1e6}, .n_data = 1};
    const struct fg_problem problem = {
        .setup = &setup, .samples = &samples, .kernel = fg_kernel_select(NULL, NULL)};
    struct fg_stationary found;
    assert_int_equal(fg_stationary_find(&found, &problem, 0, 1, NULL, NULL), FG_OK);
    assert_true(found.n >= 1);
    for (size_t k = 0; k < found.n; k++)
        check_near(found.point[k].loss, (double)loss_at(&samples, found.point[k].phi, found.point[k].r));
    fg_samples_free(&samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pass_describes_the_zero_next_to_it),
        cmocka_unit_test(a_copy_many_turns_away_has_the_loss_of_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
