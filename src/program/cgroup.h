/* Limits of the cgroups of this process, version 1 or 2, as containers and batch systems set them. */
#ifndef FISHERGRID_CGROUP_H
#define FISHERGRID_CGROUP_H

/* Reads up to two numbers from the file `name` of a cgroup, and returns how many there are. */
int cgroup_numbers(const char *directory, const char *name, double numbers[2]);

/* Returns the smallest limit of the cgroups of this process and those that they lie in; infinite if there is
 * none. `limit_in` returns the limit of the cgroup with this directory. `controllers` are the names under
 * which version 1 mounts the controller, the last one NULL; the first one is the controller. */
double cgroup_smallest(const char *const controllers[], double (*limit_in)(const char *directory));

#endif
