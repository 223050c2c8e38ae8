/* Sources: few weighted points that stand for many samples.
 *
 * Every moment is a sum of h(x0, x1) over the samples of a class, with an analytic function h. The nearest
 * poles of h lie at distance pi / |sin phi| >= pi along x0, and at pi / |cos phi| >= pi along x1. In a box
 * that is small against pi, h is therefore its interpolant at Chebyshev nodes y_j, and
 *
 *     sum_k h(x_k) = sum_j W_j h(y_j)        W_j = sum_k l_j(x_k)
 *
 * with the Lagrange polynomials l_j of the nodes. The weights do not depend on h, so one set of sources
 * serves every phi, r and moment. This is the anterpolation of the black-box fast multipole method (Fong,
 * Darve, J. Comput. Phys. 228 (2009) 8712-8725) without a far field.
 *
 * Boxes. The samples of a class are sorted into squares of width 3; the middle of the class is the centre of
 * one of them. The box of a square is the rectangle that its samples span. A box is split at the largest gap
 * between its samples along an axis if the gap exceeds the half-width of the box. If the half-width exceeds 4
 * standard deviations of the samples along the axis, each end that is more than 4 of them from the mean is
 * cut off, 3.9 of them from it. A box then has no empty part that is much larger than its clusters. A box
 * carries n0 x n1 nodes of the first kind: FG_SOURCE_ORDER along an axis of full width, fewer where it is
 * narrow, and 1 where it has no width. A box with fewer samples than nodes keeps its samples, with weight 1.
 *
 * Error. Interpolation along one axis has an error of at most 4 M rho^(1-n) / (rho - 1), where M bounds h in
 * the ellipse of parameter rho (see fishergrid/nodes.h). With half-width 3/2, rho = 4.4 and n = 24 this is
 * 2e-15 M. Weights have signs; the sum of their absolute values is at most 9 times the number of samples, the
 * square of the Lebesgue constant. FG_SOURCE_ERROR bounds the error that tests measure, on the scale of
 * fg_reference_scale. C has lost digits where it is far below sum |W_j| w_j d_j^2. Such cells are computed
 * from differences to the source of largest weight, and if that does not help, from the samples.
 *
 * Along phi and r, sources are as analytic as the samples that they stand for, to the same error: the node
 * plan is that of the samples.
 *
 * Time. A sample needs the products of n0 x n1 polynomials. A box with many samples is therefore cut into
 * cells of half-width 0.04, in which 8 x 8 polynomials suffice by the bound above: a sample takes a fifth of
 * the time. The sums of the box follow from those of its cells, since its polynomials are interpolated in
 * each cell.
 *
 * Everything follows from the samples by formula. The weights are summed over stretches of samples, whose
 * length follows from the width of the box and its number of samples, in the order of the data set. The
 * stretches are added in order. The number of threads therefore changes no bit. */
#ifndef FISHERGRID_SOURCES_H
#define FISHERGRID_SOURCES_H

#include "fishergrid/api.h"
#include "fishergrid/kernel.h"
#include "fishergrid/setup.h"

FG_API_BEGIN

#define FG_SOURCE_ERROR 2e-14 /* maximum error that sources add to a sum, relative to its scale */

/* Computes the sources of `samples`, unless they would save little: `nodes` is the number of (phi, r) at
 * which the samples are going to be summed. Uses `threads` >= 1 threads. `sources` has n = 0 if there are
 * none; otherwise it borrows `samples`. Free it with fg_samples_free in both cases.
 *
 * Memory: 8 bytes for each sample while it runs. Time: about that of 16 nodes.
 * Errors: FG_FAILED if memory runs out; `sources` is then empty. */
enum fg_status fg_sources_init(struct fg_samples *sources, const struct fg_samples *samples, double nodes,
                               const struct fg_kernel *kernel, int threads, struct fg_error *error);

/* Returns whether `n` sources save much time compared with `samples`, if they are summed at `nodes`
 * places. */
bool fg_sources_save(size_t n, const struct fg_samples *samples, double nodes);

/* Computes the sources of data set `data` of a setup, whose grid decides how often the samples are summed.
 * Only FG_AUTO uses sources. Stores their number in the setup. */
enum fg_status fg_setup_compress(struct fg_setup *setup, size_t data, const struct fg_samples *samples,
                                 const struct fg_kernel *kernel, int threads, struct fg_samples *sources,
                                 struct fg_error *error);

FG_API_END
#endif
