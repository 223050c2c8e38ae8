/* Computes the sources of samples: sorts the samples into squares, splits squares into boxes, and sums the
 * weights of the nodes of each box. */
#include "fishergrid/sources.h"

#include <stdlib.h>

#include "source_weights.h"

/* Sources are at most 1 / GAIN of the samples, and squares at most 1 / SQUARES_GAIN. */
enum { GAIN = 2, SQUARES_GAIN = 16 };
/* Number of nodes at which summing the samples takes about as long as computing their sources. */
#define NODES_OF_COMPRESSION 16.0

/* Makes the n sources of the boxes. Returns false if memory runs out. */
static bool make_sources(struct fg_samples *sources, const struct order *order, const struct boxes *boxes,
                         size_t n, const struct fg_kernel *kernel, int threads)
{
    const struct fg_samples *samples = order->samples;
    double *memory = malloc(5 * n * sizeof *memory);
    const struct filling to = {memory, memory + n, memory + 2 * n, memory + 3 * n, memory + 4 * n};
    if (!memory || !fg_sources_fill(order, boxes, kernel, threads, &to)) {
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
    bool good = fg_order_by_square(&order, threads, most);
    if (good && order.n_squares <= most) {
        good = fg_boxes_split(&order, threads, &boxes);
        const size_t n = fg_boxes_sources(&boxes);
        free(order.room);
        order.room = NULL;
        if (good && fg_sources_save(n, samples, nodes))
            good = make_sources(sources, &order, &boxes, n, kernel, threads);
    }
    free(boxes.of);
    fg_order_free(&order);
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
