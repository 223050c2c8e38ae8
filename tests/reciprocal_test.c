/* The reciprocal by Newton's method has the bits of the division: on the mantissas where the estimate of the
 * processor errs most, on those that the theorem leaves out, and in whole moments. */
#define FG_ISA avx512
#define FG_NEWTON
#include "reciprocal.h"

#include "check.h"
#include "clouds.h"

extern const struct fg_kernel fg_kernel_avx512, fg_kernel_newton_avx512;

#define STEPS                                                                                                \
    (1u << 20) /* evenly spaced mantissas at which the estimate is judged: 64 of each of its 2^14 steps */
#define NEIGHBOURS 256 /* more mantissas where it errs most */

/* Fails unless 1/x has the bits of the division for the x of this fraction of a binade, in several binades.
 */
static void check_mantissa(uint64_t fraction)
{
    static const int exponents[] = {0, 1, 2, 52, 600, 1019};
    for (size_t k = 0; k < sizeof exponents / sizeof *exponents; k++) {
        double x = ldexp(1 + (double)fraction * 0x1p-52, exponents[k]);
        volatile double divisor = x;
        double expected = 1 / divisor, got = lanes_reciprocal(lanes_all(x))[0];
        if (memcmp(&expected, &got, sizeof got) != 0)
            fail_msg("1 / %a is %a, not %a", x, expected, got);
    }
}

/* Relative error of the estimate. */
static double estimate_error(uint64_t fraction)
{
    double x = 1 + (double)fraction * 0x1p-52;
    return fabs(fma(x, _mm512_rcp14_pd((__m512d)lanes_all(x))[0], -1));
}

static void test_worst_mantissas(void **state)
{
    (void)state;
    double worst = 0;
    uint64_t random = 1, checked = 0;
    for (uint64_t k = 0; k < STEPS; k++)
        worst = fmax(worst, estimate_error(k << 32));
    assert_in_range(worst * 0x1p52, 1, 0x1p38); /* 2^-14, as the manual says */
    for (uint64_t k = 0; k < STEPS; k++) {
        check_mantissa(k << 32);
        for (int n = 0; n < NEIGHBOURS && estimate_error(k << 32) > 0.97 * worst; n++, checked++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            check_mantissa(k << 32 | random >> 32);
        }
    }
    print_message("%g mantissas where the estimate errs by more than %.2g\n", (double)checked, 0.97 * worst);
    assert_true(checked >= 10000);
}

static void test_special_mantissas(void **state)
{
    (void)state;
    const uint64_t all_ones = (1ull << 52) - 1;
    check_mantissa(0);
    check_mantissa(1);
    check_mantissa(all_ones); /* the one that the theorem leaves out */
    check_mantissa(all_ones - 1);
    check_mantissa(0xf4fcf46924ef1); /* two steps are not enough here */
}

static void test_moments(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (size_t c = 0; c < N_CLOUDS; c++) {
        struct fg_samples samples = scatter(&clouds[c], &random);
        const double bound = clouds[c].r_bound;
        const struct fg_kernel_params params =
            fg_kernel_params(&samples, bound, FG_SUM, 0, FG_EXERCISE_FIELDS | FG_GEOMETRY_FIELDS);
        struct fg_moments division = {.size = {{0}}}, newton = {.size = {{0}}};
        double r[FG_CHUNK];
        for (size_t j = 0; j < FG_CHUNK; j++)
            r[j] = between(&random, -bound, bound);
        for (double phi = 0; phi < 6.3; phi += 0.1) {
            struct fg_phi_terms terms = fg_phi_terms(&samples, phi);
            fg_kernel_avx512.moments(&samples, &params, &terms, r, NULL, FG_CHUNK, &division);
            fg_kernel_newton_avx512.moments(&samples, &params, &terms, r, NULL, FG_CHUNK, &newton);
            assert_memory_equal(&division, &newton, sizeof newton);
        }
        fg_samples_free(&samples);
    }
}

int main(void)
{
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq")) {
        print_message("skipped: this processor has no AVX-512\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worst_mantissas),
        cmocka_unit_test(test_special_mantissas),
        cmocka_unit_test(test_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
