#include "notice.h"

#include <stdarg.h>
#include <stdio.h>

void notice(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}
