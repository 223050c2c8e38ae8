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
    atomic_int way; /* enum fg_way; what the system refuses becomes the next in its list */
    int fd;         /* of the file, borrowed */
    int direct;     /* another one, with O_DIRECT; -1: none */
    size_t page;    /* what is written past the page cache begins and ends at multiples of it in the file */
};

/* Begins to write values into the file `fd`, which has the name `path`. End with fg_ways_close. */
struct fg_ways fg_ways_open(enum fg_way way, int fd, const char *path);
void fg_ways_close(struct fg_ways *ways);

/* Writes n bytes at `offset`. Past the page cache only if address and offset are the same modulo 512, as in a
 * struct fg_tile_room. Returns whether it succeeded; on failure errno has the reason. */
bool fg_ways_write(struct fg_ways *ways, const void *bytes, size_t n, uint64_t offset);

/* For n bytes at `offset` that are in the page cache: has the system begin to write them to the disk, if the
 * way is early. Returns like fg_ways_write. */
bool fg_ways_push(struct fg_ways *ways, size_t n, uint64_t offset);

#endif
