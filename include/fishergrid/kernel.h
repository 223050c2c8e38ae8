/* The fused kernel: computes every field of a row of cells with the same phi in one pass over the samples.
 *
 *     a = sin(phi) x0 + cos(phi) x1 + r        z = sigmoid(a)        p(y=0|x) = z, p(y=1|x) = 1 - z
 *
 * With s = +1 for y = 0 and -1 for y = 1, the margin m = s a and q = e^-m, a sample contributes
 *
 *     loss log1p(q)      p = q/(1+q)      rho = dloss/da = -s p      w = z(1-z) = p/(1+q)
 *
 * No digits cancel in these forms, even where the network saturates. Let d = a_phi - centre, with a_phi =
 * da/dphi and centre(phi) = cos(phi) mean(x0) - sin(phi) mean(x1). Six sums over the samples, the moments,
 * determine a cell:
 *
 *     L = sum log1p(q)   G0 = sum rho   G1 = sum rho d   W0 = sum w   W1 = sum w d   W2 = sum w d^2
 *
 * Let mu = W1/W0 be the weighted mean of d, M = mu + centre, C = W2 - mu W1 (W0 times the variance of a_phi
 * under the weights w) and N = G1 - mu G0. Then every field follows without forming a determinant by
 * subtraction:
 *
 *     F_rr = W0      F_rphi = M W0      F_phiphi = C + M^2 W0      det F = W0 C
 *     g_r = G0       g_phi = N + M G0   n_phi = N / C              n_r = G0 / W0 - M n_phi
 *
 * Four more moments, h = -sum rho (a - r) and sum p^2 (1, d, d^2), give the Hessian and the empirical Fisher
 * matrix. With A = C/W0 and x = (A + M^2 + 1 + sqrt((A + M^2 - 1)^2 + 4 M^2)) / 2, none of these formulas
 * cancels, overflows or underflows:
 *
 *     lambda_max = W0 x       lambda_min = C / x       condition = x^2 / A       volume = sqrt(W0) sqrt(C)
 *     angle = atan2(2 M, A + M^2 - 1) / 2     norm of n = hypot(G0 / sqrt(W0), N / sqrt(C))
 *     H_phiphi = F_phiphi + h     newton_phi = N / (C + h)     newton_r = G0 / W0 - M newton_phi
 *
 * Nine more moments give the Gaussian curvature K of the metric F in one pass. Let f, the tail, be 1 - z
 * where a >= 0 at the mean of the samples, else z; it keeps its digits where the network saturates. Let u be
 * a at the sample minus a at the mean of the samples, with the opposite sign where f = z. From each quantity
 * its mean under the weights w is subtracted: tau = f - mean f, d~ = d - mu, u~ = u - mean u. Then
 *
 *     X = sum w tau u~   T_j = sum w tau d~^j   U1 = sum w u~ d~   W3 = sum w d~^3   b = mean f - 1/2
 *     K = [-X + T1^2/W0 + (T2^2 - T1 (T3 - U1))/C + b (T2 - T1 W3/C)] / W0 / C
 *
 * The sums are S_j = sum w f d^j, sum w f u, sum w u and sum w u d; exact binomial shifts subtract the means
 * from them. Here mean u drops out of X, since sum w tau = 0, and out of U1. f is monotonic in u, so every
 * pair of samples contributes to X with the same sign. Therefore the ratio of |X| to sqrt(sum w f sum w f
 * u^2) tells how many digits the shifts have cost. Cells that have lost more than FG_FLAT allows are
 * recomputed: differences of f to the f_j of the sample of largest weight, f_j (1 - f) expm1(u_j - u), do not
 * cancel. Over nodes, the same sums about the mean of the samples are interpolated, with one choice of f for
 * all of a patch. FG_FLAT has the bound of the error. The measured relative errors of K on data A and B are
 * 2e-15 for direct sums and 2e-13 over nodes.
 *
 * The bits of a cell are always the same, whatever fields are wanted: one vector lane is one cell, samples
 * are summed in a fixed order, and short rows are padded instead of finished by scalar code. A cell therefore
 * does not depend on its neighbours, on the tiles or on the threads.
 *
 * The kernels work on arrays only. They do not use files, allocate memory or start threads. */
