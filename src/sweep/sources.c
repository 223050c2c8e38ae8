/* Computes the sources of samples: sorts the samples into squares, splits squares into boxes, and sums the
 * weights of the nodes of each box. */
#include "fishergrid/sources.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "chebyshev.h"

_Static_assert(FG_SAMPLES_MAX <= UINT32_MAX, "numbers of samples have 32 bits");

/* Width of a square. */
#define WIDTH 3.0
/* Sources are at most 1 / GAIN of the samples, and squares at most 1 / SQUARES_GAIN. */
enum { GAIN = 2, SQUARES_GAIN = 16 };
/* Number of nodes at which summing the samples takes about as long as computing their sources. */
#define NODES_OF_COMPRESSION 16.0
/* Number of samples in a stretch, a part of a box that is summed on its own. */
enum { STRETCH = 1 << 14 };
/* A box whose half-width exceeds FAR standard deviations along an axis is split CUT of them from its mean. */
#define FAR 4.0
#define CUT 3.9

static const double *coordinate(const struct fg_samples *samples, int axis)
{
    return axis == 0 ? samples->x0 : samples->x1;
}

/* --- squares: samples sorted by class and by square --- */

/* A square of one class, or an empty entry of the table. */
struct square {
    uint64_t key; /* class and position; squares are sorted by it. 0: an empty entry */
    size_t first; /* place of its first sample in the order */
    size_t count;
};

/* A hash table of squares by key, with open addressing. */
struct squares {
    size_t n, capacity; /* capacity is a power of 2 */
    struct square *of;
};

/* The middle of each class, [class][axis]. It is the centre of a square. */
struct middle {
    double of[2][2];
};

static struct middle find_middle(const struct fg_samples *samples, int threads)
{
    struct middle middle;
    for (int axis = 0; axis < 2; axis++) {
        const double *x = coordinate(samples, axis);
        for (int y = 0; y < 2; y++) {
            double low = INFINITY, high = -INFINITY;
            const size_t first = y == 0 ? 0 : samples->n_class0,
                         end = y == 0 ? samples->n_class0 : samples->n;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(min : low) reduction(max : high)
            for (size_t k = first; k < end; k++) {
                low = x[k] < low ? x[k] : low;
                high = x[k] > high ? x[k] : high;
            }
            middle.of[y][axis] = low + (high - low) / 2;
        }
    }
    return middle;
}

/* Returns the number of the square of x along an axis. */
static uint64_t number_of(double x, double middle)
{
    const double offset = 0x1p22; /* makes all numbers positive */
    return (uint64_t)(int64_t)((x - middle) * (1 / WIDTH) + (offset + 0.5));
}

/* Returns the key of the square in which sample k lies. */
static uint64_t key_of(const struct fg_samples *samples, const struct middle *middle, size_t k)
{
    const int y = k >= samples->n_class0;
    return (uint64_t)(y + 1) << 48 | number_of(samples->x0[k], middle->of[y][0]) << 24 |
           number_of(samples->x1[k], middle->of[y][1]);
}

/* Returns the square of a key; if there is none, the empty entry for it. */
static struct square *find_square(const struct squares *squares, uint64_t key)
{
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (squares->capacity - 1);
    while (squares->of[at].key != 0 && squares->of[at].key != key)
        at = (at + 1) & (squares->capacity - 1);
    return &squares->of[at];
}

/* Doubles the capacity. Returns false if memory runs out. */
static bool grow_squares(struct squares *squares)
{
    struct squares larger = {.n = squares->n, .capacity = squares->capacity ? 2 * squares->capacity : 256};
    larger.of = calloc(larger.capacity, sizeof *larger.of);
    if (!larger.of)
        return false;
    for (size_t at = 0; at < squares->capacity; at++) {
        if (squares->of[at].key != 0)
            *find_square(&larger, squares->of[at].key) = squares->of[at];
    }
    free(squares->of);
    *squares = larger;
    return true;
}

