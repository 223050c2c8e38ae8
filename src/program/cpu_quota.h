/* The CPU time that a container or a batch system lets this process have. */
#ifndef FISHERGRID_CPU_QUOTA_H
#define FISHERGRID_CPU_QUOTA_H

/* Returns the smallest quota of the cgroups of this process, version 1 or 2, in CPUs; infinite if there is
 * none. */
double cpu_quota(void);

#endif
