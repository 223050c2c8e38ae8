/* Tests the marks of tiles: a mark fits the values it was computed from, and no others. */
#include "tile_marks.h"

#include "check.h"
#include "hash.h"

enum { N_R = 5, ROWS = 3, CELLS = ROWS * N_R, NATURAL = FG_FLAG(FG_NATURAL_GRADIENT_FLAG) };

/* Hash of the setup. With this seed, fg_hash_bytes of tile number 4 is 4; see a_checksum_is_never_0. */
static const uint64_t setup_hash = 0x395f5c815057c684;

/* A tile with a value of its own in every cell of every field. */
struct setting {
    double values[FG_N_REAL_FIELDS][CELLS];
    unsigned char flags[FG_N_FLAG_FIELDS][CELLS];
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
                  .flags = {[NATURAL] = {0, 9, 3, 2, 1}}, /* regular, recomputed, undefined, overflow */
                  .min_loss = 0.25,
                  .min_i = 13,
                  .min_j = 2}};
    for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
        setting->cells.field[f] = setting->values[f];
        for (size_t c = 0; c < CELLS; c++)
            setting->values[f][c] = between(&random, -1, 1);
    }
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++) {
        setting->cells.flag[f] = setting->flags[f];
        memset(setting->flags[f], FG_REGULAR + f, CELLS);
        if (f != NATURAL)
            setting->found.flags[f][FG_REGULAR + f] = CELLS;
    }
}

static struct fg_tile_mark mark_of(const struct setting *setting)
{
    return fg_tile_mark_of(setup_hash, &setting->tile, N_R, &setting->cells, &setting->found);
}

static void a_mark_fits_its_own_values(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting);
    const struct fg_tile_mark mark = mark_of(&setting);
    assert_true(fg_tile_mark_fits(setup_hash, &mark, &setting.tile, &setting.cells));
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++) {
        struct fg_cells others = setting.cells;
        others.flag[f] = NULL;
        assert_false(fg_tile_mark_fits(setup_hash, &mark, &setting.tile, &others));
    }
}

/* Returns how many single bits of bytes[n] can be flipped without the mark noticing. */
static size_t unnoticed(const struct fg_tile_mark *mark, const struct setting *setting, void *bytes, size_t n)
{
    size_t count = 0;
    for (size_t bit = 0; bit < 8 * n; bit++) {
        unsigned char *byte = (unsigned char *)bytes + bit / 8, flip = (unsigned char)(1u << bit % 8);
        *byte ^= flip;
        count += fg_tile_mark_fits(setup_hash, mark, &setting->tile, &setting->cells);
        *byte ^= flip;
    }
    return count;
}

static void a_mark_notices_every_flipped_bit(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting);
    struct fg_tile_mark mark = mark_of(&setting);
    assert_int_equal(unnoticed(&mark, &setting, setting.values, sizeof setting.values), 0);
    assert_int_equal(unnoticed(&mark, &setting, setting.flags, sizeof setting.flags), 0);
    assert_int_equal(unnoticed(&mark, &setting, mark.word, sizeof mark.word), 0);
}

static void flags_that_are_not_stored_do_not_count(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting);
    for (int f = 0; f < FG_N_FLAG_FIELDS; f++)
        setting.cells.flag[f] = NULL;
    struct fg_tile_mark mark = mark_of(&setting);
    assert_int_equal(unnoticed(&mark, &setting, setting.flags, sizeof setting.flags),
                     8 * sizeof setting.flags);
}

/* Files store the checksum, so it must not change. Fields that are NULL do not count. */
static void the_checksum_follows_the_header_for_every_set_of_fields(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting);
    uint64_t random = 7;
    for (int k = 0; k < 1000; k++) {
        const fg_field_set set = (fg_field_set)between(&random, 0, FG_ALL_FIELDS + 1.0);
        const uint64_t number = fg_hash_bytes(&setting.tile.number, sizeof(uint64_t), setup_hash);
        for (int f = 0; f < FG_N_REAL_FIELDS; f++)
            setting.cells.field[f] = set >> f & 1 ? setting.values[f] : NULL;
        for (int f = FG_N_REAL_FIELDS; f < FG_N_FIELDS; f++)
            setting.cells.flag[FG_FLAG(f)] = set >> f & 1 ? setting.flags[FG_FLAG(f)] : NULL;
        struct fg_tile_mark mark = mark_of(&setting);
        uint64_t sum = fg_hash_bytes(&mark.word[1], (MARK_WORDS - 1) * sizeof *mark.word, number);
        for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
            if (set >> f & 1)
                sum = fg_hash_bytes(setting.values[f], sizeof setting.values[f], sum);
        }
        for (int f = FG_N_REAL_FIELDS; f < FG_N_FIELDS; f++) {
            if (set >> f & 1)
                sum = fg_hash_bytes(setting.flags[FG_FLAG(f)], CELLS, sum);
        }
        assert_true(mark.word[MARK_CHECKSUM] == sum);
    }
}

static void a_mark_of_another_tile_does_not_fit(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting);
    struct fg_tile_mark mark = mark_of(&setting);
    for (size_t number = 0; number < 1000; number++) {
        setting.tile.number = number;
        assert_int_equal(fg_tile_mark_fits(setup_hash, &mark, &setting.tile, &setting.cells), number == 4);
    }
}

static void a_mark_of_another_setup_does_not_fit(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting);
    struct fg_tile_mark mark = mark_of(&setting);
    for (int bit = 0; bit < 64; bit++)
        assert_false(fg_tile_mark_fits(setup_hash ^ 1ull << bit, &mark, &setting.tile, &setting.cells));
}

/* The last two counts are from inverting XXH3: the hash of these words with seed 4 is 0. */
static void a_checksum_is_never_0(void **state)
{
    (void)state;
    struct setting setting;
    set_up(&setting);
    setting.found = (struct fg_summary){
        .min_loss = 0.5,
        .min_i = 12,
        .min_j = 1,
        .flags = {[NATURAL] = {[FG_RECOMPUTED] = 2, [FG_UNDEFINED] = 3, [FG_OVERFLOW] = 0xdb979083e96dd4e3}},
        .direct_fallback_cells = 0x4988087d740b95e0};
    setting.cells = (struct fg_cells){{NULL}, {NULL}};
    struct fg_tile_mark mark = mark_of(&setting);
    assert_true(fg_tile_mark_begin(setup_hash, &mark, setting.tile.number) ==
                0); /* all that there is to hash */
    assert_true(mark.word[MARK_CHECKSUM] == 1);
    assert_true(fg_tile_mark_fits(setup_hash, &mark, &setting.tile, &setting.cells));
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
            fg_tile_mark_of(setup_hash, &setting.tile, least[k].n_r, &setting.cells, &told);
        back = fg_tile_mark_found(&mark, &setting.tile, least[k].n_r, &setting.cells);
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