/* Returns the square of a key, and adds the square if it is new. Returns NULL if memory runs out. */
static struct square *take_square(struct squares *squares, uint64_t key)
{
    if (2 * squares->n >= squares->capacity && !grow_squares(squares))
        return NULL;
    struct square *square = find_square(squares, key);
    squares->n += square->key == 0;
    square->key = key;
    return square;
}

/* Returns the first of n samples that thread t processes; n if t is the number of threads. */
static size_t first_of_thread(size_t n, int threads, int t)
{
    return t < threads ? n / (size_t)threads * (size_t)t : n;
}

/* Counts the samples first..end-1 in each square. Stops if there are more than `most` squares. Returns false
 * if memory runs out. */
static bool count_squares(const struct fg_samples *samples, const struct middle *middle, size_t first,
                          size_t end, size_t most, struct squares *squares)
{
    struct square *square = NULL; /* kept, because the next sample is often in the same square */
    for (size_t k = first; k < end && squares->n <= most; k++) {
        const uint64_t key = key_of(samples, middle, k);
        if (!square || square->key != key)
            square = take_square(squares, key);
        if (!square)
            return false;
        square->count++;
    }
    return true;
}

static int compare_squares(const void *a, const void *b)
{
    const struct square *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

/* The samples in the order of their squares; within a square in the order of the data set. */
struct order {
    const struct fg_samples *samples;
    size_t n_squares;
    struct square *squares; /* [n_squares] by key */
    uint32_t *at;           /* [n] numbers of samples */
    uint32_t *room;         /* [n] scratch memory of part_box */
};

static void order_free(struct order *order)
{
    free(order->squares);
    free(order->at);
    free(order->room);
}

/* Fills order->squares from the counts of all threads. `first` of a square of a thread becomes the place of
 * the thread's first sample. Returns false if memory runs out. */
static bool merge_squares(struct order *order, struct squares *of_thread, int threads, size_t most)
{
    struct squares all = {0};
    bool good = true;
    for (int t = 0; t < threads && good; t++) {
        for (size_t at = 0; at < of_thread[t].capacity && good && all.n <= most; at++) {
            const struct square *square = &of_thread[t].of[at];
            struct square *sum = square->key == 0 ? NULL : take_square(&all, square->key);
            good = square->key == 0 || sum;
            if (sum)
                sum->count += square->count;
        }
    }
    order->n_squares = all.n;
    order->squares = all.of;
    if (!good || all.n > most)
        return good;
    qsort(all.of, all.capacity, sizeof *all.of, compare_squares);
    memmove(all.of, all.of + all.capacity - all.n, all.n * sizeof *all.of);
    size_t first = 0;
    for (size_t q = 0; q < all.n; q++) {
        all.of[q].first = first;
        for (int t = 0; t < threads; t++) {
            struct square *square = of_thread[t].capacity ? find_square(&of_thread[t], all.of[q].key) : NULL;
            if (!square || square->key == 0)
                continue;
            square->first = first;
            first += square->count;
        }
    }
    return true;
}

/* Sorts the samples by square. If there are more than `most` squares, they are not sorted, and
 * order->n_squares is larger than `most`. Returns false if memory runs out. */
static bool sort_by_square(struct order *order, int threads, size_t most)
{
    const struct fg_samples *samples = order->samples;
    const size_t n = samples->n;
    const struct middle middle = find_middle(samples, threads);
    struct squares *of_thread = calloc((size_t)threads, sizeof *of_thread);
    bool good = of_thread != NULL;
    if (!good)
        return false;
#pragma omp parallel for num_threads(threads) schedule(static, 1) reduction(&& : good)
    for (int t = 0; t < threads; t++)
        good = count_squares(samples, &middle, first_of_thread(n, threads, t),
                             first_of_thread(n, threads, t + 1), most, &of_thread[t]);
    good = good && merge_squares(order, of_thread, threads, most);
    if (good && order->n_squares <= most) {
        order->at = malloc(n * sizeof *order->at);
        order->room = malloc(n * sizeof *order->room);
        good = order->at && order->room;
    }
    if (good && order->room) {
#pragma omp parallel for num_threads(threads) schedule(static, 1)
        for (int t = 0; t < threads; t++) {
            const size_t end = first_of_thread(n, threads, t + 1);
            struct square *square = NULL;
            for (size_t k = first_of_thread(n, threads, t); k < end; k++) {
                const uint64_t key = key_of(samples, &middle, k);
                if (!square || square->key != key)
                    square = find_square(&of_thread[t], key);
                order->at[square->first++] = (uint32_t)k;
            }
        }
    }
    for (int t = 0; t < threads; t++)
        free(of_thread[t].of);
    free(of_thread);
    return good;
}

/* --- boxes --- */

/* One axis of a box. */
struct side {
    double low, high;    /* range of the samples */
    double centre, half; /* half is 0 if the box has no width */
    size_t nodes;
};

/* A box: samples at neighbouring places of the order. */
struct box {
    size_t first, n;
    struct side side[2];
    size_t n_sources; /* equal to n if the box keeps its samples */
};

struct boxes {
    size_t n, capacity;
    struct box *of;
};

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

/* Returns the position of a sample in a box, from -1 to 1. */
static double position(const struct side *side, double x)
{
    return side->half > 0 ? (x - side->centre) / side->half : 0;
}

/* Returns the number of nodes of a side: one more than it takes to make rho^-n smaller than 2^-51, but at
 * least
 * 5. In a narrow box h is nearly a polynomial of the position, the square of a_phi times a factor that varies
 * little. */
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
    const double *x = coordinate(order->samples, axis);
    double of_piece[PIECES][2], last = INFINITY, gap = 0; /* last: highest position so far */
    for (int p = 0; p < PIECES; p++) {
        of_piece[p][0] = INFINITY;
        of_piece[p][1] = -INFINITY;
    }
    for (size_t k = box->first; k < box->first + box->n; k++) {
        const double t = position(&box->side[axis], x[order->at[k]]);
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
    if (mean - position(side, side->low) > FAR * deviation)
        cuts->low[axis] = mean - CUT * deviation;
    if (position(side, side->high) - mean > FAR * deviation)
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
        add_position(&spread[0], position(&box->side[0], samples->x0[order->at[k]]));
        add_position(&spread[1], position(&box->side[1], samples->x1[order->at[k]]));
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
        const double t0 = position(&box->side[0], x0[sample]), t1 = position(&box->side[1], x1[sample]);
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

/* Splits all squares into boxes, sorted by their samples. Returns false if memory runs out. */
static bool split_squares(const struct order *order, int threads, struct boxes *boxes)
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

static size_t count_sources(const struct boxes *boxes)
{
    size_t n = 0;
    for (size_t b = 0; b < boxes->n; b++)
        n += boxes->of[b].n_sources;
    return n;
}

/* --- weights --- */

/* Sums of T_a T_b over samples. `low` has the sums of the rounding errors in `high`. */
struct sums {
    double high[FG_SOURCE_ORDER][FG_SOURCE_ORDER], low[FG_SOURCE_ORDER][FG_SOURCE_ORDER];
};

/* Adds x to the sums, and the rounding errors to `low` (TwoSum, as in lanes_add). */
static void add_sums(struct sums *sums, const double *x)
{
    double *high = &sums->high[0][0], *low = &sums->low[0][0];
    for (size_t m = 0; m < (size_t)FG_SOURCE_ORDER * FG_SOURCE_ORDER; m++) {
        double sum = high[m] + x[m], part = sum - high[m];
        low[m] += (high[m] - (sum - part)) + (x[m] - part);
        high[m] = sum;
    }
}

/* Computes the sums over the samples first..end-1 of the order. */
static void sum_stretch(const struct order *order, const struct box *box, size_t first, size_t end,
                        const struct fg_kernel *kernel, struct sums *sums)
{
    const struct fg_samples *samples = order->samples;
    memset(sums, 0, sizeof *sums);
    for (size_t n; first < end; first += n) {
        double t0[FG_BLOCK], t1[FG_BLOCK], block[FG_SOURCE_ORDER][FG_SOURCE_ORDER] = {{0}};
        n = end - first < FG_BLOCK ? end - first : FG_BLOCK;
        for (size_t k = 0; k < n; k++) {
            t0[k] = position(&box->side[0], samples->x0[order->at[first + k]]);
            t1[k] = position(&box->side[1], samples->x1[order->at[first + k]]);
        }
        kernel->chebyshev_sums(t0, t1, n, box->side[0].nodes, box->side[1].nodes, block);
        add_sums(sums, &block[0][0]);
    }
}

/* --- cells ---
 *
 * In a box with many samples, most of the time would go into the polynomials of high degree. Such a box is
 * cut into cells, which need polynomials of degree below FG_CELL_ORDER only. T_a of the box is interpolated
 * in each cell, so the sums of the box follow from the sums of its cells. */

enum { CELL_SUMS = FG_CELL_ORDER * FG_CELL_ORDER };
/* Most half-width of a cell. nodes_of_side gives it FG_CELL_ORDER nodes. */
#define CELL_HALF 0.04
/* A box has cells if it has at least LEAST_NODES nodes, and TABLE_SAMPLES samples for each sum of its cells.
 * Its samples are summed in at most MOST_TABLES stretches, so tables have at most 8 / TABLE_SAMPLES bytes a
 * sample. */
enum { LEAST_NODES = 2 * CELL_SUMS, TABLE_SAMPLES = 4, MOST_TABLES = 32 };

/* Returns the number of cells along a side. */
static size_t cells_of_side(const struct side *side)
{
    return side->half > 0 ? (size_t)ceil(side->half / CELL_HALF) : 1;
}

/* Returns the number of sums of all cells of a box. */
static size_t table_size(const struct box *box)
{
    return cells_of_side(&box->side[0]) * cells_of_side(&box->side[1]) * CELL_SUMS;
}

/* Returns the number of tables of a box; 0 if it has no cells. */
static size_t tables_of(const struct box *box)
{
    const size_t most = box->n / TABLE_SAMPLES / table_size(box);
    return box->n_sources < LEAST_NODES ? 0 : most < MOST_TABLES ? most : MOST_TABLES;
}

/* Computes the sums of the cells of a box over the samples first..end-1 of the order. */
static void sum_cells(const struct order *order, const struct box *box, size_t first, size_t end,
                      const struct fg_kernel *kernel, double *table)
{
    const struct fg_samples *samples = order->samples;
    const size_t cells[2] = {cells_of_side(&box->side[0]), cells_of_side(&box->side[1])};
    const double *const x[2] = {samples->x0, samples->x1};
    double width[2];
    for (int axis = 0; axis < 2; axis++)
        width[axis] = box->side[axis].half > 0 ? (double)cells[axis] / (2 * box->side[axis].half) : 0;
    memset(table, 0, table_size(box) * sizeof *table);
    for (size_t n; first < end; first += n) {
        double at[2][FG_BLOCK];
        n = end - first < FG_BLOCK ? end - first : FG_BLOCK;
        for (int axis = 0; axis < 2; axis++) {
            const double centre = box->side[axis].centre, middle = (double)cells[axis] / 2;
            for (size_t k = 0; k < n; k++)
                at[axis][k] = (x[axis][order->at[first + k]] - centre) * width[axis] + middle;
        }
        kernel->cell_sums(at[0], at[1], n, cells, table);
    }
}

/* Fills degree[A][c][a] with the coefficients of T_A of a side in T_a of its cells. */
static void expand_in_cells(const struct side *side, size_t cells, double *degree)
{
    const struct fg_panels panels = fg_panels_over(-1, 1, 1 / (double)cells, FG_CELL_ORDER);
    memset(degree, 0, side->nodes * cells * FG_CELL_ORDER * sizeof *degree);
    for (size_t c = 0; c < cells; c++) {
        for (size_t i = 0; i < FG_CELL_ORDER; i++) {
            const double x = fg_panels_node(&panels, c, i);
            double T = 1, before = x;
            for (size_t A = 0; A < side->nodes; A++) {
                double *of = degree + (A * cells + c) * FG_CELL_ORDER;
                for (size_t a = 0; a < FG_CELL_ORDER; a++)
                    of[a] += (a == 0 ? 1.0 : 2.0) / FG_CELL_ORDER * panels.T[i][a] * T;
                const double next = 2 * x * T - before;
                before = T;
                T = next;
            }
        }
    }
}

/* Computes the sums of a box from the sums of its cells. */
static bool sum_box(const struct box *box, const double *table, struct sums *sums)
{
    const size_t n0 = box->side[0].nodes, n1 = box->side[1].nodes;
    const size_t cells0 = cells_of_side(&box->side[0]), cells1 = cells_of_side(&box->side[1]);
    const size_t long1 = cells1 * FG_CELL_ORDER;
    double *degree0 = malloc((n0 * cells0 * FG_CELL_ORDER + (n1 + 1) * long1) * sizeof *degree0);
    if (!degree0)
        return false;
    double *degree1 = degree0 + n0 * cells0 * FG_CELL_ORDER, *line = degree1 + n1 * long1;
    expand_in_cells(&box->side[0], cells0, degree0);
    expand_in_cells(&box->side[1], cells1, degree1);
    memset(sums, 0, sizeof *sums);
    for (size_t A = 0; A < n0; A++) {
        memset(line, 0, long1 * sizeof *line); /* [c1][b] the sum over the first axis */
        for (size_t c0 = 0; c0 < cells0; c0++) {
            const double *of = degree0 + (A * cells0 + c0) * FG_CELL_ORDER;
            for (size_t c1 = 0; c1 < cells1; c1++) {
                const double *cell = table + (c0 * cells1 + c1) * CELL_SUMS;
                for (size_t a = 0; a < FG_CELL_ORDER; a++) {
                    for (size_t b = 0; b < FG_CELL_ORDER; b++)
                        line[c1 * FG_CELL_ORDER + b] += of[a] * cell[a * FG_CELL_ORDER + b];
                }
            }
        }
        for (size_t B = 0; B < n1; B++) {
            for (size_t k = 0; k < long1; k++)
                sums->high[A][B] += degree1[B * long1 + k] * line[k];
        }
    }
    free(degree0);
    return true;
}

/* --- weights of a box --- */

/* The arrays of the sources, which are being filled. */
struct filling {
    double *x0, *x1, *o0, *o1, *weight;
};

/* Stores the samples of a box as its sources. */
static void keep_samples(const struct order *order, const struct box *box, const struct filling *to,
                         size_t source)
{
    for (size_t k = 0; k < box->n; k++) {
        const uint32_t sample = order->at[box->first + k];
        to->x0[source + k] = order->samples->x0[sample];
        to->x1[source + k] = order->samples->x1[sample];
        to->o0[source + k] = to->o1[source + k] = 0;
        to->weight[source + k] = 1;
    }
}

/* Stores the sources at the nodes of a box. With l_i = (1 + 2 sum_a T_a(x_i) T_a) / n along each axis (see
 * chebyshev.h), the weight W_ij is the sum over a and b of c_a T_a(x_i) c_b T_b(x_j) S_ab / (n0 n1), where
 * c_0 = 1 and the other c are 2. */
static void place_nodes(const struct box *box, const struct sums *sums, const struct filling *to,
                        size_t source)
{
    const size_t n0 = box->side[0].nodes, n1 = box->side[1].nodes;
    const struct fg_panels along0 = fg_panels_over(-1, 1, 1, n0), along1 = fg_panels_over(-1, 1, 1, n1);
    for (size_t i = 0; i < n0; i++) {
        double of_row[FG_SOURCE_ORDER] = {0}; /* [b] the sum over a */
        for (size_t b = 0; b < n1; b++) {
            for (size_t a = n0; a-- > 0;)
                of_row[b] += (a == 0 ? 1 : 2) * along0.T[i][a] * (sums->high[a][b] + sums->low[a][b]);
        }
        for (size_t j = 0; j < n1; j++, source++) {
            double weight = 0;
            for (size_t b = n1; b-- > 0;)
                weight += (b == 0 ? 1 : 2) * along1.T[j][b] * of_row[b];
            to->weight[source] = weight / (double)(n0 * n1);
            to->x0[source] = box->side[0].centre;
            to->x1[source] = box->side[1].centre;
            to->o0[source] = n0 > 1 ? box->side[0].half * along0.node[i] : 0;
            to->o1[source] = n1 > 1 ? box->side[1].half * along1.node[j] : 0;
        }
    }
}

/* A stretch of a box, and room for its sums: struct sums, or a table of cells. */
struct piece {
    const struct box *box;
    size_t first, end;
    double *sums;
};

/* Returns the length of the stretches of a box; 0 if it keeps its samples. */
static size_t stretch_of(const struct box *box)
{
    const size_t tables = tables_of(box);
    return box->n_sources == box->n ? 0 : tables > 0 ? (box->n + tables - 1) / tables : STRETCH;
}

static size_t stretches_of(const struct box *box)
{
    const size_t stretch = stretch_of(box);
    return stretch == 0 ? 0 : (box->n + stretch - 1) / stretch;
}

/* Returns the number of doubles of the sums of a stretch. */
static size_t sums_size(const struct box *box)
{
    return tables_of(box) > 0 ? table_size(box) : sizeof(struct sums) / sizeof(double);
}

/* Lists the stretches of all boxes, and divides the memory among them. */
static void list_pieces(const struct boxes *boxes, double *memory, struct piece *piece)
{
    for (size_t b = 0; b < boxes->n; b++) {
        const struct box *box = &boxes->of[b];
        const size_t stretch = stretch_of(box), end = box->first + box->n;
        for (size_t s = 0; s < stretches_of(box); s++, memory += sums_size(box)) {
            const size_t first = box->first + s * stretch;
            *piece++ = (struct piece){box, first, end - first < stretch ? end : first + stretch, memory};
        }
    }
}

static void sum_piece(const struct order *order, const struct piece *piece, const struct fg_kernel *kernel)
{
    if (tables_of(piece->box) > 0)
        sum_cells(order, piece->box, piece->first, piece->end, kernel, piece->sums);
    else
        sum_stretch(order, piece->box, piece->first, piece->end, kernel, (struct sums *)piece->sums);
}

/* Stores the sums of a box in `all`. Adds the sums of its stretches to those of the first. Returns false if
 * memory runs out. */
static bool join_stretches(const struct box *box, const struct piece *piece, struct sums *all)
{
    const size_t stretches = stretches_of(box);
    if (tables_of(box) > 0) {
        for (size_t s = 1; s < stretches; s++) {
            for (size_t m = 0; m < table_size(box); m++)
                piece[0].sums[m] += piece[s].sums[m];
        }
        return sum_box(box, piece[0].sums, all);
    }
    *all = *(const struct sums *)piece[0].sums;
    for (size_t s = 1; s < stretches; s++) {
        const struct sums *more = (const struct sums *)piece[s].sums;
        add_sums(all, &more->high[0][0]);
        add_sums(all, &more->low[0][0]);
    }
    return true;
}

/* Stores the sources of all boxes, from the sums of all stretches. Returns false if memory runs out. */
static bool place_sources(const struct order *order, const struct boxes *boxes, const struct piece *piece,
                          const struct filling *to)
{
    size_t source = 0;
    bool good = true;
    for (size_t b = 0; b < boxes->n && good; source += boxes->of[b++].n_sources) {
        const struct box *box = &boxes->of[b];
        const size_t stretches = stretches_of(box);
        struct sums sums;
        if (stretches == 0) {
            keep_samples(order, box, to, source);
            continue;
        }
        good = join_stretches(box, piece, &sums);
        place_nodes(box, &sums, to, source);
        piece += stretches;
    }
    return good;
}

/* Fills the sources of all boxes. Returns false if memory runs out. */
static bool fill_boxes(const struct order *order, const struct boxes *boxes, const struct fg_kernel *kernel,
                       int threads, const struct filling *to)
{
    size_t n = 0, doubles = 0;
    for (size_t b = 0; b < boxes->n; b++) {
        n += stretches_of(&boxes->of[b]);
        doubles += stretches_of(&boxes->of[b]) * sums_size(&boxes->of[b]);
    }
    struct piece *pieces = malloc((n + 1) * sizeof *pieces);
    double *memory = malloc((doubles + 1) * sizeof *memory);
    bool good = pieces && memory;
    if (good) {
        list_pieces(boxes, memory, pieces);
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
        for (size_t p = 0; p < n; p++)
            sum_piece(order, &pieces[p], kernel);
        good = place_sources(order, boxes, pieces, to);
    }
    free(pieces);
    free(memory);
    return good;
}

/* Makes the n sources of the boxes. Returns false if memory runs out. */
static bool make_sources(struct fg_samples *sources, const struct order *order, const struct boxes *boxes,
                         size_t n, const struct fg_kernel *kernel, int threads)
{
    const struct fg_samples *samples = order->samples;
    double *memory = malloc(5 * n * sizeof *memory);
    const struct filling to = {memory, memory + n, memory + 2 * n, memory + 3 * n, memory + 4 * n};
    if (!memory || !fill_boxes(order, boxes, kernel, threads, &to)) {
        free(memory);
        return false;
    }
    *sources = (struct fg_samples){.n = n,
                                   .mean0 = samples->mean0,
                                   .mean1 = samples->mean1,
                                   .radius = samples->radius,
                                   .x0 = to.x0,
                                   .x1 = to.x1,
                                   .o0 = to.o0,
                                   .o1 = to.o1,
                                   .weight = to.weight,
                                   .owned = memory,
                                   .behind = samples};
    for (size_t b = 0; b < boxes->n && boxes->of[b].first < samples->n_class0; b++)
        sources->n_class0 += boxes->of[b].n_sources;
    return true;
}

bool fg_sources_save(size_t n, const struct fg_samples *samples, double nodes)
{
    const double saved = (double)samples->n - (double)GAIN * (double)n;
    return nodes * saved > NODES_OF_COMPRESSION * (double)samples->n;
}

enum fg_status fg_sources_init(struct fg_samples *sources, const struct fg_samples *samples, double nodes,
                               const struct fg_kernel *kernel, int threads, struct fg_error *error)
{
    const size_t most = samples->n / SQUARES_GAIN;
    struct order order = {.samples = samples};
    struct boxes boxes = {0};
    *sources = (struct fg_samples){.n = 0};
    if (!fg_sources_save(1, samples, nodes))
        return FG_OK;
    bool good = sort_by_square(&order, threads, most);
    if (good && order.n_squares <= most) {
        good = split_squares(&order, threads, &boxes);
        const size_t n = count_sources(&boxes);
        free(order.room);
        order.room = NULL;
        if (good && fg_sources_save(n, samples, nodes))
            good = make_sources(sources, &order, &boxes, n, kernel, threads);
    }
    free(boxes.of);
    order_free(&order);
    return good ? FG_OK : fg_fail(error, FG_FAILED, "no memory for the sources of %zu samples", samples->n);
}

enum fg_status fg_setup_compress(struct fg_setup *setup, size_t data, const struct fg_samples *samples,
                                 const struct fg_kernel *kernel, int threads, struct fg_samples *sources,
                                 struct fg_error *error)
{
    const struct fg_node_plan plan = fg_node_plan(samples, &setup->phi, &setup->r, setup->method);
    const double nodes = setup->method == FG_AUTO ? fg_node_count(&plan, &setup->phi, &setup->r) : 0;
    const enum fg_status status = fg_sources_init(sources, samples, nodes, kernel, threads, error);
    setup->data[data].sources = sources->n;
    return status;
}
