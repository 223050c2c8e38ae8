/* Tests the writer: a file is complete or does not exist, finished tiles are found again, and other files
 * stay. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */
#include "small_run.h"

enum { TILES = SMALL_DATA * SMALL_TILES, DONE = 11 };

static struct fg_writer *create(struct small_run *run, bool force)
{
    struct fg_writer *writer;
    struct fg_error error;
    assert_done(small_run_create(run, run->path, force, &writer, &error), &error);
    return writer;
}

/* Returns whether the writer has tile k, counted through all data sets. */
static bool has(const struct small_run *run, struct fg_writer *writer, size_t k)
{
    const struct fg_sink sink = fg_writer_sink(writer);
    const struct fg_tile tile = small_run_tile(run, k % SMALL_TILES);
    double room[SMALL_TILE_CELLS * (FG_N_REAL_FIELDS + 1)];
    const struct fg_cells cells = fg_cells_at(room, SMALL_TILE_CELLS, FG_ALL_FIELDS);
    struct fg_summary found;
    return sink.has(sink.context, k / SMALL_TILES, &tile, &cells, &found);
}

static void a_finished_file_is_alone_under_its_name(void **state)
{
    struct small_run *run = *state;
    struct fg_writer *writer = create(run, false);
    assert_true(file_exists(run->path, ".part") && file_exists(run->path, ".lock"));
    assert_false(file_exists(run->path, ""));
    assert_int_equal(fg_writer_bytes(writer), small_run_bytes(run));
    small_run_finish(run, 1, &writer);
    assert_null(writer);
    assert_true(file_exists(run->path, ""));
    assert_int_equal(small_run_files(run, NULL), 1);
}

static void threads_and_interruptions_change_no_byte(void **state)
{
    struct small_run *run = *state;
    struct fg_summary summary[SMALL_DATA];
    char path[SMALL_PATH];
    small_run_write(run, small_run_file(run, "other.h5", path));
    memcpy(summary, run->summary, sizeof summary);
    for (int threads = 1; threads <= 4; threads++) {
        if (threads % 2)
            small_run_suspend_after(run, run->path, DONE);
        struct fg_writer *writer = create(run, threads % 2 == 0);
        small_run_finish(run, threads, &writer);
        assert_same_files(run->path, path);
        for (size_t s = 0; s < SMALL_DATA; s++)
            assert_same_summary(&run->summary[s], &summary[s]);
        unlink(run->path);
    }
}

static void a_suspended_file_is_found_with_its_tiles(void **state)
{
    struct small_run *run = *state;
    small_run_suspend_after(run, run->path, DONE);
    assert_int_equal(small_run_files(run, NULL), 1);
    struct fg_writer *writer = create(run, false);
    const struct fg_resumed leftover = fg_writer_resumed(writer);
    assert_true(leftover.found && !leftover.complete && !leftover.abandoned);
    assert_int_equal(leftover.tiles, TILES);
    assert_int_equal(leftover.tiles_done, DONE);
    assert_int_equal(leftover.cells_done, SMALL_CELLS + (DONE - SMALL_TILES) * SMALL_TILE_CELLS);
    for (size_t k = 0; k < TILES; k++)
        assert_int_equal(has(run, writer, k), k < DONE);
    assert_int_equal(fg_writer_sum_damaged(writer), 0);
    assert_int_equal(fg_writer_suspend(&writer, NULL), FG_OK);
}

static void a_changed_byte_is_noticed(void **state)
{
    struct small_run *run = *state;
    struct fg_layout_map *map = calloc(1, sizeof *map);
    char path[SMALL_PATH];
    assert_int_equal(small_run_lay_out(run, small_run_file(run, "layout.h5", path), map, NULL), FG_OK);
    small_run_suspend_after(run, run->path, DONE);
    small_run_file(run, "run.h5.part", path);
    file_flip(path, map->data[0].field[FG_GRADIENT_R] + (2 * SMALL_TILE_CELLS - 1) * sizeof(double));
    file_flip(path, map->data[0].column[COLUMN_MARK + MARK_MIN_LOSS_CELL] + 3 * sizeof(uint64_t));
    file_flip(path, map->data[1].field[FG_NATURAL_GRADIENT_FLAG] + 2 * SMALL_TILE_CELLS);
    struct fg_writer *writer = create(run, false);
    for (size_t k = 0; k < TILES; k++)
        assert_int_equal(has(run, writer, k), k < DONE && k != 1 && k != 3 && k != SMALL_TILES + 2);
    assert_int_equal(fg_writer_sum_damaged(writer), 3);
    assert_int_equal(fg_writer_suspend(&writer, NULL), FG_OK);
    free(map);
}

