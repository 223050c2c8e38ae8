/* Computes sums of products of Chebyshev polynomials over samples, for the weights of sources. */
#include "stages.h"

enum { VECTORS = FG_BLOCK / FG_LANES };

/* Number of sums side by side, so that they do not wait for each other. */
enum { WIDE = 4 };
_Static_assert(FG_SOURCE_ORDER % WIDE == 0, "sums are computed WIDE at a time");

/* Computes T_a(t[k]) for a vector of samples at a time; 0 for lanes after sample n. */
static void polynomials(const double *t, size_t n, size_t order, lanes T[FG_SOURCE_ORDER][VECTORS])
{
    double padded[FG_BLOCK] = {0}, one[FG_BLOCK] = {0};
    for (size_t k = 0; k < n; k++) {
        padded[k] = t[k];
        one[k] = 1;
    }
    for (size_t v = 0; v < VECTORS; v++) {
        lanes x = lanes_load(padded + v * FG_LANES);
        T[0][v] = lanes_load(one + v * FG_LANES);
        T[1][v] = x;
        for (size_t a = 2; a < order; a++)
            T[a][v] = 2 * x * T[a - 1][v] - T[a - 2][v];
    }
}

static double sum_of_lanes(lanes x)
{
    double sum = 0;
    for (size_t l = 0; l < FG_LANES; l++)
        sum += x[l];
    return sum;
}

void FG_TARGET(fg_chebyshev_sums)(const double *t0, const double *t1, size_t n, size_t order0, size_t order1,
                                  double sums[FG_SOURCE_ORDER][FG_SOURCE_ORDER])
{
    lanes T0[FG_SOURCE_ORDER][VECTORS], T1[FG_SOURCE_ORDER][VECTORS];
    const size_t vectors = (n + FG_LANES - 1) / FG_LANES;
    polynomials(t0, n, order0, T0);
    polynomials(t1, n, FG_SOURCE_ORDER, T1);
    for (size_t a = 0; a < order0; a++) {
        for (size_t b = 0; b < order1; b += WIDE) {
            lanes sum[WIDE] = {{0}};
            for (size_t v = 0; v < vectors; v++) {
                for (size_t w = 0; w < WIDE; w++)
                    sum[w] += T0[a][v] * T1[b + w][v];
            }
            for (size_t w = 0; w < WIDE; w++)
                sums[a][b + w] = sum_of_lanes(sum[w]);
        }
    }
}
