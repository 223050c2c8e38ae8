/* The peak speed of the processor: independent fused multiply-adds, with which the kernel is compared. */
#include "stages.h"

double FG_TARGET(fg_peak)(size_t rounds)
{
    enum { CHAINS = FG_PEAK_CHAINS };
    lanes sum[CHAINS], factor = lanes_all(0.5), term = lanes_all(1.0), total = {0};
    for (int c = 0; c < CHAINS; c++)
        sum[c] = lanes_all(c);
    for (size_t i = 0; i < rounds; i++) {
        for (int c = 0; c < CHAINS; c++)
            sum[c] = sum[c] * factor + term;
    }
    for (int c = 0; c < CHAINS; c++)
        total += sum[c];
    return total[0];
}
