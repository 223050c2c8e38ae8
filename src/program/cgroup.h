/* Limits of the cgroups of this process, version 1 or 2, as containers and batch systems set them. The limits
 * of all cgroups above apply, too, so each function returns the smallest limit; infinite if there is none. */
#ifndef FISHERGRID_CGROUP_H
#define FISHERGRID_CGROUP_H

double cgroup_cpus(void);   /* quota of CPU time, in CPUs */
double cgroup_memory(void); /* bytes of memory */

#endif
