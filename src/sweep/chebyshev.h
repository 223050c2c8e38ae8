/* Chebyshev panels: an interval is cut into equal panels, and the nodes of each panel are the roots of a
 * Chebyshev polynomial. */
#ifndef FISHERGRID_CHEBYSHEV_H
#define FISHERGRID_CHEBYSHEV_H

#include <stddef.h>

#define PANEL_ORDER_MAX 24 /* maximum number of nodes of a panel */

struct fg_panels {
    size_t n;                                   /* number of panels */
    size_t order;                               /* number of nodes of a panel */
    double low, half;                           /* lower end of the first panel, half-width of each */
    double node[PANEL_ORDER_MAX];               /* [order] positions x_k of the nodes, in (-1, 1) */
    double T[PANEL_ORDER_MAX][PANEL_ORDER_MAX]; /* [order, order] Chebyshev polynomials T_m(x_k), m fastest */
    double power[PANEL_ORDER_MAX][PANEL_ORDER_MAX]; /* [order, order] coefficients of x^d in T_m, d fastest */
};

/* Returns panels of half-width at most `half` that cover [low, high]. */
struct fg_panels fg_panels_over(double low, double high, double half, size_t order);

/* Returns the index of the panel that contains `value`. */
size_t fg_panels_find(const struct fg_panels *panels, double value);

/* Returns the centre of panel p. */
double fg_panels_centre(const struct fg_panels *panels, size_t p);

/* Returns the position of `value` in panel p. The ends of the panel have the positions -1 and 1. */
double fg_panels_position(const struct fg_panels *panels, size_t p, double value);

/* Returns node k of panel p. */
double fg_panels_node(const struct fg_panels *panels, size_t p, size_t k);

/* Computes the weights[order] with which values at the nodes give the interpolating polynomial at position x.
 * For first-kind nodes x_k, l_k(x) = (1 + 2 sum_m T_m(x_k) T_m(x)) / order, m = 1..order-1, because the T_m
 * are orthogonal over the nodes. There is no division, so x may be a node. */
void fg_panels_weights(const struct fg_panels *panels, double x, double *weights);

/* Computes integral[k], the integral of the interpolant from node `from` of a panel to node k, for values at
 * the nodes. */
void fg_panels_integral(const struct fg_panels *panels, const double *values, size_t from, double *integral);

/* Converts values at the nodes of one panel into coefficients of powers of x, constant term first. It
 * computes the coefficients of Chebyshev polynomials first, which decay, and then those of powers.
 * Multiplying by the inverse Vandermonde matrix in one step would lose five digits. */
void fg_panels_to_powers(const struct fg_panels *panels, const double *values, double *powers);

#endif
