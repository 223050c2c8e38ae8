/* Computes eight fields and a flag from six moments. */
#include "stages.h"

size_t FG_TARGET(fg_fields_from_moments)(const struct fg_moments *moments, const double *w2_scale,
                                         const struct fg_kernel_params *params,
                                         const struct fg_phi_terms *phi_terms, size_t n,
                                         const struct fg_cells *cells)
{
    struct fg_moment_lanes held[FG_HELD];
    size_t n_ill_conditioned = 0, v = 0, first = 0; /* held[0..v-1] are the cells from `first` on */
    for (size_t j = 0; j < n; j += FG_LANES) {
        lanes W2 = lanes_load(moments->W2 + j);
        held[v++] = (struct fg_moment_lanes){
            .L = lanes_load(moments->L + j),
            .G0 = lanes_load(moments->G0 + j),
            .G1 = lanes_load(moments->G1 + j),
            .W0 = lanes_load(moments->W0 + j),
            .W1 = lanes_load(moments->W1 + j),
            .W2 = W2,
            .c_least = w2_scale ? FG_ILL_INTERPOLATED * lanes_load_some(w2_scale + j, n - j)
                                : FG_ILL_CONDITIONED * W2,
        };
        if (v == FG_HELD || j + FG_LANES >= n) {
            size_t end = j + FG_LANES < n ? j + FG_LANES : n;
            n_ill_conditioned +=
                fg_fields_from_held(held, params, phi_terms->centre, cells, first, end - first);
            first = end;
            v = 0;
        }
    }
    return n_ill_conditioned;
}