#ifndef FISHERGRID_KERNEL_H
#define FISHERGRID_KERNEL_H

#include <stdbool.h>

#include "fishergrid/api.h"
#include "fishergrid/fields.h"
#include "fishergrid/samples.h"

FG_API_BEGIN

#define FG_CHUNK 256 /* maximum number of cells of one kernel call; a multiple of every vector length */
#define FG_BLOCK 128 /* maximum number of samples that are summed before the totals are updated */

/* A cell is ill-conditioned if C < W2 FG_ILL_CONDITIONED. The subtraction in C has then lost at least 5 of 53
 * bits, and the cell is recomputed from differences to the sample of largest weight. */
#define FG_ILL_CONDITIONED 0x1p-5

#define FG_CELL_ORDER 8    /* Chebyshev polynomials of a cell along an axis, see fishergrid/sources.h */
#define FG_SOURCE_ORDER 24 /* maximum Chebyshev nodes of a box along an axis, see fishergrid/sources.h */

#define FG_ROWS_AT_ONCE 4 /* number of rows that `weighted_sums` computes side by side */

#define FG_ORDER_R 14   /* Chebyshev nodes per panel of r, see fishergrid/nodes.h */
#define FG_ORDER_PHI 24 /* Chebyshev nodes per panel of phi */
/* The bound that replaces FG_ILL_CONDITIONED for interpolated moments. Their errors scale with the largest W2
 * of the nodes of the patch (see fishergrid/nodes.h), which may be larger than the W2 of the cell by a few
 * powers of e. A cell whose C is below FG_ILL_INTERPOLATED times that largest W2 is summed directly. */
#define FG_ILL_INTERPOLATED 0x1p-6
/* The curvature of a cell is computed from differences to the sample of largest weight if |X| of its formula
 * is below FG_FLAT times the scale sqrt(S0 SUU), with which the errors of X grow. The subtraction in X has
 * then lost 10 of 53 bits. For interpolated sums the scale is the largest at the nodes of the patch, in which
 * w f varies by up to e^7.2. So the limit is lower: a cell below FG_FLAT_INTERPOLATED is summed directly.
 *
 * The limits bound the error of K. Let e be the error of a sum relative to the largest sum of its absolute
 * terms at the nodes. X is made of four sums, SU, S0, U0 and W0, and C of W2, W1 twice, and W0. What each of
 * them contributes is hardly larger than the scale, so X is off by 4 e sqrt(S0 SUU), and C by 4 e W2. The
 * other sums of K get tau, u and d from the same means, and lose no more of their own size. So K is off by
 *
 *     4 e (1 / FG_FLAT_INTERPOLATED + 1 / FG_ILL_INTERPOLATED)
 *
 * of the sum of its absolute terms. With e = FG_NODE_ERROR (fishergrid/nodes.h) this is 7e-11. In 150 cells
 * of each of more than 1000 random data sets, the error was at most 0.84 times 4 e (sqrt(S0 SUU) / |X| + W2 /
 * C), and at most 3e-13 within the limits: data with a small X are narrow, and their sums vary little in a
 * patch.
 */
#define FG_FLAT 0x1p-10
#define FG_FLAT_INTERPOLATED 0x1p-13 /* the same for interpolated sums, see FG_FLAT */

/* How fields are reduced over the samples. */
enum fg_reduction {
    FG_SUM, /* fields are sums over the samples */
    FG_MEAN /* all sums are divided by the number of samples */
};

#define FG_DAMPING_MIN 1e-100 /* minimum damping other than 0; its square must not underflow */
#define FG_DAMPING_MAX 1e100  /* maximum damping */

/* Parameters of the kernels for one data set and one range of r. fg_kernel_params makes them. The bits of the
 * result depend on them. */
