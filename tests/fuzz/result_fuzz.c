/* Any bytes as a result file: what is accepted keeps to the limits, all its values can be read and verified;
 * what is refused leaves one line. HDF5 crashes over many files, as may be, in its child. */
#define _GNU_SOURCE /* mkstemp, and memfd_create of fuzz.h */
#include "fuzz.h"

#include <math.h>

#include "fishergrid/merge.h"
#include "fishergrid/result.h"
#include "fishergrid/verify.h"

/* The child tells by its end that HDF5 crashed; sanitizers need not. The child has no limit of its memory
 * under the address sanitizer, but no file needs an allocation like that. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=512";
}

/* HDF5 wants a file with a name, in memory where there is such a directory. */
static struct memory_file named_file(const void *bytes, size_t size)
{
    struct memory_file file = {.path = "/dev/shm/fuzz-XXXXXX"};
    if ((file.descriptor = mkstemp(file.path)) < 0) {
        strcpy(file.path, P_tmpdir "/fuzz-XXXXXX");
        file.descriptor = mkstemp(file.path);
    }
    require(file.descriptor >= 0, "a temporary file");
    require(write(file.descriptor, bytes, size) == (ssize_t)size, "room in the file");
    return file;
}

/* More would take long, and find nothing new. */
enum { MOST_TILES = 1000, MOST_SAMPLES = 1000 };

static void require_good_setup(const struct fg_setup *setup)
{
    struct fg_setup again = {.n_data = 0};
    struct fg_setup_value value;
    struct fg_setup_difference difference;
    for (size_t k = 0; k < fg_setup_size(setup); k++) {
        fg_setup_get(setup, k, &value);
        require(fg_setup_set(&again, k, &value, NULL) == FG_OK, "a setup may have what it has");
    }
    require(!fg_setup_differ(setup, &again, &difference), "and nothing of it is lost");
    require(fg_setup_cut(&again, NULL) == FG_OK && fg_grid_cells(&again.grid) > 0, "it makes a grid");
    require(memcmp(&again.grid, &setup->grid, sizeof again.grid) == 0, "always the same");
    require(fabs(setup->phi.low) <= FG_AXIS_BOUND && fabs(setup->r.high) <= FG_AXIS_BOUND,
            "axes are within their limits");
    require(setup->n_data >= 1 && setup->n_data <= FG_DATA_MAX, "there are 1 to 64 data sets");
    for (size_t s = 0; s < setup->n_data; s++)
        require(fg_dataset_check_name(setup->data[s].name, NULL) == FG_OK, "which have good names");
}

static void require_good_data(const struct fg_result *result, size_t s)
{
    const struct fg_result_data *data = &result->data[s];
    const uint64_t n = result->setup.data[s].n;
    require(n >= 1 && n <= (uint64_t)FG_SAMPLES_MAX, "a data set has samples");
    require(data->fields != 0 && (data->fields & ~(fg_field_set)FG_ALL_FIELDS) == 0, "and fields");
    require(n * 17 <= result->bytes, "which the file has room for");
    for (int f = 0; f < FG_N_FIELDS; f++)
        require(data->relative_error[f] >= 0 && isfinite(data->relative_error[f]), "errors are numbers");
}

static void require_good(const struct fg_result *result, size_t size)
{
    const uint64_t cells = fg_grid_cells(&result->setup.grid);
    require(result->bytes == size, "the file has its size");
    require_good_setup(&result->setup);
    require(result->packed || cells <= size, "the file has room for the cells");
    require(result->setup.grid.tiling.n <= cells, "no tile is empty");
    for (size_t s = 0; s < result->setup.n_data; s++)
        require_good_data(result, s);
}

/* In a file that does not change, only what is missing keeps it from being verified. */
static void require_verifiable(const struct fg_result *result, size_t s)
{
    const struct fg_verify_options options = {.cells = 4, .seed = 0, .threads = 1};
    struct fg_verify_report report;
    struct fg_error error = {0};
    uint64_t done = 0;
    const size_t tiles = result->setup.grid.tiling.n;
    if (tiles > MOST_TILES || result->setup.data[s].n > MOST_SAMPLES)
        return;
    require(fg_result_count_tiles(result, s, &done, &error) == FG_OK, "tiles can be counted");
    require(done <= tiles, "and are not more than there are");
    const enum fg_status status = fg_verify_data(result, s, &options, &report, &error);
    if (status == FG_OK)
        require(report.tiles_done == done, "all of them are verified");
    else
        require(status == FG_BAD_INPUT && result->packed, error.text);
}

/* It is all parts of a grid where it is the only one. */
static void require_plan(struct fg_result *result)
{
    struct fg_setup whole;
    struct fg_error error = {0};
    const enum fg_status status = fg_merge_plan(&result, 1, &whole, &error);
    if (status == FG_OK)
        require(result->setup.parts == 1 && whole.parts == 0 && whole.grid.phi.n == result->setup.grid.phi.n,
                "a single part is the whole");
    else
        require_message(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct fg_result *result;
    struct fg_error error = {0};
    struct fg_file_report report;
    const struct memory_file file = named_file(bytes, size);
    const enum fg_status status = fg_result_open(&result, file.path, &error);
    if (status == FG_OK) {
        require_good(result, size);
        require(fg_verify_file(result, &report, &error) == FG_OK, "the file can be verified");
        for (size_t s = 0; s < result->setup.n_data; s++)
            require_verifiable(result, s);
        require_plan(result);
    } else {
        require(status == FG_BAD_INPUT, "a file fails for what is in it");
        require_message(&error);
    }
    fg_result_close(&result);
    close(file.descriptor);
    unlink(file.path);
    return 0;
}
