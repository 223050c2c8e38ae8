#include "notice.h"

#include <stdarg.h>
#include <stdio.h>

#include "fishergrid/verify.h"
#include "standard_output.h"

void notice(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void notice_not_copied(const struct fg_result *from, const char *to)
{
    struct fg_file_report report;
    if (fg_verify_file(from, &report, NULL) != FG_OK || report.foreign == 0)
        return;
    notice("%s: %llu object%s or attribute%s that fishergrid has not written will not be in %s, such as %s",
           from->path, (unsigned long long)report.foreign, plural(report.foreign), plural(report.foreign), to,
           report.foreign_names);
}
