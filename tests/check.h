/* Shared by the numerical tests: cmocka, the kernels of this machine, and error scales. */
#ifndef FISHERGRID_CHECK_H
#define FISHERGRID_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fishergrid/kernel.h"

/* Returns the name of kernel k of all kernels, NULL after the last. */
static inline const char *kernel_name(size_t k)
{
    const char *const names[] = {"baseline", "avx2", "avx512"};
    return k < sizeof names / sizeof *names ? names[k] : NULL;
}

/* Returns the kernel. If this processor cannot run it, prints that it is skipped, and returns NULL. */
static inline const struct fg_kernel *kernel_or_skip(const char *name)
{
    const struct fg_kernel *kernel = fg_kernel_select(name, NULL);
    if (!kernel)
        print_message("skipped: this processor or build has no %s kernel\n", name);
    return kernel;
}

/* Computes one cell with all its flags. Returns the flag of the natural gradient. */
static inline enum fg_flag kernel_cell_flags(const struct fg_kernel *kernel, const struct fg_samples *samples,
                                             const struct fg_kernel_params *params, double phi, double r,
                                             double field[FG_N_REAL_FIELDS],
                                             unsigned char flag[FG_N_FLAG_FIELDS])
{
    struct fg_cells cells;
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        cells.field[f] = &field[f];
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++)
        cells.flag[f] = &flag[f];
    fg_cells_evaluate(kernel, samples, params, phi, &r, 1, &cells);
    return (enum fg_flag)flag[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)];
}

/* Computes one cell. Returns the flag of the natural gradient. */
static inline enum fg_flag kernel_cell(const struct fg_kernel *kernel, const struct fg_samples *samples,
                                       const struct fg_kernel_params *params, double phi, double r,
                                       double field[FG_N_REAL_FIELDS])
{
    unsigned char flag[FG_N_FLAG_FIELDS];
    return kernel_cell_flags(kernel, samples, params, phi, r, field, flag);
}

/* Computes for each field the sum of the absolute values of its terms. Rounding errors are compared with it,
 * because a sum whose terms cancel has fewer correct digits. Fields are sums here, without damping. */
static inline void error_scales(const struct fg_samples *samples, double phi, double r,
                                double scale[FG_N_REAL_FIELDS])
{
    long double sine = sinl(phi), cosine = cosl(phi);
    long double loss = 0, F_phiphi = 0, F_rphi = 0, F_rr = 0, abs_F_rphi = 0, g_phi = 0, g_r = 0, C = 0,
                N = 0;
    for (int pass = 0; pass < 2; pass++) {
        long double m = pass ? F_rphi / F_rr : 0;
        for (size_t k = 0; k < samples->n; k++) {
            long double s = k < samples->n_class0 ? 1 : -1;
            long double margin = s * (sine * samples->x0[k] + cosine * samples->x1[k] + r);
            long double a_phi = cosine * samples->x0[k] - sine * samples->x1[k];
            long double e = expl(-fabsl(margin)), p = (margin > 0 ? e : 1) / (1 + e),
                        w = e / ((1 + e) * (1 + e));
            if (pass) {
                C += w * (a_phi - m) * (a_phi - m);
                N += fabsl(p * (a_phi - m));
                continue;
            }
            loss += fmaxl(-margin, 0) + log1pl(e);
            F_phiphi += w * a_phi * a_phi;
            F_rphi += w * a_phi;
            abs_F_rphi += fabsl(w * a_phi);
            F_rr += w;
            g_phi += fabsl(p * a_phi);
            g_r += p;
        }
    }
    /* the library has the scales of the geometry, which verify uses, too */
    const struct fg_kernel_params plain = {.scale = 1};
    fg_reference_scale(samples, &plain, (double)phi, r, scale);
    scale[FG_LOSS] = (double)loss;
    scale[FG_FISHER_PHI_PHI] = (double)F_phiphi;
    scale[FG_FISHER_R_PHI] = (double)abs_F_rphi;
    scale[FG_FISHER_R_R] = (double)F_rr;
    scale[FG_GRADIENT_PHI] = (double)g_phi;
    scale[FG_GRADIENT_R] = (double)g_r;
    scale[FG_NATURAL_GRADIENT_PHI] = (double)(N / C);
    scale[FG_NATURAL_GRADIENT_R] = (double)(g_r / F_rr + fabsl(F_rphi / F_rr) * (N / C));
}

/* Returns |got - expected| / scale; 0 if both are NaN or the same infinity, infinite if only one is. */
static inline double scaled_error(double got, double expected, double scale)
{
    if ((isnan(got) && isnan(expected)) || got == expected)
        return 0;
    double error = fabs(got - expected) / scale;
    return isnan(error) ? INFINITY : error;
}

/* Returns whether a field is a sum over the samples, and not a function of F and g. */
static inline bool is_summed_geometry(enum fg_field field)
{
    return field >= FG_HESSIAN_PHI_PHI && field <= FG_EMPIRICAL_FISHER_R_R;
}

/* Returns scaled_error of a field. Both ends of the range of an angle are the same direction. */
static inline double field_error(int field, double got, double expected, double scale)
{
    if (field == FG_FISHER_EIGENVECTOR_ANGLE)
        got = expected + remainder(got - expected, acos(-1));
    return scaled_error(got, expected, scale);
}

/* Uniform in [0, 1), the same sequence everywhere (Numerical Recipes, 3rd ed., section 7.1.4: xorshift64*).
 */
static inline double uniform(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (double)((*state * UINT64_C(2685821657736338717)) >> 11) * 0x1p-53;
}

static inline double between(uint64_t *state, double low, double high)
{
    return low + (high - low) * uniform(state);
}

/* Returns samples from plain arrays. Free them with fg_samples_free. */
static inline struct fg_samples samples_of(size_t n, const double *x0, const double *x1,
                                           const unsigned char *y)
{
    struct fg_samples samples;
    struct fg_dataset data = {
        .name = "test", .n = n, .x0 = (double *)x0, .x1 = (double *)x1, .y = (unsigned char *)y};
    assert_int_equal(fg_samples_init(&samples, &data, NULL), FG_OK);
    return samples;
}

#endif
