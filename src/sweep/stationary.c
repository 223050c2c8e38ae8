/* Finds the stationary points of the loss: scans the profile over one turn of phi, refines the zeros of N,
 * and lists the points in the range of the grid. */
#include "fishergrid/stationary.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "first_failure.h"
#include "fishergrid/sources.h"
#include "newton_search.h"
#include "profile.h"

const char *const fg_stationary_kind_name[FG_N_KINDS] = {"none", "minimum", "saddle"};
const char *const fg_stationary_note_name[FG_N_NOTES] = {"minimum_outside", "one_class", "level",
                                                         "more_points", "coarse_search"};
const char *const fg_stationary_note_sentence[FG_N_NOTES] = {
    "the lowest minimum lies outside the range of the grid",
    "all labels are equal, so the loss has no minimum: it falls towards 0 as |r| grows",
    "the gradient is 0, up to rounding, along a curve or in a region, whose points are not listed",
    "there are more stationary points than are stored; those of lowest loss are",
    "there are too many samples and details to look everywhere, so stationary points may be missing",
};

static const long double turn = 6.28318530717958647692528676655900577L;

/* The phi at which the scan begins. Symmetric data have their points at other angles. */
#define FIRST_PHI 0.0377

/* Number of intervals with which the scan begins. They are halved until they are at most LONGEST. */
enum { FIRST_INTERVALS = 12 };
#define LONGEST (6.2832 / FG_SCAN_STEPS)
/* Over intervals shorter than SHORTEST / spread, N is smooth. */
#define SHORTEST 0.125
/* Zeros that are closer than this count as one. */
#define NO_LENGTH 1e-9

/* Distance of r to the profile that suffices to find the sign of N, and to find its zero. */
#define NEAR 1e-3
#define VERY_NEAR 1e-7

/* Limits of the number of intervals. Their product with the number of samples is about SCAN_SAMPLES, which
 * one core sums in a few minutes. */
#define SCAN_SAMPLES 0x1p31
enum { LEAST_INTERVALS = 512, MOST_INTERVALS = 32768 };

/* An interval of phi between two points of the profile. */
struct interval {
    struct fg_profile_point left, right;
};

/* The state of a scan, which all threads share. Each interval is computed by one thread. */
struct scan {
    struct fg_profile profile;
    int threads;
    size_t room, computed;       /* maximum number of intervals, and number of intervals so far */
    struct interval *now, *next; /* [2 room] intervals to halve in this round, and in the next */
    struct interval *bracket;    /* [2 room] intervals in which N changes its sign */
    size_t n_now, n_next, n_bracket;
    unsigned notes;
    struct fg_first_failure failure;
};

/* --- the scan --- */

static bool is_falling(double N)
{
    return N < 0;
}

static double length_of(const struct interval *interval)
{
    return interval->right.phi - interval->left.phi;
}

/* Returns whether N may have two zeros in an interval, if it has the same sign at both ends. N falls by at
 * most |h| per radian. Over a short interval N is smooth: where |N| dips, it lies above its tangents
 * at the ends, so it has no zero if the tangents meet above 0. */
static bool may_dip(const struct fg_profile *profile, const struct interval *of)
{
    const double length = length_of(of), sign = is_falling(of->left.N) ? -1 : 1;
    const double *const N[] = {&of->left.N, &of->right.N};
    if (length > SHORTEST / profile->spread) {
        const double most = fmin((double)profile->exact.samples->n, 2 * fmax(of->left.loss, of->right.loss));
        return fabs(*N[sign < 0]) <= profile->spread * most * length;
    }
    const double down = -sign * of->left.S, up = sign * of->right.S;
    if (!(down > 0 && up > 0) || length < NO_LENGTH)
        return false;
    /* left.N - down t = right.N - up (length - t) */
    const double t = (fabs(of->left.N) - fabs(of->right.N) + up * length) / (down + up);
    return fabs(of->left.N) - down * t < 0;
}

/* Adds an interval to `next` if it must be halved, or to `bracket` if N changes its sign there. Drops an
 * interval without a zero. */
static void sort_interval(struct scan *scan, const struct interval *interval)
{
    const bool changes = is_falling(interval->left.N) != is_falling(interval->right.N);
    if (interval->left.N == 0 && interval->right.N == 0)
        scan->notes |= FG_LEVEL;
    else if (length_of(interval) > LONGEST || (changes ? length_of(interval) > SHORTEST / scan->profile.spread
                                                       : may_dip(&scan->profile, interval)))
        scan->next[scan->n_next++] = *interval;
    else if (changes)
        scan->bracket[scan->n_bracket++] = *interval;
}

