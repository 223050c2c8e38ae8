/* Computes the fields and the flag from moments. */
#include "stages.h"

FG_INSTANCE size_t fields_of(const struct fg_moments *moments, double (*scale)[FG_CHUNK],
                             const struct fg_kernel_params *params, int n_moments, bool geometry,
                             const struct fg_phi_terms *phi_terms, size_t n, const struct fg_cells *cells)
{
    struct fg_kernel_params own = *params; /* a local copy, which no store to a field can change */
    own.geometry = geometry;
    struct fg_room room;
    const struct fg_cells in_room = fg_cells_in(&room, geometry, cells);
    lane_mask ill = {0};
    for (size_t j = 0; j < n; j += FG_LANES) {
        const bool is_whole = j + FG_LANES <= n;
        const struct fg_cells *to = is_whole ? cells : &in_room;
        const size_t at = is_whole ? j : 0;
        struct fg_vector of;
        for (int m = 0; m < n_moments; m++)
            of.sum[m] = lanes_load(moments->of[m] + j);
        lanes C_least = scale ? FG_ILL_INTERPOLATED * lanes_load_some(scale[FG_SCALE_W2] + j, n - j)
                              : FG_ILL_CONDITIONED * of.sum[FG_W2];
        of.C_least = lanes_max(C_least, lanes_all(FG_SMALL_VARIANCE));
        ill |= fg_finish_exercise(&of, &own, phi_terms->centre, to, at);
        if (geometry)
            fg_finish_spectrum(&of, own.scale, to, at);
        if (n_moments > FG_N_EXERCISE_MOMENTS)
            fg_finish_hessian(&of, own.scale, phi_terms->centre, to, at);
        if (n_moments > FG_N_HESSIAN_MOMENTS) {
            of.X_least = scale ? FG_FLAT_INTERPOLATED * lanes_load_some(scale[FG_SCALE_SU] + j, n - j)
                               : FG_FLAT * (lanes_sqrt(of.sum[FG_S0]) * lanes_sqrt(of.sum[FG_SUU]));
            fg_finish_curvature(&of, own.scale, to, at);
        }
        if (!is_whole)
            fg_copy_room(&room, geometry, cells, j, n - j);
    }
    return fg_count_ill(ill, cells->flag[FG_FLAG(FG_NATURAL_GRADIENT_FLAG)], n);
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