struct fg_kernel_params {
    bool separable; /* q is a product, e^{-s (a - r)} e^{-s r}, that stays in range; else e^-m, sample by
                       sample */
    size_t stretch; /* number of samples, 1..FG_BLOCK, over which the product of all 1 + q stays in range */
    double damping; /* lambda, times n for the mean: added to the summed Fisher matrix; >= 0 */
    double scale;   /* factor of loss, gradient and Fisher matrix: 1, or 1/n for the mean */
    bool geometry;  /* compute fields of FG_GEOMETRY_FIELDS, too */
    int n_moments;  /* number of moments that are summed, the first of enum fg_moment */
};

/* Returns the parameters for `samples`. `r_bound` is the largest |r| of the whole grid. `damping` is the
 * user's lambda. It is added to both diagonal entries of the (summed or averaged) Fisher matrix, for the
 * natural gradient only. Moments that no field of `fields` needs are not summed. */
struct fg_kernel_params fg_kernel_params(const struct fg_samples *samples, double r_bound,
                                         enum fg_reduction reduction, double damping, fg_field_set fields);

/* One phi and the values that follow from it. */
struct fg_phi_terms {
    double sin, cos;
    double centre; /* a_phi of the mean of the samples */
    double mean_u; /* a - r of the mean of the samples */
};
/* Returns the terms of the angle `phi` in radians. */
struct fg_phi_terms fg_phi_terms(const struct fg_samples *samples, double phi);
/* Returns the terms of an angle whose sine and cosine are given. */
struct fg_phi_terms fg_phi_terms_from(const struct fg_samples *samples, double sine, double cosine);

/* The moments of a cell, in the order in which arrays hold them. */
enum fg_moment {
    FG_L,
    FG_G0,
    FG_G1,
    FG_W0,
    FG_W1,
    FG_W2,
    FG_N_EXERCISE_MOMENTS,        /* number of moments that are always summed */
    FG_H = FG_N_EXERCISE_MOMENTS, /* -sum rho u, u = a - r */
    FG_E0,                        /* sum p^2 */
    FG_E1,                        /* sum p^2 d */
    FG_E2,                        /* sum p^2 d^2 */
    FG_N_HESSIAN_MOMENTS,         /* number of moments without those of the curvature */
    FG_S0 = FG_N_HESSIAN_MOMENTS, /* sum w f, f being 1 - z or z, whichever is the tail */
    FG_S1,                        /* sum w f d */
    FG_S2,                        /* sum w f d^2 */
    FG_S3,                        /* sum w f d^3 */
    FG_SU,  /* sum w f u, u = a - a of the mean of the samples, with the sign of the tail */
    FG_W3,  /* sum w d^3 */
    FG_U0,  /* sum w u */
    FG_U1,  /* sum w u d */
    FG_SUU, /* sum w f u^2, which no field needs: for the scale FG_SCALE_SU, so it is not interpolated */
    FG_N_MOMENTS
};

/* Scales of interpolated moments: the largest value at the nodes of a patch, with which the errors of
 * interpolation grow. The second is used for the curvature only. */
enum fg_scale {
    FG_SCALE_W2, /* W2; of sources, whose terms cancel, the sum of |W| w d^2 */
    FG_SCALE_SU, /* sqrt(S0 SUU), a bound of the sum of |w f u|; of sources, SUU is the sum of |W| w f u^2 */
    FG_N_SCALES
};

/* The moments of up to FG_CHUNK cells with the same phi. Entries beyond the requested cells are padding. */
struct fg_moments {
    double of[FG_N_MOMENTS][FG_CHUNK];
    double size[FG_N_SCALES][FG_CHUNK]; /* of weighted sources only: their scales */
};

/* A number as the sum of two doubles: about 106 bits. */
struct fg_pair {
    double high, low;
};

