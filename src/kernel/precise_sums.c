/* Sums in pairs of doubles, for stationary points. One lane is one sample. */
#include "pairs.h"
#include "stages.h"

static inline struct pair all_of(struct fg_pair x)
{
    return (struct pair){lanes_all(x.high), lanes_all(x.low)};
}

/* Returns x - mean, a pair without an error. */
static inline struct pair minus_mean(const double *x, size_t n, double mean)
{
    return pair_of_sum(lanes_load_some(x, n), lanes_all(-mean));
}

/* Adds a pair. The rounding errors of the low parts are of the order of a squared rounding error. */
static inline void add(struct lanes_sum *sum, struct pair x)
{
    lanes_add(sum, x.high);
    sum->low += x.low;
}

/* The terms of a vector of samples. */
struct terms {
    struct pair tail, d;
    lanes t, whole, rho, w, v, u, loss;
};

/* Returns the terms of the samples in whose lanes `here` is -1; 0 in the other lanes. */
FG_INSTANCE struct terms terms_of(struct pair e0, struct pair e1, const struct fg_precise_place *at, double s,
                                  lane_mask here)
{
    const struct pair sine = all_of(at->sine), cosine = all_of(at->cosine),
                      one = {lanes_all(1), lanes_all(0)};
    const struct pair u = pair_plus(pair_times(sine, e0), pair_times(cosine, e1));
    const struct pair a_phi = pair_minus(pair_times(cosine, e0), pair_times(sine, e1));
    const struct pair a = pair_plus(u, all_of(at->mean_a));
    const lane_mask is_wrong = (s * a.high < 0) & here;
    const lanes sign = lanes_select(a.high < 0, lanes_all(1), lanes_all(-1));
    const struct pair e = pair_where(here, pair_exp(pair_scaled(a, sign))); /* e^-|m|, scaled */
    const struct pair q1 = pair_plus_less(one, pair_scaled(e, lanes_all(1 / FG_PRECISE_SCALE)));
    const lanes per_q1 = 1.0 / q1.high;
    const struct pair t = pair_over(e, q1, per_q1);
    struct terms terms = {.d = pair_minus(a_phi, all_of(at->shift)),
                          .tail = pair_scaled(t, lanes_select(is_wrong, lanes_all(s), lanes_all(-s))),
                          .t = t.high,
                          .whole = lanes_select(is_wrong, lanes_all(-s * FG_PRECISE_SCALE), lanes_all(0)),
                          .w = t.high * per_q1,
                          .u = u.high};
    terms.rho = terms.whole + terms.tail.high;
    terms.v = sign * (terms.w - terms.w * (2 / FG_PRECISE_SCALE * t.high));
    /* max(-m, 0) + log1p(e^-|m|); without the scale, e^-|m| may be too small for a double */
    const lanes log = FG_PRECISE_SCALE * lanes_log1p(e.high * (1 / FG_PRECISE_SCALE));
    terms.loss = lanes_select(e.high < 1, e.high, log) - s * a.high * lanes_abs(terms.whole);
    return terms;
}

/* Adds n <= FG_LANES samples of one class from sample k on. */
FG_INSTANCE void add_samples(const struct fg_samples *samples, const struct fg_precise_place *at, double s,
                             size_t k, size_t n, struct lanes_sum sum[FG_N_PRECISE_SUMS])
{
    lane_mask here = {0};
    for (size_t l = 0; l < n; l++)
        here[l] = -1;
    struct terms of = terms_of(minus_mean(samples->x0 + k, n, samples->mean0),
                               minus_mean(samples->x1 + k, n, samples->mean1), at, s, here);
    sum[FG_PRECISE_WHOLE].high += of.whole;
    add(&sum[FG_PRECISE_TAILS], of.tail);
    add(&sum[FG_PRECISE_RHO_D], pair_times(of.tail, of.d));
    add(&sum[FG_PRECISE_RHO_D], pair_scaled(of.d, of.whole));
    lanes_add(&sum[FG_PRECISE_RHO_U], of.rho * of.u);
    lanes_add(&sum[FG_PRECISE_W], of.w);
    lanes_add(&sum[FG_PRECISE_W_D], of.w * of.d.high);
    lanes_add(&sum[FG_PRECISE_W_D_D], of.w * of.d.high * of.d.high);
    lanes_add(&sum[FG_PRECISE_LOSS], of.loss);
    sum[FG_PRECISE_ABS_TAILS].high += of.t;
    sum[FG_PRECISE_ABS_RHO_D].high += lanes_abs(of.rho * of.d.high);
    sum[FG_PRECISE_ABS_W_D].high += lanes_abs(of.w * of.d.high);
    sum[FG_PRECISE_W_U].high += of.w * of.u;
    sum[FG_PRECISE_W_U_D].high += of.w * of.u * of.d.high;
    for (int power = 0; power <= 3; power++, of.v *= of.d.high)
        sum[FG_PRECISE_V + power].high += of.v;
}

/* Adds the samples first..end-1 of one class. */
static void add_class(const struct fg_samples *samples, const struct fg_precise_place *at, double s,
                      size_t first, size_t end, struct lanes_sum sum[FG_N_PRECISE_SUMS])
{
    for (; first + FG_LANES <= end; first += FG_LANES)
        add_samples(samples, at, s, first, FG_LANES, sum);
    if (first < end)
        add_samples(samples, at, s, first, end - first, sum);
}

void FG_TARGET(fg_precise_sums)(const struct fg_samples *samples, const struct fg_precise_place *place,
                                size_t first, size_t end, struct fg_precise_sums *sums)
{
    struct lanes_sum sum[FG_N_PRECISE_SUMS];
    const size_t n0 = samples->n_class0;
    memset(sum, 0, sizeof sum);
    add_class(samples, place, 1, first, end < n0 ? end : n0, sum);
    add_class(samples, place, -1, first > n0 ? first : n0, end, sum);
    *sums = (struct fg_precise_sums){0};
    for (size_t l = 0; l < FG_LANES; l++) {
        struct fg_precise_sums lane;
        for (int m = 0; m < FG_N_PRECISE_SUMS; m++)
            lane.of[m] = (struct fg_pair){sum[m].high[l], sum[m].low[l]};
        fg_precise_sums_add(sums, &lane);
    }
}
