/* Limits of the cgroups of this process, version 1 or 2, as containers and batch systems set them. A cgroup
 * also has the limits of those that it lies in, so each function returns the smallest; infinite if there is
 * none. */
#ifndef FISHERGRID_CGROUP_H
#define FISHERGRID_CGROUP_H

double cgroup_cpus(void);   /* quota of CPU time, in CPUs */
double cgroup_memory(void); /* bytes of memory */

#endif