/* Sums over samples at one place, more precise than moments, with which a stationary point is found to the
 * last bits. m = s a and t = e^-|m| / (1 + e^-|m|), which keeps its digits where the network saturates: p = t
 * where m >= 0, else p = 1 - t. Here u = a minus a at the mean of the samples, and d is about any shift. */
enum fg_precise_sum {
    FG_PRECISE_WHOLE, /* sum of -s where m < 0, a whole number; sum rho = WHOLE + TAILS */
    FG_PRECISE_TAILS, /* sum of s t where m < 0, else of -s t */
    FG_PRECISE_RHO_D,
    FG_PRECISE_RHO_U,
    FG_PRECISE_W,
    FG_PRECISE_W_D,
    FG_PRECISE_W_D_D,
    FG_PRECISE_LOSS,
    FG_PRECISE_ABS_TAILS, /* of absolute terms, for the bounds of errors */
    FG_PRECISE_ABS_RHO_D,
    FG_PRECISE_ABS_W_D,
    /* Derivatives of the sums above, for a short step; v = dw/da = w (1 - 2 z). */
    FG_PRECISE_W_U,
    FG_PRECISE_W_U_D,
    FG_PRECISE_V,
    FG_PRECISE_V_D,
    FG_PRECISE_V_D_D,
    FG_PRECISE_V_D_D_D,
    FG_N_PRECISE_SUMS
};

#define FG_PRECISE_SCALE 0x1p512 /* factor of precise sums */
/* Precise sums, FG_PRECISE_SCALE times as large as they should be, so that terms down to e^-1000 count. */
struct fg_precise_sums {
    struct fg_pair of[FG_N_PRECISE_SUMS];
};

/* Adds `more` to `sums`. */
void fg_precise_sums_add(struct fg_precise_sums *sums, const struct fg_precise_sums *more);

/* A place in the plane: the sine and cosine of phi, a of the mean of the samples, and what is subtracted from
 * cos(phi) (x0 - mean0) - sin(phi) (x1 - mean1) to give d. */
struct fg_precise_place {
    struct fg_pair sine, cosine, mean_a, shift;
};

/* Output arrays for the fields of a row of cells. Each array has at least as many values as there are cells;
 * the caller owns it. A field whose pointer is NULL is not stored. The kernels need the flag of the natural
 * gradient in any case, because it tells them which cells they must recompute. */
struct fg_cells {
    double *field[FG_N_REAL_FIELDS];
    unsigned char *flag[FG_N_FLAG_FIELDS]; /* the array of a flag is flag[FG_FLAG(field)] */
};

/* Returns the array of a field of either type, or NULL. */
void *fg_cells_values(const struct fg_cells *cells, enum fg_field field);

/* Returns the pointers advanced by `first` cells. */
struct fg_cells fg_cells_from(const struct fg_cells *cells, size_t first);

/* Returns pointers for n cells into `memory`, which has n FG_N_REAL_FIELDS doubles followed by n
 * FG_N_FLAG_FIELDS bytes.
 * Fields that are not in `fields` are NULL. */
struct fg_cells fg_cells_at(double *memory, size_t n, fg_field_set fields);

#define FG_PEAK_CHAINS 12 /* more than latency times issue width of any supported processor */

/* One implementation of the kernel's stages, compiled for one instruction set. Constant. `moments` costs one
 * division and 10 fused multiply-adds, additions or multiplications per cell and sample. */
struct fg_kernel {
    const char *name;       /* "baseline", "avx2", "avx512" */
    const char *reciprocal; /* how moments computes 1 / (1 + q): "division" or "newton", with equal bits */
    size_t lanes;           /* number of cells computed at the same time, one in each vector lane */

    /* Computes the moments of n <= FG_CHUNK cells (phi_terms, r[0..n-1]). For weighted sources, FG_L is not
     * computed, because it has no cheap product; see `loss`. The sign of tail[j] chooses f of the curvature's
     * moments of cell j: 1 - z where tail[j] >= 0, else z. If `tail` is NULL, a of the mean of the samples
     * takes its place. */
    void (*moments)(const struct fg_samples *samples, const struct fg_kernel_params *params,
                    const struct fg_phi_terms *phi_terms, const double *r, const double *tail, size_t n,
                    struct fg_moments *moments);

