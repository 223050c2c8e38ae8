/* Any bytes as a CSV file: what is accepted is a good data set and comes back from its own digits; what is
 * refused leaves nothing but a line that says where. */
#define _GNU_SOURCE /* memfd_create, open_memstream */
#include "fuzz.h"

#include <math.h>

#include "fishergrid/dataset.h"

static enum fg_status read_bytes(struct fg_dataset *data, const void *bytes, size_t size,
                                 struct fg_error *error)
{
    const struct memory_file file = memory_file(bytes, size);
    const enum fg_status status = fg_dataset_read_csv(data, "data", file.path, 1, error);
    close(file.descriptor);
    return status;
}

/* Lines that `bytes` begin, the last of which may be empty, and the bytes of the longest, its end aside. */
struct shape {
    size_t lines, longest;
};

static struct shape shape_of(const uint8_t *bytes, size_t size)
{
    struct shape shape = {.lines = 1};
    for (size_t b = 0, begin = 0; b <= size; b++) {
        if (b < size && bytes[b] != '\n')
            continue;
        const bool crlf = b < size && b > begin && bytes[b - 1] == '\r';
        const size_t length = b - begin - crlf;
        shape.longest = length > shape.longest ? length : shape.longest;
        shape.lines += b < size;
        begin = b + 1;
    }
    return shape;
}

static void require_good(const struct fg_dataset *data, const struct shape *shape)
{
    require(strcmp(data->name, "data") == 0, "it has its name");
    require(data->n >= 1 && data->n < shape->lines,
            "1 sample at least, and none without a line behind the header");
    require(shape->longest <= 1023, "no line has more than 1023 bytes");
    for (size_t k = 0; k < data->n; k++) {
        require(fabs(data->x0[k]) <= FG_COORDINATE_MAX, "x0 is a number within the limits");
        require(fabs(data->x1[k]) <= FG_COORDINATE_MAX, "x1 is a number within the limits");
        require(data->y[k] <= 1, "a label is 0 or 1");
    }
}

/* 17 digits tell every double from every other. */
static void require_round_trip(const struct fg_dataset *data)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    require(stream && fputs("x0,x1,y\n", stream) >= 0, "memory for a text");
    for (size_t k = 0; k < data->n; k++)
        fprintf(stream, "%.17g,%.17g,%d\n", data->x0[k], data->x1[k], data->y[k]);
    require(fclose(stream) == 0, "memory for a text");

    struct fg_dataset again = {0};
    require(read_bytes(&again, text, size, NULL) == FG_OK, "what was accepted is accepted again");
    require(again.n == data->n && memcmp(again.x0, data->x0, data->n * sizeof *data->x0) == 0 &&
                memcmp(again.x1, data->x1, data->n * sizeof *data->x1) == 0 &&
                memcmp(again.y, data->y, data->n) == 0,
            "the same bits come back");
    fg_dataset_free(&again);
    free(text);
}

static void require_refusal(const struct fg_dataset *data, enum fg_status status,
                            const struct fg_error *error, const struct shape *shape)
{
    size_t line = 0, column = 0;
    require(status == FG_BAD_INPUT, "a file that can be read fails for what is in it");
    require_message(error);
    require(sscanf(error->text, "/proc/self/fd/%*d:%zu:%zu: ", &line, &column) == 2, "it says where");
    require(line >= 1 && line <= shape->lines + 1 && column >= 1, "a place in the file, or right behind it");
    require(data->n == 0 && !data->x0 && !data->x1 && !data->y && !data->name[0], "nothing is left");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct fg_dataset data = {0};
    struct fg_error error = {0};
    const struct shape shape = shape_of(bytes, size);
    const enum fg_status status = read_bytes(&data, bytes, size, &error);
    if (status == FG_OK) {
        require_good(&data, &shape);
        require_round_trip(&data);
    } else {
        require_refusal(&data, status, &error, &shape);
    }
    fg_dataset_free(&data);
    return 0;
}
