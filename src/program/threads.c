#define _GNU_SOURCE /* pthread_getattr_np, fork */
#include "threads.h"

#include <errno.h>
#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "fishergrid/text.h"
#include "notice.h"
#include "option_table.h"
#include "standard_output.h"
#include "team_start.h"

/* Bytes of stack that the first thread needs, and that each other thread needs: threads_test.py runs commands
 * with exactly as much. A team of OpenMP takes STACK_PER_THREAD more from the stack of its first thread, for
 * each of its threads. */
enum { STACK_FIRST = 288 << 10, STACK_OTHERS = 192 << 10, STACK_PER_THREAD = 256 };

/* --- stacks --- */

enum fg_status threads_check_stack(uint64_t threads, struct fg_error *error)
{
    struct rlimit stack;
    const uint64_t need = STACK_FIRST + STACK_PER_THREAD * threads;
    if (getrlimit(RLIMIT_STACK, &stack) != 0 || stack.rlim_cur == RLIM_INFINITY || stack.rlim_cur >= need)
        return FG_OK;
    return fg_fail(
        error, FG_BAD_INPUT,
        "the limit of the stack is %llu KiB (ulimit -s), too small for %llu thread%s; 'ulimit -s 8192' works",
        (unsigned long long)stack.rlim_cur >> 10, (unsigned long long)threads, plural(threads));
}

/* Returns the bytes of the stack of the calling thread. Returns SIZE_MAX for the first thread, which
 * threads_check_stack checks. */
static size_t stack_size(void)
{
    pthread_attr_t attributes;
    size_t size = SIZE_MAX;
    if (omp_get_thread_num() == 0 || pthread_getattr_np(pthread_self(), &attributes) != 0)
        return size;
    if (pthread_attr_getstacksize(&attributes, &size) != 0)
        size = SIZE_MAX;
    pthread_attr_destroy(&attributes);
    return size;
}

/* --- number of threads to use --- */

/* Reads a number of threads from an environment variable; 0 if it is not set. OMP_NUM_THREADS may be a list
 * for nested teams ("4,2"), whose first number counts. */
static enum fg_status read_variable(const char *name, uint64_t *threads, struct fg_error *error)
{
    const char *text = getenv(name);
    *threads = 0;
    if (!text || !*text)
        return FG_OK;
    char *end;
    const long long number = strtoll(text, &end, 10);
    end += strspn(end, " \t");
    const bool is_list = *end == ',' && strcmp(name, "OMP_NUM_THREADS") == 0;
    if (number < 1 || number > THREADS_MAX || (*end && !is_list))
        return fg_fail(error, FG_BAD_INPUT,
                       "%s=%.60s is not a number of threads from 1 to %d; set it to one, or unset it", name,
                       text, THREADS_MAX);
    *threads = (uint64_t)number;
    return FG_OK;
}

static uint64_t fewer_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Returns the CPUs that this process may use. All processes of the machine get the same number. */
static uint64_t share_of_cpus(const struct fg_team *team)
{
    int cpus, processes;
    team_on_machine(team, &cpus, &processes); /* collective */
    const uint64_t share = (uint64_t)(fmin(cpus, ceil(cgroup_cpus())) / processes);
    return share > 0 ? fewer_of(share, THREADS_MAX) : 1;
}

/* Returns the number of threads that a command has work for. Starting a thread and waiting for it takes about
 * as long as 2^23 sums of a sample at a cell, and finishing a cell as long as 16. The samples of a file are
 * not counted yet, so they may be many. */
static uint64_t threads_with_work(const struct options *options)
{
    const struct fg_setup *setup = &options->setup;
    const double samples = 2 * (double)setup->gaussian.samples_per_class, per_cell = samples + 16;
    const double cells = (double)fg_grid_cells(&setup->grid) / fg_team_size(options->team);
    bool any_file = false;
    for (size_t s = 0; s < options->n_data; s++)
        any_file |= options->data[s].path != NULL;
    if (options->command != COMMAND_SWEEP || any_file)
        return THREADS_MAX;
    return (uint64_t)fmin(THREADS_MAX, 1 + (double)options->n_data * cells * per_cell / 0x1p23);
}

static enum fg_status choose_threads(struct options *options, struct fg_error *error)
{
    const uint64_t cpus = share_of_cpus(options->team), limit = (uint64_t)omp_get_thread_limit();
    uint64_t variable, slurm;
    if (options->threads > 0)
        return FG_OK;
    enum fg_status status = read_variable("OMP_NUM_THREADS", &variable, error);
    if (status == FG_OK && variable > 0) {
        options->threads = omp_get_dynamic() ? fewer_of(variable, cpus) : variable;
        return FG_OK;
    }
    if (status == FG_OK)
        status = read_variable("SLURM_CPUS_PER_TASK", &slurm, error);
    const uint64_t most = fewer_of(limit, threads_with_work(options));
    if (status == FG_OK)
        options->threads = fewer_of(fewer_of(cpus, slurm > 0 ? slurm : cpus), most);
    return status;
}

/* --- number of threads that run --- */

/* Runs a team of `threads` threads. Returns how many really ran, and stores the size of their smallest
 * stack. */
static uint64_t run_team(uint64_t threads, size_t *stack)
{
    uint64_t ran = 0;
    size_t smallest = SIZE_MAX;
    omp_set_dynamic(0); /* also for all later teams */
#pragma omp parallel num_threads((int)threads) reduction(min : smallest) reduction(+ : ran)
    {
        smallest = stack_size();
        ran = 1;
    }
    *stack = smallest;
    return ran;
}

