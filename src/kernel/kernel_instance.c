/* Collects the stages of one instruction set in a struct fg_kernel. */
#include "stages.h"

#define FG_STRING_EXPANDED(text) #text
#define FG_STRING(text) FG_STRING_EXPANDED(text)

#define FG_STAGES                                                                                            \
    .name = FG_STRING(FG_ISA), .lanes = FG_LANES, .fields_from_moments = FG_TARGET(fg_fields_from_moments),  \
    .recompute_pivoted = FG_TARGET(fg_recompute_pivoted), .weighted_sums = FG_TARGET(fg_weighted_sums),      \
    .interpolate = FG_TARGET(fg_interpolate), .loss = FG_TARGET(fg_loss),                                    \
    .precise_sums = FG_TARGET(fg_precise_sums), .chebyshev_sums = FG_TARGET(fg_chebyshev_sums),              \
    .cell_sums = FG_TARGET(fg_cell_sums), .minimum = FG_TARGET(fg_minimum), .peak = FG_TARGET(fg_peak)

extern const struct fg_kernel FG_TARGET(fg_kernel);
const struct fg_kernel FG_TARGET(fg_kernel) = {FG_STAGES, .reciprocal = "division",
                                               .moments = FG_TARGET(fg_moments)};

#ifdef __AVX512F__
extern const struct fg_kernel FG_TARGET(fg_kernel_newton);
const struct fg_kernel FG_TARGET(fg_kernel_newton) = {FG_STAGES, .reciprocal = "newton",
                                                      .moments = FG_TARGET(fg_moments_newton)};
#endif
