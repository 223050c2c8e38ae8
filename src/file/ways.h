/* Ways of writing: how the values of tiles get to the disk. Everything else of a file is written through the
 * page cache. */
#ifndef FISHERGRID_WAYS_H
#define FISHERGRID_WAYS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fishergrid/file.h"

/* How one process writes values into one file. */
struct fg_ways {
    atomic_int way; /* enum fg_way; if the system refuses a way, another one replaces it */
    int fd;         /* of the file, borrowed */
    int direct;     /* the same file with O_DIRECT; -1: not open */
    size_t page;    /* writes past the page cache begin and end at multiples of it */
};

/* Begins to write values into the file `fd`, which has the name `path`. End with fg_ways_close. */
struct fg_ways fg_ways_open(enum fg_way way, int fd, const char *path);
void fg_ways_close(struct fg_ways *ways);

/* Writes n bytes at `offset`. Writes past the page cache only if address and offset are equal modulo 512, as
 * in a struct fg_tile_room. Returns whether it succeeded; on failure errno has the reason. */
bool fg_ways_write(struct fg_ways *ways, const void *bytes, size_t n, uint64_t offset);

/* Asks the system to begin writing n bytes at `offset` from the page cache to the disk, if the way is
 * FG_WAY_EARLY. Returns as fg_ways_write does. */
bool fg_ways_push(struct fg_ways *ways, size_t n, uint64_t offset);

#endif
