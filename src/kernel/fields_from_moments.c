/* Computes the fields and the flag from moments. */
#include "stages.h"

FG_INSTANCE size_t fields_of(const struct fg_moments *moments, double (*scale)[FG_CHUNK],
                             const struct fg_kernel_params *params, int n_moments, bool geometry,
                             const struct fg_phi_terms *phi_terms, size_t n, const struct fg_cells *cells)
{
    lanes held[FG_HELD * FG_HELD_STRIDE(FG_N_MOMENTS)];
    size_t n_ill_conditioned = 0, v = 0, first = 0; /* v vectors are held, of the cells from `first` on */
    for (size_t j = 0; j < n; j += FG_LANES) {
        lanes *of = held + v++ * FG_HELD_STRIDE(n_moments);
        for (int m = 0; m < n_moments; m++)
            of[m] = lanes_load(moments->of[m] + j);
        lanes c_least = scale ? FG_ILL_INTERPOLATED * lanes_load_some(scale[FG_SCALE_W2] + j, n - j)
                              : FG_ILL_CONDITIONED * of[FG_W2];
        of[n_moments] = lanes_max(c_least, lanes_all(FG_SMALL_VARIANCE));
        if (n_moments > FG_N_HESSIAN_MOMENTS)
            of[n_moments + 1] = scale ? FG_FLAT_INTERPOLATED * lanes_load_some(scale[FG_SCALE_SU] + j, n - j)
                                      : FG_FLAT * (lanes_sqrt(of[FG_S0]) * lanes_sqrt(of[FG_SUU]));
        if (v == FG_HELD || j + FG_LANES >= n) {
            size_t end = j + FG_LANES < n ? j + FG_LANES : n;
            n_ill_conditioned += fg_fields_from_held(held, params, n_moments, geometry, phi_terms->centre,
                                                     cells, first, end - first);
            first = end;
            v = 0;
        }
    }
    return n_ill_conditioned;
}

size_t FG_TARGET(fg_fields_from_moments)(const struct fg_moments *moments, double (*scale)[FG_CHUNK],
                                         const struct fg_kernel_params *params,
                                         const struct fg_phi_terms *phi_terms, size_t n,
                                         const struct fg_cells *cells)
{
    const int few = FG_N_EXERCISE_MOMENTS, more = FG_N_HESSIAN_MOMENTS;
    if (!params->geometry)
        return fields_of(moments, scale, params, few, false, phi_terms, n, cells);
    if (params->n_moments == few)
        return fields_of(moments, scale, params, few, true, phi_terms, n, cells);
    return params->n_moments == more
               ? fields_of(moments, scale, params, more, true, phi_terms, n, cells)
               : fields_of(moments, scale, params, FG_N_MOMENTS, true, phi_terms, n, cells);
}
