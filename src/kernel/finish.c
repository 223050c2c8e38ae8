/* From six moments to eight fields and a flag, cell by cell, while the moments are still in cache. */
#include "stages.h"

/* Below this the products of the formulas come near the smallest doubles: such cells are left to `anchored`,
 * which scales its weights. */
#define SMALL_WEIGHT 1e-250

/* Stores the flags of cells j..j+n-1; returns how many are not well-conditioned. */
static size_t store_flags(unsigned char *flag, lane_mask well_conditioned, size_t n)
{
    size_t ill = 0;
    for (size_t l = 0; l < n; l++) {
        flag[l] = well_conditioned[l] ? FG_REGULAR : FG_RECOMPUTED;
        ill += !well_conditioned[l];
    }
    return ill;
}

size_t FG_TARGET(fg_finish)(const struct fg_moments *moments, const struct fg_recipe *recipe,
                            const struct fg_direction *direction, size_t n, const struct fg_cells *cells)
{
    size_t ill = 0;
    for (size_t j = 0; j < n; j += FG_LANES) {
        size_t count = n - j < FG_LANES ? n - j : FG_LANES;
        lanes G0 = lanes_load(moments->G0 + j), W0 = lanes_load(moments->W0 + j);
        lanes W1 = lanes_load(moments->W1 + j), W2 = lanes_load(moments->W2 + j);
        lanes m = W1 / W0;
        struct fg_centred s = {.W0 = W0,
                               .M = m + direction->centre,
                               .C = W2 - m * W1,
                               .G0 = G0,
                               .N = lanes_load(moments->G1 + j) - m * G0};
        lanes n_phi, n_r;
        if (recipe->damping > 0) {
            fg_damped_natural_gradient(&s, recipe->damping, &n_phi, &n_r);
        } else {
            n_phi = s.N / s.C;
            n_r = G0 / W0 - s.M * n_phi;
        }
        fg_store(cells, FG_LOSS, j, recipe->scale * lanes_load(moments->L + j), count);
        fg_store_centred(cells, &s, recipe->scale, j, count);
        fg_store(cells, FG_NATURAL_GRADIENT_PHI, j, n_phi, count);
        fg_store(cells, FG_NATURAL_GRADIENT_R, j, n_r, count);
        lane_mask well_conditioned = (s.C > FG_ILL_CONDITIONED * W2) & (W0 > SMALL_WEIGHT);
        ill += store_flags(cells->flag + j, well_conditioned, count);
    }
    return ill;
}