static void another_run_is_refused_and_leaves_the_file_alone(void **state)
{
    struct small_run *run = *state;
    struct fg_writer *writer;
    struct fg_error error;
    char part[SMALL_PATH];
    size_t n, n_after;
    small_run_suspend_after(run, run->path, DONE);
    char *before = file_bytes(small_run_file(run, "run.h5.part", part), &n);
    small_run_choose_damping(run, 0.5);
    assert_refused(small_run_create(run, run->path, false, &writer, &error), FG_BAD_INPUT, &error,
                   "has another setup or is damaged");
    assert_int_equal(error.remedy, FG_REMEDY_OTHER_SETUP);
    assert_null(writer);
    char *after = file_bytes(part, &n_after);
    assert_int_equal(n_after, n);
    assert_memory_equal(after, before, n);
    assert_int_equal(small_run_files(run, NULL), 1);
    free(before);
    free(after);
}

static void force_starts_afresh(void **state)
{
    struct small_run *run = *state;
    small_run_suspend_after(run, run->path, DONE);
    for (int again = 0; again < 2; again++) { /* over PATH.part, then over PATH */
        struct fg_writer *writer = create(run, true);
        const struct fg_resumed leftover = fg_writer_resumed(writer);
        assert_true(!leftover.found && !leftover.complete && leftover.tiles_done == 0);
        assert_null(fg_writer_sink(writer).has);
        small_run_finish(run, 2, &writer);
        assert_int_equal(small_run_files(run, NULL), 1);
    }
}

static void discarding_leaves_nothing(void **state)
{
    struct small_run *run = *state;
    struct fg_writer *writer = create(run, false);
    fg_writer_discard(&writer);
    fg_writer_discard(&writer);
    assert_null(writer);
    assert_int_equal(small_run_files(run, NULL), 0);
}

static void a_second_writer_is_refused_as_long_as_there_is_one(void **state)
{
    struct small_run *run = *state;
    struct fg_writer *writer = create(run, false), *second;
    struct fg_error error;
    for (int force = 0; force < 2; force++)
        assert_refused(small_run_create(run, run->path, force, &second, &error), FG_BAD_INPUT, &error,
                       "is being written by process");
    assert_null(second);
    small_run_finish(run, 2, &writer);
    assert_int_equal(small_run_files(run, NULL), 1);
}

static void a_finished_file_is_complete_for_the_same_run_as_long_as_it_is_right(void **state)
{
    struct small_run *run = *state;
    struct fg_writer *writer;
    struct fg_error error;
    char path[SMALL_PATH];
    small_run_write(run, run->path);
    small_run_write(run, small_run_file(run, "other.h5", path));
    writer = create(run, false);
    assert_true(fg_writer_resumed(writer).complete);
    assert_int_equal(fg_writer_suspend(&writer, NULL), FG_OK);
    small_run_choose_damping(run, 0.5);
    assert_refused(small_run_create(run, run->path, false, &writer, &error), FG_BAD_INPUT, &error, "exists");
    assert_same_files(run->path, path);
    small_run_choose_damping(run, 0);
    run->result = open_or_fail(run->path);
    file_flip(run->path, map_of(run->result)->data[1].field[FG_LOSS]);
    assert_refused(small_run_create(run, run->path, false, &writer, &error), FG_BAD_INPUT, &error,
                   "has changed since it was written");
    assert_int_equal(small_run_files(run, NULL), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* Tests that fork run before there are threads, because the thread sanitizer requires it. */
        small_run_test(another_run_is_refused_and_leaves_the_file_alone),
        small_run_test(a_finished_file_is_complete_for_the_same_run_as_long_as_it_is_right),
        small_run_test(a_finished_file_is_alone_under_its_name),
        small_run_test(a_suspended_file_is_found_with_its_tiles),
        small_run_test(a_changed_byte_is_noticed),
        small_run_test(threads_and_interruptions_change_no_byte),
        small_run_test(force_starts_afresh),
        small_run_test(discarding_leaves_nothing),
        small_run_test(a_second_writer_is_refused_as_long_as_there_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