/* Computes the point in the middle of an interval. */
static struct fg_profile_point between(const struct fg_profile *profile, const struct interval *interval)
{
    const double half = length_of(interval) / 2;
    const double ahead = interval->left.r + half * interval->left.slope;
    const double back = interval->right.r - half * interval->right.slope;
    return fg_profile_at(profile, interval->left.phi + half, (ahead + back) / 2,
                         fmax(1e-4, fabs(ahead - back) / 4), NEAR);
}

/* Halves intervals, round by round, until `next` is empty or there would be more than `room` intervals. */
static void halve(struct scan *scan)
{
    while (scan->n_next > 0 && !fg_first_failure_is_over(&scan->failure)) {
        struct interval *swapped = scan->now;
        scan->now = scan->next;
        scan->n_now = scan->n_next;
        scan->next = swapped;
        scan->n_next = 0;
        if (scan->computed + scan->n_now > scan->room) {
            scan->notes |= FG_COARSE;
            for (size_t k = 0; k < scan->n_now; k++) {
                if (is_falling(scan->now[k].left.N) != is_falling(scan->now[k].right.N))
                    scan->bracket[scan->n_bracket++] = scan->now[k];
            }
            return;
        }
        scan->computed += scan->n_now;
        /* now[room + k].left stores the middle of interval k */
#pragma omp parallel for schedule(dynamic, 1) num_threads(scan->threads)
        for (size_t k = 0; k < scan->n_now; k++) {
            if (!fg_first_failure_is_over(&scan->failure))
                scan->now[scan->room + k].left = between(&scan->profile, &scan->now[k]);
        }
        for (size_t k = 0; k < scan->n_now && scan->failure.status == FG_OK; k++) {
            const struct fg_profile_point middle = scan->now[scan->room + k].left;
            sort_interval(scan, &(struct interval){scan->now[k].left, middle});
            sort_interval(scan, &(struct interval){middle, scan->now[k].right});
        }
    }
}

/* Splits one turn into the first intervals. */
static void begin_scan(struct scan *scan)
{
    struct fg_profile_point point[FIRST_INTERVALS + 1];
#pragma omp parallel for schedule(dynamic, 1) num_threads(scan->threads)
    for (int k = 0; k < FIRST_INTERVALS; k++) {
        if (!fg_first_failure_is_over(&scan->failure))
            point[k] = fg_profile_at(&scan->profile, FIRST_PHI + (double)(turn * k / (int)FIRST_INTERVALS), 0,
                                     scan->profile.bound / 64, NEAR);
    }
    point[FIRST_INTERVALS] = point[0];
    point[FIRST_INTERVALS].phi += (double)turn;
    for (int k = 0; k < FIRST_INTERVALS && scan->failure.status == FG_OK; k++)
        sort_interval(scan, &(struct interval){point[k], point[k + 1]});
}

/* Finds the zero in a bracket to the precision of doubles and sources: by Newton's method from the end with
 * the smaller |N|, and by bisection if a step leaves the bracket or does not halve the last step. Returns the
 * end with the smaller |N|. */
static struct fg_profile_point close_in(const struct fg_profile *profile, const struct interval *bracket)
{
    struct fg_profile rough = *profile;
    struct interval of = *bracket;
    struct fg_profile_point best = of.left;
    rough.telling_N = 0; /* a wrong sign of N moves the zero only by the error of N, divided by S */
    double before = INFINITY;
    for (int k = 0; k < 80; k++) {
        best = fabs(of.left.N) < fabs(of.right.N) ? of.left : of.right;
        const double step = -best.N / best.S, length = length_of(&of);
        double phi = best.phi + step;
        if (fabs(step) < 1e-13 || length < 1e-14)
            break;
        if (!(phi > of.left.phi && phi < of.right.phi) || fabs(step) > before / 2)
            phi = of.left.phi + length / 2;
        before = fabs(phi - best.phi);
        const struct fg_profile_point next = fg_profile_at(
            &rough, phi, best.r + (phi - best.phi) * best.slope, fmax(1e-6, before * before), VERY_NEAR);
        if (is_falling(next.N) == is_falling(of.left.N))
            of.left = next;
        else
            of.right = next;
    }
    return best;
}

/* --- the points of one turn --- */

/* A zero of N with 0 <= phi < 2 pi, up to rounding. */
struct root {
    struct fg_stationary_point point; /* the zero, rounded to doubles */
    struct fg_zero zero;
};

static int compare_losses(const void *a, const void *b)
{
    const struct fg_stationary_point *x = a, *y = b;
    return (x->loss > y->loss) - (x->loss < y->loss);
}

static int compare_places(const void *a, const void *b)
{
    const struct fg_stationary_point *x = a, *y = b;
    if (x->phi != y->phi)
        return x->phi < y->phi ? -1 : 1;
    return (x->r > y->r) - (x->r < y->r);
}

/* Returns the loss of element k. */
static double loss_at(const char *points, size_t k, size_t size)
{
    return ((const struct fg_stationary_point *)(const void *)(points + k * size))->loss;
}

