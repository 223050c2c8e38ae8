#include "source_boxes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fishergrid/kernel.h"

/* If the half-width exceeds FAR standard deviations, an end that is farther than FAR from the mean is cut off
 * at CUT. */
#define FAR 4.0
#define CUT 3.9

/* Appends a box. Returns false if memory runs out. */
static bool add_box(struct boxes *boxes, const struct box *box)
{
    if (boxes->n == boxes->capacity) {
        const size_t capacity = boxes->capacity ? 2 * boxes->capacity : 64;
        struct box *more = realloc(boxes->of, capacity * sizeof *more);
        if (!more)
            return false;
        boxes->of = more;
        boxes->capacity = capacity;
    }
    boxes->of[boxes->n++] = *box;
    return true;
}

/* Returns the number of nodes of a side: one more than it takes to make rho^-n smaller than 2^-51, but at
 * least 5. In a narrow box h is nearly a polynomial of the position, the square of a_phi times a factor that
 * varies little. */
static size_t nodes_of_side(double half)
{
    const double t = acos(-1) / half, enough = 1 + ceil(51 * log(2) / log(t + hypot(1, t)));
    return half == 0 ? 1 : (size_t)fmin(fmax(5, enough), FG_SOURCE_ORDER);
}

/* Extends a range, which begins as {INFINITY, -INFINITY}. */
static void extend(double range[2], double x)
{
    range[0] = x < range[0] ? x : range[0];
    range[1] = x > range[1] ? x : range[1];
}

/* Returns the box of samples with these ranges. */
static struct box box_of(size_t first, size_t n, const double range0[2], const double range1[2])
{
    const double *const range[2] = {range0, range1};
    struct box box = {.first = first, .n = n};
    for (int axis = 0; axis < 2; axis++) {
        const double low = range[axis][0], high = range[axis][1], centre = low + (high - low) / 2;
        const double half = fmax(high - centre, centre - low);
        box.side[axis] = (struct side){low, high, centre, half, nodes_of_side(half)};
    }
    box.n_sources = box.side[0].nodes * box.side[1].nodes;
    box.n_sources = n <= box.n_sources ? n : box.n_sources;
    return box;
}

/* Returns the box of the n samples of the order from `first` on. */
static struct box span_box(const struct order *order, size_t first, size_t n)
{
    double range0[2] = {INFINITY, -INFINITY}, range1[2] = {INFINITY, -INFINITY};
    for (size_t k = first; k < first + n; k++) {
        extend(range0, order->samples->x0[order->at[k]]);
        extend(range1, order->samples->x1[order->at[k]]);
    }
    return box_of(first, n, range0, range1);
}

/* Where a box is split. Its middle part has the samples with low <= position < high along both axes. */
struct cuts {
    double low[2], high[2];
};

enum { PIECES = 64 }; /* number of pieces of a side in the search for gaps */

/* Returns the piece of the side in which position t lies. */
static int piece_of(double t)
{
    const int p = (int)((t + 1) * (PIECES / 2));
    return p < PIECES ? p : PIECES - 1;
}

/* Statistics of the positions of the samples of a box along an axis. */
struct spread {
    double sum, squares;
    uint64_t pieces; /* bit p: piece p has a sample */
};

static void add_position(struct spread *spread, double t)
{
    spread->pieces |= UINT64_C(1) << piece_of(t);
    spread->sum += t;
    spread->squares += t * t;
}

/* Returns whether enough neighbouring pieces are empty for a gap larger than the half-width. */
static bool may_have_gap(uint64_t pieces)
{
    int empty = 0;
    for (int p = 0; p < PIECES && empty < PIECES / 2 - 1; p++)
        empty = pieces >> p & 1 ? 0 : empty + 1;
    return empty == PIECES / 2 - 1;
}

/* Finds the largest gap between samples of different pieces. Returns its width in half-widths, and stores the
 * position of the first sample above it. */
static double find_gap(const struct order *order, const struct box *box, int axis, double *above)
{
    const double *x = axis == 0 ? order->samples->x0 : order->samples->x1;
    double of_piece[PIECES][2], last = INFINITY, gap = 0; /* last: highest position so far */
    for (int p = 0; p < PIECES; p++) {
        of_piece[p][0] = INFINITY;
        of_piece[p][1] = -INFINITY;
    }
    for (size_t k = box->first; k < box->first + box->n; k++) {
        const double t = fg_box_position(&box->side[axis], x[order->at[k]]);
        extend(of_piece[piece_of(t)], t);
    }
    for (int p = 0; p < PIECES; p++) {
        const double low = of_piece[p][0], high = of_piece[p][1];
        if (low > high)
            continue;
        if (low - last > gap) {
            gap = low - last;
            *above = low;
        }
        last = high;
    }
    return gap;
}

/* Cuts off the ends of an axis that are far from the mean. An end that is cut off is not empty, even if the
 * box is so narrow that rounding keeps the positions away from -1 or 1. */
static void cut_ends(const struct box *box, int axis, const struct spread *spread, struct cuts *cuts)
{
    const struct side *side = &box->side[axis];
    const double n = (double)box->n, mean = spread->sum / n;
    const double deviation = sqrt(fmax(0, spread->squares / n - mean * mean));
    if (FAR * deviation >= 1)
        return;
    if (mean - fg_box_position(side, side->low) > FAR * deviation)
        cuts->low[axis] = mean - CUT * deviation;
    if (fg_box_position(side, side->high) - mean > FAR * deviation)
        cuts->high[axis] = mean + CUT * deviation;
}

