/* The reference kernel: one cell, sample by sample, by the plain formulas in long double. */
#include <float.h>
#include <math.h>

#include "fishergrid/kernel.h"

/* The sample of largest weight, and the exponents that scale weights and gradients, as in
 * recompute_pivoted.c; {0}: no scaling. */
struct anchor {
    size_t j;
    long double mu; /* |m_j|, the minimum of |m| */
    long double nu; /* minimum of max(m, 0) */
};

/* One sample at one cell. */
struct point {
    long double loss, rho, w, a_phi, u; /* rho times e^nu, w times e^mu; u = a - r */
};

static long double margin(const struct fg_samples *samples, long double sine, long double cosine,
                          long double r, size_t k)
{
    long double a = sine * samples->x0[k] + cosine * samples->x1[k] + r;
    return k < samples->n_class0 ? a : -a;
}

static struct point point(const struct fg_samples *samples, long double sine, long double cosine,
                          long double r, size_t k, const struct anchor *anchor)
{
    long double m = margin(samples, sine, cosine, r, k), e = expl(-fabsl(m));
    long double p = (m > 0 ? expl(anchor->nu - m) : 1) / (1 + e); /* of the wrong label, times e^nu */
    return (struct point){
        .loss = fmaxl(-m, 0) + log1pl(e),
        .rho = k < samples->n_class0 ? -p : p,
        .w = expl(anchor->mu - fabsl(m)) / ((1 + e) * (1 + e)),
        .a_phi = cosine * samples->x0[k] - sine * samples->x1[k],
        .u = sine * samples->x0[k] + cosine * samples->x1[k],
    };
}

/* Finds the sample of largest weight. For samples equal to it, differences to it are exactly 0. */
static struct anchor heaviest(const struct fg_samples *samples, long double sine, long double cosine,
                              long double r)
{
    struct anchor anchor = {.mu = INFINITY, .nu = INFINITY};
    for (size_t k = 0; k < samples->n; k++) {
        long double m = margin(samples, sine, cosine, r, k);
        if (fabsl(m) < anchor.mu) {
            anchor.mu = fabsl(m);
            anchor.j = k;
        }
        anchor.nu = fminl(anchor.nu, fmaxl(m, 0));
    }
    return anchor;
}

/* Returns x e^exponent; 0 if x is 0, even if the factor is infinite. */
static long double grown(long double x, long double exponent)
{
    return x == 0 ? x : x * expl(exponent);
}

/* The terms of one sample in the curvature, as in recompute_pivoted.c. */
struct bend {
    long double u, f; /* differences to the anchor, f scaled by e^kappa */
};

static struct bend bend(const struct fg_samples *samples, long double sine, long double cosine, size_t k,
                        const struct anchor *anchor, long double side, long double kappa)
{
    const long double u = side * (sine * ((long double)samples->x0[k] - samples->x0[anchor->j]) +
                                  cosine * ((long double)samples->x1[k] - samples->x1[anchor->j]));
    const long double mu = anchor->mu, f_j = expl(kappa - mu) / (1 + expl(-mu));
    if (u >= 0)
        return (struct bend){u, f_j / (1 + expl(-mu - u)) * expm1l(-u)};
    /* for samples on the other side of a = 0; for others, u < 0 is a rounding error */
    const long double f = kappa > 0 ? expl(kappa - mu - u) / (1 + expl(-mu - u)) : 1 / (1 + expl(mu + u));
    return (struct bend){u, -f / (1 + expl(-mu)) * expm1l(u)};
}

/* Returns the Gaussian curvature of the summed F. `mean` is the mean of d about the anchor. C is scaled as in
 * struct point. */
