/* Memory that runs out on order. To be included by one file of a test program that is linked with --wrap=NAME
 * for each function __wrap_NAME below, so that the objects of the program, those from static libraries among
 * them, allocate through here; shared libraries do not. */
#ifndef FISHERGRID_FAILING_MEMORY_H
#define FISHERGRID_FAILING_MEMORY_H

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fishergrid/error.h"

static atomic_long allocations;                                       /* so far, the refused ones included */
static atomic_long refused_from = LONG_MAX, refused_until = LONG_MAX; /* by their number */
static atomic_long blocks_in_use;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
FILE *__real_open_memstream(char **text, size_t *size);
char *__real_realpath(const char *path, char *resolved);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
FILE *__wrap_open_memstream(char **text, size_t *size);
char *__wrap_realpath(const char *path, char *resolved);
int __wrap_asprintf(char **text, const char *format, ...);
void __wrap_free(void *memory);

static bool memory_is_left(void)
{
    const long number = atomic_fetch_add(&allocations, 1);
    const bool refused = number >= refused_from && number < refused_until;
    if (refused)
        errno = ENOMEM;
    return !refused;
}

/* Lets `good` allocations succeed, refuses `bad`, and lets all further ones succeed. */
static inline void refuse_memory(long good, long bad)
{
    refused_from = allocations + good;
    refused_until = refused_from + bad;
}

/* Refuses none from now on; that some were refused is still known. */
static inline void give_memory_back(void)
{
    refused_until = 0;
}

static void *counted(void *memory)
{
    blocks_in_use += memory != NULL;
    return memory;
}

void *__wrap_malloc(size_t size)
{
    return memory_is_left() ? counted(__real_malloc(size)) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
    return memory_is_left() ? counted(__real_calloc(n, size)) : NULL;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return memory_is_left() ? counted(__real_aligned_alloc(alignment, size)) : NULL;
}

void *__wrap_realloc(void *memory, size_t size)
{
    if (!memory)
        return __wrap_malloc(size);
    return memory_is_left() ? __real_realloc(memory, size) : NULL;
}

char *__wrap_strdup(const char *text)
{
    return memory_is_left() ? counted(__real_strdup(text)) : NULL;
}

/* Whether the stream can be closed or not, its text is to be freed. */
FILE *__wrap_open_memstream(char **text, size_t *size)
{
    return memory_is_left() ? counted(__real_open_memstream(text, size)) : NULL;
}

/* Only for `resolved` NULL. */
char *__wrap_realpath(const char *path, char *resolved)
{
    return memory_is_left() ? counted(__real_realpath(path, resolved)) : NULL;
}

int __wrap_asprintf(char **text, const char *format, ...)
{
    va_list arguments;
    if (!memory_is_left())
        return -1;
    va_start(arguments, format);
    const int length = vasprintf(text, format, arguments);
    va_end(arguments);
    blocks_in_use += length >= 0;
    return length;
}

void __wrap_free(void *memory)
{
    blocks_in_use -= memory != NULL;
    __real_free(memory);
}

static long stride = 1; /* from one allocation that is refused to the next */

/* Calls `attempt`, refusing `bad` allocations after the first 0, 1, 2, ... (times the stride), until it gets
 * along with fewer; it gives back what it made. Wherever one is refused it must say FG_FAILED and that there
 * was no memory, and leave none in use. Returns how many allocations it needs, up to the stride. */
static inline long refuse_each(enum fg_status (*attempt)(void *context, struct fg_error *error),
                               void *context, long bad)
{
    for (long n = 0;; n += stride) {
        struct fg_error error = {0};
        const long before = blocks_in_use;
        refuse_memory(n, bad);
        const enum fg_status status = attempt(context, &error);
        const bool refused = allocations > refused_from;
        refuse_memory(0, 0);
        if (blocks_in_use != before)
            fail_msg("allocation %ld refused: %ld blocks still in use", n, blocks_in_use - before);
        if (!refused && status == FG_OK)
            return n;
        const bool says_so = strstr(error.text, "no memory") || strstr(error.text, strerror(ENOMEM));
        if (status != FG_FAILED || !says_so)
            fail_msg("allocation %ld refused: status %d, '%s'", n, (int)status, error.text);
    }
}

/* refuse_each for a single refusal, then for memory that does not come back. */
static inline long allocations_needed(enum fg_status (*attempt)(void *context, struct fg_error *error),
                                      void *context)
{
    const long needed = refuse_each(attempt, context, 1);
    assert_int_equal(refuse_each(attempt, context, 1000000), needed);
    return needed;
}

#endif
