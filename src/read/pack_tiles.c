/* The steps before packing: compares every tile with its mark, and makes the marks of the rounded tiles. */
#include <math.h>
#include <stdlib.h>

#include "hash.h"
#include "io.h"
#include "pack_parts.h"
#include "quantize.h"
#include "result_read.h"
#include "summary.h"
#include "tile_marks.h"

enum { PIECE = 8192 }; /* cells; a tile may be of any size */

/* What one thread works with. */
struct worker {
    const struct fg_packer *packer;
    size_t s;
    double values[PIECE];
    struct fg_packed packed;
};

/* The cells of a tile, which are one piece of the file. */
struct piece {
    uint64_t first, n;
};

static bool is_rounded(const struct worker *worker, int f)
{
    return f < FG_N_REAL_FIELDS && fg_quantize_rounds(&worker->packer->packing);
}

static enum fg_status refuse_value(const struct worker *worker, int f, uint64_t cell, struct fg_error *error)
{
    const struct fg_result *from = worker->packer->from;
    return fg_fail_with(error, FG_REMEDY_64_BITS, FG_BAD_INPUT,
                        "%s: %s of data set %s at cell (%llu, %llu) is too large for 32 bits", from->path,
                        fg_field_info[f].name, from->setup.data[worker->s].name,
                        (unsigned long long)(cell / from->setup.grid.r.n),
                        (unsigned long long)(cell % from->setup.grid.r.n));
}

/* Continues two checksums over a field of a tile: of the values as they are, and as they will be. */
static enum fg_status add_values(struct worker *worker, int f, const struct piece *piece,
                                 struct fg_hash_state *before, struct fg_hash_state *after,
                                 struct fg_error *error)
{
    const size_t bytes = fg_field_bytes((enum fg_field)f);
    for (uint64_t from = 0; from < piece->n; from += PIECE) {
        const size_t n = piece->n - from < PIECE ? (size_t)(piece->n - from) : PIECE;
        enum fg_status status = fg_result_read_cells(worker->packer->from, worker->s, (enum fg_field)f,
                                                     piece->first + from, n, worker->values, error);
        if (status != FG_OK)
            return status;
        fg_hash_add(before, worker->values, n * bytes);
        if (is_rounded(worker, f)) {
            size_t k =
                fg_quantize(&worker->packer->packing, worker->values, n, &worker->packed.relative_error[f]);
            if (k < n)
                return refuse_value(worker, f, piece->first + from + k, error);
        }
        fg_hash_add(after, worker->values, n * bytes);
    }
    return FG_OK;
}

static enum fg_status add_field(struct worker *worker, int f, const struct piece *piece, uint64_t *before,
                                uint64_t *after, struct fg_error *error)
{
    struct fg_hash_state *one = fg_hash_begin(*before), *other = one ? fg_hash_begin(*after) : NULL;
    if (!other) {
        if (one)
            fg_hash_end(one);
        return fg_fail(error, FG_FAILED, "no memory for a checksum");
    }
    enum fg_status status = add_values(worker, f, piece, one, other, error);
    *before = fg_hash_end(one);
    *after = fg_hash_end(other);
    return status;
}

/* The minimum loss of a tile once it is rounded: rounding keeps the order, but may make cells equal. */
static enum fg_status find_least(struct worker *worker, const struct piece *piece, struct fg_tile_mark *mark,
                                 struct fg_error *error)
{
    struct fg_summary found = {.min_loss = INFINITY};
    const size_t n_r = worker->packer->from->setup.grid.r.n;
    double worst = 0;
    for (uint64_t from = 0; from < piece->n; from += PIECE) {
        const size_t n = piece->n - from < PIECE ? (size_t)(piece->n - from) : PIECE;
        enum fg_status status = fg_result_read_cells(worker->packer->from, worker->s, FG_LOSS,
                                                     piece->first + from, n, worker->values, error);
        if (status != FG_OK)
            return status;
        fg_quantize(&worker->packer->packing, worker->values, n, &worst);
        for (size_t k = 0; k < n; k++) {
            if (worker->values[k] < found.min_loss) {
                found.min_loss = worker->values[k];
                found.min_i = (size_t)((piece->first + from + k) / n_r);
                found.min_j = (size_t)((piece->first + from + k) % n_r);
            }
        }
    }
    fg_tile_mark_set_min_loss(mark, n_r, &found);
    return FG_OK;
}

