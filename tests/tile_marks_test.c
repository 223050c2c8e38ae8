/* Marks of tiles: they fit the values they were made of, and no others. */
#include "tile_marks.h"

#include "check.h"
#include "hash.h"

enum { N_R = 5, ROWS = 3, CELLS = ROWS * N_R };

/* Of the setup: fg_hash_bytes of the number 4 of the tile, begun with this, is 4; see a_checksum_is_never_0.
 */
static const uint64_t setup_hash = 0x395f5c815057c684;

/* A tile with a value of its own in every cell of every field. */
struct setting {
    double values[FG_N_REAL_FIELDS][CELLS];
    unsigned char flags[CELLS];
    struct fg_tile tile;
    struct fg_cells cells;
    struct fg_summary found;
};

static void set_up(struct setting *setting)
{
    uint64_t random = 3;
    *setting = (struct setting){
        .tile = {.number = 4, .i0 = 12, .rows = ROWS, .columns = N_R},
        .found = {.direct_fallback_cells = 6,
                  .flags = {[FG_REGULAR] = 9, [FG_RECOMPUTED] = 3, [FG_UNDEFINED] = 2, [FG_OVERFLOW] = 1},
                  .min_loss = 0.25,
                  .min_i = 13,
                  .min_j = 2}};
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        setting->cells.field[f] = setting->values[f];
        for (size_t c = 0; c < CELLS; c++)
            setting->values[f][c] = between(&random, -1, 1);
    }
    setting->cells.flag = setting->flags;
    memset(setting->flags, FG_REGULAR, CELLS);
}

static struct fg_tile_mark mark_of(const struct setting *setting, bool flags)
{
    return fg_tile_mark_of(setup_hash, &setting->tile, N_R, &setting->cells, flags, &setting->found);
}

static void a_mark_fits_its_own_values(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting);
    for (int flags = 0; flags < 2; flags++) {
        struct fg_tile_mark mark = mark_of(&setting, flags);
        assert_true(fg_tile_mark_fits(setup_hash, &mark, &setting.tile, &setting.cells, flags));
        assert_false(fg_tile_mark_fits(setup_hash, &mark, &setting.tile, &setting.cells, !flags));
    }
}

/* How many bits of bytes[n] can be flipped, one at a time, and the mark still fits. */
static size_t unnoticed(const struct fg_tile_mark *mark, const struct setting *setting, bool flags,
                        void *bytes, size_t n)
{
    size_t count = 0;
    for (size_t bit = 0; bit < 8 * n; bit++) {
        unsigned char *byte = (unsigned char *)bytes + bit / 8, flip = (unsigned char)(1u << bit % 8);
        *byte ^= flip;
        count += fg_tile_mark_fits(setup_hash, mark, &setting->tile, &setting->cells, flags);
        *byte ^= flip;
    }
    return count;
}

static void a_mark_notices_every_flipped_bit(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting);
    struct fg_tile_mark mark = mark_of(&setting, true);
    assert_int_equal(unnoticed(&mark, &setting, true, setting.values, sizeof setting.values), 0);
    assert_int_equal(unnoticed(&mark, &setting, true, setting.flags, sizeof setting.flags), 0);
    assert_int_equal(unnoticed(&mark, &setting, true, mark.word, sizeof mark.word), 0);
}

static void flags_that_are_not_stored_do_not_count(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting);
    struct fg_tile_mark mark = mark_of(&setting, false);
    assert_int_equal(unnoticed(&mark, &setting, false, setting.flags, sizeof setting.flags), 8 * CELLS);
}

