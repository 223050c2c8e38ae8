/* Computes 1 / x for 1 <= x < 2^1021, with the bits of the division: by the division, or, if FG_NEWTON is
 * defined and the processor has AVX-512, by Newton's method.
 *
 * On Intel's processors the division of a vector of 8 doubles takes as long as some 20 fused multiply-adds,
 * and the sums of a cell wait for it. The estimate of vrcp14pd has a relative error of at most 2^-14. The
 * first step cubes the error and the second step squares it, so its exact result is 1/x to 2^-84. The second
 * step rounds up. The result is then one of the two doubles beside 1/x, and the residual 1 - x y is exact.
 * The third step rounds correctly for every x except those with a mantissa of all ones (Markstein, IBM J.
 * Res. Dev. 34 (1990) 111-119). For those, 1/x is just above the middle between two doubles, and the third
 * step is right because it starts from the upper one. Two steps do not suffice: 1 / 0x1.f4fcf46924ef1p+0
 * comes out one unit too small. */
#ifndef FISHERGRID_RECIPROCAL_H
#define FISHERGRID_RECIPROCAL_H

#include "lanes.h"

#if defined(FG_NEWTON) && defined(__AVX512F__)
#include <immintrin.h>
#endif

static inline lanes lanes_reciprocal(lanes x)
{
#if defined(FG_NEWTON) && defined(__AVX512F__)
    const __m512d b = (__m512d)x, one = _mm512_set1_pd(1);
    __m512d y = _mm512_rcp14_pd(b);
    __m512d e = _mm512_fnmadd_pd(b, y, one);
    y = _mm512_fmadd_pd(y, _mm512_fmadd_pd(e, e, e), y);
    e = _mm512_fnmadd_pd(b, y, one);
    y = _mm512_fmadd_round_pd(y, e, y, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
    e = _mm512_fnmadd_pd(b, y, one);
    return (lanes)_mm512_fmadd_pd(y, e, y);
#else
    return 1.0 / x;
#endif
}

#endif
