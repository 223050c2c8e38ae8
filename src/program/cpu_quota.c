#include "cpu_quota.h"

#include <math.h>
#include <stddef.h>

#include "cgroup.h"

/* The quota of one cgroup. Without one, version 2 says "max" and version 1 says -1. */
static double quota_in(const char *directory)
{
    double quota[2] = {0}, period[2] = {0};
    if (cgroup_numbers(directory, "cpu.max", quota) == 2)
        period[0] = quota[1];
    else if (cgroup_numbers(directory, "cpu.cfs_quota_us", quota) == 1)
        cgroup_numbers(directory, "cpu.cfs_period_us", period);
    return quota[0] > 0 && period[0] > 0 ? quota[0] / period[0] : INFINITY;
}

double cpu_quota(void)
{
    static const char *const controllers[] = {"cpu", "cpu,cpuacct", NULL};
    return cgroup_smallest(controllers, quota_in);
}
