/* Notices: what people should know of a run that goes on, on standard error. Failures are main's to print. */
#ifndef FISHERGRID_NOTICE_H
#define FISHERGRID_NOTICE_H

#include "fishergrid/error.h"

/* Prints the formatted text and a newline. */
void notice(const char *format, ...) FG_PRINTF(1, 2);

#endif
