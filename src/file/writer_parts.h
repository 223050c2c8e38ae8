/* The parts of a writer. */
#ifndef FISHERGRID_WRITER_PARTS_H
#define FISHERGRID_WRITER_PARTS_H

#include <semaphore.h>
#include <stdatomic.h>

#include "fishergrid/file.h"
#include "lock.h"
#include "skeleton.h"

struct fg_writer {
    struct fg_output output; /* what it points to is borrowed */
    uint64_t setup_hash;
    char *path, *part, *new; /* the final name, that until then, and that until it is laid out */
    const char *name;        /* the one it has: `part` or `new` */
    int fd;                  /* of it; pwrite needs no lock */
    void *team_file;         /* the file while all of the team may write to it; NULL: `fd` is used */
    sem_t turns;             /* for writing values, see fg_writer_put_tile */
    atomic_llong next_sync;  /* in milliseconds of the monotonic clock */
    struct fg_lock lock;
    struct fg_skeleton skeleton;
    struct fg_resumed resumed; /* what was found */
    atomic_ullong damaged;     /* of its tiles: their values did not match their marks */
};

/* Takes the lock, lays the file out and makes it, or continues it: what fg_writer_create does for process 0.
 */
enum fg_status fg_writer_begin(struct fg_writer *writer, struct fg_error *error);

/* Writes bytes at `offset` of the file; `context` is the writer. */
enum fg_status fg_writer_write(const void *context, const void *from, size_t bytes, uint64_t offset,
                               struct fg_error *error);

/* Reads bytes at `offset`; false where they cannot be read. */
bool fg_writer_read(const struct fg_writer *writer, void *to, size_t bytes, uint64_t offset);

/* Whether the file has the tile, undamaged: as struct fg_sink has it. `context` is the writer. */
bool fg_writer_has_tile(void *context, size_t data, const struct fg_tile *tile, const struct fg_cells *cells,
                        struct fg_summary *found);

/* Writes the values of a tile, then its mark; by as many threads as wanted at once. */
enum fg_status fg_writer_put_tile(struct fg_writer *writer, size_t data, const struct fg_tile *tile,
                                  const struct fg_cells *cells, const struct fg_summary *found,
                                  struct fg_error *error);

/* Bring the file, or its name, to the disk, unless that is left to the system. */
enum fg_status fg_writer_sync(const struct fg_writer *writer, struct fg_error *error);
enum fg_status fg_writer_sync_directory(const struct fg_writer *writer, struct fg_error *error);

#endif
