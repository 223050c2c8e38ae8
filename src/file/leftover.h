/* Why a leftover cannot be continued. */
#ifndef FISHERGRID_LEFTOVER_H
#define FISHERGRID_LEFTOVER_H

#include "fishergrid/error.h"

/* Refuses to continue the file `part`, whose identity is not `identity`: FG_BAD_INPUT, with the first line
 * that differs; or that it is damaged, or not a file of ours. Only reads. */
enum fg_status fg_leftover_refuse(const char *part, const char *identity, struct fg_error *error);

#endif
