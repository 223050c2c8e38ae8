/* HDF5 File Format Specification 3.0: a reference is a length (4 bytes), the address of a global heap (8) and
 * the index of an object in it (4); III.E: a heap begins with "GCOL", a version (1), 3 bytes, and its size
 * (8), then objects follow: index (2; 0: free space, the last), count of references (2), 4 bytes, size (8),
 * and the bytes, filled up to a multiple of 8. */
#include "vlen_text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "result_read.h"

enum { REFERENCE = 16, HEADER = 16 };

/* Whether n bytes from `offset` on lie before `end`. */
static bool fits(uint64_t offset, uint64_t n, uint64_t end)
{
    return offset <= end && n <= end - offset;
}

/* The end of the heap at `address`, 0 where there is none. */
static enum fg_status find_end(const struct fg_result *result, uint64_t address, uint64_t *end,
                               struct fg_error *error)
{
    static const unsigned char start[] = {'G', 'C', 'O', 'L', 1};
    unsigned char header[HEADER];
    *end = 0;
    if (!fits(address, sizeof header, result->bytes))
        return FG_OK;
    enum fg_status status = fg_result_read(result, address, sizeof header, header, error);
    if (status != FG_OK)
        return status;
    uint64_t size = fg_little_endian(header + 8, 8);
    if (memcmp(header, start, sizeof start) == 0 && fits(address, size, result->bytes))
        *end = address + size;
    return FG_OK;
}

/* Where the bytes of object `index` of the heap are, which must be `length` at least; 0: nowhere. There are
 * no more objects than indices of 2 bytes. */
static enum fg_status find_object(const struct fg_result *result, uint64_t address, uint64_t index,
                                  uint64_t length, uint64_t *offset, struct fg_error *error)
{
    uint64_t end, at = address + HEADER;
    enum fg_status status = find_end(result, address, &end, error);
    *offset = 0;
    for (int objects = 0; objects <= UINT16_MAX && status == FG_OK && fits(at, HEADER, end); objects++) {
        unsigned char header[HEADER];
        status = fg_result_read(result, at, sizeof header, header, error);
        if (status != FG_OK || fg_little_endian(header, 2) == 0)
            break;
        uint64_t size = fg_little_endian(header + 8, 8), filled = size + (8 - size % 8) % 8;
        at += HEADER;
        if (filled < size || !fits(at, filled, end))
            break;
        if (fg_little_endian(header, 2) == index) {
            *offset = length <= size ? at : 0;
            break;
        }
        at += filled;
    }
    return status;
}

enum fg_status fg_vlen_text_read(const struct fg_result *result, uint64_t offset, char **text,
                                 struct fg_error *error)
{
    unsigned char reference[REFERENCE] = {0};
    uint64_t from = 0;
    *text = NULL;
    if (!fits(offset, sizeof reference, result->bytes))
        return FG_OK;
    enum fg_status status = fg_result_read(result, offset, sizeof reference, reference, error);
    const uint64_t length = fg_little_endian(reference, 4);
    if (status == FG_OK && length > 0 && length <= FG_RESULT_TEXT_MAX)
        status = find_object(result, fg_little_endian(reference + 4, 8), fg_little_endian(reference + 12, 4),
                             length, &from, error);
    if (status != FG_OK || (length > 0 && from == 0))
        return status;
    if (!(*text = calloc(length + 1, 1)))
        return fg_fail(error, FG_FAILED, "%s: no memory for a text", result->path);
    status = fg_result_read(result, from, length, *text, error);
    if (status != FG_OK) {
        free(*text);
        *text = NULL;
    }
    return status;
}
