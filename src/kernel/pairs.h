/* Pairs of doubles: numbers of about 106 bits, high + low with |low| at most half a unit in the last place of
 * high. The operations are those of Dekker, Numer. Math. 18 (1971) 224-242; each has an error of a few 2^-106
 * of its operands. A file that includes this must be compiled without contraction to fused multiply-adds,
 * because that changes the rounding errors that the operations compute. */
#ifndef FISHERGRID_PAIRS_H
#define FISHERGRID_PAIRS_H

#include "lanes.h"

/* A pair in each lane. */
struct pair {
    lanes high, low;
};

/* Returns x + y, if |x| >= |y| or x = 0. */
static inline struct pair pair_quick(lanes x, lanes y)
{
    lanes high = x + y;
    return (struct pair){high, y - (high - x)};
}

/* Returns x + y, as in lanes_add. */
static inline struct pair pair_of_sum(lanes x, lanes y)
{
    lanes high = x + y, part = high - x;
    return (struct pair){high, (x - (high - part)) + (y - part)};
}

#ifndef __FMA__
/* Returns x with only the upper half of its mantissa, if |x| < 2^995. */
static inline lanes upper_half(lanes x)
{
    lanes far = 0x1.0000002p27 * x;
    return far - (far - x);
}
#endif

static inline struct pair pair_of_product(lanes x, lanes y)
{
    struct pair product = {x * y, -(x * y)};
#ifdef __FMA__ /* the loop becomes one instruction */
    for (size_t l = 0; l < FG_LANES; l++)
        product.low[l] = __builtin_fma(x[l], y[l], product.low[l]);
#else
    lanes x1 = upper_half(x), x2 = x - x1, y1 = upper_half(y), y2 = y - y1;
    product.low = (x1 * y1 + product.low + x1 * y2 + x2 * y1) + x2 * y2;
#endif
    return product;
}

static inline struct pair pair_plus(struct pair x, struct pair y)
{
    struct pair sum = pair_of_sum(x.high, y.high);
    return pair_quick(sum.high, sum.low + (x.low + y.low));
}

static inline struct pair pair_times(struct pair x, struct pair y)
{
    struct pair product = pair_of_product(x.high, y.high);
    return pair_quick(product.high, product.low + (x.high * y.low + x.low * y.high));
}

/* Returns x + y, if |x| >= |y|. */
static inline struct pair pair_plus_less(struct pair x, struct pair y)
{
    struct pair sum = pair_quick(x.high, y.high);
    return pair_quick(sum.high, sum.low + (x.low + y.low));
}

static inline struct pair pair_minus(struct pair x, struct pair y)
{
    return pair_plus(x, (struct pair){-y.high, -y.low});
}

/* Returns x times `power`: a power of 2, its negative, or 0. */
static inline struct pair pair_scaled(struct pair x, lanes power)
{
    return (struct pair){x.high * power, x.low * power};
}

/* Returns x / y, given 1 / y.high rounded. */
static inline struct pair pair_over(struct pair x, struct pair y, lanes per_y)
{
    lanes quotient = x.high * per_y;
    struct pair product = pair_of_product(quotient, y.high);
    lanes rest = (x.high - product.high) - product.low + (x.low - quotient * y.low);
    return pair_quick(quotient, rest * per_y);
}

static inline struct pair pair_where(lane_mask where, struct pair x)
{
    return (struct pair){lanes_select(where, x.high, lanes_all(0)), lanes_select(where, x.low, lanes_all(0))};
}

