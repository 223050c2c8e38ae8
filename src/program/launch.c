#define _POSIX_C_SOURCE 200809L /* nanosleep */
#include "launch.h"

#include <stdlib.h>
#include <time.h>

/* Environment variables with the number of processes, and with the number of this process. */
static const struct launcher {
    const char *size, *rank;
} launchers[] = {
    {"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"}, /* Open MPI */
    {"PMI_SIZE", "PMI_RANK"},                         /* MPICH, Intel MPI */
    {"SLURM_STEP_NUM_TASKS", "SLURM_PROCID"},         /* srun; a job script has no such variable */
};
enum { N_LAUNCHERS = sizeof launchers / sizeof *launchers };

static long number_in_variable(const char *variable)
{
    const char *text = getenv(variable);
    return text ? strtol(text, NULL, 10) : 0;
}

/* Returns the launcher that has started several processes together with this one; NULL if none has. */
static const struct launcher *launcher(void)
{
    const struct launcher *by = launchers, *end = launchers + N_LAUNCHERS;
    while (by < end && number_in_variable(by->size) < 2)
        by++;
    return by < end ? by : NULL;
}

enum fg_status launch_fail_once(enum fg_status status, struct fg_error *error)
{
    const struct launcher *by = launcher();
    if (by && number_in_variable(by->rank) >
                  0) { /* launchers end all processes after one has failed, so wait for the first */
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        error->text[0] = '\0';
    }
    return status;
}

enum fg_status launch_check_alone(const struct options *options, struct fg_error *error)
{
    const bool sweeps = options->command == COMMAND_SWEEP;
    const struct launcher *by = launcher();
    if (!by || (sweeps && number_in_variable(launchers[N_LAUNCHERS - 1].size) > 1))
        return FG_OK;
    fg_fail(error, FG_BAD_INPUT,
            "%s, and %s=%ld says that this is one of several; start it once, or unset that variable "
            "if each process has files of its own",
            sweeps ? "processes share a sweep only in a build with MPI (cmake --preset mpi)"
                   : "this command is for one process",
            by->size, number_in_variable(by->size));
    return launch_fail_once(FG_BAD_INPUT, error);
}
