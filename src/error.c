/* Status and text of a failure. */
#include "fishergrid/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Fills `text` from the format; a name from outside must not break the one line, so control bytes become '?'.
 */
static void print_line(struct fg_error *error, const char *format, va_list arguments)
{
    vsnprintf(error->text, sizeof error->text, format, arguments);
    for (char *c = error->text; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    }
}

enum fg_status fg_fail(struct fg_error *error, enum fg_status status, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        print_line(error, format, arguments);
        va_end(arguments);
    }
    return status;
}

enum fg_status fg_fail_while(struct fg_error *error, enum fg_status status, const char *format, ...)
{
    if (error) {
        char cause[sizeof error->text];
        memcpy(cause, error->text, sizeof cause);
        va_list arguments;
        va_start(arguments, format);
        print_line(error, format, arguments);
        va_end(arguments);
        size_t used = strlen(error->text);
        snprintf(error->text + used, sizeof error->text - used, ": %.*s", (int)(sizeof cause - 1), cause);
    }
    return status;
}
