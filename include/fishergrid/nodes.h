/* Chebyshev patches: moments summed at few nodes, and interpolated everywhere else.
 *
 * Every moment is an analytic function of r and of phi. Along r its nearest poles lie at distance pi from the
 * real axis (where 1 + e^-a = 0). Along phi, a = |x| cos(phi - phi_x) + r grows by at most |x| sinh(b) at
 * distance b from the real axis, so that the poles stay beyond b = asinh(pi / max|x|). On a panel of
 * half-width h, interpolation at n Chebyshev nodes of a function that is analytic and bounded by M inside the
 * Bernstein ellipse of parameter rho has an error of at most 4 M rho^(1-n) / (rho - 1) (Trefethen,
 * Approximation Theory and Approximation Practice, chapter 8, theorem 8.2, for the interpolant of degree n -
 * 1), with rho = t + sqrt(1 + t^2) and t = b/h for an ellipse that ends at the pole. The widths are:
 *
 *     along r    n = 14, t = 6.28: h <= pi / t; the error is 4 M times 4e-16
 *     along phi  n = 24, t = 2.45: h <= asinh(pi / max|x|) / t, at most 1 radian; 4 M times 1e-17
 *
 * Within such a patch |a| varies by less than 2 h + 2 h max|x| < 3.6, so moments vary by a few e-folds at
 * most and what is right relative to the patch is right relative to the cell, also in the saturated tails.
 * Where that does not hold (C far below W2, see FG_ILL_INTERPOLATED) the cell is summed directly. Measured on
 * data A and B: 4e-15 of the scale for loss, Fisher matrix and gradient.
 *
 * Cost: nodes x samples + cells, instead of cells x samples. Each direction uses nodes on its own. */
#ifndef FISHERGRID_NODES_H
#define FISHERGRID_NODES_H

#include <stdbool.h>

#include "fishergrid/api.h"
#include "fishergrid/axis.h"
#include "fishergrid/kernel.h"

FG_API_BEGIN

/* Where the samples are summed. */
enum fg_method {
    FG_AUTO,     /* nodes in a direction where they are fewer than its cells */
    FG_DIRECT,   /* every cell is summed */
    FG_CHEBYSHEV /* nodes in both directions */
};

/* Where nodes are used, for one data set on one grid. */
struct fg_node_plan {
    bool over_phi, over_r;       /* neither: direct */
    size_t phi_panels, r_panels; /* 0 where not used */
};

/* Depends on its arguments alone. */
struct fg_node_plan fg_node_plan(const struct fg_samples *samples, const struct fg_axis *phi,
                                 const struct fg_axis *r, enum fg_method method);

FG_API_END
#endif
