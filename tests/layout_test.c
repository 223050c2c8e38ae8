/* Tests the layout: arrays do not overlap, HDF5 finds them, and completing a file changes only marks. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp, nanosleep */
#include "small_run.h"

#include <time.h>

enum { ARRAYS = LAYOUT_ARRAYS_MAX(SMALL_DATA) };

/* Makes the file of the run and lists its arrays. The caller frees the map. */
static struct fg_layout_map *lay_out(const struct small_run *run, const char *path,
                                     struct fg_layout_range arrays[ARRAYS])
{
    struct fg_error error;
    struct fg_layout_map *map = calloc(1, sizeof *map);
    assert_done(small_run_lay_out(run, path, map, &error), &error);
    assert_int_equal(small_run_arrays(run, map, arrays), ARRAYS);
    return map;
}

static void arrays_are_sorted_and_apart_and_inside_the_file(void **state)
{
    const struct small_run *run = *state;
    struct fg_layout_range arrays[ARRAYS];
    size_t bytes;
    free(lay_out(run, run->path, arrays));
    free(file_bytes(run->path, &bytes));
    assert_true(arrays[0].offset > 0);
    for (size_t a = 1; a < ARRAYS; a++)
        assert_true(arrays[a - 1].offset + arrays[a - 1].bytes <= arrays[a].offset);
    assert_true(arrays[ARRAYS - 1].offset + arrays[ARRAYS - 1].bytes <= bytes);
    assert_int_equal(bytes, small_run_bytes(run));
}

/* Checks that HDF5 has the values of a dataset at `offset`, and that `arrays` lists these bytes. */
static void check_place(hid_t file, const struct fg_layout_range *arrays, uint64_t offset, const char *format,
                        ...)
{
    char name[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    if (dataset < 0 || H5Dget_offset(dataset) != offset)
        fail_msg("%s is not at %llu", name, (unsigned long long)offset);
    while (arrays->offset != offset)
        arrays++;
    assert_int_equal(arrays->bytes, H5Dget_storage_size(dataset));
    H5Dclose(dataset);
}

static void offsets_are_those_that_hdf5_tells(void **state)
{
    const struct small_run *run = *state;
    struct fg_layout_range arrays[ARRAYS];
    struct fg_layout_map *map = lay_out(run, run->path, arrays);
    hid_t file = H5Fopen(run->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    check_place(file, arrays, map->phi, "/phi");
    check_place(file, arrays, map->r, "/r");
    check_place(file, arrays, map->layout_hash, LAYOUT_SETUP "/" LAYOUT_HASH);
    check_place(file, arrays, map->metadata_hash, "/entry/" LAYOUT_METADATA_HASH);
    for (size_t s = 0; s < SMALL_DATA; s++) {
        const struct fg_layout_data *at = &map->data[s];
        const char *data = run->data[s].name;
        for (int f = 0; f < FG_N_FIELDS; f++)
            check_place(file, arrays, at->field[f], "/%s_%s", fg_field_info[f].name, data);
        for (int c = 0; c < LAYOUT_COLUMNS; c++)
            check_place(file, arrays, at->column[c], "/entry/%s%s/%s", fg_layout_column[c].table, data,
                        fg_layout_column[c].name);
    }
    assert_true(H5Fclose(file) >= 0);
    free(map);
}

static void real_fields_begin_on_pages_and_fields_left_out_nowhere(void **state)
{
    struct small_run *run = *state;
    struct fg_layout_range arrays[ARRAYS];
    struct fg_layout_map *map = calloc(1, sizeof *map);
    small_run_choose_fields(run, FG_ALL_FIELDS & ~(1u << FG_GRADIENT_R));
    assert_int_equal(small_run_lay_out(run, run->path, map, NULL), FG_OK);
    assert_int_equal(small_run_arrays(run, map, arrays), ARRAYS - SMALL_DATA);
    for (size_t s = 0; s < SMALL_DATA; s++) {
        for (int f = 0; f < FG_N_REAL_FIELDS; f++) {
            assert_int_equal(map->data[s].field[f] > 0, f != FG_GRADIENT_R);
            assert_int_equal(map->data[s].field[f] % 4096, 0);
        }
    }
    free(map);
}

/* The second file is made in another second, so a time in it would make a difference. */
static void the_same_specification_makes_the_same_bytes(void **state)
{
    const struct small_run *run = *state;
    const struct timespec pause = {.tv_nsec = 10000000};
    struct fg_layout_range arrays[2][ARRAYS];
    char path[SMALL_PATH];
    free(lay_out(run, run->path, arrays[0]));
    for (time_t second = time(NULL); time(NULL) == second;)
        nanosleep(&pause, NULL);
    free(lay_out(run, small_run_file(run, "other.h5", path), arrays[1]));
    assert_same_files(run->path, path);
    assert_memory_equal(arrays[0], arrays[1], sizeof arrays[0]);
}

/* Completes the layout with a summary. */
static enum fg_status complete(const char *path, const char *summary, struct fg_error *error)
{
    hid_t file;
    assert_done(fg_layout_open(path, &file, error), error);
    return fg_layout_complete(&file, SMALL_END_TIME, summary, error);
}

/* Returns the offset of a text, and stores its length in `n`. */
static uint64_t place_of_text(const char *path, const char *name, uint64_t *n)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), text = H5Dopen2(file, name, H5P_DEFAULT);
    const uint64_t offset = H5Dget_offset(text);
    *n = H5Dget_storage_size(text);
    assert_true(H5Dclose(text) >= 0 && H5Fclose(file) >= 0);
    return offset;
}

