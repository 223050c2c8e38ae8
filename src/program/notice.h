/* Notices: messages on standard error about a run that continues. Failures are printed by main. */
#ifndef FISHERGRID_NOTICE_H
#define FISHERGRID_NOTICE_H

#include "fishergrid/result.h"

/* Prints the formatted text and a newline. */
void notice(const char *format, ...) FG_PRINTF(1, 2);

/* Prints the objects and attributes of `from` that fishergrid has not written, if there are any: a file made
 * from it, `to`, will not have them. Forks a child process. */
void notice_not_copied(const struct fg_result *from, const char *to);

#endif