/* Sorts n elements of `size` bytes, each of which begins with a point: by loss, and elements of equal loss by
 * place. */
static void order_points(void *points, size_t n, size_t size)
{
    char *const bytes = points;
    qsort(bytes, n, size, compare_losses);
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n; end++) {
            const double loss = loss_at(bytes, end, size);
            if (loss - loss_at(bytes, end - 1, size) > FG_EQUAL_LOSSES * loss)
                break;
        }
        qsort(bytes + first * size, end - first, size, compare_places);
    }
}

/* Refines the zeros of all brackets. Returns their number. */
static size_t refine_all(struct scan *scan, const struct fg_newton_search *search, struct root *root)
{
    size_t n = 0;
#pragma omp parallel for schedule(dynamic, 1) num_threads(scan->threads)
    for (size_t k = 0; k < scan->n_bracket; k++) {
        if (!fg_first_failure_is_over(&scan->failure))
            scan->now[k].left = close_in(&scan->profile, &scan->bracket[k]);
    }
    for (size_t k = 0; k < scan->n_bracket && !fg_first_failure_is_over(&scan->failure); k++) {
        const struct interval *bracket = &scan->bracket[k];
        const struct fg_profile_point *start = &scan->now[k].left;
        const double back = start->phi >= (double)turn ? (double)turn : 0;
        const struct fg_place place = {
            .phi = start->phi - back, .r = (long double)start->r + start->off, .M = -start->slope};
        struct fg_zero *zero = &root[n].zero;
        if (fg_newton_search_refine(search, bracket->left.phi - back, bracket->right.phi - back,
                                    scan->failure.watcher, place, zero)) {
            root[n].point = fg_newton_search_describe(search, zero, 0, (double)zero->phi, (double)zero->r);
            n++;
        } else {
            scan->notes |= FG_LEVEL;
        }
    }
    return n;
}

/* --- the range of the grid --- */

/* The copies of a root in a range of phi, whole turns apart. */
struct copies {
    long double first; /* phi of the first copy */
    uint64_t n;
};

/* Returns whether both ends of the range are the same angle. */
static bool is_closed(const struct fg_axis *phi)
{
    const long double width = (long double)phi->high - phi->low, turns = roundl(width / turn);
    const double largest = fmax(fabs(phi->low), fabs(phi->high));
    return turns >= 1 && fabsl(width - turns * turn) <= 8 * DBL_EPSILON * fmax(1, largest);
}

/* Returns the copies of a root inside the range. If the ends are the same angle, the lower end is in the
 * range. */
static struct copies copies_in(const struct fg_axis *phi, long double root)
{
    if (is_closed(phi)) { /* rounding may move a root at the lower end out of the range */
        const long double low = phi->low - 2 * DBL_EPSILON * fmaxl(1, fabsl(phi->low));
        return (struct copies){.first = root + turn * ceill((low - root) / turn),
                               .n = (uint64_t)roundl(((long double)phi->high - phi->low) / turn)};
    }
    long double first = floorl((phi->low - root) / turn), last = ceill((phi->high - root) / turn);
    while ((double)(root + turn * first) <= phi->low)
        first++;
    while (last >= first && (double)(root + turn * last) >= phi->high)
        last--;
    return (struct copies){.first = root + turn * first, .n = (uint64_t)(last - first + 1)};
}

/* Returns the copy of the root at `phi`, `turned` from the root, with the reduction. */
static struct fg_stationary_point point_at(const struct fg_newton_search *search, const struct root *root,
                                           long double turned, double phi, enum fg_reduction reduction)
{
    struct fg_stationary_point point =
        fg_newton_search_describe(search, &root->zero, turned, phi, root->point.r);
    const double scale = reduction == FG_MEAN ? 1 / (double)search->samples->n : 1;
    point.loss *= scale;
    point.gradient *= scale;
    for (int e = 0; e < 2; e++) {
        point.fisher[e] *= scale;
        point.hessian[e] *= scale;
    }
    return point;
}

/* Lists the copies of all roots in the range of the grid. */
static void list_points(struct fg_stationary *found, const struct fg_setup *setup,
                        const struct fg_newton_search *search, const struct root *root, size_t n)
{
    bool is_lowest = true; /* no minimum so far */
    for (size_t k = 0; k < n; k++) {
        const struct fg_stationary_point *point = &root[k].point;
        const bool is_minimum = point->kind == FG_MINIMUM;
        struct copies copies = copies_in(&setup->phi, root[k].zero.phi);
        if (!(point->r > setup->r.low && point->r < setup->r.high))
            copies.n = 0;
        if (is_minimum && is_lowest && copies.n == 0)
            found->notes |= FG_OUTSIDE;
        is_lowest = is_lowest && !is_minimum;
        found->found += copies.n;
        for (uint64_t c = 0; c < copies.n && found->n < FG_STATIONARY_MAX; c++) {
            const long double at = copies.first + turn * c;
            const double phi = fmax(setup->phi.low, (double)at);
            found->point[found->n++] =
                point_at(search, &root[k], at - root[k].zero.phi, phi, setup->reduction);
        }
    }
    order_points(found->point, found->n, sizeof *found->point); /* copies of a root have equal losses */
    found->notes |= found->found > found->n ? FG_MORE : 0;
}

