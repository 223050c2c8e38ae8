#define _GNU_SOURCE /* getline */
#include "cgroup.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cgroup_numbers(const char *directory, const char *name, double numbers[2])
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    const int n = file ? fscanf(file, "%lf %lf", &numbers[0], &numbers[1]) : 0;
    if (file)
        fclose(file);
    return n;
}

/* The smallest limit of the cgroup `path` and those that it lies in. Inside of a container, the names of
 * /proc may not exist below the mount, which then is the cgroup of the container. */
static double smallest_from(const char *mount, const char *path, double (*limit_in)(const char *directory))
{
    char directory[PATH_MAX], *end = directory;
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

/* The cgroups of this process: lines "number:controllers:path", those of version 2 without controllers. */
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

double cgroup_smallest(const char *const controllers[], double (*limit_in)(const char *directory))
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
