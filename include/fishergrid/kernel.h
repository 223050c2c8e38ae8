/* The fused kernel: every field of a run of cells that share one phi, from one pass over the samples.
 *
 *     a = sin(phi) x0 + cos(phi) x1 + r        z = sigmoid(a)        p(y=0|x) = z, p(y=1|x) = 1 - z
 *
 * With s = +1 for y = 0 and -1 for y = 1, margin m = s a and q = e^-m, a sample contributes
 *
 *     loss log1p(q)      p = q/(1+q)      rho = dloss/da = -s p      w = z(1-z) = p/(1+q)
 *
 * which never cancels, also where the network saturates. With d = a_phi - centre, centre(phi) = cos(phi)
 * mean(x0)
 * - sin(phi) mean(x1), six sums make a cell, its moments:
 *
 *     L = sum log1p(q)   G0 = sum rho   G1 = sum rho d   W0 = sum w   W1 = sum w d   W2 = sum w d^2
 *
 * and with m = W1/W0, M = m + centre, C = W2 - m W1 (the variance of a_phi under w, times W0), N = G1 - m G0,
 * every field follows without forming a determinant by subtraction:
 *
 *     F_rr = W0      F_rphi = M W0      F_phiphi = C + M^2 W0      det F = W0 C
 *     g_r = G0       g_phi = N + M G0   n_phi = N / C              n_r = G0 / W0 - M n_phi
 *
 * Same bits always: one vector lane is one cell, samples are summed in a fixed order, and short rows are
 * padded instead of finished by scalar code. So a cell does not depend on its neighbours, on tiles or on
 * threads.
 *
 * The kernels know arrays only: no files, no allocation, no threads. */
#ifndef FISHERGRID_KERNEL_H
#define FISHERGRID_KERNEL_H

#include <stdbool.h>

#include "fishergrid/api.h"
#include "fishergrid/fields.h"
#include "fishergrid/samples.h"

FG_API_BEGIN

#define FG_CHUNK 256 /* most cells of one kernel call; a multiple of every vector length */
#define FG_BLOCK 128 /* most samples summed before the totals are touched */

/* A cell counts as ill-conditioned when C < W2 FG_ILL_CONDITIONED: the subtraction in C has then lost at
 * least 6 of its 53 bits, and the cell is recomputed by differences to its heaviest sample. */
#define FG_ILL_CONDITIONED 0x1p-5

#define FG_ORDER_R 14   /* Chebyshev nodes a panel of r, see fishergrid/nodes.h; */
#define FG_ORDER_PHI 24 /* of phi */
/* The same bound for interpolated moments. Their errors are measured by the largest W2 among the nodes of the
 * patch, which may lie a few e-folds above the cell's own W2: C < that FG_ILL_INTERPOLATED is summed again
 * directly. */
#define FG_ILL_INTERPOLATED 0x1p-6

/* What fields are of all samples. */
enum fg_reduction {
    FG_SUM, /* fields are sums over the samples */
    FG_MEAN /* loss, gradient and Fisher matrix are divided by the number of samples */
};

#define FG_DAMPING_MIN 1e-100 /* a damping is 0 or in this range, where its square is a double */
#define FG_DAMPING_MAX 1e100  /* the largest */

/* What is decided once for a data set and a range of r; made by fg_recipe. Bits of the result depend on it.
 */
struct fg_recipe {
    bool separable; /* q = e^{-s u} e^{-s r} stays in range; otherwise every margin is exponentiated */
    size_t stretch; /* 1..FG_BLOCK: the product of (1 + q) over so many samples stays in range */
    double damping; /* lambda at the level of sums, >= 0 */
    double scale;   /* factor of loss, gradient and Fisher matrix: 1 or 1/n */
};

/* `r_bound`: the largest |r| of the whole grid. `damping` as the user gave it: added to both diagonal entries
 * of the (summed or averaged) Fisher matrix for the natural gradient only. */
struct fg_recipe fg_recipe(const struct fg_samples *samples, double r_bound, enum fg_reduction reduction,
                           double damping);

/* One phi and what follows from it. */
struct fg_direction {
    double sin, cos;
    double centre; /* a_phi of the samples' mean */
};
/* The direction of an angle phi in radians, and that whose sine and cosine are known. */
struct fg_direction fg_direction(const struct fg_samples *samples, double phi);
/* See fg_direction. */
struct fg_direction fg_direction_of(const struct fg_samples *samples, double sine, double cosine);

/* The moments of up to FG_CHUNK cells of one phi; entries past the cells asked for are padding. */
struct fg_moments {
    double L[FG_CHUNK];
    double G0[FG_CHUNK], G1[FG_CHUNK], W0[FG_CHUNK], W1[FG_CHUNK], W2[FG_CHUNK];
};

/* Where the fields of a run of cells go: pointers to at least as many values as cells are asked for, owned by
 * the caller. A NULL field is not stored; the flag is always stored. */
struct fg_cells {
    double *field[FG_N_REAL_FIELDS];
    unsigned char *flag; /* enum fg_flag */
};

/* The same pointers, from cell number `first` on. */
struct fg_cells fg_cells_from(const struct fg_cells *cells, size_t first);

