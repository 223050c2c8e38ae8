/* Vectors of cells: one lane is one cell. The kernel's source files are compiled once for each instruction
 * set, with FG_ISA as the suffix of their function names. This header holds everything that differs between
 * instruction sets.
 *
 * Arithmetic uses the vector types of gcc and clang, which exist on every processor. The alternative, a loop
 * over cells around a loop over samples, is vectorised by gcc's `omp simd` but not by clang's. exp and log1p
 * come from SLEEF (error at most 1 ulp) if it is installed, otherwise lane by lane from libm. */
#ifndef FISHERGRID_LANES_H
#define FISHERGRID_LANES_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef FG_HAVE_SLEEF
#include <sleef.h>
#endif

#define FG_PASTE_EXPANDED(name, isa) name##_##isa
#define FG_PASTE(name, isa) FG_PASTE_EXPANDED(name, isa)
#define FG_TARGET(name) FG_PASTE(name, FG_ISA)

#if defined(__AVX512F__)
#define FG_LANES 8
#define FG_SLEEF(function) Sleef_##function##d8_u10avx512f
#elif defined(__AVX2__)
#define FG_LANES 4
#define FG_SLEEF(function) Sleef_##function##d4_u10avx2
#elif defined(__aarch64__)
#define FG_LANES 2
#define FG_SLEEF(function) Sleef_##function##d2_u10advsimd
#elif defined(__SSE2__)
#define FG_LANES 2
#define FG_SLEEF(function) Sleef_##function##d2_u10sse2
#else
#define FG_LANES 2
#undef FG_HAVE_SLEEF
#endif

typedef double lanes __attribute__((vector_size(8 * FG_LANES)));
typedef int64_t lane_mask
    __attribute__((vector_size(8 * FG_LANES))); /* -1 or 0 per lane, as comparisons return it */
typedef uint64_t lane_bits __attribute__((vector_size(8 * FG_LANES)));
typedef unsigned char lane_bytes __attribute__((vector_size(FG_LANES)));

/* Returns x in every lane. Compilers know that x - 0 is x for every x; x + 0 is not. */
static inline lanes lanes_all(double x)
{
    return x - (lanes){0};
}

/* The asm constraint for a vector register, if it is known; otherwise memory. */
#if defined(__x86_64__)
#define FG_VECTOR_REGISTER "+v"
#elif defined(__aarch64__)
#define FG_VECTOR_REGISTER "+w"
#else
#define FG_VECTOR_REGISTER "+m"
#endif

/* Returns x, and makes the compiler round it first. In a b - c d, either product can become part of a fused
 * operation. Compilers choose one according to the surrounding code, so the bits of a formula would depend on
 * the other fields. This function leaves them one choice. */
static inline lanes lanes_rounded(lanes x)
{
    __asm__("" : FG_VECTOR_REGISTER(x));
    return x;
}

static inline lanes lanes_load(const double *from)
{
    lanes x;
    memcpy(&x, from, sizeof x);
    return x;
}

static inline void lanes_store(double *to, lanes x)
{
    memcpy(to, &x, sizeof x);
}

/* Load and store the first n lanes, n >= 1. Whole vectors, the usual case, are handled first. */
static inline lanes lanes_load_some(const double *from, size_t n)
{
    lanes x = {0};
    if (n >= FG_LANES)
        return lanes_load(from);
    memcpy(&x, from, n * sizeof *from);
    return x;
}

static inline void lanes_store_some(double *to, lanes x, size_t n)
{
    if (n >= FG_LANES)
        lanes_store(to, x);
    else
        memcpy(to, &x, n * sizeof *to);
}

static inline lanes lanes_select(lane_mask where, lanes yes, lanes no)
{
    return (lanes)(((lane_mask)yes & where) | ((lane_mask)no & ~where));
}

static inline lanes lanes_abs(lanes x)
{
    return (lanes)((lane_mask)x & INT64_MAX);
}

static inline lanes lanes_min(lanes x, lanes y)
{
    return lanes_select(x < y, x, y);
}

static inline lanes lanes_max(lanes x, lanes y)
{
    return lanes_select(x > y, x, y);
}

/* A sum and its accumulated rounding error. */
struct lanes_sum {
    lanes high, low;
};

/* Adds x and accumulates the rounding error of the addition (TwoSum; Knuth, TAOCP 2, section 4.2.2, theorem
 * B). */
static inline void lanes_add(struct lanes_sum *sum, lanes x)
{
    lanes high = sum->high + x;
    lanes part = high - sum->high;
    sum->low += (sum->high - (high - part)) + (x - part);
    sum->high = high;
}