static long double curvature(const struct fg_samples *samples, long double sine, long double cosine,
                             long double r, const struct anchor *anchor, long double mean, long double W0,
                             long double C)
{
    const long double x0 = samples->x0[anchor->j], x1 = samples->x1[anchor->j];
    const long double side = sine * x0 + cosine * x1 + r >= 0 ? 1 : -1;
    long double kappa = anchor->mu, U0 = 0, S0 = 0;
    for (size_t k = 0; k < samples->n; k++) { /* f is not small if a sample lies on the other side of a = 0 */
        const struct point of = point(samples, sine, cosine, r, k, anchor);
        if (of.w > 0 && side * (of.u + r) < 0)
            kappa = 0;
    }
    for (size_t k = 0; k < samples->n; k++) {
        const struct bend bent = bend(samples, sine, cosine, k, anchor, side, kappa);
        const long double w = point(samples, sine, cosine, r, k, anchor).w;
        U0 += w * bent.u;
        S0 += w * bent.f;
    }
    long double X = 0, T1 = 0, T2 = 0, T3 = 0, U1 = 0, W3 = 0;
    for (size_t k = 0; k < samples->n; k++) {
        const struct bend bent = bend(samples, sine, cosine, k, anchor, side, kappa);
        const long double w = point(samples, sine, cosine, r, k, anchor).w;
        const long double d = cosine * (samples->x0[k] - x0) - sine * (samples->x1[k] - x1) - mean;
        const long double u = bent.u - U0 / W0, tau = bent.f - S0 / W0;
        X += w * tau * u;
        T1 += w * tau * d;
        T2 += w * tau * d * d;
        T3 += w * tau * d * d * d;
        U1 += w * u * d;
        W3 += w * d * d * d;
    }
    const long double e = expl(-kappa), f_j = expl(-anchor->mu) / (1 + expl(-anchor->mu));
    const long double tbar = f_j + e * (S0 / W0) - 0.5L;
    const long double K =
        (-X + e * T1 * T1 / W0 + (e * T2 * T2 - T1 * (e * T3 - U1)) / C + tbar * (T2 - T1 * W3 / C));
    return grown(K / W0 / C, anchor->mu - kappa);
}

/* Stores the spectrum of F and the norm of n, from the moments about the mean: W0, C, G0, N. Weights and
 * gradients are scaled as in struct point. See fishergrid/kernel.h. */
static void store_spectrum(const struct anchor *anchor, long double W0, long double M, long double C,
                           long double G0, long double N, double scale, double field[FG_N_REAL_FIELDS])
{
    const long double e_mu = expl(-anchor->mu), A = C / W0, T = A + M * M;
    const long double x = (T + 1 + hypotl(T - 1, 2 * M)) / 2;
    const long double norm = hypotl(G0 / sqrtl(W0), N / sqrtl(C));
    field[FG_FISHER_EIGENVALUE_MAX] = (double)(scale * W0 * x * e_mu);
    field[FG_FISHER_EIGENVALUE_MIN] = (double)(scale * C / x * e_mu);
    field[FG_FISHER_EIGENVECTOR_ANGLE] = (double)(atan2l(2 * M + 0.0L, T - 1) / 2); /* no -0 */
    field[FG_FISHER_CONDITION] = (double)(x * x / A);
    field[FG_FISHER_VOLUME] = (double)(scale * sqrtl(W0 * C) * e_mu);
    field[FG_NATURAL_GRADIENT_NORM] =
        C > 0 ? (double)(sqrtl(scale) * grown(norm, anchor->mu / 2 - anchor->nu)) : NAN;
}

static bool overflows(double x, double y)
{
    return isinf(x) || isinf(y);
}

static unsigned char newton_flag(long double det_H, bool overflow)
{
    if (overflow)
        return FG_OVERFLOW;
    if (det_H > 0)
        return FG_POSITIVE_DEFINITE;
    if (det_H < 0)
        return FG_INDEFINITE;
    return FG_UNDEFINED;
}

