#define _XOPEN_SOURCE 700 /* PATH_MAX, realpath */
#include "submit_line.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "build_info.h"
#include "shell.h"

/* A program with MPI needs the script that starts it through MPI, even for a single process. */
#define JOB_SCRIPT (FISHERGRID_MPI ? "mpi.sbatch" : "sweep.sbatch")
#define JOB_OPTIONS (FISHERGRID_MPI ? "--nodes=1 " : "")

static bool find_script(const char *directory, const char *below, char script[PATH_MAX])
{
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s%s/%s", directory, below, JOB_SCRIPT);
    return realpath(path, script) != NULL;
}

static enum fg_status find_job_script(const char *program, char script[PATH_MAX], struct fg_error *error)
{
    static const char *const places[] = {"/../share/fishergrid/jobs", "/../../jobs", "/../jobs"};
    const char *chosen = getenv("FISHERGRID_JOBS");
    if (chosen && *chosen && find_script(chosen, "", script))
        return FG_OK;
    char directory[PATH_MAX];
    if (!realpath("/proc/self/exe", directory) && !realpath(program, directory)) /* without /proc */
        *directory = '\0';
    char *const slash = strrchr(directory, '/');
    if (slash)
        *slash = '\0';
    for (size_t p = 0; slash && p < sizeof places / sizeof *places; p++) {
        if (find_script(directory, places[p], script))
            return FG_OK;
    }
    return fg_fail(
        error, FG_BAD_INPUT,
        "--sbatch: no %s beside this program; set the environment variable FISHERGRID_JOBS to its directory",
        JOB_SCRIPT);
}

/* Checks that the job can read an input. A pipe, as of <(...), ends with this process, and files in /dev
 * exist on this machine only. */
static enum fg_status check_job_input(const char *option, const char *path, struct fg_error *error)
{
    struct stat found;
    if (!path || (strncmp(path, "/dev/", 5) != 0 && stat(path, &found) == 0 && S_ISREG(found.st_mode)))
        return FG_OK;
    return fg_fail(error, FG_BAD_INPUT, "--sbatch: %s %s will not be there when the job runs; name a file",
                   option, path);
}

static enum fg_status check_job(const struct options *options, struct fg_error *error)
{
    if (options->json)
        return fg_fail(error, FG_BAD_INPUT, "--sbatch prints a command, not JSON; leave out one of the two");
    if (options->force)
        return fg_fail(
            error, FG_BAD_INPUT,
            "--sbatch: with --force every restart of the job would begin from scratch; remove the old "
            "file and leave out --force");
    enum fg_status status = check_job_input("--config", options->config, error);
    for (size_t s = 0; s < options->n_data && status == FG_OK; s++)
        status = check_job_input("--data", options->data[s].path, error);
    return status;
}

enum fg_status submit_line_print(const struct sweep_plan *plan, const struct options *options,
                                 struct fg_error *error)
{
    char script[PATH_MAX];
    enum fg_status status = check_job(options, error);
    if (status == FG_OK)
        status = find_job_script(options->argv[0], script, error);
    if (status != FG_OK)
        return status;
    options->argv[1] = script; /* replaces the words "fishergrid sweep", which the script contains */
    char *words = shell_line(options->argc - 1, options->argv + 1, false);
    if (!words)
        return fg_fail(error, FG_FAILED, "no memory for the command line");
    printf("sbatch %s--time=%s --cpus-per-task=%llu %s\n", JOB_OPTIONS, plan->ask_time,
           (unsigned long long)plan->threads, words);
    free(words);
    return FG_OK;
}
