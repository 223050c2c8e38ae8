#define _GNU_SOURCE /* getline */
#include "cpu_quota.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads up to two numbers from a file, and returns how many there are. */
static int read_numbers(const char *directory, const char *name, double numbers[2])
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    const int n = file ? fscanf(file, "%lf %lf", &numbers[0], &numbers[1]) : 0;
    if (file)
        fclose(file);
    return n;
}

/* The quota of one cgroup. Without one, version 2 says "max" and version 1 says -1. */
static double quota_in(const char *directory)
{
    double quota[2] = {0}, period[2] = {0};
    if (read_numbers(directory, "cpu.max", quota) == 2)
        period[0] = quota[1];
    else if (read_numbers(directory, "cpu.cfs_quota_us", quota) == 1)
        read_numbers(directory, "cpu.cfs_period_us", period);
    return quota[0] > 0 && period[0] > 0 ? quota[0] / period[0] : INFINITY;
}

/* The smallest quota of the cgroup `path` and those that it lies in. Inside of a container, the names of
 * /proc may not exist below the mount, which then is the cgroup of the container. */
static double quota_from(const char *mount, const char *path)
{
    char directory[PATH_MAX], *end = directory;
    double smallest = INFINITY;
    snprintf(directory, sizeof directory, "%s%s", mount, path);
    while (end) {
        smallest = fmin(smallest, quota_in(directory));
        end = strrchr(directory + strlen(mount), '/');
        if (end)
            *end = '\0';
    }
    return smallest;
}

/* The cgroups of this process: lines "number:controllers:path", those of version 2 without controllers. */
static void read_cgroups(char version_1[PATH_MAX], char version_2[PATH_MAX])
{
    FILE *file = fopen("/proc/self/cgroup", "r");
    char *line = NULL;
    size_t size = 0;
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
        else if (strstr(list, ",cpu,"))
            snprintf(version_1, PATH_MAX, "%s", path);
    }
    free(line);
    if (file)
        fclose(file);
}

double cpu_quota(void)
{
    char version_1[PATH_MAX], version_2[PATH_MAX];
    read_cgroups(version_1, version_2);
    const double quota_2 =
        fmin(quota_from("/sys/fs/cgroup", version_2), quota_from("/sys/fs/cgroup/unified", version_2));
    const double quota_1 = fmin(quota_from("/sys/fs/cgroup/cpu", version_1),
                                quota_from("/sys/fs/cgroup/cpu,cpuacct", version_1));
    return fmin(quota_1, quota_2);
}
