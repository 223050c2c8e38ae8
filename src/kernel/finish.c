/* From six moments to eight fields and a flag, a vector of cells at a time. */
#include "stages.h"

size_t FG_TARGET(fg_finish)(const struct fg_moments *moments, const double *w2_scale,
                            const struct fg_recipe *recipe, const struct fg_direction *direction, size_t n,
                            const struct fg_cells *cells)
{
    size_t ill = 0;
    for (size_t j = 0; j < n; j += FG_LANES) {
        struct fg_moment_lanes of = {
            .L = lanes_load(moments->L + j),
            .G0 = lanes_load(moments->G0 + j),
            .G1 = lanes_load(moments->G1 + j),
            .W0 = lanes_load(moments->W0 + j),
            .W1 = lanes_load(moments->W1 + j),
            .W2 = lanes_load(moments->W2 + j),
        };
        lanes scale = w2_scale ? lanes_load_some(w2_scale + j, n - j) : of.W2;
        lanes c_least = (w2_scale ? FG_ILL_INTERPOLATED : FG_ILL_CONDITIONED) * scale;
        ill +=
            fg_count_lanes(fg_finish_lanes(&of, c_least, recipe, direction->centre, cells, j, n - j), n - j);
    }
    return ill;
}
