/* Computes the fields and the flag from moments. */
#include "stages.h"

size_t FG_TARGET(fg_fields_from_moments)(const struct fg_moments *moments, const double *w2_scale,
                                         const struct fg_kernel_params *params,
                                         const struct fg_phi_terms *phi_terms, size_t n,
                                         const struct fg_cells *cells)
{
    struct fg_moment_lanes held[FG_HELD];
    size_t n_ill_conditioned = 0, v = 0, first = 0; /* held[0..v-1] are the cells from `first` on */
    for (size_t j = 0; j < n; j += FG_LANES) {
        for (size_t m = 0; m < FG_N_MOMENTS; m++)
            held[v].of[m] = lanes_load(moments->of[m] + j);
        lanes c_least = w2_scale ? FG_ILL_INTERPOLATED * lanes_load_some(w2_scale + j, n - j)
                                 : FG_ILL_CONDITIONED * held[v].of[FG_W2];
        held[v++].c_least = lanes_max(c_least, lanes_all(FG_SMALL_VARIANCE));
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
