#include "scaling.h"

#include <math.h>
#include <stdio.h>

#include "json_io.h"

/* log(DBL_MAX): if |a| is larger, the weight e^-|a| of a sample is 0 in a double. With the usual |r| of 5,
 * only large features lead to such an |a|. */
#define LARGE_FEATURE 709.78

long long scaling_cells(const json_t *found)
{
    const long long missing = json_whole(found, "cells_undefined") + json_whole(found, "cells_overflow");
    const long long others = json_whole(found, "cells_regular") + json_whole(found, "cells_recomputed");
    return missing > (missing + others) / 100 ? missing : 0;
}

/* Computes mean and standard deviation of n values; exactly if all are equal. */
static void find_mean_and_spread(const double *x, size_t n, double *mean, double *spread)
{
    double squares = 0;
    *mean = x[0];
    for (size_t k = 1; k < n; k++)
        *mean += (x[k] - *mean) / (double)(k + 1);
    for (size_t k = 0; k < n; k++)
        squares += (x[k] - *mean) * (x[k] - *mean);
    *spread = sqrt(squares / (double)n);
}

json_t *scaling_hint(const json_t *found, size_t n, const double *x0, const double *x1)
{
    double mean0, mean1, spread0, spread1, radius = 0;
    if (scaling_cells(found) == 0)
        return NULL;
    find_mean_and_spread(x0, n, &mean0, &spread0);
    find_mean_and_spread(x1, n, &mean1, &spread1);
    for (size_t k = 0; k < n; k++)
        radius = fmax(radius, hypot(x0[k], x1[k]));
    if (radius < LARGE_FEATURE || !(spread0 > 0 || spread1 > 0)) /* scaling does not help equal samples */
        return NULL;
    return json_pack("{s:I, s:{s:f, s:f}, s:{s:f, s:f}}", "cells", (json_int_t)scaling_cells(found), "x0",
                     "mean", mean0, "spread", spread0, "x1", "mean", mean1, "spread", spread1);
}

void scaling_print(const char *margin, const json_t *hint)
{
    double mean0, spread0, mean1, spread1;
    json_int_t cells;
    if (json_unpack((json_t *)hint, "{s:I, s:{s:F, s:F}, s:{s:F, s:F}}", "cells", &cells, "x0", "mean",
                    &mean0, "spread", &spread0, "x1", "mean", &mean1, "spread", &spread1) == 0)
        printf("%sno natural gradient in %lld cells, because features are large; centre and scale x0 (mean "
               "%.6g, spread %.6g) and x1 (mean %.6g, spread %.6g)\n",
               margin, (long long)cells, mean0, spread0, mean1, spread1);
}
