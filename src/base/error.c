/* Status and text of failures. */
#include "fishergrid/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fishergrid/text.h"

/* Number of bytes kept from the beginning of a message that is too long. The beginning says what the message
 * is about. The remaining bytes are kept from its end, which says why, and what would work. */
enum { HEAD = 320 };

/* Shortens a message of `length` bytes to the size of the text: replaces its middle, part of a very long
 * path, by "...". */
static void leave_out_middle(struct fg_error *error, size_t length, const char *format, va_list arguments)
{
    const size_t tail = sizeof error->text - HEAD - sizeof "...";
    char *whole = malloc(length + 1);
    if (!whole)
        return; /* the text then lacks the end of the message */
    vsnprintf(whole, length + 1, format, arguments);
    sprintf(error->text + HEAD, "...%s", whole + length - tail);
    free(whole);
}

/* Fills `text` from the format. Replaces control bytes, which could break the line, and invalid UTF-8
 * by '?'. */
static void print_line(struct fg_error *error, enum fg_remedy remedy, const char *format, va_list arguments)
{
    if (!error)
        return;
    error->remedy = remedy;
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(error->text, sizeof error->text, format, arguments);
    if (length >= (int)sizeof error->text)
        leave_out_middle(error, (size_t)length, format, again);
    va_end(again);
    for (char *c = error->text; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    }
    fg_utf8_repair(error->text);
}

enum fg_status fg_fail(struct fg_error *error, enum fg_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(error, FG_REMEDY_NONE, format, arguments);
    va_end(arguments);
    return status;
}

enum fg_status fg_fail_with(struct fg_error *error, enum fg_remedy remedy, enum fg_status status,
                            const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(error, remedy, format, arguments);
    va_end(arguments);
    return status;
}

enum fg_status fg_fail_while(struct fg_error *error, enum fg_status status, const char *format, ...)
{
    if (!error)
        return status;
    struct fg_error cause = *error;
    va_list arguments;
    va_start(arguments, format);
    print_line(error, FG_REMEDY_NONE, format, arguments);
    va_end(arguments);
    struct fg_error doing = *error;
    return fg_fail_with(error, cause.remedy, status, "%s: %s", doing.text, cause.text);
}
