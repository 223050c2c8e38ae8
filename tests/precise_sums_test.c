/* The sums in pairs of doubles against the same in long double, by every instruction set. */
#include "check.h"
#include "clouds.h"

#include <float.h>

/* A compensated sum, and the sum of absolute terms. */
struct sum {
    long double value, lost, size;
};

static void add(struct sum *sum, long double x)
{
    const long double value = sum->value + x, part = value - sum->value;
    sum->lost += (sum->value - (value - part)) + (x - part);
    sum->value = value;
    sum->size += fabsl(x);
}

static struct fg_pair pair_of(long double x)
{
    return (struct fg_pair){(double)x, (double)(x - (double)x)};
}

/* Sums over all samples. */
static void sum_in_long_double(const struct fg_samples *samples, double phi, double r, double shift,
                               struct sum sums[FG_N_PRECISE_SUMS])
{
    const long double sine = sinl(phi), cosine = cosl(phi);
    for (size_t k = 0; k < samples->n; k++) {
        const long double e0 = (long double)samples->x0[k] - samples->mean0;
        const long double e1 = (long double)samples->x1[k] - samples->mean1;
        const long double u = sine * e0 + cosine * e1, d = cosine * e0 - sine * e1 - shift;
        const long double s = k < samples->n_class0 ? 1 : -1;
        const long double m = s * (u + (sine * samples->mean0 + cosine * samples->mean1 + r));
        const long double e = expl(-fabsl(m)), t = e / (1 + e), w = t / (1 + e);
        const long double whole = m < 0 ? -s : 0, tail = m < 0 ? s * t : -s * t, rho = whole + tail;
        const long double change = m * s < 0 ? 1 - 2 * t : 2 * t - 1;
        const long double terms[FG_N_PRECISE_SUMS] = {
            [FG_PRECISE_WHOLE] = whole,
            [FG_PRECISE_TAILS] = tail,
            [FG_PRECISE_RHO_D] = rho * d,
            [FG_PRECISE_RHO_U] = rho * u,
            [FG_PRECISE_W] = w,
            [FG_PRECISE_W_D] = w * d,
            [FG_PRECISE_W_D_D] = w * d * d,
            [FG_PRECISE_LOSS] = fmaxl(-m, 0) + log1pl(e),
            [FG_PRECISE_ABS_TAILS] = t,
            [FG_PRECISE_ABS_RHO_D] = fabsl(rho * d),
            [FG_PRECISE_ABS_W_D] = w * fabsl(d),
            [FG_PRECISE_W_U] = w * u,
            [FG_PRECISE_W_U_D] = w * u * d,
            [FG_PRECISE_V] = w * change,
            [FG_PRECISE_V_D] = w * change * d,
            [FG_PRECISE_V_D_D] = w * change * d * d,
            [FG_PRECISE_V_D_D_D] = w * change * d * d * d,
        };
        for (int of = 0; of < FG_N_PRECISE_SUMS; of++)
            add(&sums[of], terms[of]);
        for (int of = FG_PRECISE_V; of < FG_N_PRECISE_SUMS; of++) /* 1 - 2 z has the error of 1 */
            sums[of].size += fabsl(terms[of]) * (1 / fabsl(change) - 1);
    }
}

/* Fails unless the sums over 0..part-1 and part..n-1 are those over all samples in long double. */
static void check_sums(const struct fg_kernel *kernel, const struct fg_samples *samples, double phi, double r,
                       double shift, size_t part)
{
    const long double sine = sinl(phi), cosine = cosl(phi);
    const long double mean_a = sine * samples->mean0 + cosine * samples->mean1 + r;
    const struct fg_precise_place at = {pair_of(sine), pair_of(cosine), pair_of(mean_a), pair_of(shift)};
    struct sum expected[FG_N_PRECISE_SUMS] = {{0}};
    struct fg_precise_sums got, rest;
    sum_in_long_double(samples, phi, r, shift, expected);
    kernel->precise_sums(samples, &at, 0, part, &got);
    kernel->precise_sums(samples, &at, part, samples->n, &rest);
    fg_precise_sums_add(&got, &rest);
    for (enum fg_precise_sum of = 0; of < FG_N_PRECISE_SUMS; of++) {
        const long double value = ((long double)got.of[of].high + got.of[of].low) / FG_PRECISE_SCALE;
        const long double error = fabsl(value - (expected[of].value + expected[of].lost));
        /* a few roundings of a term; and those of a and d in long double, which are sums of x0, x1 and r */
        const long double a = 4 * samples->radius + fabs(r) + 1,
                          of_a = a * (expected[FG_PRECISE_ABS_W_D].size + expected[FG_PRECISE_W].size +
                                      expected[FG_PRECISE_ABS_TAILS].size);
        const long double precise = 8 * LDBL_EPSILON * (expected[of].size + of_a);
        if (of == FG_PRECISE_WHOLE)
            assert_true(error == 0);
        else if (of <= FG_PRECISE_RHO_D)
            assert_true(error <= precise + 8 * LDBL_EPSILON * a * fabsl(expected[FG_PRECISE_WHOLE].size));
        else if (of < FG_PRECISE_ABS_TAILS) /* terms are rounded to doubles a few times */
            assert_true(error <= 4 * DBL_EPSILON * expected[of].size + a * precise);
        else /* and added without compensation */
            assert_true(error <= (4 + (double)samples->n) * DBL_EPSILON * expected[of].size + a * precise);
    }
}

static void sums_are_as_good_as_in_long_double(void **state)
{
    (void)state;
    if (LDBL_MANT_DIG < 64)
        skip();
    for (size_t k = 0; kernel_name(k); k++) {
        const struct fg_kernel *kernel = kernel_or_skip(kernel_name(k));
        for (size_t c = 0; kernel && c < N_CLOUDS; c++) {
            uint64_t random = 13 + c;
            struct fg_samples samples = scatter(&clouds[c], &random);
            for (int place = 0; place < 20; place++)
                check_sums(kernel, &samples, between(&random, 0, 6.28),
                           between(&random, -clouds[c].r_bound, clouds[c].r_bound), between(&random, -1, 1),
                           (size_t)between(&random, 0, (double)samples.n));
            fg_samples_free(&samples);
        }
    }
}

/* A single sample at margins from 0 to the end of the range, on both sides. */
static void a_tail_keeps_its_digits(void **state)
{
    (void)state;
    const double x0[] = {0}, x1[] = {0};
    const unsigned char y[] = {0};
    struct fg_samples samples = samples_of(1, x0, x1, y);
    for (size_t k = 0; kernel_name(k); k++) {
        const struct fg_kernel *kernel = kernel_or_skip(kernel_name(k));
        uint64_t random = 3;
        for (int m = 0; kernel && m < 20000; m++) {
            const double r = between(&random, -999, 999) * (m % 2 ? 1 : 1e-3);
            const struct fg_precise_place at = {.cosine = {1, 0}, .mean_a = {r, 0}};
            struct fg_precise_sums sums;
            kernel->precise_sums(&samples, &at, 0, 1, &sums);
            const long double t = expl(-fabsl((long double)r)) / (1 + expl(-fabsl((long double)r)));
            const struct fg_pair tail = sums.of[FG_PRECISE_TAILS];
            const long double value = ((long double)tail.high + tail.low) / FG_PRECISE_SCALE;
            /* expl has an error of a rounding, as have the sum and the quotient */
            assert_true(fabsl(fabsl(value) - t) <= 4 * LDBL_EPSILON * t);
        }
    }
    fg_samples_free(&samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_as_good_as_in_long_double),
        cmocka_unit_test(a_tail_keeps_its_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
