/* Chebyshev patches: moments are summed at few nodes and interpolated everywhere else.
 *
 * Every moment is an analytic function of r and of phi. Along r its nearest poles (1 + e^-a = 0) lie at
 * distance pi from the real axis. Along phi, the imaginary part of a = |x| cos(phi - phi_x) + r is at most
 * |x| sinh(b) at distance b from the real axis, so no pole is closer than b = asinh(pi / max|x|). Consider a
 * panel of half-width h and a function that is analytic and bounded by M inside the Bernstein ellipse of
 * parameter rho. Interpolation at n Chebyshev nodes has an error of at most 4 M rho^(1-n) / (rho - 1)
 * (Trefethen, Approximation Theory and Approximation Practice, chapter 8, theorem 8.2, for the interpolant of
 * degree n - 1). Here rho = t + sqrt(1 + t^2), with t = b/h for an ellipse that ends at the pole. The panel
 * widths are:
 *
 *     along r    n = 14, t = 6.28: h <= pi / t; the error is 4 M times 4e-16
 *     along phi  n = 24, t = 2.45: h <= asinh(pi / max|x|) / t, at most 1 radian; 4 M times 1e-17
 *
 * Let h_r and h_phi be the half-widths along r and phi. Within a patch, a panel of phi times a panel of r,
 * |a| varies by less than 2 h_r + 2 h_phi max|x| < 3.6, so the moments vary by at most a few powers of e. An
 * error that is small relative to the largest value in the patch is therefore also small relative to the
 * value in the cell, even in the saturated tails. Where this fails (C far below W2, see FG_ILL_INTERPOLATED),
 * the cell is summed directly. Measured error on data A and B: 4e-15 of the scale for loss, Fisher matrix and
 * gradient. FG_FLAT has the bound of the curvature.
 *
 * Cost: nodes x samples + cells, instead of cells x samples. Whether nodes are used is decided separately
 * for phi and for r. */
#ifndef FISHERGRID_NODES_H
#define FISHERGRID_NODES_H

#include <stdbool.h>

#include "fishergrid/api.h"
#include "fishergrid/axis.h"
#include "fishergrid/kernel.h"

FG_API_BEGIN

/* Error of an interpolated sum, relative to the largest sum of its absolute terms at the nodes of the patch:
 * 4 times 4e-16 by interpolation, and four roundings. The rounding of the margins adds to it. */
#define FG_NODE_ERROR 2e-15

/* Where moments are summed over the samples. */
enum fg_method {
    FG_AUTO,     /* along each axis, nodes if they are fewer than its cells */
    FG_DIRECT,   /* at every cell */
    FG_CHEBYSHEV /* at nodes along both axes */
};

/* Where nodes are used for one data set on one grid. */
struct fg_node_plan {
    bool over_phi, over_r;       /* if neither: direct sums */
    size_t phi_panels, r_panels; /* number of panels; 0 along an axis without nodes */
};

/* Returns the plan for `samples` on the grid of `phi` and `r`. It depends only on the arguments. */
struct fg_node_plan fg_node_plan(const struct fg_samples *samples, const struct fg_axis *phi,
                                 const struct fg_axis *r, enum fg_method method);

/* Returns the number of (phi, r) of the whole grid at which moments are summed: nodes along axes with nodes,
 * cells along others. */
double fg_node_count(const struct fg_node_plan *plan, const struct fg_axis *phi, const struct fg_axis *r);

FG_API_END
#endif
