/* Writes everything that is known before the first tile: metadata, axes, samples and the numbers of rows. */
#define _POSIX_C_SOURCE 200809L /* PATH_MAX */
#include "writer_parts.h"

/* Number of values that are written at once; all values might not fit into memory. */
enum { PIECE = 8192 };

/* Writes the values of an axis, or the numbers 0, 1, ... n-1 if `axis` is NULL. */
static enum fg_status write_words(struct fg_writer *writer, const struct fg_axis *axis, size_t n,
                                  uint64_t offset, struct fg_error *error)
{
    uint64_t words[PIECE];
    enum fg_status status = FG_OK;
    for (size_t first = 0; first < n && status == FG_OK; first += PIECE) {
        const size_t some = n - first < PIECE ? n - first : PIECE;
        for (size_t k = 0; k < some; k++)
            words[k] = fg_layout_word(axis, first + k);
        status = fg_writer_write(writer, words, some * sizeof *words, offset + first * sizeof *words, error);
    }
    return status;
}

/* Writes the coordinates x of the samples in the order of the data set. */
static enum fg_status write_coordinates(struct fg_writer *writer, const struct fg_samples *samples,
                                        const double *x, uint64_t offset, struct fg_error *error)
{
    double piece[PIECE];
    size_t next[2] = {0, samples->n_class0}; /* next sample of each class */
    enum fg_status status = FG_OK;
    for (size_t first = 0; first < samples->n && status == FG_OK; first += PIECE) {
        const size_t some = samples->n - first < PIECE ? samples->n - first : PIECE;
        for (size_t k = 0; k < some; k++)
            piece[k] = x[next[samples->y[first + k]]++];
        status = fg_writer_write(writer, piece, some * sizeof *piece, offset + first * sizeof *piece, error);
    }
    return status;
}

static enum fg_status write_samples(struct fg_writer *writer, const struct fg_samples *samples,
                                    const struct fg_layout_data *at, struct fg_error *error)
{
    enum fg_status status = write_words(writer, NULL, samples->n, at->column[COLUMN_SAMPLE], error);
    if (status == FG_OK)
        status = write_coordinates(writer, samples, samples->x0, at->column[COLUMN_X0], error);
    if (status == FG_OK)
        status = write_coordinates(writer, samples, samples->x1, at->column[COLUMN_X1], error);
    if (status == FG_OK)
        status = fg_writer_write(writer, samples->y, samples->n, at->column[COLUMN_Y], error);
    return status;
}

enum fg_status fg_writer_write_metadata(struct fg_writer *writer, struct fg_error *error)
{
    /* a run that dies while it writes leaves no hash */
    const uint64_t none = 0, at = writer->skeleton.map.metadata_hash;
    enum fg_status status =
        fg_skeleton_hash(&writer->skeleton, writer->skeleton.fd, &writer->metadata_hash, error);
    if (status == FG_OK)
        status = fg_writer_write(writer, &none, sizeof none, at, error);
    if (status == FG_OK)
        status = fg_skeleton_copy(&writer->skeleton, fg_writer_write, writer, error);
    return status == FG_OK ? fg_writer_write(writer, &writer->metadata_hash, sizeof none, at, error) : status;
}

enum fg_status fg_writer_write_inputs(struct fg_writer *writer, struct fg_error *error)
{
    const struct fg_setup *setup = writer->output.setup;
    const struct fg_layout_map *map = &writer->skeleton.map;
    const uint64_t hash = fg_layout_hash(setup, map);
    enum fg_status status = fg_writer_write(writer, &hash, sizeof hash, map->layout_hash, error);
    if (status == FG_OK)
        status = write_words(writer, &setup->grid.phi, setup->grid.phi.n, map->phi, error);
    if (status == FG_OK)
        status = write_words(writer, &setup->grid.r, setup->grid.r.n, map->r, error);
    for (size_t s = 0; s < setup->n_data && status == FG_OK; s++) {
        status = write_samples(writer, &writer->output.samples[s], &map->data[s], error);
        if (status == FG_OK)
            status = write_words(writer, NULL, setup->grid.tiling.n, map->data[s].column[COLUMN_TILE], error);
        if (status == FG_OK)
            status = write_words(writer, NULL, FG_STATIONARY_MAX, map->data[s].column[COLUMN_POINT], error);
    }
    return status;
}
