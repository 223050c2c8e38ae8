#include "summary.h"

#include <math.h>
#include <stdbool.h>

/* Returns whether cell (i, j) comes before the minimum of `summary` in the file. */
static bool cell_comes_first(size_t i, size_t j, const struct fg_summary *summary)
{
    return i != summary->min_i ? i < summary->min_i : j < summary->min_j;
}

/* Keeps the smaller loss. Of equal losses, keeps the first in the file. */
static void note_loss(struct fg_summary *summary, double loss, size_t i, size_t j)
{
    if (loss < summary->min_loss || (loss == summary->min_loss && cell_comes_first(i, j, summary))) {
        summary->min_loss = loss;
        summary->min_i = i;
        summary->min_j = j;
    }
}

/* Counts the cells of n whose flag is `value`. Counts few cells at a time, in whole vectors, so
 * that a byte holds the count and the compiler vectorises the loop. */
static uint64_t count_flag(const unsigned char *flags, size_t n, unsigned char value)
{
    enum { FEW = 192 };
    uint64_t total = 0;
    for (size_t first = 0; first < n; first += FEW) {
        size_t end = n - first < FEW ? n : first + FEW;
        unsigned char count = 0;
        for (size_t k = first; k < end; k++)
            count = (unsigned char)(count + (flags[k] == value));
        total += count;
    }
    return total;
}

void fg_summary_add_flags(struct fg_summary *summary, size_t n, const struct fg_cells *cells)
{
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++) {
        uint64_t counted = 0; /* all cells mostly have the first value */
        for (unsigned char value = 1; cells->flag[f] && counted < n && value < FG_N_FLAGS; value++) {
            const uint64_t count = count_flag(cells->flag[f], n, value);
            summary->flags[f][value] += count;
            counted += count;
        }
    }
}

void fg_summary_add_row(struct fg_summary *summary, const struct fg_kernel *kernel, size_t i, size_t j0,
                        size_t n, const struct fg_cells *cells)
{
    const double *loss = cells->field[FG_LOSS];
    double minimum = INFINITY;
    size_t at = 0; /* a cell at or before the first minimum, near it */
    fg_summary_add_flags(summary, n, cells);
    for (size_t first = 0; first < n; first += FG_CHUNK) {
        const double own = kernel->minimum(loss + first, n - first < FG_CHUNK ? n - first : FG_CHUNK);
        at = own < minimum ? first : at;
        minimum = own < minimum ? own : minimum;
    }
    if (minimum <= summary->min_loss) {
        while (at < n && loss[at] != minimum)
            at++;
        note_loss(summary, minimum, i, j0 + at);
    }
}

void fg_summary_add_losses(struct fg_summary *summary, const double *loss, size_t n, uint64_t first,
                           size_t n_r)
{
    for (size_t k = 0; k < n; k++)
        note_loss(summary, loss[k], (size_t)((first + k) / n_r), (size_t)((first + k) % n_r));
}

void fg_summary_merge(struct fg_summary *into, const struct fg_summary *part)
{
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++) {
        for (int value = 0; value < FG_N_FLAGS; value++)
            into->flags[f][value] += part->flags[f][value];
    }
    into->direct_fallback_cells += part->direct_fallback_cells;
    note_loss(into, part->min_loss, part->min_i, part->min_j);
}