/* The logarithm of a product of many factors 1 + x >= 1, without a logarithm for each: log = exponent ln 2 +
 * log1p(rest). While the exponent is 0, rest < 1 keeps its relative accuracy. */
struct lanes_log {
    lanes rest;
    lane_bits exponent;
};

/* Multiplies by 1 + x, 0 <= x < 2^1020. */
static inline void lanes_log_add(struct lanes_log *log, lanes x)
{
    lanes merged = log->rest * x + (log->rest + x); /* (1 + rest)(1 + x) - 1 */
    lanes whole = 1.0 + merged;
    lane_bits exponent = ((lane_bits)whole >> 52) - 1023;
    lanes scale = (lanes)((1023 - exponent) << 52);
    log->rest = lanes_select(whole >= 2.0, whole * scale - 1.0, merged);
    log->exponent += exponent;
}

static inline lanes lanes_exp(lanes x)
{
#ifdef FG_HAVE_SLEEF
    return (lanes)FG_SLEEF(exp)(x);
#else
    for (size_t l = 0; l < FG_LANES; l++)
        x[l] = exp(x[l]);
    return x;
#endif
}

static inline lanes lanes_expm1(lanes x)
{
#ifdef FG_HAVE_SLEEF
    return (lanes)FG_SLEEF(expm1)(x);
#else
    for (size_t l = 0; l < FG_LANES; l++)
        x[l] = expm1(x[l]);
    return x;
#endif
}

static inline lanes lanes_log1p(lanes x)
{
#ifdef FG_HAVE_SLEEF
    return (lanes)FG_SLEEF(log1p)(x);
#else
    for (size_t l = 0; l < FG_LANES; l++)
        x[l] = log1p(x[l]);
    return x;
#endif
}

/* The loop becomes one instruction. */
static inline lanes lanes_sqrt(lanes x)
{
    for (size_t l = 0; l < FG_LANES; l++)
        x[l] = sqrt(x[l]);
    return x;
}

/* Half of the angle atan2(y, x). If x and y are not negative, it is atan(above / below) + base. The quotient
 * is at most tan(pi/8) in size. The caller computes it, so that it can share a division. */
struct lanes_half_angle {
    lanes above, below, base;
    lanes y, x;
};

/* Prepares half of the angle of (x, y), from tan(angle / 2) = y / (length + x) for x >= 0. `length` is
 * sqrt(x^2 + y^2). */
static inline struct lanes_half_angle lanes_half_angle(lanes y, lanes x, lanes length)
{
    lanes a = lanes_abs(y), b = length + lanes_abs(x) + 0x1p-1000; /* (0, 0) has the angle 0 */
    lane_mask steep = a > 0x1.a827999fcef32p-2 * b;                /* tan(pi/8) */
    return (struct lanes_half_angle){.above = lanes_select(steep, a - b, a),
                                     .below = lanes_select(steep, a + b, b),
                                     .base =
                                         lanes_select(steep, lanes_all(0x1.921fb54442d18p-1), lanes_all(0)),
                                     .y = y,
                                     .x = x};
}

/* Returns the half angle, given 1 / below. The polynomial interpolates atan(t) / t at Chebyshev nodes of t^2,
 * with a relative error of 5e-18. */
static inline lanes lanes_half_angle_value(const struct lanes_half_angle *of, lanes per_below)
{
    static const double c[] = {-0x1.5555555555555p-2, 0x1.999999999934cp-3,  -0x1.24924924361e2p-3,
                               0x1.c71c71853c477p-4,  -0x1.745d0b287655dp-4, 0x1.3b126301d03d6p-4,
                               -0x1.10fa77724f5acp-4, 0x1.dfe6453216f04p-5,  -0x1.a09985e44ed1bp-5,
                               0x1.41627f2e12bcep-5,  -0x1.3a31129340f30p-6};
    lanes t = of->above * per_below, s = t * t, s2 = s * s, s4 = s2 * s2;
    /* Estrin's scheme: few steps wait for each other */
    lanes low = (c[0] + c[1] * s) + (c[2] + c[3] * s) * s2;
    lanes middle = (c[4] + c[5] * s) + (c[6] + c[7] * s) * s2;
    lanes high = (c[8] + c[9] * s) + c[10] * s2;
    lanes angle = of->base + (t + t * (s * (low + (middle + high * s4) * s4)));
    angle = lanes_select(of->x >= 0, angle, 0x1.921fb54442d18p+0 - angle);
    return lanes_select(of->y >= 0, angle, -angle);
}

static inline lanes lanes_log_value(const struct lanes_log *log)
{
    return __builtin_convertvector(log->exponent, lanes) * 0x1.62e42fefa39efp-1 /* ln 2 */ +
           lanes_log1p(log->rest);
}

#endif
