/* Tests the lock: it has one holder at a time, even if holders die, and no file of another is harmed. */
#define _DEFAULT_SOURCE /* mkdtemp, setenv, gethostname, MAP_ANONYMOUS */
#include "lock.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

/* Makes a directory for a test, which runs outside any Slurm job. */
static int enter_directory(void **state)
{
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_RESTART_COUNT");
    *state = strdup("lock_test.XXXXXX");
    return mkdtemp(*state) ? chdir(*state) : -1;
}

static int leave_directory(void **state)
{
    unlink("x.h5.lock");
    const int failed = chdir("..") != 0 || rmdir(*state) != 0;
    free(*state);
    return failed;
}

/* Takes the lock of x.h5. The pattern must match "taken ...", or the error text if the lock is refused. */
static struct fg_lock take(const char *pattern)
{
    struct fg_lock lock = {0};
    struct fg_error error;
    enum fg_status status = fg_lock_take(&lock, "x.h5", &error);
    if (status == FG_OK)
        sprintf(error.text, "taken%s%s%s", lock.taken_over ? " over" : "", *lock.earlier_host ? " from " : "",
                lock.earlier_host);
    if ((status != FG_OK && status != FG_BAD_INPUT) || fnmatch(pattern, error.text, 0) != 0)
        fail_msg("'%s' does not match '%s'", error.text, pattern);
    return lock;
}

static void take_and_release(const char *pattern)
{
    struct fg_lock lock = take(pattern);
    fg_lock_release(&lock);
    assert_string_equal(lock.name, "");
}

/* Reads the text of the lock; "" if there is no lock. */
static void read_lock(char text[400])
{
    FILE *file = fopen("x.h5.lock", "r");
    text[file ? fread(text, 1, 399, file) : 0] = '\0';
    if (file)
        fclose(file);
}

/* Takes a lock with this text, last changed 5000 s ago. A refusal must not change it. */
static void take_from(const char *text, const char *pattern)
{
    char left[400];
    const struct timespec past = {.tv_sec = time(NULL) - 5000}, times[] = {past, past};
    FILE *file = fopen("x.h5.lock", "w");
    assert_true(file && fputs(text, file) >= 0 && fclose(file) == 0);
    assert_int_equal(utimensat(AT_FDCWD, "x.h5.lock", times, 0), 0);
    take_and_release(pattern);
    read_lock(left);
    assert_string_equal(left, strncmp(pattern, "taken", strlen("taken")) == 0 ? "" : text);
}

static void release_removes_the_lock_and_abandon_leaves_it(void **state)
{
    (void)state;
    take_and_release("taken");
    struct fg_lock lock = take("taken");
    fg_lock_abandon(&lock);
    assert_string_equal(lock.name, "");
    take_and_release("taken over");
    take_and_release("taken");
}

static void a_living_holder_is_named_and_a_dead_one_succeeded(void **state)
{
    (void)state;
    char host[256] = "", words[400], found[400], refusal[400];
    struct fg_lock lock = {0};
    struct fg_error error = {0};
    setenv("SLURM_JOB_ID", "34", 1);
    const pid_t holder = fork();
    if (holder == 0) {
        fg_lock_take(&lock, "x.h5", NULL);
        raise(SIGSTOP);
        _exit(0);
    }
    waitpid(holder, NULL, WUNTRACED); /* until the holder has stopped itself */
    read_lock(found);
    enum fg_status status = fg_lock_take(&lock, "x.h5", &error);
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    gethostname(host, sizeof host - 1);
    sprintf(words, "host %s\npid %ld\njob 34\n", host, (long)holder);
    sprintf(refusal,
            "x.h5 is being written by process %ld on %s (job 34); wait for it, or name another output",
            (long)holder, host);
    assert_int_equal(status, FG_BAD_INPUT);
    assert_string_equal(error.text, refusal);
    assert_string_equal(found, words);
    unsetenv("SLURM_JOB_ID");
    lock = take("taken over");
    read_lock(found);
    sprintf(words, "host %s\npid %ld\n", host, (long)getpid());
    assert_string_equal(found, words);
    fg_lock_release(&lock);
}

/* The system reuses process ids: here the id of a dead holder is that of the parent, which has no lock. */
static void a_number_that_lives_again_holds_nothing(void **state)
{
    (void)state;
    char host[256] = "", words[400];
    gethostname(host, sizeof host - 1);
    sprintf(words, "host %s\npid %ld\n", host, (long)getppid());
    take_from(words, "taken over");
}

static void another_file_is_left_alone(void **state)
{
    (void)state;
    take_from("hosted by nobody\n", "x.h5.lock is not a lock of fishergrid; move it, or name another output");
}

/* A loss of power leaves locks without text. */
static void a_lock_without_text_is_of_a_dead_holder(void **state)
{
    (void)state;
    take_from("", "taken over");
    take_from("ho", "taken over");
    take_from("host elsewhere.invalid\npi", "taken over");
    for (size_t text = 0; text <= 2; text += 2) {
        FILE *file = fopen("x.h5.lock", "w");
        assert_true(file && fwrite("ho", 1, text, file) == text && fwrite((char[18]){0}, 1, 18, file) == 18);
        assert_int_equal(fclose(file), 0);
        take_and_release("taken over");
    }
}

/* A process died while it made a lock. */
static void an_unfinished_new_lock_is_replaced(void **state)
{
    (void)state;
    FILE *file = fopen("x.h5.lock.new", "w");
    assert_true(file && fclose(file) == 0);
    take_and_release("taken");
    assert_int_equal(access("x.h5.lock.new", F_OK), -1);
}