/* Room for n cells in `memory`, of FG_N_REAL_FIELDS doubles and a byte a cell; fields not in `fields` are
 * NULL. */
struct fg_cells fg_cells_at(double *memory, size_t n, fg_field_set fields);

#define FG_PEAK_CHAINS 12 /* more than latency times issue width of any processor of ours */

/* One implementation of the kernel's stages, compiled for one instruction set. Constant. Cost of `moments`: a
 * division and 10 fused multiply-adds, additions or multiplications for each cell and sample. */
struct fg_kernel {
    const char *name; /* "baseline", "avx2", "avx512" */
    size_t lanes;     /* cells computed side by side */

    /* Moments of n <= FG_CHUNK cells (direction, r[0..n-1]). */
    void (*moments)(const struct fg_samples *samples, const struct fg_recipe *recipe,
                    const struct fg_direction *direction, const double *r, size_t n,
                    struct fg_moments *moments);

    /* Fields from moments. Returns how many cells are ill-conditioned: those bear the flag FG_RECOMPUTED
     * already but wait for `anchored` to give them their values. `w2_scale`: NULL for summed moments, for
     * interpolated ones the largest W2 of the nodes behind each cell, [n]. */
    size_t (*finish)(const struct fg_moments *moments, const double *w2_scale, const struct fg_recipe *recipe,
                     const struct fg_direction *direction, size_t n, const struct fg_cells *cells);

    /* All fields but the loss (whose pointer must be NULL) of n <= FG_CHUNK ill-conditioned cells (direction,
     * r[0..n-1]). The sums use differences to the sample j of largest w, d = cos(phi) (x0 - x0_j) - sin(phi)
     * (x1 - x1_j), and weights scaled by e^|m_j|, so that C = 0 exactly where the Fisher matrix has rank 1
     * and nothing underflows early. Flags: FG_RECOMPUTED, FG_UNDEFINED (rank 1), or FG_NOT_COMPUTED where
     * even the scaled sums leave the range of a double: fg_reference_cell has those. */
    void (*anchored)(const struct fg_samples *samples, const struct fg_recipe *recipe,
                     const struct fg_direction *direction, const double *r, size_t n,
                     const struct fg_cells *cells);

    /* row[i] = sum over k < nodes of weights[k] table[k * stride + i], for i < n: values of nodes to values
     * of a row between them. */
    void (*contract)(const double *table, size_t stride, const double *weights, size_t nodes, size_t n,
                     double *row);

    /* Moments of n cells of one panel of r, at positions x[0..n-1] in [-1, 1] of the panel, from the
     * polynomials coefficients[6][FG_ORDER_R] (L, G0, G1, W0, W1, W2; constant term first), finished while
     * they are in registers. Returns the number of ill-conditioned cells like `finish`. */
    size_t (*interpolate)(const double *coefficients, const double *x, double w2_scale,
                          const struct fg_recipe *recipe, const struct fg_direction *direction, size_t n,
                          const struct fg_cells *cells);

    /* rounds x FG_PEAK_CHAINS fused multiply-adds of `lanes` doubles each, none waiting for another: the
     * speed the others are measured against. The value means nothing. */
    double (*peak)(size_t rounds);
};

/* The fastest kernel this processor runs, or the one called `name` when it is not NULL. A name that does not
 * exist or that this processor cannot run: NULL, and the names that would work in `error`. */
const struct fg_kernel *fg_kernel_select(const char *name, struct fg_error *error);

/* All fields of n cells (phi, r[0..n-1]), n of any size: moments, finish, and the recomputation of
 * ill-conditioned cells. */
void fg_cells_evaluate(const struct fg_kernel *kernel, const struct fg_samples *samples,
                       const struct fg_recipe *recipe, double phi, const double *r, size_t n,
                       const struct fg_cells *cells);

/* The fields of one cell by the plain formulas in long double, sample by sample: slow, obvious, and what the
 * kernels are tested against. With 64 bits of mantissa (x87) or more its errors are far below a double's;
 * where long double is a double it is only as good as the kernels. Where all
 * margins exceed 11000, weights are below its range and the cell counts as undefined. n_phi and n_r are NaN
 * where the Fisher matrix has rank 1. Returns the flag, never FG_NOT_COMPUTED. */
enum fg_flag fg_reference_cell(const struct fg_samples *samples, const struct fg_recipe *recipe, double phi,
                               double r, double field[FG_N_REAL_FIELDS]);

/* What the errors of a cell are measured against: for each field the sum of the absolute values of its terms,
 * those of a_phi taken apart, too (cos(phi) and sin(phi) times the samples' mean, and times the differences
 * to it), because no sum can be right to its own size where its terms cancel; for the natural gradient, which
 * is a quotient, with what C loses in the same way. As stored, so with reduction and damping. In long double.
 * Returns the condition of C, 1 or more: where that many roundings are no small number, nobody can tell
 * whether the Fisher matrix has rank 1. */
double fg_reference_scale(const struct fg_samples *samples, const struct fg_recipe *recipe, double phi,
                          double r, double scale[FG_N_REAL_FIELDS]);

FG_API_END
#endif
