/* Collects the stages of one instruction set in a struct fg_kernel. */
#include "stages.h"

#define FG_STRING_EXPANDED(text) #text
#define FG_STRING(text) FG_STRING_EXPANDED(text)

extern const struct fg_kernel FG_TARGET(fg_kernel);
const struct fg_kernel FG_TARGET(fg_kernel) = {
    .name = FG_STRING(FG_ISA),
    .lanes = FG_LANES,
    .moments = FG_TARGET(fg_moments),
    .finish = FG_TARGET(fg_finish),
    .anchored = FG_TARGET(fg_anchored),
    .contract = FG_TARGET(fg_contract),
    .interpolate = FG_TARGET(fg_interpolate),
    .peak = FG_TARGET(fg_peak),
};
