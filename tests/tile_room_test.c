/* Tests the memory of a tile: every value has a place of its own, aligned as its offset in the file. */
#include "tile_room.h"

#include "check.h"

/* Fills each field of the tile with its number, and reads all of them back. */
static void check_fields_are_apart(const struct fg_cells *cells, size_t n)
{
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        for (size_t c = 0; c < n; c++)
            cells->field[f][c] = f;
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++)
        memset(cells->flag[f], f, n);
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        for (size_t c = 0; c < n; c++)
            assert_true(cells->field[f][c] == f);
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++)
        for (size_t c = 0; c < n; c++)
            assert_int_equal(cells->flag[f][c], f);
}

static void check_addresses(const struct fg_cells *cells, uint64_t first, size_t alignment)
{
    for (int f = 0; f < FG_N_REAL_FIELDS; f++)
        assert_int_equal((uintptr_t)cells->field[f] % alignment, first * sizeof(double) % alignment);
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++)
        assert_int_equal((uintptr_t)cells->flag[f] % alignment, first % alignment);
}

static void values_are_apart_and_aligned_as_in_the_file(void **state)
{
    (void)state;
    /* Cells of a tile: whole pages, an odd number, fewer than a page, and enough for pages of 2 MiB. */
    const size_t tile_cells[] = {8192, 9009, 7, 65536};
    const size_t alignments[] = {0, 512, 4096, 65536};
    for (size_t k = 0; k < 4; k++) {
        const struct fg_grid grid = fg_grid_cut(&(struct fg_axis){.n = 37, .high = 1},
                                                &(struct fg_axis){.n = 4001, .high = 1}, tile_cells[k]);
        for (size_t a = 0; a < 4; a++) {
            struct fg_tile_room room;
            assert_true(fg_tile_room_make(&room, &grid.tiling, FG_ALL_FIELDS, alignments[a]));
            for (size_t t = 0; t < grid.tiling.n; t += grid.tiling.n / 3 + 1) {
                const struct fg_tile tile = fg_tiling_at(&grid.tiling, t);
                const struct fg_cells cells = fg_tile_room_cells(&room, &grid.tiling, &tile);
                check_addresses(&cells, fg_tiling_first_cell(&grid.tiling, &tile),
                                alignments[a] > 512 ? alignments[a] : 512);
                check_fields_are_apart(&cells, tile.rows * tile.columns);
            }
            fg_tile_room_free(&room);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_are_apart_and_aligned_as_in_the_file)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