static enum fg_status write_mark(const struct worker *worker, uint64_t t, const struct fg_tile_mark *mark,
                                 struct fg_error *error)
{
    const struct fg_layout_data *at = &worker->packer->map.data[worker->s];
    for (int w = 0; w < MARK_WORDS; w++) {
        if (!fg_io_write(worker->packer->file.fd, &mark->word[w], sizeof mark->word[w],
                         at->mark[w] + t * sizeof mark->word[w]))
            return fg_fail(error, FG_FAILED, "%s: writing: %s", worker->packer->file.name, fg_io_reason());
    }
    return FG_OK;
}

static enum fg_status pack_tile(struct worker *worker, uint64_t t, struct fg_error *error)
{
    const struct fg_result *from = worker->packer->from;
    const fg_field_set fields = from->data[worker->s].fields;
    const struct fg_tile tile = fg_tiling_at(&from->setup.grid.tiling, t);
    const struct piece piece = {fg_tiling_first_cell(&from->setup.grid.tiling, &tile), fg_tile_cells(&tile)};
    const uint64_t setup_hash = fg_result_opened(from)->setup_hash;
    struct fg_tile_mark mark, made;
    enum fg_status status = fg_result_read_mark(from, worker->s, t, &mark, error);
    if (status != FG_OK)
        return status;
    made = mark;
    if (fields & 1u << FG_LOSS && is_rounded(worker, FG_LOSS))
        status = find_least(worker, &piece, &made, error);
    uint64_t before = fg_tile_mark_begin(setup_hash, &mark, t),
             after = fg_tile_mark_begin(setup_hash, &made, t);
    for (int f = 0; f < FG_N_FIELDS && status == FG_OK; f++) {
        if (fields & 1u << f)
            status = add_field(worker, f, &piece, &before, &after, error);
    }
    if (status != FG_OK)
        return status;
    if (mark.word[MARK_CHECKSUM] != (before ? before : 1))
        return fg_fail(error, FG_BAD_INPUT,
                       "%s: tile %llu of data set %s has changed since it was written; compute it again",
                       from->path, (unsigned long long)t, from->setup.data[worker->s].name);
    made.word[MARK_CHECKSUM] = after ? after : 1;
    const struct fg_summary found = fg_tile_mark_found(&made, &tile, from->setup.grid.r.n);
    fg_summary_merge(&worker->packed.found, &found);
    return write_mark(worker, t, &made, error);
}

static void merge(struct fg_packed *into, const struct fg_packed *part)
{
    fg_summary_merge(&into->found, &part->found);
    for (int f = 0; f < FG_N_FIELDS; f++)
        into->relative_error[f] = fmax(into->relative_error[f], part->relative_error[f]);
}

/* One thread's share of the tiles of data set s. */
static void work(const struct fg_packer *packer, size_t s, struct fg_first_failure *failure,
                 struct fg_packed *packed)
{
    struct fg_error error;
    struct worker *worker = malloc(sizeof *worker);
    if (worker)
        *worker = (struct worker){.packer = packer, .s = s, .packed.found.min_loss = INFINITY};
    else
        fg_first_failure_note(failure, fg_fail(&error, FG_FAILED, "no memory for a piece of a tile"), &error);
#pragma omp for schedule(dynamic, 1)
    for (uint64_t t = 0; t < packer->from->setup.grid.tiling.n; t++) {
        if (!worker || fg_first_failure_is_over(failure))
            continue;
        enum fg_status status = pack_tile(worker, t, &error);
        if (status != FG_OK)
            fg_first_failure_note(failure, status, &error);
    }
    if (worker) {
#pragma omp critical(fg_pack)
        merge(packed, &worker->packed);
    }
    free(worker);
}

enum fg_status fg_pack_tiles(struct fg_packer *packer, int threads, struct fg_first_failure *failure,
                             struct fg_packed *packed)
{
    for (size_t s = 0; s < packer->from->setup.n_data; s++) {
#pragma omp parallel num_threads(threads)
        work(packer, s, failure, &packed[s]);
    }
    return (enum fg_status)failure->status;
}
