#include "quantize.h"

#include <math.h>
#include <string.h>

#include "fishergrid/pack.h"

enum { MANTISSA_BITS = 52 };

int fg_kept_bits(int digits)
{
    int bits = (int)ceil(digits * log2(10));
    return bits < MANTISSA_BITS ? bits : MANTISSA_BITS;
}

bool fg_quantize_rounds(const struct fg_packing *packing)
{
    return packing->float32 || packing->kept_bits < MANTISSA_BITS;
}

/* Rounds to the nearest value with `kept` bits, or towards zero where the nearest would be infinite. */
static double keep_bits(double value, int kept)
{
    const int dropped = MANTISSA_BITS - kept;
    const uint64_t mask = (UINT64_C(1) << dropped) - 1;
    uint64_t bits, rounded;
    if (dropped == 0 || !isfinite(value))
        return value;
    memcpy(&bits, &value, sizeof bits);
    rounded = (bits + (mask >> 1) + (bits >> dropped & 1)) & ~mask;
    memcpy(&value, &rounded, sizeof value);
    if (!isfinite(value)) {
        bits &= ~mask;
        memcpy(&value, &bits, sizeof value);
    }
    return value;
}

size_t fg_quantize(const struct fg_packing *packing, double *values, size_t n, double *worst)
{
    for (size_t k = 0; k < n && fg_quantize_rounds(packing); k++) {
        const double value = values[k];
        values[k] = keep_bits(value, packing->kept_bits);
        if (packing->float32)
            values[k] = (double)(float)values[k];
        if (isinf(values[k]) && isfinite(value))
            return k;
        if (isfinite(value) && value != 0)
            *worst = fmax(*worst, fabs(values[k] - value) / fabs(value));
    }
    return n;
}