    /* Computes the moment FG_L of n <= FG_CHUNK cells from weighted sources, with an exp and a log1p for each
     * cell and source. */
    void (*loss)(const struct fg_samples *sources, const struct fg_phi_terms *phi_terms, const double *r,
                 size_t n, double *loss);

    /* Computes the sums over the samples first..end-1, which are no weighted sources. TAILS and RHO_D have
     * errors below 2^-66 times their absolute terms, beside those of the place, which count as if phi and r
     * were rounded; the terms of other sums are rounded to doubles. */
    void (*precise_sums)(const struct fg_samples *samples, const struct fg_precise_place *place, size_t first,
                         size_t end, struct fg_precise_sums *sums);

    /* Computes sums[a][b] = sum over k < n <= FG_BLOCK of T_a(t0[k]) T_b(t1[k]) with Chebyshev polynomials,
     * for a < order0 and b < order1, which are at most FG_SOURCE_ORDER. Other elements have no meaning. */
    void (*chebyshev_sums)(const double *t0, const double *t1, size_t n, size_t order0, size_t order1,
                           double sums[FG_SOURCE_ORDER][FG_SOURCE_ORDER]);

    /* Adds T_a(s0) T_b(s1) of n <= FG_BLOCK samples to
     * sums[cells[0]][cells[1]][FG_CELL_ORDER][FG_CELL_ORDER], one sample after the other. Sample k, with 0 <=
     * at0[k] <= cells[0] and the same along the other axis, lies in the cell whose number is at0[k] rounded
     * down, at most cells[0] - 1, at s0 = 2 (at0[k] - number) - 1. */
    void (*cell_sums)(const double *at0, const double *at1, size_t n, const size_t cells[2], double *sums);

    /* Computes fields from moments and returns the number of ill-conditioned cells. These cells get the flag
     * FG_RECOMPUTED at once, but their values must still be computed by `recompute_pivoted`. `scale` is NULL
     * for moments summed over samples; for interpolated moments it is [FG_N_SCALES], the scales of the nodes
     * from which each cell is interpolated; for moments summed over sources it is their `size`. Cells whose
     * curvature has lost digits get the curvature flag FG_RECOMPUTED in the same way; they are not
     * counted. */
    size_t (*fields_from_moments)(const struct fg_moments *moments, double (*scale)[FG_CHUNK],
                                  const struct fg_kernel_params *params, const struct fg_phi_terms *phi_terms,
                                  size_t n, const struct fg_cells *cells);

    /* Recomputes all fields except the loss (whose pointer must be NULL) of n <= FG_CHUNK ill-conditioned
     * cells (phi_terms, r[0..n-1]). Let j be the sample of largest weight. The sums use differences to sample
     * j, d = cos(phi) (x0 - x0_j) - sin(phi) (x1 - x1_j), and weights scaled by e^|m_j|. Then C = 0 exactly
     * where the Fisher matrix has rank 1, and nothing underflows early. Flags: FG_RECOMPUTED, FG_UNDEFINED
     * (rank 1), FG_OVERFLOW, or FG_NOT_COMPUTED where even the scaled sums leave the range of a double;
     * fg_reference_cell computes those cells. With sources, the flag of a cell is also FG_NOT_COMPUTED where
     * C is below FG_ILL_INTERPOLATED times the size of its terms, and the flag of its curvature where |X| is
     * below FG_FLAT times the size of its terms. Such cells must be computed from the samples. */
    void (*recompute_pivoted)(const struct fg_samples *samples, const struct fg_kernel_params *params,
                              const struct fg_phi_terms *phi_terms, const double *r, size_t n,
                              const struct fg_cells *cells);

