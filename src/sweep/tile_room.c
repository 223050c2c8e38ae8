#include "tile_room.h"

#include <stdlib.h>

enum {
    PAGE = 4096,
    SECTOR = 512
}; /* PAGE: the distance at which addresses share a set of the first-level cache */

/* Returns the distance between the beginnings of two fields. It is a multiple of a page plus a sector. At a
 * multiple of a page, the cells of all fields would compete for the same few lines of the cache. */
static size_t bytes_of_field(const struct fg_tiling *tiling, int f)
{
    const size_t values = tiling->rows * tiling->columns * fg_field_bytes((enum fg_field)f);
    return (values + SECTOR + PAGE - 1) / PAGE * PAGE + SECTOR;
}

size_t fg_tile_room_bytes(const struct fg_tiling *tiling, fg_field_set fields)
{
    size_t bytes = SECTOR;
    for (int f = 0; f < FG_N_FIELDS; f++)
        bytes += fields >> f & 1 ? bytes_of_field(tiling, f) : 0;
    return bytes;
}

bool fg_tile_room_make(struct fg_tile_room *room, const struct fg_tiling *tiling, fg_field_set fields)
{
    *room = (struct fg_tile_room){.memory = malloc(fg_tile_room_bytes(tiling, fields)), .fields = fields};
    return room->memory != NULL;
}

void fg_tile_room_free(struct fg_tile_room *room)
{
    free(room->memory);
    *room = (struct fg_tile_room){0};
}

struct fg_cells fg_tile_room_cells(const struct fg_tile_room *room, const struct fg_tiling *tiling,
                                   const struct fg_tile *tile)
{
    const uint64_t first = fg_tiling_first_cell(tiling, tile);
    struct fg_cells cells = {{NULL}, {NULL}};
    char *next = room->memory + (SECTOR - (uintptr_t)room->memory % SECTOR);
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (!(room->fields & 1u << f))
            continue;
        char *values = next + first * fg_field_bytes((enum fg_field)f) % SECTOR;
        if (f < FG_N_REAL_FIELDS)
            cells.field[f] = (double *)values;
        else
            cells.flag[FG_FLAG(f)] = (unsigned char *)values;
        next += bytes_of_field(tiling, f);
    }
    return cells;
}
