#define _GNU_SOURCE /* getline */
#include "cgroup.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
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
    const int root = snprintf(directory, sizeof directory, "/sys/fs/cgroup/%s", mount);
    double smallest = INFINITY;
    snprintf(directory + root, sizeof directory - (size_t)root, "%s", path);
    while (end) {
        smallest = fmin(smallest, limit_in(directory));
        end = strrchr(directory + root, '/');
        if (end)
            *end = '\0';
    }
    return smallest;
}

/* Returns the smallest limit of all cgroups of this process, from lines "number:controllers:path". The line
 * of version 2 has no controllers. Version 1 may mount the controllers cpu and cpuacct together. */
static double smallest_limit(const char *controller, double (*limit_in)(const char *directory))
{
    FILE *file = fopen("/proc/self/cgroup", "r");
    char *line = NULL, list[256], wanted[64];
    size_t size = 0;
    double smallest = INFINITY;
    snprintf(wanted, sizeof wanted, ",%s,", controller);
    while (file && getline(&line, &size, file) > 0) {
        char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        const bool second = *++names == '\0';
        snprintf(list, sizeof list, ",%s,", names);
        if (!second && !strstr(list, wanted))
            continue;
        smallest = fmin(smallest, smallest_from(second ? "" : controller, path, limit_in));
        smallest = fmin(smallest, smallest_from(second ? "unified" : "cpu,cpuacct", path, limit_in));
    }
    free(line);
    if (file)
        fclose(file);
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
    return smallest_limit("cpu", cpus_in);
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
    return smallest_limit("memory", memory_in);
}
