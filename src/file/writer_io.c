/* Input and output of a writer: reads and writes bytes and tiles, for a single process or a team. */
#define _POSIX_C_SOURCE 200809L /* PATH_MAX */
#include <errno.h>
#include <string.h>

#include "io.h"
#include "paths.h"
#include "writer_parts.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "values are written as they lie in memory, and the file says they are little-endian"
#endif

enum fg_status fg_writer_take(struct fg_writer *writer, fg_writer_step *const steps[], size_t n,
                              struct fg_error *error)
{
    enum fg_status status = FG_OK;
    for (size_t k = 0; k < n && status == FG_OK; k++)
        status = steps[k](writer, error);
    return status;
}

/* --- writing --- */

enum fg_status fg_writer_write(void *context, const void *from, size_t bytes, uint64_t offset,
                               struct fg_error *error)
{
    const struct fg_writer *writer = context;
    enum fg_status status;
    if (writer->team_file)
        status = writer->output.team->write(writer->team_file, from, bytes, offset, error);
    else
        status = fg_io_write(writer->fd, from, bytes, offset)
                     ? FG_OK
                     : fg_fail(error, FG_FAILED, "%s", fg_io_reason());
    return status == FG_OK ? FG_OK
                           : fg_fail_while(error, status, "%s: writing %zu bytes at %llu", writer->name,
                                           bytes, (unsigned long long)offset);
}

/* Writes values of a tile: through the team's file, or in the way of the writer. */
static enum fg_status write_values(struct fg_writer *writer, const void *from, size_t bytes, uint64_t offset,
                                   struct fg_error *error)
{
    if (writer->team_file) {
        enum fg_status status = fg_writer_write(writer, from, bytes, offset, error);
        if (status != FG_OK || fg_ways_push(&writer->ways, bytes, offset))
            return status;
    } else if (fg_ways_write(&writer->ways, from, bytes, offset)) {
        return FG_OK;
    }
    return fg_fail(error, FG_FAILED, "%s: writing %zu bytes at %llu: %s", writer->name, bytes,
                   (unsigned long long)offset, fg_io_reason());
}

static bool read_bytes(const struct fg_writer *writer, void *to, size_t bytes, uint64_t offset)
{
    return writer->team_file ? writer->output.team->read(writer->team_file, to, bytes, offset, NULL) == FG_OK
                             : fg_io_read(writer->fd, to, bytes, offset);
}

/* --- syncing --- */

enum fg_status fg_writer_sync(struct fg_writer *writer, struct fg_error *error)
{
    enum fg_status status = FG_OK;
    if (writer->output.no_sync)
        return FG_OK;
    if (writer->team_file)
        status = writer->output.team->sync(writer->team_file, error);
    else if (!fg_io_sync(writer->fd))
        status = fg_fail(error, FG_FAILED, "%s", strerror(errno));
    return status == FG_OK ? FG_OK : fg_fail_while(error, status, "%s: fsync", writer->name);
}

/* Syncs the directory, so that new names survive a power failure. */
enum fg_status fg_writer_sync_directory(struct fg_writer *writer, struct fg_error *error)
{
    return writer->output.no_sync ? FG_OK : fg_path_sync_directory(writer->path, error);
}

/* --- tiles --- */

/* Stores where the values of a field of a tile are in memory and in the file. Returns false if the field is
 * not stored. */
static bool place_of_field(const struct fg_writer *writer, size_t data, int f, const struct fg_tile *tile,
                           const struct fg_cells *cells, void **values, uint64_t *offset)
{
    uint64_t start = writer->skeleton.map.data[data].field[f];
    *values = fg_cells_values(cells, (enum fg_field)f);
    *offset = start + fg_tiling_first_cell(&writer->output.setup->grid.tiling, tile) *
                          (uint64_t)fg_field_bytes((enum fg_field)f);
    return start != 0;
}

/* Counts the tile as damaged if it has a mark that its values do not match. */
bool fg_writer_has_tile(void *context, size_t data, const struct fg_tile *tile, const struct fg_cells *cells,
                        struct fg_summary *found)
{
    struct fg_writer *writer = context;
    struct fg_tile_mark mark;
    void *values;
    uint64_t offset;
    bool read = true;
    for (int w = 0; w < MARK_WORDS && read; w++)
        read = read_bytes(writer, &mark.word[w], sizeof mark.word[w],
                          writer->skeleton.map.data[data].column[COLUMN_MARK + w] +
                              tile->number * sizeof mark.word[w]);
    if (!read || mark.word[MARK_CHECKSUM] == 0)
        return false;
    for (int f = 0; f < FG_N_FIELDS && read; f++) {
        if (place_of_field(writer, data, f, tile, cells, &values, &offset))
            read = read_bytes(writer, values, tile->rows * tile->columns * fg_field_bytes((enum fg_field)f),
                              offset);
    }
    if (!read || !fg_tile_mark_fits(writer->setup_hash, &mark, tile, cells)) {
        atomic_fetch_add(&writer->damaged, 1);
        return false;
    }
    *found = fg_tile_mark_found(&mark, tile, writer->output.setup->grid.r.n, cells);
    return true;
}

/* Writes the values of a tile. Most file systems let one thread at a time write into a file. If all threads
 * wrote piece by piece, they would wait for each other, then all compute while none writes. Therefore at most
 * half of them write, each a whole tile, while the others compute. With two threads this took a fifth less
 * time in the page cache. */
static enum fg_status put_values(struct fg_writer *writer, size_t data, const struct fg_tile *tile,
                                 const struct fg_cells *cells, struct fg_error *error)
{
    const size_t n = tile->rows * tile->columns;
    void *values;
    uint64_t offset;
    enum fg_status status = FG_OK;
    const bool turns = writer->ways.way != FG_WAY_DIRECT;
    while (turns && sem_wait(&writer->turns) != 0 && errno == EINTR)
        ;
    for (int f = 0; f < FG_N_FIELDS && status == FG_OK; f++) {
        if (place_of_field(writer, data, f, tile, cells, &values, &offset))
            status = write_values(writer, values, n * fg_field_bytes((enum fg_field)f), offset, error);
    }
    if (turns)
        sem_post(&writer->turns);
    return status;
}

enum fg_status fg_writer_put_tile(struct fg_writer *writer, size_t data, const struct fg_tile *tile,
                                  const struct fg_cells *cells, const struct fg_summary *found,
                                  struct fg_error *error)
{
    const struct fg_tile_mark mark =
        fg_tile_mark_of(writer->setup_hash, tile, writer->output.setup->grid.r.n, cells, found);
    enum fg_status status = put_values(writer, data, tile, cells, error);
    const uint64_t *at = &writer->skeleton.map.data[data].column[COLUMN_MARK];
    return status == FG_OK ? fg_tile_mark_write(&mark, tile->number, at, fg_writer_write, writer, error)
                           : status;
}
