/* Tests merging: the parts make the file of the whole grid, and a changed part is named. */
#define _GNU_SOURCE /* mkdtemp, vasprintf */
#include "failing_memory.h"
#include "small_run.h"

/* A run in n parts: 1 to SMALL_TILES. */
struct parts {
    size_t n;
    struct fg_result *part[SMALL_TILES];
};

static struct parts make_parts(struct small_run *run, size_t n)
{
    struct parts parts = {.n = n};
    for (size_t k = 0; k < n; k++) {
        char name[64], path[SMALL_PATH];
        snprintf(name, sizeof name, "%zu_of_%zu.h5", k + 1, n);
        small_run_write_part(run, small_run_file(run, name, path), k + 1, n);
        parts.part[k] = open_or_fail(path);
    }
    return parts;
}

static void free_parts(struct parts *parts)
{
    for (size_t k = 0; k < parts->n; k++)
        fg_result_close(&parts->part[k]);
}

static void parts_make_the_whole_with_any_number_of_threads(void **state)
{
    struct small_run *run = *state;
    const size_t numbers[] = {1, 3, SMALL_TILES};
    struct small_grid whole, merged;
    struct fg_summary summary[SMALL_DATA];
    struct fg_error error;
    small_run_compute(run, &whole);
    memcpy(summary, run->summary, sizeof summary);
    for (size_t m = 0; m < sizeof numbers / sizeof *numbers; m++) {
        struct parts parts = make_parts(run, numbers[m]);
        for (int threads = 1; threads <= 3; threads += 2) {
            const struct fg_sink sink = small_grid_sink(&merged);
            assert_done(small_run_merge(run, parts.part, parts.n, threads, &sink, NULL, &error), &error);
            assert_same_grids(&merged, &whole);
            for (size_t s = 0; s < SMALL_DATA; s++)
                assert_same_summary(&run->summary[s], &summary[s]);
        }
        free_parts(&parts);
    }
}

static void a_merged_file_is_that_of_the_sweep(void **state)
{
    struct small_run *run = *state;
    struct parts parts = make_parts(run, 3);
    struct fg_writer *writer;
    struct fg_error error;
    char path[SMALL_PATH];
    small_run_write(run, small_run_file(run, "other.h5", path));
    assert_done(small_run_create(run, run->path, false, &writer, &error), &error);
    const struct fg_sink sink = fg_writer_sink(writer);
    assert_done(small_run_merge(run, parts.part, parts.n, 3, &sink, NULL, &error), &error);
    small_run_end(run, &writer);
    assert_same_files(run->path, path);
    free_parts(&parts);
}

/* The second of 3 parts has tiles 2, 3 and 4. */
static void a_changed_byte_is_refused_with_part_and_tile(void **state)
{
    struct small_run *run = *state;
    struct parts parts = make_parts(run, 3);
    const struct fg_result *part = parts.part[1];
    const struct fg_layout_data *at = &map_of(part)->data[1];
    const uint64_t places[] = {at->field[FG_LOSS] + SMALL_TILE_CELLS * sizeof(double),
                               at->field[FG_NATURAL_GRADIENT_FLAG] + 2 * SMALL_TILE_CELLS - 1,
                               at->column[COLUMN_MARK + MARK_CHECKSUM] + sizeof(uint64_t),
                               at->column[COLUMN_MARK + MARK_UNDEFINED] + sizeof(uint64_t)};
    struct small_grid merged;
    struct fg_error error;
    char words[SMALL_PATH + 40];
    snprintf(words, sizeof words, "%s: tile 1 of data set alone", part->path);
    const struct fg_sink sink = small_grid_sink(&merged);
    for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
        file_flip(part->path, places[p]);
        for (int threads = 1; threads <= 3; threads += 2)
            assert_refused(small_run_merge(run, parts.part, parts.n, threads, &sink, NULL, &error),
                           FG_BAD_INPUT, &error, words);
        file_flip(part->path, places[p]);
    }
    assert_done(small_run_merge(run, parts.part, parts.n, 3, &sink, NULL, &error), &error);
    free_parts(&parts);
}

/* The `has` of a sink that has all tiles. Stores an invented summary. */
static bool has_all(void *context, size_t data, const struct fg_tile *tile, const struct fg_cells *cells,
                    struct fg_summary *found)
{
    (void)context, (void)cells;
    *found = (struct fg_summary){.min_loss = 7, .min_i = tile->i0, .flags = {{[FG_REGULAR] = data + 1}}};
    return true;
}

static void tiles_that_the_sink_has_are_neither_read_nor_put(void **state)
{
    struct small_run *run = *state;
    struct parts parts = make_parts(run, 3);
    struct fg_error error;
    file_flip(parts.part[2]->path, map_of(parts.part[2])->data[0].field[FG_LOSS]);
    const struct fg_sink sink = {.put = NULL, .has = has_all};
    assert_done(small_run_merge(run, parts.part, parts.n, 2, &sink, NULL, &error), &error);
    for (size_t s = 0; s < SMALL_DATA; s++) {
        assert_int_equal(run->summary[s].flags[0][FG_REGULAR], SMALL_TILES * (s + 1));
        assert_true(run->summary[s].min_loss == 7 && run->summary[s].min_i == 0);
    }
    free_parts(&parts);
}

/* Threads finish the tile they have begun before they stop. */
static void the_watcher_stops_the_merge(void **state)
{
    struct small_run *run = *state;
    struct parts parts = make_parts(run, 3);
    for (size_t threads = 1; threads <= 3; threads += 2) {
        atomic_size_t left = 5;
        const struct fg_watcher watcher = small_stop(&left);
        struct small_grid merged;
        struct fg_error error;
        size_t done = 0;
        const struct fg_sink sink = small_grid_sink(&merged);
        assert_refused(small_run_merge(run, parts.part, parts.n, (int)threads, &sink, &watcher, &error),
                       FG_INTERRUPTED, &error, "stopped before the end");
        for (size_t k = 0; k < SMALL_DATA * SMALL_TILES; k++)
            done += merged.flag[k / SMALL_TILES][0][k % SMALL_TILES * SMALL_TILE_CELLS] != FG_NOT_COMPUTED;
        assert_in_range(done, 5, 5 + threads - 1);
    }
    free_parts(&parts);
}

struct merging {
    struct small_run *run;
    struct parts parts;
    int threads;
};

static enum fg_status merge_once(void *context, struct fg_error *error)
{
    struct merging *merging = context;
    struct small_grid merged;
    const struct fg_sink sink = small_grid_sink(&merged);
    return small_run_merge(merging->run, merging->parts.part, merging->parts.n, merging->threads, &sink, NULL,
                           error);
}

static void every_thread_needs_memory(void **state)
{
    struct merging merging = {.run = *state, .parts = make_parts(*state, 3)};
    for (merging.threads = 1; merging.threads <= 3; merging.threads++)
        assert_int_equal(allocations_needed(merge_once, &merging), merging.threads);
    free_parts(&merging.parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        small_run_test(parts_make_the_whole_with_any_number_of_threads),
        small_run_test(a_merged_file_is_that_of_the_sweep),
        small_run_test(a_changed_byte_is_refused_with_part_and_tile),
        small_run_test(tiles_that_the_sink_has_are_neither_read_nor_put),
        small_run_test(the_watcher_stops_the_merge),
        small_run_test(every_thread_needs_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
