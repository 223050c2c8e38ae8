#include "source_squares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(FG_SAMPLES_MAX <= UINT32_MAX, "numbers of samples have 32 bits");

/* Width of a square. */
#define WIDTH 3.0

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
        const double *x = axis == 0 ? samples->x0 : samples->x1;
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

bool fg_order_by_square(struct order *order, int threads, size_t most)
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

void fg_order_free(struct order *order)
{
    free(order->squares);
    free(order->at);
    free(order->room);
}
