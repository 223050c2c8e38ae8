#define _GNU_SOURCE /* getline */
#include "cgroup.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads up to two numbers from the file `name` of a cgroup, and returns how many there are. */
static int read_numbers(const char *directory, const char *name, double numbers[2])
{
    char path[PATH_MAX + 128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    const int n = file ? fscanf(file, "%lf %lf", &numbers[0], &numbers[1]) : 0;
    if (file)
        fclose(file);
    return n;
}

/* Returns the smallest limit of the cgroup `path` and of the cgroups above it. Inside a container, `path` may
 * not exist below `mount`, because the mount is then the cgroup of the container. */
static double smallest_from(const char *mount, const char *path, double (*limit_in)(const char *directory))
{
    char directory[PATH_MAX + 64], *end = directory;
    double smallest = INFINITY;
    snprintf(directory, sizeof directory, "%s%s", mount, path);
    while (end) {
        smallest = fmin(smallest, limit_in(directory));
        end = strrchr(directory + strlen(mount), '/');
        if (end)
            *end = '\0';
    }
    return smallest;
}

/* Reads the cgroups of this process from lines "number:controllers:path". The line of version 2 has no
 * controllers. */
static void read_cgroups(const char *controller, char version_1[PATH_MAX], char version_2[PATH_MAX])
{
    FILE *file = fopen("/proc/self/cgroup", "r");
    char *line = NULL, wanted[64];
    size_t size = 0;
    snprintf(wanted, sizeof wanted, ",%s,", controller);
    version_1[0] = version_2[0] = '\0';
    while (file && getline(&line, &size, file) > 0) {
        char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL, list[256];
        if (!path)
            continue;
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        snprintf(list, sizeof list, ",%s,", names + 1);
        if (names[1] == '\0')
            snprintf(version_2, PATH_MAX, "%s", path);
        else if (strstr(list, wanted))
            snprintf(version_1, PATH_MAX, "%s", path);
    }
    free(line);
    if (file)
        fclose(file);
}

/* Returns the smallest limit of all cgroups. Version 1 mounts the controller under each of the names in
 * `controllers`, which end with NULL; the first is its own name. */
static double smallest_limit(const char *const controllers[], double (*limit_in)(const char *directory))
{
    char version_1[PATH_MAX], version_2[PATH_MAX], mount[64];
    read_cgroups(controllers[0], version_1, version_2);
    double smallest = fmin(smallest_from("/sys/fs/cgroup", version_2, limit_in),
                           smallest_from("/sys/fs/cgroup/unified", version_2, limit_in));
    for (; *controllers; controllers++) {
        snprintf(mount, sizeof mount, "/sys/fs/cgroup/%s", *controllers);
        smallest = fmin(smallest, smallest_from(mount, version_1, limit_in));
    }
    return smallest;
}

/* Returns the CPUs that a cgroup allows. Without a quota, version 2 says "max" and version 1 says -1. */
static double cpus_in(const char *directory)
{
    double quota[2] = {0}, period[2] = {0};
    if (read_numbers(directory, "cpu.max", quota) == 2)
        period[0] = quota[1];
    else if (read_numbers(directory, "cpu.cfs_quota_us", quota) == 1)
        read_numbers(directory, "cpu.cfs_period_us", period);
    return quota[0] > 0 && period[0] > 0 ? quota[0] / period[0] : INFINITY;
}

double cgroup_cpus(void)
{
    return smallest_limit((const char *const[]){"cpu", "cpu,cpuacct", NULL}, cpus_in);
}

/* Returns the bytes that a cgroup allows. Without a limit, version 2 says "max", and version 1 a number
 * larger than any memory. */
static double memory_in(const char *directory)
{
    double limit[2];
    return read_numbers(directory, "memory.max", limit) > 0 ||
                   read_numbers(directory, "memory.limit_in_bytes", limit) > 0
               ? limit[0]
               : INFINITY;
}

double cgroup_memory(void)
{
    return smallest_limit((const char *const[]){"memory", NULL}, memory_in);
}