static void leave_at_once(void)
{
    _exit(EXIT_FAILURE);
}

struct trial {
    pthread_mutex_t *gate; /* closed while the threads are counted */
    pthread_t thread;
    pid_t id;
};

static void *wait_at_gate(void *context)
{
    struct trial *trial = context;
    trial->id = gettid();
    pthread_mutex_lock(trial->gate);
    pthread_mutex_unlock(trial->gate);
    return NULL;
}

/* Joins a thread, and waits until the system has removed it. Until then it counts against the limits. */
static void end_trial(const struct trial *trial)
{
    pthread_join(trial->thread, NULL);
    while (syscall(SYS_tgkill, getpid(), trial->id, 0) == 0)
        sched_yield();
}

/* Returns whether the system lets `threads` new threads exist at the same time. A team needs one fewer; the
 * difference leaves room for what OpenMP allocates. */
static bool threads_fit(uint64_t threads)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    struct trial *trials = calloc(threads, sizeof *trials);
    uint64_t n = 0;
    pthread_mutex_lock(&gate);
    while (trials && n < threads) {
        trials[n].gate = &gate;
        if (pthread_create(&trials[n].thread, NULL, wait_at_gate, &trials[n]) != 0)
            break;
        n++;
    }
    pthread_mutex_unlock(&gate);
    for (uint64_t k = 0; k < n; k++)
        end_trial(&trials[k]);
    free(trials);
    return n == threads;
}

/* Returns whether OpenMP can start `threads` threads. A child process tries, because OpenMP ends the program
 * if it cannot. */
static bool team_starts(uint64_t threads)
{
    size_t stack;
    int ended = -1;
    const pid_t child = fork();
    if (child == 0) {
        atexit(leave_at_once); /* runs before the exit functions of the parent */
        close(2);              /* hides the message of OpenMP */
        run_team(threads, &stack);
        _exit(EXIT_SUCCESS);
    }
    while (child > 0 && waitpid(child, &ended, 0) < 0 && errno == EINTR)
        ;
    return ended == 0;
}

/* Lists the variables that change how OpenMP starts threads, "OMP_STACKSIZE=100000g"; "" if none is set. */
static void list_variables(char set[256])
{
    static const char *const names[] = {"OMP_STACKSIZE", "GOMP_STACKSIZE", "KMP_STACKSIZE",
                                        "GOMP_CPU_AFFINITY"};
    char one[100];
    *set = '\0';
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        const char *value = getenv(names[k]);
        snprintf(one, sizeof one, "%s=%.60s", names[k], value ? value : "");
        if (value)
            fg_text_add(set, 256, ", ", one);
    }
}

/* Returns whether `threads` threads can run. Starts a child process, which takes milliseconds, only if plain
 * threads do not fit, or if a variable makes the threads of OpenMP differ from them. */
static bool can_start(uint64_t threads)
{
    char set[256];
    list_variables(set);
    return threads == 1 || (!*set && threads_fit(threads)) || team_starts(threads);
}

static enum fg_status refuse_unstartable(uint64_t threads, struct fg_error *error)
{
    char set[256];
    list_variables(set);
    return fg_fail(error, FG_BAD_INPUT,
                   "the system does not let this process run %llu threads%s%s (see ulimit -u, ulimit -v and "
                   "pids.max of its cgroup); request fewer with --threads or OMP_NUM_THREADS%s",
                   (unsigned long long)threads, *set ? " with " : "", set,
                   *set ? ", or unset the variable" : "");
}

/* Says which variable of OpenMP has reduced the number of threads. */
static void tell_fewer(const struct options *options, uint64_t wanted)
{
    const char *name = getenv("OMP_THREAD_LIMIT") ? "OMP_THREAD_LIMIT" : "OMP_MAX_ACTIVE_LEVELS";
    const char *value = getenv(name);
    notice("running %llu thread%s instead of %llu because of %s%s%.60s", (unsigned long long)options->threads,
           plural(options->threads), (unsigned long long)wanted, value ? name : "a limit of OpenMP",
           value ? "=" : "", value ? value : "");
}

static enum fg_status start_threads(struct options *options, struct fg_error *error)
{
    const uint64_t wanted = options->threads;
    size_t stack;
    enum fg_status status = threads_check_stack(wanted, error);
    if (status != FG_OK)
        return status;
    if (!can_start(wanted))
        return refuse_unstartable(wanted, error);
    options->threads = run_team(wanted, &stack);
    if (stack < STACK_OTHERS)
        return fg_fail(error, FG_BAD_INPUT,
                       "threads have a stack of %zu KiB%s%.60s, which is too small; OMP_STACKSIZE=2M works",
                       stack >> 10, getenv("OMP_STACKSIZE") ? ", OMP_STACKSIZE=" : "",
                       getenv("OMP_STACKSIZE") ? getenv("OMP_STACKSIZE") : "");
    if (options->threads < wanted && !options->quiet && fg_team_rank(options->team) == 0)
        tell_fewer(options, wanted);
    return FG_OK;
}

enum fg_status threads_decide(struct options *options, struct fg_error *error)
{
    enum fg_status status = choose_threads(options, error);
    return status == FG_OK ? start_threads(options, error) : status;
}