    /* Computes out[q * n + i] = sum over k < nodes of weights[q * nodes + k] table[k * stride + i], for
     * q < rows and i < n. This interpolates rows of cells from the rows at the nodes. FG_ROWS_AT_ONCE rows
     * are quickest, because they read the table only once. `out` must not overlap `table`. */
    void (*weighted_sums)(const double *table, size_t stride, const double *weights, size_t nodes, size_t n,
                          size_t rows, double *out);

    /* Interpolates the moments of the cells first..end-1, all in one panel of r, and computes their fields
     * while the moments are in registers. Cell j lies at position x[j] in [-1, 1] of the panel.
     * coefficients[n_moments][FG_ORDER_R] are polynomials of the moments in x, constant term first.
     * `scale` holds the scales of the nodes. Returns the number of ill-conditioned cells, like
     * `fields_from_moments`. */
    size_t (*interpolate)(const double *coefficients, const double *x, const double scale[FG_N_SCALES],
                          const struct fg_kernel_params *params, const struct fg_phi_terms *phi_terms,
                          size_t first, size_t end, const struct fg_cells *cells);

    /* Returns the smallest of n values; infinity if there are none. NaN does not count. */
    double (*minimum)(const double *values, size_t n);

    /* Does rounds x FG_PEAK_CHAINS independent fused multiply-adds of `lanes` doubles each. The speed of this
     * function is the peak with which the other stages are compared. The returned value has no meaning. */
    double (*peak)(size_t rounds);
};

/* Returns the fastest kernel that this processor supports, or the kernel called `name` unless `name` is NULL.
 * Returns NULL if no kernel has this name or the processor does not support it; `error` then lists the valid
 * names. */
const struct fg_kernel *fg_kernel_select(const char *name, struct fg_error *error);

/* Computes all fields of n cells (phi, r[0..n-1]) for any n: moments, fields from moments, and the
 * recomputation of ill-conditioned cells. If `samples` are sources, and the samples that they replace have no
 * arrays (x0 is NULL), cells that need those samples stay FG_NOT_COMPUTED in the flag of the natural gradient
 * or of the curvature. */
void fg_cells_evaluate(const struct fg_kernel *kernel, const struct fg_samples *samples,
                       const struct fg_kernel_params *params, double phi, const double *r, size_t n,
                       const struct fg_cells *cells);

/* Computes the fields of one cell by the plain formulas in long double, sample by sample. It is slow and
 * simple, and the kernels are tested against it. Stores all flags in `flag`, unless it is NULL, and returns
 * the flag of the natural gradient, never FG_NOT_COMPUTED.
 *
 * With a mantissa of 64 bits (x87) or more its errors are far below those of a double; where long double is a
 * double, this function is only as accurate as the kernels. Weights are scaled so that the largest is about
 * 1. Where all other weights are below 1e-4900 of the largest weight, the cell counts as undefined (n_phi and
 * n_r are NaN), like a cell whose Fisher matrix has rank 1. A component n_phi or n_r that exceeds the largest
 * double is +inf or -inf. */
enum fg_flag fg_reference_cell(const struct fg_samples *samples, const struct fg_kernel_params *params,
                               double phi, double r, double field[FG_N_REAL_FIELDS],
                               unsigned char flag[FG_N_FLAG_FIELDS]);

/* Computes the scale of each field of a cell in long double. Errors are measured relative to this scale.
 * Reduction and damping are applied to the scale as they are to the field. Returns the condition number of C,
 * 1 or more. If the condition number times the rounding error is not small, double arithmetic cannot decide
 * whether the Fisher matrix has rank 1.
 *
 * The scale of a sum is the sum of the absolute values of its terms, because no sum can be accurate relative
 * to its own size where its terms cancel. The terms of a_phi count separately: cos(phi) and sin(phi) times
 * the mean of the samples, and times the differences to the mean. The natural gradient is a quotient with the
 * divisor C, so its scale also includes the cancellation in C. */
double fg_reference_scale(const struct fg_samples *samples, const struct fg_kernel_params *params, double phi,
                          double r, double scale[FG_N_REAL_FIELDS]);

FG_API_END
#endif