enum fg_flag fg_reference_cell(const struct fg_samples *samples, const struct fg_kernel_params *params,
                               double phi, double r, double field[FG_N_REAL_FIELDS],
                               unsigned char flag[FG_N_FLAG_FIELDS])
{
    const long double sine = sinl(phi), cosine = cosl(phi);
    const struct anchor anchor = heaviest(samples, sine, cosine, r);
    const long double x0 = samples->x0[anchor.j], x1 = samples->x1[anchor.j];
    const long double e_mu = expl(-anchor.mu), e_nu = expl(-anchor.nu);

    long double loss = 0, W0 = 0, W1 = 0, G0 = 0;
    long double F_phiphi = 0, F_rphi = 0, g_phi = 0, h = 0, E_phiphi = 0, E_rphi = 0, E_rr = 0;
    for (size_t k = 0; k < samples->n; k++) {
        struct point of = point(samples, sine, cosine, r, k, &anchor);
        loss += of.loss;
        F_phiphi += of.w * of.a_phi * of.a_phi;
        F_rphi += of.w * of.a_phi;
        W0 += of.w;
        g_phi += of.rho * of.a_phi;
        G0 += of.rho;
        h -= of.rho * of.u;
        E_phiphi += of.rho * of.rho * of.a_phi * of.a_phi;
        E_rphi += of.rho * of.rho * of.a_phi;
        E_rr += of.rho * of.rho;
        W1 += of.w * (cosine * (samples->x0[k] - x0) - sine * (samples->x1[k] - x1));
    }
    const long double mean = W1 / W0;
    long double C = 0, N = 0;
    for (size_t k = 0; k < samples->n; k++) {
        struct point of = point(samples, sine, cosine, r, k, &anchor);
        long double d = cosine * (samples->x0[k] - x0) - sine * (samples->x1[k] - x1) - mean;
        C += of.w * d * d;
        N += of.rho * d;
    }
    long double M = mean + (cosine * x0 - sine * x1), lambda = params->damping;
    store_spectrum(&anchor, W0, M, C, G0, N, params->scale, field);
    const double K =
        C > 0 ? (double)(curvature(samples, sine, cosine, r, &anchor, mean, W0, C) / params->scale) : NAN;
    field[FG_FISHER_CURVATURE] = K;
    long double n_phi = N / C;
    long double n_r = grown(G0 / W0 - M * n_phi, anchor.mu - anchor.nu);
    n_phi = grown(n_phi, anchor.mu - anchor.nu);
    const long double det_H = C * expl(anchor.nu - anchor.mu) + h, newton_phi = N / det_H; /* det / W0 */
    field[FG_NEWTON_PHI] = det_H == 0 ? NAN : (double)newton_phi;
    field[FG_NEWTON_R] = det_H == 0 ? NAN : (double)(grown(G0 / W0, anchor.mu - anchor.nu) - M * newton_phi);
    F_phiphi *= e_mu, F_rphi *= e_mu, W0 *= e_mu, g_phi *= e_nu, G0 *= e_nu;
    if (lambda > 0) {
        C *= e_mu, N *= e_nu;
        long double det = W0 * C + lambda * (F_phiphi + W0) + lambda * lambda;
        n_phi = (W0 * N + lambda * g_phi) / det;
        n_r = ((C + lambda) * G0 - M * W0 * N) / det;
    } else if (!(C > 0) || isnan(n_r)) {
        n_phi = n_r = NAN;
    }
    const long double scale = params->scale;
    field[FG_LOSS] = (double)(scale * loss);
    field[FG_FISHER_PHI_PHI] = (double)(scale * F_phiphi);
    field[FG_FISHER_R_PHI] = (double)(scale * F_rphi);
    field[FG_FISHER_R_R] = (double)(scale * W0);
    field[FG_GRADIENT_PHI] = (double)(scale * g_phi);
    field[FG_GRADIENT_R] = (double)(scale * G0);
    field[FG_NATURAL_GRADIENT_PHI] = (double)n_phi;
    field[FG_NATURAL_GRADIENT_R] = (double)n_r;
    field[FG_HESSIAN_PHI_PHI] = (double)(scale * (F_phiphi + h * e_nu));
    field[FG_EMPIRICAL_FISHER_PHI_PHI] = (double)(scale * E_phiphi * e_nu * e_nu);
    field[FG_EMPIRICAL_FISHER_R_PHI] = (double)(scale * E_rphi * e_nu * e_nu);
    field[FG_EMPIRICAL_FISHER_R_R] = (double)(scale * E_rr * e_nu * e_nu);
    const enum fg_flag natural = overflows(field[FG_NATURAL_GRADIENT_PHI], field[FG_NATURAL_GRADIENT_R])
                                     ? FG_OVERFLOW
                                 : isnan(n_phi) ? FG_UNDEFINED
                                                : FG_RECOMPUTED;
    if (!flag)
        return natural;
    flag[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)] = (unsigned char)natural;
    flag[FG_FLAG(FG_NEWTON_FLAG)] = newton_flag(det_H, overflows(field[FG_NEWTON_PHI], field[FG_NEWTON_R]));
    flag[FG_FLAG(FG_CURVATURE_FLAG)] = isnan(K) ? FG_UNDEFINED : isinf(K) ? FG_OVERFLOW : FG_RECOMPUTED;
    return natural;
}

/* Sums of absolute terms at one cell. */
struct sizes {
    long double loss, F_phiphi, F_rphi, F_rr, g_phi, g_r, h, E_phiphi, E_rphi, E_rr;
    long double W1;             /* the sum itself of w d, with d about the mean of the samples */
    long double C, abs_C, N, M; /* about the mean under w; C is the sum itself */
    long double F;              /* the sum F_phiphi itself */
    long double mean, det_H;    /* M and C + h themselves */
    long double mean_d;         /* mean of d about the mean of the samples */
};

/* Returns the sum of the absolute terms of d = cos(phi) d0 - sin(phi) d1. */
static long double terms(long double sine, long double cosine, long double d0, long double d1)
{
    return fabsl(cosine * d0) + fabsl(sine * d1);
}

