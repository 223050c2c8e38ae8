/* Computes the identifier of the arithmetic: a hash of cells that are computed on every code path of the
 * library. */
#include <stdbool.h>
#include <stdlib.h>

#include "fishergrid/sources.h"
#include "fishergrid/sweep.h"
#include "hash.h"

/* Sets of samples: one near the origin, one farther, one so far that exponentials cannot be separated, and
 * one in which all samples but one coincide. */
enum { SETS = 4, SAMPLES = 6 };
static const double points[SETS][2][SAMPLES] = {
    {{1.1, 0.7, 0.9, 1.2, 0.8, 1.3}, {0.9, 1.2, 0.6, 2.1, 1.8, 2.3}},
    {{6.1, 5.7, 5.9, 6.2, 5.8, 6.3}, {0.9, 1.2, 0.6, 2.1, 1.8, 2.3}},
    {{900.5, -870.25, 3.5, 2.75, 910, -1}, {-20.5, 880, 940, 1.5, -3, 0.25}},
    {{1, 1, 1, 1, 1, 40}, {2, 2, 2, 2, 2, -35}},
};
static const unsigned char labels[SAMPLES] = {0, 0, 0, 1, 1, 1};

struct sum {
    const struct fg_kernel *kernel;
    uint64_t value;
};

/* Adds a tile to the hash; the function `put` of the sink. With one thread, tiles come in order. */
static enum fg_status add_tile(void *context, size_t data, const struct fg_tile *tile,
                               const struct fg_cells *cells, const struct fg_summary *found,
                               struct fg_error *error)
{
    struct sum *sum = context;
    size_t n = tile->rows * tile->columns;
    (void)data, (void)found, (void)error;
    for (int f = 0; f < FG_N_FIELDS; f++)
        sum->value = fg_hash_bytes(fg_cells_values(cells, (enum fg_field)f),
                                   n * fg_field_bytes((enum fg_field)f), sum->value);
    return FG_OK;
}

static enum fg_status add_set(struct sum *sum, const struct fg_samples *samples, enum fg_method method,
                              double damping, struct fg_error *error)
{
    /* With nodes, the grid is small. The large one has tens of thousands of nodes, which would take as long
     * as everything else before a small sweep begins. */
    const double piece = method == FG_CHEBYSHEV ? 0.1 : 1;
    struct fg_setup setup = {.phi = {.n = 7, .low = 0, .high = piece * 6.25},
                             .r = {.n = 19, .low = -piece * 5, .high = piece * 5},
                             .method = method,
                             .reduction = FG_MEAN,
                             .damping = damping,
                             .fields = FG_ALL_FIELDS,
                             .n_data = 1};
    const struct fg_problem problem = {.setup = &setup, .samples = samples, .kernel = sum->kernel};
    const struct fg_sink sink = {.put = add_tile, .context = sum};
    enum fg_status status = fg_setup_cut(&setup, error);
    return status == FG_OK ? fg_sweep(&problem, 1, &sink, NULL, NULL, error) : status;
}

static enum fg_status add_points(struct sum *sum, int set, struct fg_error *error)
{
    double x0[SAMPLES], x1[SAMPLES];
    unsigned char y[SAMPLES];
    for (int k = 0; k < SAMPLES; k++) {
        x0[k] = points[set][0][k];
        x1[k] = points[set][1][k];
        y[k] = labels[k];
    }
    const struct fg_dataset data = {.name = "X", .n = SAMPLES, .x0 = x0, .x1 = x1, .y = y};
    struct fg_samples samples = {0};
    enum fg_status status = fg_samples_init(&samples, &data, error);
    if (status == FG_OK)
        status = add_set(sum, &samples, FG_DIRECT, 0, error);
    if (status == FG_OK)
        status = add_set(sum, &samples, FG_DIRECT, 0.5, error);
    if (status == FG_OK && set < 2) /* the far sets have too many nodes to be quick */
        status = add_set(sum, &samples, FG_CHEBYSHEV, 0, error);
    fg_samples_free(&samples);
    return status;
}

enum { SIDE = 32, DENSE = 80, FIRST = SIDE * SIDE, LATTICE = FIRST + DENSE * DENSE };

/* Samples on a lattice for each class. They are so dense that sources replace the samples; the samples of the
 * second class are first summed in cells. */
struct lattice {
    double x0[LATTICE], x1[LATTICE];
    unsigned char y[LATTICE];
};

static void make_lattice(struct lattice *lattice)
{
    for (int k = 0; k < LATTICE; k++) {
        const bool y = k >= FIRST;
        const int place = y ? k - FIRST : k, side = y ? DENSE : SIDE;
        lattice->y[k] = y;
        lattice->x0[k] = (y ? 0.005 : 0.03) * (place % side);
        lattice->x1[k] = (y ? 0.005 : 0.03) * (place / side);
    }
}

/* Adds cells that are summed over sources. The lattice is allocated, because the stack may be small. */
static enum fg_status add_sources(struct sum *sum, struct fg_error *error)
{
    struct fg_samples samples = {0}, sources = {0};
    struct lattice *lattice = malloc(sizeof *lattice);
    if (!lattice)
        return fg_fail(error, FG_FAILED, "no memory for the fingerprint of the arithmetic");
    make_lattice(lattice);
    struct fg_dataset data = {
        .name = "X", .n = LATTICE, .x0 = lattice->x0, .x1 = lattice->x1, .y = lattice->y};
    enum fg_status status = fg_samples_sort(&samples, &data, error);
    if (status == FG_OK)
        status = fg_sources_init(&sources, &samples, LATTICE, sum->kernel, 1, error);
    if (status == FG_OK)
        status = add_set(sum, &sources, FG_DIRECT, 0, error);
    if (status == FG_OK)
        status = add_set(sum, &sources, FG_CHEBYSHEV, 0, error);
    fg_samples_free(&sources);
    free(lattice);
    return status;
}

enum fg_status fg_arithmetic(const struct fg_kernel *kernel, uint64_t *arithmetic, struct fg_error *error)
{
    struct sum sum = {.kernel = kernel};
    enum fg_status status = FG_OK;
    for (int set = 0; set < SETS && status == FG_OK; set++)
        status = add_points(&sum, set, error);
    if (status == FG_OK)
        status = add_sources(&sum, error);
    *arithmetic = sum.value;
    return status;
}
