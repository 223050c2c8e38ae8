/* Stationary points of the loss: where its gradient is 0. They are the minima and saddles of the landscape.
 *
 * For a fixed phi, the loss is a convex function of r, because its second derivative is W0 = sum w > 0. If
 * the data set has both classes, it has exactly one minimum r*(phi), where G0 = sum rho = 0. Therefore all
 * stationary points lie on the curve (phi, r*(phi)), and they are the zeros of
 *
 *     N(phi) = g_phi(phi, r*(phi)),        dN/dphi = S = C + h = det H / W0
 *
 * (symbols as in fishergrid/kernel.h). A zero with S > 0 is a minimum of the loss, one with S < 0 a saddle.
 * The loss has no maximum. So a scan over phi finds all points that a scan over a grid of (phi, r) finds, and
 * a narrow valley is no harder than a wide one.
 *
 * The scan covers one turn. It begins with FG_SCAN_STEPS intervals and halves those that may hide a zero.
 * Since C >= 0, N falls by at most |h| <= max|x - mean| sum|rho| per radian. So an interval has no zero if N
 * has the same sign at both ends and |N| is larger than N can fall inside. The halves are no shorter than 1 /
 * (4 max|x - mean|), over which N is smooth. Every change of sign is a candidate. Bisection and Newton's
 * method find it in double precision. Newton's method in phi and r finishes it, mostly in one step; its sums
 * N and G0 over all samples are in pairs of doubles (see enum fg_precise_sum). Sums are over blocks of
 * samples of fixed size, added in order. The values of the point follow from the sums of the last step and
 * their derivatives.
 *
 * Scan and bisection sum the sources of many samples instead (see fishergrid/sources.h), with every method;
 * the scan sums all samples where sources leave the sign of N open. The result depends on the samples and on
 * the ranges of the grid, but not on its cells, method, tiles, threads, processes, parts or fields: the bytes
 * are always the same on one machine. */
#ifndef FISHERGRID_STATIONARY_H
#define FISHERGRID_STATIONARY_H

#include "fishergrid/api.h"
#include "fishergrid/sweep.h"

FG_API_BEGIN

#define FG_STATIONARY_MAX 64 /* maximum number of points that are kept */
#define FG_SCAN_STEPS 96     /* intervals of phi with which the scan begins */

/* Losses that differ by less than this, relative to their size, count as equal. Each term of a loss is
 * rounded a few times, so that points of equal loss, as symmetric data have them, differ by up to 4
 * roundings; this is twice as much. */
#define FG_EQUAL_LOSSES 0x1p-49

/* Kind of a point, in the file and for people. */
enum fg_stationary_kind {
    FG_NO_POINT, /* not a point: a row of the table that is not used */
    FG_MINIMUM,  /* both eigenvalues of the Hessian are positive */
    FG_SADDLE,   /* one is negative */
    FG_N_KINDS
};
/* [FG_N_KINDS] "none", "minimum", "saddle". Constant. */
extern const char *const fg_stationary_kind_name[];

/* Where a point is, and what the loss looks like around it. As in the fields, the reduction is applied to the
 * loss, to F, to H and to |g|. The damping is not applied. Of each pair of eigenvalues the larger comes
 * first. */
struct fg_stationary_point {
    double phi, r; /* phi in radians */
    double loss;
    enum fg_stationary_kind kind;
    double fisher[2];   /* eigenvalues of F */
    double hessian[2];  /* eigenvalues of H */
    double relative[2]; /* eigenvalues of F^-1 H: 1 and S / C; infinite where F has rank 1 */
    double gradient;    /* |g|, which is not 0 because phi and r are rounded to doubles */
};

/* What the search says about a data set: a set of bits. 0: all stationary points in the range are known, and
 * the lowest minimum of all is one of them. */
enum fg_stationary_note {
    FG_OUTSIDE =
        1, /* the lowest minimum lies outside the range: the minimum over the grid may be on its edge */
    FG_ONE_CLASS = 2, /* all labels are equal: the loss falls towards 0 as |r| grows, and there is no point */
    FG_LEVEL =
        4, /* the gradient is 0, up to rounding, along a curve or in a region: no point in it is listed */
    FG_MORE = 8,   /* there are too many points: only those of lowest loss are kept */
    FG_COARSE = 16 /* there are too many samples and details to look everywhere: points may be missing */
};
#define FG_N_NOTES 5 /* number of bits of enum fg_stationary_note */
/* [FG_N_NOTES] names of the bits in the file: "minimum_outside", "one_class", "level", "more_points",
 * "coarse_search". Constant. */
extern const char *const fg_stationary_note_name[];
/* [FG_N_NOTES] a sentence about each bit, for people. Constant. */
extern const char *const fg_stationary_note_sentence[];

/* The stationary points of a data set within the ranges of a grid, ordered by loss. Points of equal loss (see
 * FG_EQUAL_LOSSES) are ordered by phi, then by r, so that rounding does not decide.
 *
 * Ranges are those of the whole grid, also for a part of it. Points on the edge of the range do not count.
 * Where the range of phi is a whole turn, or several, its ends are the same and no edge: a point there is
 * listed at the lower end. Over several turns each point is listed once a turn. */
struct fg_stationary {
    unsigned notes; /* enum fg_stationary_note */
    uint64_t found; /* number of points in the range */
    size_t n;       /* number of points that are kept: `found`, but at most FG_STATIONARY_MAX */
    struct fg_stationary_point point[FG_STATIONARY_MAX];
};

/* Finds the stationary points of data set `s` of the problem, with `threads` >= 1 threads. `watcher` NULL:
 * nothing can stop the search; its `tell` is not called.
 *
 * Each point is closer to the true one than 2 units in the last place of phi and r, or of the sums from which
 * they are computed. If rounding does not determine a zero of N this well, the zero is not listed, and
 * FG_LEVEL is set.
 *
 * Errors: FG_FAILED if memory runs out; FG_INTERRUPTED if the watcher stops it. */
enum fg_status fg_stationary_find(struct fg_stationary *found, const struct fg_problem *problem, size_t s,
                                  int threads, const struct fg_watcher *watcher, struct fg_error *error);

FG_API_END
#endif
