/* Chebyshev panels: an interval cut into equal panels, each carrying the roots of a Chebyshev polynomial. */
#ifndef FISHERGRID_CHEBYSHEV_H
#define FISHERGRID_CHEBYSHEV_H

#include <stddef.h>

#define PANEL_ORDER_MAX 24 /* most nodes of a panel */

struct fg_panels {
    size_t n;                                   /* number of panels */
    size_t order;                               /* nodes of a panel */
    double low, half;                           /* lower end of the first panel, half-width of each */
    double node[PANEL_ORDER_MAX];               /* [order] positions x_k of the nodes, in (-1, 1) */
    double T[PANEL_ORDER_MAX][PANEL_ORDER_MAX]; /* [order, order] Chebyshev polynomials T_m(x_k), m fastest */
};

/* Panels of half-width at most `half` over [low, high]. */
struct fg_panels fg_panels_over(double low, double high, double half, size_t order);

/* The panel that holds `value`. */
size_t fg_panels_find(const struct fg_panels *panels, double value);

/* Centre of panel p. */
double fg_panels_centre(const struct fg_panels *panels, size_t p);

/* Position of `value` in panel p: -1 and 1 are the panel's ends. */
double fg_panels_position(const struct fg_panels *panels, size_t p, double value);

/* Node k of panel p. */
double fg_panels_node(const struct fg_panels *panels, size_t p, size_t k);

/* weights[order] by which the values at the nodes of a panel make the value of the interpolating polynomial
 * at position x. With first-kind nodes x_k, l_k(x) = (1 + 2 sum_m T_m(x_k) T_m(x)) / order, m = 1..order-1,
 * because the T_m are orthogonal over the nodes: no division, so nothing special where x is a node. */
void fg_panels_weights(const struct fg_panels *panels, double x, double *weights);

/* Turns values at the nodes of one panel into coefficients of powers of x, constant term first: first those
 * of Chebyshev polynomials, which decay, then those of powers. The order matters: the inverse Vandermonde
 * matrix in one step would lose five digits. */
void fg_panels_to_powers(const struct fg_panels *panels, const double *values, double *powers);

#endif
