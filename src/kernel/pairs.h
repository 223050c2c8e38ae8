/* Pairs of doubles: numbers of about 106 bits, high + low with |low| at most half a unit in the last place of
 * high. The operations are those of Dekker, Numer. Math. 18 (1971) 224-242; each has an error of a few 2^-106
 * of its operands. A file that includes this must be compiled without contraction to fused multiply-adds,
 * which would change what a rounding error is the error of. */
#ifndef FISHERGRID_PAIRS_H
#define FISHERGRID_PAIRS_H

#include "lanes.h"

/* A pair in each lane. */
struct pair {
    lanes high, low;
};

/* The sum of x and y, |x| >= |y| or x = 0. */
static inline struct pair pair_quick(lanes x, lanes y)
{
    lanes high = x + y;
    return (struct pair){high, y - (high - x)};
}

/* The sum of x and y, as in lanes_add. */
static inline struct pair pair_of_sum(lanes x, lanes y)
{
    lanes high = x + y, part = high - x;
    return (struct pair){high, (x - (high - part)) + (y - part)};
}

#ifndef __FMA__
/* The upper half of the mantissa, |x| < 2^995. */
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

/* The same where |x| >= |y|. */
static inline struct pair pair_plus_less(struct pair x, struct pair y)
{
    struct pair sum = pair_quick(x.high, y.high);
    return pair_quick(sum.high, sum.low + (x.low + y.low));
}

static inline struct pair pair_minus(struct pair x, struct pair y)
{
    return pair_plus(x, (struct pair){-y.high, -y.low});
}

/* Times a power of 2, or minus that, or 0. */
static inline struct pair pair_scaled(struct pair x, lanes power)
{
    return (struct pair){x.high * power, x.low * power};
}

/* x / y, given 1 / y.high rounded. */
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

/* 2^512 e^x for x <= 0; 0 below e^-1000.
 *
 * x = k log 2 + 32 z with |z| <= log 2 / 64 = 2^-6.5. y = e^z - 1 is z + z^2 / 2 + c: c is below 2^-22 and
 * has rounding errors of 2^-75, and its series ends with an error of 2^-77. Five times y becomes (1 + y)^2 -
 * 1 = y (2 + y), which doubles the errors: e^x has a relative error of 2^-69. */
static inline struct pair pair_exp(struct pair x)
{
    const double magic = 0x1.8p52; /* adding it rounds to a whole number, in the lowest bits */
    lanes shifted = x.high * 0x1.71547652b82fep+0 + magic, k = shifted - magic;
    struct pair z = pair_of_sum(x.high - k * 0x1.62e42fefa3800p-1, k * -0x1.ef35793c76000p-45);
    z = pair_quick(z.high, z.low + (x.low - k * 0x1.cc01f97b57a08p-87));
    z = pair_scaled(z, lanes_all(0x1p-5));
    lanes t = z.high, c = 1.0 / 720 + t * (1.0 / 5040 + t * (1.0 / 40320));
    c = t * t * t * (1.0 / 6 + t * (1.0 / 24 + t * (1.0 / 120 + t * c)));
    struct pair y = pair_plus_less(z, pair_scaled(pair_times(z, z), lanes_all(0.5)));
    y = pair_quick(y.high, y.low + c);
    for (int doubling = 0; doubling < 5; doubling++)
        y = pair_plus_less(pair_scaled(y, lanes_all(2)), pair_times(y, y));
    y = pair_plus_less((struct pair){lanes_all(1), lanes_all(0)}, y);
    lanes power = (lanes)(((lane_bits)shifted + (1023 + 512)) << 52);
    return pair_where(x.high > -1000, pair_scaled(y, power));
}

#endif