/* Files keep their checksums, so this sum must stay as it is. Fields that are NULL do not count. */
static void the_checksum_follows_the_header_for_every_set_of_fields(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting);
    uint64_t random = 7;
    for (int k = 0; k < 1000; k++) {
        const fg_field_set set = (fg_field_set)between(&random, 0, FG_ALL_FIELDS + 1.0);
        const bool flags = set >> FG_NATURAL_GRADIENT_FLAG & 1;
        const uint64_t number = fg_hash_bytes(&setting.tile.number, sizeof(uint64_t), setup_hash);
        for (int f = 0; f < FG_N_REAL_FIELDS; f++)
            setting.cells.field[f] = set >> f & 1 ? setting.values[f] : NULL;
        struct fg_tile_mark mark = mark_of(&setting, flags);
        uint64_t sum = fg_hash_bytes(&mark.word[1], (MARK_WORDS - 1) * sizeof *mark.word, number);
        for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
            if (set >> f & 1)
                sum = fg_hash_bytes(setting.values[f], sizeof setting.values[f], sum);
        }
        if (flags)
            sum = fg_hash_bytes(setting.flags, sizeof setting.flags, sum);
        assert_true(mark.word[MARK_CHECKSUM] == sum);
    }
}

static void a_mark_of_another_tile_does_not_fit(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting);
    struct fg_tile_mark mark = mark_of(&setting, true);
    for (size_t number = 0; number < 1000; number++) {
        setting.tile.number = number;
        assert_int_equal(fg_tile_mark_fits(setup_hash, &mark, &setting.tile, &setting.cells, true),
                         number == 4);
    }
}

static void a_mark_of_another_setup_does_not_fit(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting);
    struct fg_tile_mark mark = mark_of(&setting, true);
    for (int bit = 0; bit < 64; bit++)
        assert_false(fg_tile_mark_fits(setup_hash ^ 1ull << bit, &mark, &setting.tile, &setting.cells, true));
}

/* The last two counts come from XXH3 run backwards: the hash of these words, begun with 4, is 0. */
static void a_checksum_is_never_0(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting);
    setting.found = (struct fg_summary){
        .min_loss = 0.5,
        .min_i = 12,
        .min_j = 1,
        .flags = {[FG_RECOMPUTED] = 2, [FG_UNDEFINED] = 3, [FG_OVERFLOW] = 0xdb979083e96dd4e3},
        .direct_fallback_cells = 0x4988087d740b95e0};
    setting.cells = (struct fg_cells){.flag = setting.flags};
    struct fg_tile_mark mark = mark_of(&setting, false);
    assert_true(fg_tile_mark_begin(setup_hash, &mark, setting.tile.number) ==
                0); /* all that there is to hash */
    assert_true(mark.word[MARK_CHECKSUM] == 1);
    assert_true(fg_tile_mark_fits(setup_hash, &mark, &setting.tile, &setting.cells, false));
}

static void what_was_found_comes_back(void **state)
{
    (void)state;
    const size_t last = ((size_t)1 << 31) - 1; /* of the longest axes */
    const struct {
        double loss;
        size_t i, j, n_r;
    } least[] = {{0.25, 13, 2, N_R}, {-0.0, 12, 0, 1}, {INFINITY, last, last, last + 1}, {NAN, 0, 0, 2}};
    struct setting setting;
    set_up(&setting);
    for (size_t k = 0; k < sizeof least / sizeof *least; k++) {
        struct fg_summary told = setting.found, back;
        told.min_loss = least[k].loss;
        told.min_i = least[k].i;
        told.min_j = least[k].j;
        struct fg_tile_mark mark =
            fg_tile_mark_of(setup_hash, &setting.tile, least[k].n_r, &setting.cells, true, &told);
        back = fg_tile_mark_found(&mark, &setting.tile, least[k].n_r);
        assert_memory_equal(&back.min_loss, &told.min_loss, sizeof told.min_loss);
        assert_true(back.min_i == told.min_i && back.min_j == told.min_j);
        assert_int_equal(back.direct_fallback_cells, told.direct_fallback_cells);
        assert_memory_equal(back.flags, told.flags, sizeof told.flags);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mark_fits_its_own_values),
        cmocka_unit_test(a_mark_notices_every_flipped_bit),
        cmocka_unit_test(flags_that_are_not_stored_do_not_count),
        cmocka_unit_test(the_checksum_follows_the_header_for_every_set_of_fields),
        cmocka_unit_test(a_mark_of_another_tile_does_not_fit),
        cmocka_unit_test(a_mark_of_another_setup_does_not_fit),
        cmocka_unit_test(a_checksum_is_never_0),
        cmocka_unit_test(what_was_found_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