/* Finds where to split a box: at the largest gap if one is larger than the half-width, else far from the
 * mean; nowhere if the box keeps its samples. */
static struct cuts find_cuts(const struct order *order, const struct box *box)
{
    const struct fg_samples *samples = order->samples;
    struct cuts cuts = {{-INFINITY, -INFINITY}, {INFINITY, INFINITY}};
    struct spread spread[2] = {{0}};
    double largest = 1;
    if (box->n_sources == box->n)
        return cuts;
    for (size_t k = box->first; k < box->first + box->n; k++) {
        add_position(&spread[0], fg_box_position(&box->side[0], samples->x0[order->at[k]]));
        add_position(&spread[1], fg_box_position(&box->side[1], samples->x1[order->at[k]]));
    }
    for (int axis = 0; axis < 2; axis++) {
        double above = 0;
        const bool may = box->side[axis].half > 0 && may_have_gap(spread[axis].pieces);
        const double gap = may ? find_gap(order, box, axis, &above) : 0;
        if (gap <= largest)
            continue;
        cuts.high[0] = cuts.high[1] = INFINITY;
        cuts.high[axis] = above;
        largest = gap;
    }
    for (int axis = 0; axis < 2 && largest == 1; axis++)
        cut_ends(box, axis, &spread[axis], &cuts);
    return cuts;
}

/* Moves the samples of a box that are in the middle part before the others. Both keep their order. Returns
 * the box of the middle part. */
static struct box part_box(const struct order *order, const struct box *box, const struct cuts *cuts)
{
    const double *const x0 = order->samples->x0, *const x1 = order->samples->x1;
    double range0[2] = {INFINITY, -INFINITY}, range1[2] = {INFINITY, -INFINITY};
    size_t middle = box->first, rest = box->first;
    for (size_t k = box->first; k < box->first + box->n; k++) {
        const uint32_t sample = order->at[k];
        const double t0 = fg_box_position(&box->side[0], x0[sample]),
                     t1 = fg_box_position(&box->side[1], x1[sample]);
        if (t0 >= cuts->low[0] && t0 < cuts->high[0] && t1 >= cuts->low[1] && t1 < cuts->high[1]) {
            extend(range0, x0[sample]);
            extend(range1, x1[sample]);
            order->at[middle++] = sample;
        } else {
            order->room[rest++] = sample;
        }
    }
    memcpy(order->at + middle, order->room + box->first, (rest - box->first) * sizeof *order->at);
    return box_of(box->first, middle - box->first, range0, range1);
}

/* Adds the parts of a box to `todo`: the middle part, and what is cut off, one end after the other. The
 * samples of the ends are few, or those above a gap. */
static bool split_box(const struct order *order, struct box box, const struct cuts *cuts, struct boxes *todo)
{
    const size_t end = box.first + box.n;
    struct box middle = part_box(order, &box, cuts);
    bool good = middle.n == 0 || add_box(todo, &middle);
    size_t first = middle.first + middle.n;
    for (int e = 0; e < 4 && good && first < end; e++) {
        struct cuts but_end = {{-INFINITY, -INFINITY}, {INFINITY, INFINITY}};
        box.first = first;
        box.n = end - first;
        if (e % 2 == 0)
            but_end.high[e / 2] = cuts->low[e / 2]; /* the end is the middle part */
        else
            but_end.low[e / 2] = cuts->high[e / 2];
        const struct box part = part_box(order, &box, &but_end);
        good = part.n == 0 || add_box(todo, &part);
        first += part.n;
    }
    return good;
}

static bool any_cut(const struct cuts *cuts)
{
    return fmax(cuts->low[0], cuts->low[1]) > -INFINITY || fmin(cuts->high[0], cuts->high[1]) < INFINITY;
}

/* Splits one square into boxes. `todo` is a stack of boxes to split. Returns false if memory runs out. */
static bool split_square(const struct order *order, const struct square *square, struct boxes *todo,
                         struct boxes *boxes)
{
    const struct box whole = span_box(order, square->first, square->count);
    bool good = add_box(todo, &whole);
    while (good && todo->n > 0) {
        const struct box box = todo->of[--todo->n];
        const struct cuts cuts = find_cuts(order, &box);
        const size_t others = todo->n;
        if (any_cut(&cuts))
            good = split_box(order, box, &cuts, todo);
        if (todo->n <= others + 1) /* not split */
            good = good && add_box(boxes, &box);
        todo->n = todo->n <= others + 1 ? others : todo->n;
    }
    return good;
}

static int compare_boxes(const void *a, const void *b)
{
    const struct box *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

bool fg_boxes_split(const struct order *order, int threads, struct boxes *boxes)
{
    bool good = true;
#pragma omp parallel num_threads(threads)
    {
        struct boxes todo = {0}, own = {0};
        bool mine = true;
#pragma omp for schedule(dynamic, 1)
        for (size_t q = 0; q < order->n_squares; q++)
            mine = mine && split_square(order, &order->squares[q], &todo, &own);
#pragma omp critical(fg_sources)
        {
            for (size_t b = 0; b < own.n && mine; b++)
                mine = add_box(boxes, &own.of[b]);
            good = good && mine;
        }
        free(todo.of);
        free(own.of);
    }
    if (good)
        qsort(boxes->of, boxes->n, sizeof *boxes->of, compare_boxes);
    return good;
}

size_t fg_boxes_sources(const struct boxes *boxes)
{
    size_t n = 0;
    for (size_t b = 0; b < boxes->n; b++)
        n += boxes->of[b].n_sources;
    return n;
}
