/* Computes the loss of weighted sources. A product of factors 1 + q cannot have weights, so each source takes
 * a logarithm. */
#include "stages.h"

/* Adds the sources first..end-1, of one class, to one vector of cells. */
static void add_class(const struct fg_samples *sources, const struct fg_phi_terms *phi_terms, lanes r,
                      size_t first, size_t end, double s, struct lanes_sum *sum)
{
    for (size_t k = first; k < end; k++) {
        double u = phi_terms->sin * (sources->x0[k] + sources->o0[k]) +
                   phi_terms->cos * (sources->x1[k] + sources->o1[k]);
        lanes m = s * (u + r);
        lanes loss = lanes_max(-m, lanes_all(0)) + lanes_log1p(lanes_exp(-lanes_abs(m)));
        lanes_add(sum, sources->weight[k] * loss);
    }
}

void FG_TARGET(fg_loss)(const struct fg_samples *sources, const struct fg_phi_terms *phi_terms,
                        const double *r, size_t n, double *loss)
{
    for (size_t j = 0; j < n; j += FG_LANES) {
        struct lanes_sum sum = {0};
        lanes padded = lanes_load_some(r + j, n - j);
        add_class(sources, phi_terms, padded, 0, sources->n_class0, 1, &sum);
        add_class(sources, phi_terms, padded, sources->n_class0, sources->n, -1, &sum);
        lanes_store_some(loss + j, sum.high + sum.low, n - j);
    }
}
