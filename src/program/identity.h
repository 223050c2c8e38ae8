/* What decides every value of a sweep: it continues only what was begun with the same. */
#ifndef FISHERGRID_IDENTITY_H
#define FISHERGRID_IDENTITY_H

#include "workload.h"

/* Lines "name value": the kernel and a fingerprint of what this build computes with it, the options that
 * decide, and checksums of the samples. The caller frees it. NULL: no memory. */
char *identity_text(const struct options *options, const struct workload *workload);

#endif