static struct sizes sizes(const struct fg_samples *samples, long double sine, long double cosine,
                          long double r)
{
    struct sizes of = {0};
    const struct anchor unscaled = {0};
    const long double centre = terms(sine, cosine, samples->mean0, samples->mean1);
    for (size_t k = 0; k < samples->n; k++) {
        struct point at = point(samples, sine, cosine, r, k, &unscaled);
        const double d0 = samples->x0[k] - samples->mean0, d1 = samples->x1[k] - samples->mean1;
        long double a_phi = terms(sine, cosine, d0, d1) + centre;
        of.loss += at.loss;
        of.F_phiphi += at.w * a_phi * a_phi;
        of.F += at.w * at.a_phi * at.a_phi;
        of.F_rphi += at.w * a_phi;
        of.F_rr += at.w;
        of.g_phi += fabsl(at.rho) * a_phi;
        of.g_r += fabsl(at.rho);
        of.det_H -= at.rho * at.u;
        of.h += fabsl(at.rho) * terms(sine, cosine, samples->x1[k], samples->x0[k]);
        of.E_phiphi += at.rho * at.rho * a_phi * a_phi;
        of.E_rphi += at.rho * at.rho * a_phi;
        of.E_rr += at.rho * at.rho;
        of.W1 += at.w * (cosine * d0 - sine * d1);
    }
    const long double mean = of.F_rr > 0 ? of.W1 / of.F_rr : 0; /* 0 if all weights underflow */
    for (size_t k = 0; k < samples->n; k++) {
        struct point at = point(samples, sine, cosine, r, k, &unscaled);
        const double d0 = samples->x0[k] - samples->mean0, d1 = samples->x1[k] - samples->mean1;
        long double d = cosine * d0 - sine * d1 - mean;
        long double abs_d = terms(sine, cosine, d0, d1) + fabsl(mean);
        of.C += at.w * d * d;
        of.abs_C += at.w * abs_d * abs_d;
        of.N += fabsl(at.rho) * abs_d;
    }
    of.M = fabsl(mean) + centre;
    of.mean_d = mean;
    of.N += (long double)samples->n * DBL_MIN;
    of.det_H += of.C;
    of.mean = mean + cosine * samples->mean0 - sine * samples->mean1;
    return of;
}

/* Returns the sum of the absolute terms of the curvature of the summed F, with tau, u and d about their means
 * under w. */
static long double scale_of_curvature(const struct fg_samples *samples, long double sine, long double cosine,
                                      long double r, const struct sizes *of, long double mean_d)
{
    const struct anchor anchor = heaviest(samples, sine, cosine, r), unscaled = {0};
    const long double side = sine * samples->x0[anchor.j] + cosine * samples->x1[anchor.j] + r >= 0 ? 1 : -1;
    const long double W0 = of->F_rr, C = of->C;
    long double U0 = 0, S0 = 0, X = 0, T1 = 0, T2 = 0, T3 = 0, U1 = 0, W3 = 0;
    for (size_t k = 0; k < samples->n; k++) {
        const struct bend bent = bend(samples, sine, cosine, k, &anchor, side, 0);
        const long double w = point(samples, sine, cosine, r, k, &unscaled).w;
        U0 += w * bent.u;
        S0 += w * bent.f;
    }
    for (size_t k = 0; k < samples->n; k++) {
        const struct bend bent = bend(samples, sine, cosine, k, &anchor, side, 0);
        const long double w = point(samples, sine, cosine, r, k, &unscaled).w;
        const double d0 = samples->x0[k] - samples->mean0, d1 = samples->x1[k] - samples->mean1;
        const long double d = fabsl(cosine * d0 - sine * d1 - mean_d);
        const long double u = fabsl(bent.u - U0 / W0), tau = fabsl(bent.f - S0 / W0);
        X += w * tau * u;
        T1 += w * tau * d;
        T2 += w * tau * d * d;
        T3 += w * tau * d * d * d;
        U1 += w * u * d;
        W3 += w * d * d * d;
    }
    const long double tbar = 0.5L; /* the maximum of |tbar| */
    return (X + T1 * T1 / W0 + (T2 * T2 + T1 * (T3 + U1)) / C + tbar * (T2 + T1 * W3 / C)) / W0 / C;
}

/* Stores the scales of the spectrum of F and of the norm of n. The error of C is `lost_C` roundings, that of
 * a_phi follows from its terms. */
