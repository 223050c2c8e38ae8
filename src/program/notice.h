/* Notices: messages on standard error about a run that continues. Failures are printed by main. */
#ifndef FISHERGRID_NOTICE_H
#define FISHERGRID_NOTICE_H

#include "fishergrid/error.h"

/* Prints the formatted text and a newline. */
void notice(const char *format, ...) FG_PRINTF(1, 2);

#endif