/* As that of another user in a directory with the sticky bit. */
static void an_unfinished_new_lock_that_cannot_be_removed_is_named(void **state)
{
    (void)state;
    assert_int_equal(mkdir("x.h5.lock.new", 0777), 0);
    alarm(100); /* ends one that tries forever */
    take("x.h5.lock.new cannot be replaced: *; name another output");
    alarm(0);
    assert_int_equal(rmdir("x.h5.lock.new"), 0);
}

/* Reads a lock a hundred times, while another process takes and releases it: its text is always there. */
static void a_lock_has_its_text_when_it_gets_its_name(void **state)
{
    (void)state;
    char text[400];
    int found = 0, empty = 0;
    fflush(NULL);
    const pid_t taker = fork();
    if (taker == 0) {
        alarm(100); /* for the case that the test ends before it */
        for (struct fg_lock lock = {0}; fg_lock_take(&lock, "x.h5", NULL) == FG_OK;)
            fg_lock_release(&lock);
        _exit(1);
    }
    while (found < 100) {
        assert_int_equal(waitpid(taker, NULL, WNOHANG), 0);
        FILE *file = fopen("x.h5.lock", "r");
        if (!file)
            continue;
        found++;
        empty += fread(text, 1, sizeof text, file) == 0;
        fclose(file);
    }
    kill(taker, SIGKILL);
    waitpid(taker, NULL, 0);
    remove("x.h5.lock");
    remove("x.h5.lock.new");
    assert_int_equal(empty, 0);
}

static void only_a_later_turn_of_its_slurm_job_takes_over_from_another_host(void **state)
{
    (void)state;
    static const char words[] = "host elsewhere.invalid\npid 12\njob 34\n";
    static const char refusal[] =
        "x.h5 is locked by process 12 on elsewhere.invalid (job 34), which "
        "last showed activity 5[0-2]?? s ago; if it is dead, remove x.h5.lock and run "
        "this again"; /* a test may take 300 s */
    take_from("host elsewhere.invalid\npid 12\n",
              "x.h5 is locked by process 12 on elsewhere.invalid, which *");
    take_from(words, refusal);
    setenv("SLURM_JOB_ID", "34", 1);
    take_from(words, refusal);
    setenv("SLURM_RESTART_COUNT", "0", 1);
    take_from(words, refusal);
    setenv("SLURM_RESTART_COUNT", "1", 1);
    take_from(words, "taken over from elsewhere.invalid");
    setenv("SLURM_JOB_ID", "3", 1);
    take_from(words, refusal);
}

static void refresh_is_a_sign_of_life(void **state)
{
    (void)state;
    const struct timespec past = {.tv_sec = 1}, times[] = {past, past};
    struct stat file;
    struct fg_lock lock = take("taken");
    assert_int_equal(futimens(lock.fd, times), 0);
    fg_lock_refresh(&lock);
    assert_int_equal(fstat(lock.fd, &file), 0);
    assert_true(difftime(time(NULL), file.st_mtime) < 300); /* a test may take so long */
    fg_lock_release(&lock);
}

static void release_leaves_the_lock_of_a_successor(void **state)
{
    (void)state;
    struct fg_lock mine = take("taken");
    assert_int_equal(unlink("x.h5.lock"), 0);
    struct fg_lock next = take("taken");
    fg_lock_release(&mine);
    assert_int_equal(access("x.h5.lock", F_OK), 0);
    fg_lock_release(&next);
}

/* Takes and releases the lock many times. Returns how often another process held it at the same time. */
static int meetings(atomic_int *holders)
{
    int met = 0;
    for (int turn = 0; turn < 200; turn++) {
        struct fg_lock lock = {0};
        while (fg_lock_take(&lock, "x.h5", NULL) != FG_OK)
            sched_yield();
        met += atomic_fetch_add(holders, 1);
        sched_yield();
        atomic_fetch_sub(holders, 1);
        fg_lock_release(&lock);
    }
    return met;
}

static void there_is_one_holder_at_a_time(void **state)
{
    (void)state;
    enum { TAKERS = 4 };
    int failed = 0;
    atomic_int *holders =
        mmap(NULL, sizeof *holders, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(holders != MAP_FAILED);
    fflush(NULL); /* otherwise each child prints the buffer */
    for (int taker = 0; taker < TAKERS; taker++) {
        if (fork() == 0) {
            alarm(100); /* ends a process that never gets the lock */
            exit(meetings(holders) != 0);
        }
    }
    for (int status, taker = 0; taker < TAKERS; taker++)
        failed += wait(&status) < 0 || status != 0;
    assert_int_equal(failed, 0);
    munmap(holders, sizeof *holders);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(release_removes_the_lock_and_abandon_leaves_it),
        IN_DIRECTORY(a_living_holder_is_named_and_a_dead_one_succeeded),
        IN_DIRECTORY(a_number_that_lives_again_holds_nothing),
        IN_DIRECTORY(another_file_is_left_alone),
        IN_DIRECTORY(a_lock_without_text_is_of_a_dead_holder),
        IN_DIRECTORY(an_unfinished_new_lock_is_replaced),
        IN_DIRECTORY(an_unfinished_new_lock_that_cannot_be_removed_is_named),
        IN_DIRECTORY(a_lock_has_its_text_when_it_gets_its_name),
        IN_DIRECTORY(only_a_later_turn_of_its_slurm_job_takes_over_from_another_host),
        IN_DIRECTORY(refresh_is_a_sign_of_life),
        IN_DIRECTORY(release_leaves_the_lock_of_a_successor),
        IN_DIRECTORY(there_is_one_holder_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