/* --- the search --- */

static enum fg_status scan_init(struct scan *scan, const struct fg_kernel *kernel,
                                const struct fg_samples *samples, const struct fg_samples *summed,
                                int threads, const struct fg_watcher *watcher, struct fg_error *error)
{
    *scan = (struct scan){
        .profile = fg_profile_of(kernel, samples, summed),
        .threads = threads,
        .room = (size_t)fmin(fmax(SCAN_SAMPLES / (double)samples->n, LEAST_INTERVALS), MOST_INTERVALS),
        .failure = {.watcher = watcher}};
    scan->now = malloc(6 * scan->room * sizeof *scan->now);
    if (!scan->now)
        return fg_fail(error, FG_FAILED, "no memory for the search of stationary points");
    scan->next = scan->now + 2 * scan->room;
    scan->bracket = scan->now + 4 * scan->room;
    return FG_OK;
}

/* Approximate number of sums of a scan with few intervals. */
enum { SCAN_SUMS = 16 * FG_SCAN_STEPS };

/* Stores in `summed` the sources for the scan, or the samples if sources would save little. The choice does
 * not depend on whether the sweep has sources. If it has none, the sources are made in `own`. */
static enum fg_status choose_summed(const struct fg_samples **summed, struct fg_samples *own,
                                    const struct fg_samples *of_sweep, const struct fg_kernel *kernel,
                                    int threads, struct fg_error *error)
{
    const struct fg_samples *samples = fg_samples_behind(of_sweep);
    if (of_sweep->behind) {
        *summed = fg_sources_save(of_sweep->n, samples, SCAN_SUMS) ? of_sweep : samples;
        return FG_OK;
    }
    const enum fg_status status = fg_sources_init(own, samples, SCAN_SUMS, kernel, threads, error);
    *summed = own->n > 0 ? own : samples;
    return status;
}

/* Finds the points in one process of the team. */
static enum fg_status find_points(struct fg_stationary *found, const struct fg_problem *problem, size_t s,
                                  int threads, const struct fg_watcher *watcher, struct fg_error *error)
{
    const struct fg_samples *of_sweep = &problem->samples[s], *summed = NULL,
                            *samples = fg_samples_behind(of_sweep);
    struct fg_samples own = {.n = 0};
    struct scan scan = {.room = 0};
    struct fg_newton_search search = {0};
    struct root *root = NULL;
    if (samples->n_class0 == 0 || samples->n_class0 == samples->n) {
        found->notes = FG_ONE_CLASS;
        return FG_OK;
    }
    enum fg_status status = choose_summed(&summed, &own, of_sweep, problem->kernel, threads, error);
    if (status == FG_OK)
        status = scan_init(&scan, problem->kernel, samples, summed, threads, watcher, error);
    struct interval *const memory = scan.now; /* `now` and `next` change places */
    if (status == FG_OK)
        status =
            fg_newton_search_init(&search, problem->kernel, samples, scan.profile.spread, threads, error);
    if (status == FG_OK) {
        begin_scan(&scan);
        halve(&scan);
        root = malloc((scan.n_bracket + 1) * sizeof *root);
        status = root ? FG_OK : fg_fail(error, FG_FAILED, "no memory for %zu points", scan.n_bracket);
    }
    if (status == FG_OK) {
        const size_t n = refine_all(&scan, &search, root);
        found->notes = scan.notes;
        order_points(root, n, sizeof *root);
        if (!fg_first_failure_is_over(&scan.failure))
            list_points(found, problem->setup, &search, root, n);
        status = fg_first_failure_end(&scan.failure, error);
    }
    fg_newton_search_free(&search);
    fg_samples_free(&own);
    free(memory);
    free(root);
    return status;
}

enum fg_status fg_stationary_find(struct fg_stationary *found, const struct fg_problem *problem, size_t s,
                                  int threads, const struct fg_watcher *watcher, struct fg_error *error)
{
    enum fg_status status = FG_OK;
    memset(found, 0, sizeof *found); /* also the padding, because the bytes are compared and sent */
    if (fg_team_rank(problem->team) == 0)
        status = find_points(found, problem, s, threads, watcher, error);
    status = fg_team_agree(problem->team, status, error);
    if (status == FG_OK)
        fg_team_broadcast(problem->team, found, sizeof *found);
    return status;
}
