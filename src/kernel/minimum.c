/* The smallest of many values. */
#include "stages.h"

double FG_TARGET(fg_minimum)(const double *values, size_t n)
{
    enum { CHAINS = 4 }; /* running minima, which do not wait for each other */
    lanes least[CHAINS];
    double minimum = INFINITY;
    size_t j = 0;
    for (int c = 0; c < CHAINS; c++)
        least[c] = lanes_all(INFINITY);
    for (; j + CHAINS * FG_LANES <= n; j += CHAINS * FG_LANES) {
        for (int c = 0; c < CHAINS; c++)
            least[c] = lanes_min(lanes_load(values + j + c * FG_LANES), least[c]);
    }
    for (; j < n; j++)
        minimum = values[j] < minimum ? values[j] : minimum;
    for (int c = 0; c < CHAINS; c++) {
        for (size_t l = 0; l < FG_LANES; l++)
            minimum = least[c][l] < minimum ? least[c][l] : minimum;
    }
    return minimum;
}