static void scale_spectrum(const struct sizes *of, long double lost_C, double factor,
                           double scale[FG_N_REAL_FIELDS])
{
    const long double W0 = of->F_rr, A = of->C / W0, T = A + of->mean * of->mean;
    const long double gap = hypotl(T - 1, 2 * of->mean), x = (T + 1 + gap) / 2;
    const long double of_C = 1 + lost_C / of->C, of_F = (of->F_phiphi / W0 + 1) / x;
    scale[FG_FISHER_EIGENVALUE_MAX] = (double)(factor * (of->F_phiphi + W0));
    scale[FG_FISHER_EIGENVALUE_MIN] = (double)(factor * of->C / x * (of_C + of_F));
    scale[FG_FISHER_EIGENVECTOR_ANGLE] = (double)(1 + (of->F_phiphi / W0 + 1) / gap);
    scale[FG_FISHER_CONDITION] = (double)(x * x / A * (of_C + 2 * of_F));
    scale[FG_FISHER_VOLUME] = (double)(factor * sqrtl(W0) * sqrtl(of->C) * of_C);
    scale[FG_NATURAL_GRADIENT_NORM] =
        (double)(sqrtl(factor) * (of->g_r / sqrtl(W0) + of->N / sqrtl(of->C)) * of_C);
}

double fg_reference_scale(const struct fg_samples *samples, const struct fg_kernel_params *params, double phi,
                          double r, double scale[FG_N_REAL_FIELDS])
{
    const long double sine = sinl(phi), cosine = cosl(phi), lambda = params->damping;
    const struct sizes of = sizes(samples, sine, cosine, r);
    /* det = (F_rr + lambda)(F_phiphi + lambda) - F_rphi^2, but without the subtraction; the error of C is
     * lost_C roundings. A double below DBL_MIN has the rounding error of DBL_MIN. This concerns the terms of
     * C and N, and with damping the products in the numerators and in det. */
    const long double W0 = of.F_rr, lost_C = sqrtl(of.C * of.abs_C) + (long double)samples->n * DBL_MIN;
    const long double det = W0 * of.C + lambda * (of.F + W0) + lambda * lambda;
    const long double lost_F =
        sqrtl(of.F * of.F_phiphi); /* a_phi is a sum with the centre, which may cancel */
    const long double lost_product = lambda > 0 ? DBL_MIN : 0;
    const long double condition = 1 + (W0 * lost_C + lambda * lost_F + lost_product) / det;
    scale[FG_LOSS] = (double)(params->scale * of.loss);
    scale[FG_FISHER_PHI_PHI] = (double)(params->scale * of.F_phiphi);
    scale[FG_FISHER_R_PHI] = (double)(params->scale * of.F_rphi);
    scale[FG_FISHER_R_R] = (double)(params->scale * W0);
    scale[FG_GRADIENT_PHI] = (double)(params->scale * of.g_phi);
    scale[FG_GRADIENT_R] = (double)(params->scale * of.g_r);
    scale[FG_NATURAL_GRADIENT_PHI] =
        (double)((W0 * of.N + lambda * of.g_phi + lost_product) / det * condition);
    scale[FG_NATURAL_GRADIENT_R] =
        (double)(((of.C + lost_C + lambda) * of.g_r + of.M * W0 * of.N + lost_product) / det * condition);
    scale[FG_HESSIAN_PHI_PHI] = (double)(params->scale * (of.F_phiphi + of.h));
    scale[FG_EMPIRICAL_FISHER_PHI_PHI] = (double)(params->scale * of.E_phiphi);
    scale[FG_EMPIRICAL_FISHER_R_PHI] = (double)(params->scale * of.E_rphi);
    scale[FG_EMPIRICAL_FISHER_R_R] = (double)(params->scale * of.E_rr);
    /* if the terms of C + h cancel to less than 1e-10, the Newton step is arbitrary */
    const long double of_H = (of.C + lost_C + of.h) / fabsl(of.det_H);
    const long double s_phi = of_H < 1e10 ? of.N * (1 + of_H) / fabsl(of.det_H) : INFINITY;
    scale[FG_NEWTON_PHI] = (double)s_phi;
    scale[FG_NEWTON_R] = (double)(of.g_r / W0 + of.M * s_phi);
    scale_spectrum(&of, lost_C, params->scale, scale);
    scale[FG_FISHER_CURVATURE] = (double)(scale_of_curvature(samples, sine, cosine, r, &of, of.mean_d) *
                                          (1 + lost_C / of.C) / params->scale);
    return isnan(condition) ? INFINITY : (double)condition;
}
