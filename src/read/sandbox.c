#define _GNU_SOURCE /* MAP_ANONYMOUS, prctl, strsignal */
#include "sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __has_feature /* of clang */
#define HAS_ADDRESS_SANITIZER __has_feature(address_sanitizer)
#elif defined __SANITIZE_ADDRESS__ /* of gcc */
#define HAS_ADDRESS_SANITIZER 1
#else
#define HAS_ADDRESS_SANITIZER 0
#endif

/* The result of the child. */
struct outcome {
    bool ended; /* the work returned; a signal or exit() did not end it */
    enum fg_status status;
    struct fg_error error;
};

void *fg_sandbox_memory(size_t bytes)
{
    void *shared =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return shared == MAP_FAILED ? NULL : shared;
}

void fg_sandbox_free(void *shared, size_t bytes)
{
    if (shared)
        munmap(shared, bytes);
}

/* Returns the bytes of address space in use; 0 if unknown. */
static size_t addresses_in_use(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file)
        return 0;
    if (fscanf(file, "%lu", &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Lowers a limit that is above `most`. */
static void limit(unsigned resource, rlim_t most)
{
    struct rlimit now;
    if (getrlimit(resource, &now) != 0 || now.rlim_cur <= most) /* RLIM_INFINITY is above all */
        return;
    now.rlim_cur = most;
    setrlimit(resource, &now);
}

/* Resets signals as in a new process, and lets the child die with its parent. */
static void be_mortal(void)
{
    static const int numbers[] = {SIGTERM, SIGINT,  SIGHUP, SIGUSR1, SIGXCPU, SIGPIPE,
                                  SIGSEGV, SIGABRT, SIGBUS, SIGFPE,  SIGILL};
    sigset_t none;
    for (size_t s = 0; s < sizeof numbers / sizeof *numbers; s++)
        signal(numbers[s], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

#ifdef FISHERGRID_COVERAGE
void __gcov_dump(void);
#endif

static void work_as_child(fg_sandbox_work *work, void *shared, const struct fg_sandbox_limits *limits,
                          struct outcome *outcome)
{
    size_t in_use = addresses_in_use();
    be_mortal();
    limit(RLIMIT_CORE, 0);
    if (in_use > 0 && !HAS_ADDRESS_SANITIZER) /* AddressSanitizer takes 20 TB of addresses */
        limit(RLIMIT_AS, in_use + limits->bytes);
    limit(RLIMIT_CPU, limits->cpu_seconds); /* processor time, because reading may wait for a slow disk;
                                               SIGXCPU ends the child */
    outcome->status = work(shared, &outcome->error);
    outcome->ended = true;
#ifdef FISHERGRID_COVERAGE
    __gcov_dump(); /* writes the counts of lines, which _exit does not */
#endif
    _exit(0); /* flushes and closes nothing of the parent */
}

static enum fg_status explain(int how, const struct fg_sandbox_limits *limits, const char *path,
                              struct fg_error *error)
{
    if (WIFSIGNALED(how) && WTERMSIG(how) == SIGXCPU)
        return fg_fail(error, FG_BAD_INPUT,
                       "%s: damaged: the HDF5 library did not finish reading it in %u s of processor time",
                       path, limits->cpu_seconds);
    if (WIFSIGNALED(how))
        return fg_fail(error, FG_BAD_INPUT, "%s: damaged: the HDF5 library crashed reading it (%s)", path,
                       strsignal(WTERMSIG(how)));
    return fg_fail(error, FG_BAD_INPUT, "%s: damaged: the HDF5 library gave up reading it", path);
}

enum fg_status fg_sandbox_run(fg_sandbox_work *work, void *shared, const struct fg_sandbox_limits *limits,
                              const char *path, struct fg_error *error)
{
    struct outcome *outcome = fg_sandbox_memory(sizeof *outcome);
    int how = 0;
    pid_t child = outcome ? fork() : -1;
    if (child == 0)
        work_as_child(work, shared, limits, outcome);
    if (child < 0) {
        fg_sandbox_free(outcome, sizeof *outcome);
        return fg_fail(error, FG_FAILED, "%s: cannot start a process to read it: %s", path, strerror(errno));
    }
    while (waitpid(child, &how, 0) < 0 && errno == EINTR)
        ;
    struct outcome left = *outcome;
    fg_sandbox_free(outcome, sizeof *outcome);
    if (!left.ended)
        return explain(how, limits, path, error);
    left.error.text[sizeof left.error.text - 1] = '\0';
    return left.status == FG_OK ? FG_OK : fg_fail(error, left.status, "%s", left.error.text);
}
