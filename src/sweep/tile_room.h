/* Memory for the values of a tile, placed so that they can be written past the page cache without a copy: the
 * address of a value equals its offset in its field modulo the alignment, which is at least 512, as disks
 * require. */
#ifndef FISHERGRID_TILE_ROOM_H
#define FISHERGRID_TILE_ROOM_H

#include <stdbool.h>

#include "fishergrid/grid.h"
#include "fishergrid/kernel.h"

/* Memory for a tile. Zero-initialise it; make it with fg_tile_room_make, free it with fg_tile_room_free. */
struct fg_tile_room {
    char *memory;
    fg_field_set fields;
    size_t alignment;
};

/* Allocates memory for `fields` of any tile of a tiling. `alignment`: that of struct fg_sink. Returns false
 * if memory runs out. */
bool fg_tile_room_make(struct fg_tile_room *room, const struct fg_tiling *tiling, fg_field_set fields,
                       size_t alignment);
void fg_tile_room_free(struct fg_tile_room *room);

/* Returns the number of bytes that fg_tile_room_make allocates, for an alignment of 4096. */
size_t fg_tile_room_bytes(const struct fg_tiling *tiling, fg_field_set fields);

/* Returns where the values of a tile belong. Fields without room are NULL. */
struct fg_cells fg_tile_room_cells(const struct fg_tile_room *room, const struct fg_tiling *tiling,
                                   const struct fg_tile *tile);

#endif
