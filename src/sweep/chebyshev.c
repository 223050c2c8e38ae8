#include "chebyshev.h"

#include <math.h>
#include <string.h>

/* Computes cos(pi q / (2 order)) for q = 0 ... 4 order - 1, a whole turn. */
static void cosines_of_a_turn(size_t order, double cosine[4 * PANEL_ORDER_MAX])
{
    for (size_t q = 0; q < 4 * order; q++)
        cosine[q] = (double)cosl(3.14159265358979323846264L * (long double)q / (long double)(2 * order));
}

/* Fills power[m][d], the coefficient of x^d in T_m = 2 x T_{m-1} - T_{m-2}; an integer. */
static void powers_of_T(struct fg_panels *panels)
{
    panels->power[0][0] = panels->power[1][1] = 1;
    for (size_t m = 2; m < panels->order; m++) {
        for (size_t d = 0; d <= m; d++)
            panels->power[m][d] = (d > 0 ? 2 * panels->power[m - 1][d - 1] : 0) - panels->power[m - 2][d];
    }
}

struct fg_panels fg_panels_over(double low, double high, double half, size_t order)
{
    double n = ceil((high - low) / (2 * half));
    n = n < 1 ? 1 : n > 1e15 ? 1e15 : n;
    struct fg_panels panels = {.n = (size_t)n, .order = order, .low = low, .half = (high - low) / (2 * n)};
    double cosine[4 * PANEL_ORDER_MAX];
    cosines_of_a_turn(order, cosine);
    for (size_t k = 0; k < order; k++) {
        const size_t q = 2 * (order - 1 - k) + 1; /* x_k = cos(q pi / (2 order)), ascending */
        panels.node[k] = cosine[q];
        for (size_t m = 0; m < order; m++)
            panels.T[k][m] = cosine[m * q % (4 * order)];
    }
    powers_of_T(&panels);
    return panels;
}

size_t fg_panels_find(const struct fg_panels *panels, double value)
{
    double p = floor((value - panels->low) / (2 * panels->half));
    return p < 0 ? 0 : p >= (double)panels->n ? panels->n - 1 : (size_t)p;
}

double fg_panels_centre(const struct fg_panels *panels, size_t p)
{
    return panels->low + panels->half * (double)(2 * p + 1);
}

double fg_panels_position(const struct fg_panels *panels, size_t p, double value)
{
    return (value - fg_panels_centre(panels, p)) / panels->half;
}

double fg_panels_node(const struct fg_panels *panels, size_t p, size_t k)
{
    return fg_panels_centre(panels, p) + panels->half * panels->node[k];
}

void fg_panels_weights(const struct fg_panels *panels, double x, double *weights)
{
    /* near the ends of the panel, the recurrence loses m^2 units in the last place; long double has digits to
     * spare */
    long double before = 1, last = x;
    double T[PANEL_ORDER_MAX] = {1};
    for (size_t m = 1; m < panels->order; m++) {
        long double next = 2 * x * last - before;
        T[m] = (double)last;
        before = last;
        last = next;
    }
    for (size_t k = 0; k < panels->order; k++) {
        double sum = 0;
        for (size_t m = panels->order - 1; m > 0; m--)
            sum += panels->T[k][m] * T[m];
        weights[k] = (1 + 2 * sum) / (double)panels->order;
    }
}

/* Computes the Chebyshev coefficients of the interpolant, that of T_0 first. */
static void to_chebyshev(const struct fg_panels *panels, const double *values, double *coefficients)
{
    const size_t order = panels->order;
    memset(coefficients, 0, order * sizeof *coefficients);
    for (size_t k = 0; k < order; k++) {
        for (size_t m = 0; m < order; m++)
            coefficients[m] += panels->T[k][m] * values[k];
    }
    for (size_t m = 0; m < order; m++)
        coefficients[m] *= (m == 0 ? 1.0 : 2.0) / (double)order;
}

/* Uses that the integral of T_m is T_(m+1) / (2 (m+1)) - T_(m-1) / (2 (m-1)), and that T_order is 0 at the
 * nodes. */
void fg_panels_integral(const struct fg_panels *panels, const double *values, size_t from, double *integral)
{
    const size_t order = panels->order;
    double c[PANEL_ORDER_MAX + 1] = {0};
    to_chebyshev(panels, values, c);
    c[0] *= 2;
    memset(integral, 0, order * sizeof *integral);
    for (size_t m = 1; m < order; m++) {
        double b = panels->half * (c[m - 1] - c[m + 1]) / (double)(2 * m);
        for (size_t k = 0; k < order; k++)
            integral[k] += b * (panels->T[k][m] - panels->T[from][m]);
    }
}

void fg_panels_to_powers(const struct fg_panels *panels, const double *values, double *powers)
{
    size_t order = panels->order;
    double chebyshev[PANEL_ORDER_MAX];
    to_chebyshev(panels, values, chebyshev);

    memset(powers, 0, order * sizeof *powers);
    for (size_t m = 0; m < order; m++) {
        for (size_t d = m % 2; d <= m; d += 2)
            powers[d] += chebyshev[m] * panels->power[m][d];
    }
}