/* Beside the two texts, the mark changes (1 byte), and the fill values of real fields (2 bytes of each: those
 * of NaN that are not 0), each with a checksum (4 bytes). */
static void completing_changes_only_the_marks(void **state)
{
    const struct small_run *run = *state;
    struct fg_error error;
    struct fg_layout_range arrays[ARRAYS], *array = arrays;
    size_t n, n_after, changed = 0;
    uint64_t end_time, end_time_n, summary, summary_n;
    free(lay_out(run, run->path, arrays));
    char *before = file_bytes(run->path, &n);
    end_time = place_of_text(run->path, LAYOUT_END_TIME, &end_time_n);
    summary = place_of_text(run->path, LAYOUT_SUMMARY, &summary_n);
    assert_refused(fg_layout_check_complete(run->path, &error), FG_FAILED, &error, "mark of completeness");
    assert_done(complete(run->path, SMALL_SUMMARY, &error), &error);
    assert_done(fg_layout_check_complete(run->path, &error), &error);
    char *after = file_bytes(run->path, &n_after);
    assert_int_equal(n_after, n);
    for (size_t k = 0; k < n; k++) {
        while (array < arrays + ARRAYS && k >= array->offset + array->bytes)
            array++;
        const bool is_value = array < arrays + ARRAYS && k >= array->offset;
        const bool is_text = k - end_time < end_time_n || k - summary < summary_n;
        assert_true(before[k] == after[k] || !is_value);
        changed += before[k] != after[k] && !is_text;
    }
    assert_in_range(changed, 1, (1 + 4) + SMALL_DATA * FG_N_REAL_FIELDS * (2 + 4));
    free(before);
    free(after);
}

static void a_summary_fills_its_room_and_no_more(void **state)
{
    const struct small_run *run = *state;
    struct fg_layout_range arrays[ARRAYS];
    struct fg_error error;
    char summary[FG_SUMMARY_MAX(SMALL_DATA) + 2] = {0};
    memset(summary, '!', FG_SUMMARY_MAX(SMALL_DATA) + 1);
    free(lay_out(run, run->path, arrays));
    assert_refused(complete(run->path, summary, &error), FG_FAILED, &error, LAYOUT_SUMMARY);
    assert_int_equal(fg_layout_check_complete(run->path, NULL), FG_FAILED);
    summary[FG_SUMMARY_MAX(SMALL_DATA)] = '\0';
    assert_done(complete(run->path, summary, &error), &error);
}

/* The error names the first object that cannot be made, and later objects do not crash. */
static void a_layout_that_cannot_be_made_says_where(void **state)
{
    struct small_run *run = *state;
    struct fg_layout_map map;
    struct fg_error error;
    char path[SMALL_PATH];
    small_run_file(run, "no/such/directory.h5", path);
    assert_refused(small_run_lay_out(run, path, &map, &error), FG_FAILED, &error, "at the file: ");
    strcpy(run->setup.data[1].name, run->setup.data[0].name); /* fields of the same names */
    assert_refused(small_run_lay_out(run, run->path, &map, &error), FG_FAILED, &error, "at loss_A: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        small_run_test(arrays_are_sorted_and_apart_and_inside_the_file),
        small_run_test(offsets_are_those_that_hdf5_tells),
        small_run_test(real_fields_begin_on_pages_and_fields_left_out_nowhere),
        small_run_test(the_same_specification_makes_the_same_bytes),
        small_run_test(completing_changes_only_the_marks),
        small_run_test(a_summary_fills_its_room_and_no_more),
        small_run_test(a_layout_that_cannot_be_made_says_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