/* 2^(j/32) as pairs. */
static const double root_of_2[32][2] = {{0x1.0000000000000p+0, 0x0.0p+0},
                                        {0x1.059b0d3158574p+0, 0x1.d73e2a475b465p-55},
                                        {0x1.0b5586cf9890fp+0, 0x1.8a62e4adc610bp-54},
                                        {0x1.11301d0125b51p+0, -0x1.6c51039449b3ap-54},
                                        {0x1.172b83c7d517bp+0, -0x1.19041b9d78a76p-55},
                                        {0x1.1d4873168b9aap+0, 0x1.e016e00a2643cp-54},
                                        {0x1.2387a6e756238p+0, 0x1.9b07eb6c70573p-54},
                                        {0x1.29e9df51fdee1p+0, 0x1.612e8afad1255p-55},
                                        {0x1.306fe0a31b715p+0, 0x1.6f46ad23182e4p-55},
                                        {0x1.371a7373aa9cbp+0, -0x1.63aeabf42eae2p-54},
                                        {0x1.3dea64c123422p+0, 0x1.ada0911f09ebcp-55},
                                        {0x1.44e086061892dp+0, 0x1.89b7a04ef80d0p-59},
                                        {0x1.4bfdad5362a27p+0, 0x1.d4397afec42e2p-56},
                                        {0x1.5342b569d4f82p+0, -0x1.07abe1db13cadp-55},
                                        {0x1.5ab07dd485429p+0, 0x1.6324c054647adp-54},
                                        {0x1.6247eb03a5585p+0, -0x1.383c17e40b497p-54},
                                        {0x1.6a09e667f3bcdp+0, -0x1.bdd3413b26456p-54},
                                        {0x1.71f75e8ec5f74p+0, -0x1.16e4786887a99p-55},
                                        {0x1.7a11473eb0187p+0, -0x1.41577ee04992fp-55},
                                        {0x1.82589994cce13p+0, -0x1.d4c1dd41532d8p-54},
                                        {0x1.8ace5422aa0dbp+0, 0x1.6e9f156864b27p-54},
                                        {0x1.93737b0cdc5e5p+0, -0x1.75fc781b57ebcp-57},
                                        {0x1.9c49182a3f090p+0, 0x1.c7c46b071f2bep-56},
                                        {0x1.a5503b23e255dp+0, -0x1.d2f6edb8d41e1p-54},
                                        {0x1.ae89f995ad3adp+0, 0x1.7a1cd345dcc81p-54},
                                        {0x1.b7f76f2fb5e47p+0, -0x1.5584f7e54ac3bp-56},
                                        {0x1.c199bdd85529cp+0, 0x1.11065895048ddp-55},
                                        {0x1.cb720dcef9069p+0, 0x1.503cbd1e949dbp-56},
                                        {0x1.d5818dcfba487p+0, 0x1.2ed02d75b3707p-55},
                                        {0x1.dfc97337b9b5fp+0, -0x1.1a5cd4f184b5cp-54},
                                        {0x1.ea4afa2a490dap+0, -0x1.e9c23179c2893p-54},
                                        {0x1.f50765b6e4540p+0, 0x1.9d3e12dd8a18bp-54}};

/* Returns 2^512 e^x for x <= 0; 0 for x below -1000.
 *
 * x = k log 2 / 32 + z with |z| <= log 2 / 64 = 2^-6.5. e^z - 1 is z + z^2 / 2 + c: c is below 2^-22 and has
 * rounding errors of 2^-75, and its series ends with an error of 2^-77. The table has 2^(k/32) up to a
 * power of 2, so e^x has a relative error of 2^-74. */
static inline struct pair pair_exp(struct pair x)
{
    const double magic = 0x1.8p52; /* adding it rounds to a whole number, which is then in the lowest bits */
    lanes shifted = x.high * 0x1.71547652b82fep+5 + magic, k = shifted - magic;
    struct pair z = pair_of_sum(x.high - k * 0x1.62e42fefa0000p-6, k * -0x1.cf79abc9e0000p-45);
    z = pair_quick(z.high, z.low + (x.low - k * 0x1.d9cc01f97b57ap-84));
    lanes t = z.high, c = 1.0 / 720 + t * (1.0 / 5040 + t * (1.0 / 40320));
    c = t * t * t * (1.0 / 6 + t * (1.0 / 24 + t * (1.0 / 120 + t * c)));
    struct pair y = pair_plus_less(z, pair_scaled(pair_times(z, z), lanes_all(0.5)));
    y = pair_quick(y.high, y.low + c);
    lane_bits bits = (lane_bits)shifted;
    double high[FG_LANES], low[FG_LANES];
    for (size_t l = 0; l < FG_LANES; l++) {
        high[l] = root_of_2[bits[l] % 32][0];
        low[l] = root_of_2[bits[l] % 32][1];
    }
    const struct pair root = {lanes_load(high), lanes_load(low)};
    y = pair_plus_less(root, pair_times(root, y));
    lanes power = (lanes)((bits / 32 + (1023 + 512)) << 52);
    return pair_where(x.high > -1000, pair_scaled(y, power));
}

#endif
