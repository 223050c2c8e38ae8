/* Any bytes as a result file: what is accepted keeps to the limits, all its values can be read and verified;
 * what is refused leaves one line.
 *
 * HDF5 crashes over many files, as may be, in its child. What it brings back may be anything, too: an input
 * ends with lies, each a place in the contents and a value that is put there, and their number in a last
 * byte. */
#define _GNU_SOURCE /* mkstemp, and memfd_create of fuzz.h */
#include "fuzz.h"

#include <math.h>

#include "contents.h"
#include "fishergrid/result.h"
#include "fishergrid/verify.h"
#include "sandbox.h"

enum { LIE = 10, MOST_LIES = 7 }; /* bytes: a word of the contents in 2, its value in 8 */

/* Those of the input that is being run. */
static const uint8_t *lies;
static size_t n_lies;

/* What ld calls in the place of fg_sandbox_run, and that itself (--wrap). */
enum fg_status __real_fg_sandbox_run(fg_sandbox_work *work, void *shared, const struct fg_sandbox_limits *limits,
                                const char *path, struct fg_error *error);
enum fg_status __wrap_fg_sandbox_run(fg_sandbox_work *work, void *shared, const struct fg_sandbox_limits *limits,
                                const char *path, struct fg_error *error);
enum fg_status __wrap_fg_sandbox_run(fg_sandbox_work *work, void *shared, const struct fg_sandbox_limits *limits,
                                const char *path, struct fg_error *error)
{
    const enum fg_status status = __real_fg_sandbox_run(work, shared, limits, path, error);
    for (size_t l = 0; l < n_lies && work == fg_contents_read; l++) {
        const size_t first = offsetof(struct fg_contents, complete) / 8,
                     words = sizeof(struct fg_contents) / 8;
        const size_t word = (size_t)(lies[LIE * l] | lies[LIE * l + 1] << 8) % (words - first);
        memcpy((char *)shared + 8 * (first + word), lies + LIE * l + 2, 8);
    }
    return status;
}

/* The child tells by its end that HDF5 crashed; sanitizers need not. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
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

static bool is_piece(const struct fg_axis *axis)
{
    return axis->whole == 0 || (axis->first < axis->whole && axis->n <= axis->whole - axis->first);
}

static void require_good_data(const struct fg_result *result, size_t s)
{
    const struct fg_result_data *data = &result->data[s];
    require(fg_dataset_check_name(data->name, NULL) == FG_OK, "a data set has a good name");
    require(data->n >= 1 && data->n <= (size_t)FG_SAMPLES_MAX, "and samples");
    require(data->fields != 0 && (data->fields & ~(fg_field_set)FG_ALL_FIELDS) == 0, "and fields");
    require(data->n * 17 <= result->bytes, "which the file has room for");
}

static void require_good(const struct fg_result *result, size_t size)
{
    const uint64_t cells = (uint64_t)result->phi.n * result->r.n;
    require(result->bytes == size, "the file has its size");
    require(result->phi.n >= 1 && result->phi.n <= (size_t)FG_AXIS_MAX && is_piece(&result->phi) &&
                result->r.n >= 1 && result->r.n <= (size_t)FG_AXIS_MAX && is_piece(&result->r),
            "axes are within their limits");
    require(fabs(result->phi.low) <= FG_AXIS_BOUND && fabs(result->r.high) <= FG_AXIS_BOUND,
            "and their ends");
    require(result->packed || cells <= size, "the file has room for the cells");
    require(result->tiling.n <= cells, "no tile is empty");
    require(result->n_data >= 1 && result->n_data <= FG_RESULT_DATA_MAX, "1 to 64 data sets");
    for (size_t s = 0; s < result->n_data; s++)
        require_good_data(result, s);
}

/* In a file that does not change, only what is missing keeps it from being verified. */
static void require_verifiable(const struct fg_result *result, size_t s)
{
    const struct fg_verify_choice choice = {.cells = 4, .seed = 0, .threads = 1};
    struct fg_verdict verdict;
    struct fg_error error = {0};
    uint64_t done = 0;
    if (result->tiling.n > MOST_TILES || result->data[s].n > MOST_SAMPLES)
        return;
    require(fg_result_count_tiles(result, s, &done, &error) == FG_OK, "tiles can be counted");
    require(done <= result->tiling.n, "and are not more than there are");
    const enum fg_status status = fg_verify_data(result, s, &choice, &verdict, &error);
    if (status == FG_OK)
        require(verdict.tiles_done == done, "all of them are verified");
    else
        require(status == FG_BAD_INPUT && (result->packed || result->tiling.n == 0), error.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    n_lies = size > 0 ? bytes[size - 1] % (MOST_LIES + 1) : 0;
    if (size < 1 + LIE * n_lies)
        return 0;
    size -= 1 + LIE * n_lies;
    lies = bytes + size;
    struct fg_result result;
    struct fg_error error = {0};
    struct fg_check check[FG_N_FILE_CHECKS];
    char mistake[FG_MISTAKE_MAX];
    const struct memory_file file = named_file(bytes, size);
    const enum fg_status status = fg_result_open(&result, file.path, &error);
    if (status == FG_OK) {
        require_good(&result, size);
        require(fg_verify_file(&result, check, mistake, &error) == FG_OK, "the file can be verified");
        for (size_t s = 0; s < result.n_data; s++)
            require_verifiable(&result, s);
        fg_result_close(&result);
    } else {
        require(status == FG_BAD_INPUT, "a file fails for what is in it");
        require_message(&error);
    }
    char *identity = NULL;
    if (fg_result_read_identity(file.path, &identity, &error) == FG_OK)
        require(strlen(identity) <= FG_RESULT_TEXT_MAX, "an identity is bounded");
    free(identity);
    close(file.descriptor);
    unlink(file.path);
    return 0;
}
