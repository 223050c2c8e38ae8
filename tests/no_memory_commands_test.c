/* What happens to whole commands when memory runs out, at whichever allocation of ours or of Jansson: they
 * fail and say why, keep nothing to themselves, leave the files as they were, and work when there is memory
 * again. */
#define _GNU_SOURCE /* vasprintf */
#include "failing_memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"

/* --- files; stdio and directories allocate inside of the C library, which is not counted --- */

static bool is_there(const char *name)
{
    return access(name, F_OK) == 0;
}

/* FNV-1a of the name and the bytes of a file. */
static uint64_t digest_of_file(const char *name)
{
    uint64_t digest = 0xcbf29ce484222325;
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    for (const char *c = name; *c; c++)
        digest = (digest ^ (unsigned char)*c) * 0x100000001b3;
    const bool is_lock = strcmp(name, "out.h5.lock") == 0; /* who takes it over puts its own name into it */
    for (int c; !is_lock && (c = getc_unlocked(file)) != EOF;)
        digest = (digest ^ (unsigned char)c) * 0x100000001b3;
    fclose(file);
    return digest;
}

/* Of all files here but out.h5.part, in which a run may leave what it has done. */
static uint64_t digest_of_files(void)
{
    uint64_t digest = 0;
    DIR *directory = opendir(".");
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "out.h5.part") != 0)
            digest += digest_of_file(entry->d_name);
    }
    closedir(directory);
    return digest;
}

static int open_files(void)
{
    int n = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (readdir(directory))
        n++;
    closedir(directory);
    return n;
}

static void copy(const char *from, const char *to)
{
    FILE *source = fopen(from, "rb"), *target = fopen(to, "wb");
    assert_true(source && target);
    for (int c; (c = getc_unlocked(source)) != EOF;)
        putc_unlocked(c, target);
    fclose(source);
    assert_int_equal(fclose(target), 0);
}

static void remove_outputs(void)
{
    static const char *const names[] = {"out.h5", "out.h5.part", "out.h5.part.new", "out.h5.lock", "out.xmf"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        unlink(names[n]);
}

/* --- Jansson --- */

/* When Jansson 2.14 reads and is refused any but its first allocation, it writes beyond the end of others. So
 * only the first one of each text is refused. */
static bool is_reading, has_begun;
static bool refuses_jansson; /* anything at all */

static void *jansson_malloc(size_t bytes)
{
    const bool sure = !refuses_jansson || (is_reading && has_begun);
    has_begun = true;
    return sure ? counted(__real_malloc(bytes)) : malloc(bytes);
}

json_t *__real_json_loadb(const char *text, size_t length, size_t flags, json_error_t *error);
json_t *__wrap_json_loadb(const char *text, size_t length, size_t flags, json_error_t *error);

json_t *__wrap_json_loadb(const char *text, size_t length, size_t flags, json_error_t *error)
{
    is_reading = true;
    has_begun = false;
    json_t *json = __real_json_loadb(text, length, flags, error);
    is_reading = false;
    return json;
}

/* --- running --- */

static int said; /* a file without a name: what the last command printed */

/* As main does it. */
static enum fg_status parse_and_run(int argc, char **argv, struct fg_error *error)
{
    struct options options;
    size_t c = 0;
    while (strcmp(commands[c].name, argv[1]) != 0)
        c++;
    enum fg_status status = options_parse(&options, commands[c].command, argc - 1, argv + 1, error);
    if (status == FG_OK)
        status = commands[c].run(&options, argc, argv, error);
    options_free(&options);
    return status;
}

static enum fg_status run(const char *line, struct fg_error *error)
{
    char words[500], *argv[50] = {"fishergrid"};
    int argc = 1, out = dup(STDOUT_FILENO);
    assert_true((size_t)snprintf(words, sizeof words, "%s", line) < sizeof words);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    fflush(stdout);
    assert_int_equal(ftruncate(said, 0), 0);
    lseek(said, 0, SEEK_SET);
    dup2(said, STDOUT_FILENO);
    enum fg_status status = parse_and_run(argc, argv, error);
    fflush(stdout);
    dup2(out, STDOUT_FILENO);
    close(out);
    return status;
}

/* What the last command printed. */
static const char *text_said(void)
{
    static char text[100000];
    const ssize_t length = pread(said, text, sizeof text - 1, 0);
    assert_in_range(length, 0, sizeof text - 2);
    text[length] = '\0';
    return text;
}

static void must_run(const char *line)
{
    struct fg_error error;
    if (run(line, &error) != FG_OK)
        fail_msg("%s: %s", line, error.text);
}

/* --- one command, again and again --- */

struct scene {
    const char *line;        /* the command; what it makes is out.h5 or out.xmf */
    const char *old, *begun; /* what out.h5 and out.h5.part are before it; NULL: not there */
    bool locked;             /* out.h5.lock is there, too, of a process that died */
    const char *fails;       /* how it fails with memory; NULL: it does not */
    bool json;               /* Jansson is refused memory, too */
    const char *more;        /* what it says only where it has memory for it; NULL: it says all or fails */
};

static void set_up_scene(const struct scene *scene)
{
    remove_outputs();
    if (scene->old)
        copy(scene->old, "out.h5");
    if (scene->begun)
        copy(scene->begun, "out.h5.part");
    if (scene->locked)
        copy("dead.lock", "out.h5.lock");
}

/* FG_OK when the command does what it does with memory. */
static enum fg_status play(const struct scene *scene, struct fg_error *error)
{
    const enum fg_status status = run(scene->line, error);
    if (status == FG_OK && scene->fails)
        fail_msg("%s: does not fail", scene->line);
    if (status == FG_OK && scene->more && !strstr(text_said(), scene->more))
        return fg_fail(error, FG_FAILED, "no memory for more");
    return status != FG_OK && scene->fails && strstr(error->text, scene->fails) ? FG_OK : status;
}

static void must_play(const struct scene *scene)
{
    struct fg_error error;
    if (play(scene, &error) != FG_OK)
        fail_msg("%s: %s", scene->line, error.text);
}

/* A failure leaves all files as they are. If it leaves what is done, too, the command goes on with that; else
 * it finds what it has found before. */
static enum fg_status attempt(void *context, struct fg_error *error)
{
    const struct scene *scene = context;
    set_up_scene(scene);
    const uint64_t before = digest_of_files();
    const int open = open_files();
    const enum fg_status status = play(scene, error);
    assert_int_equal(open_files(), open);
    if (status == FG_OK)
        return status;
    give_memory_back();
    if (strstr(error->text, "is complete, yet")) {
        must_run("info out.h5");
        return status;
    }
    if (digest_of_files() != before)
        fail_msg("%s: changed files, and says '%s'", scene->line, error->text);
    assert_true(!scene->begun || is_there("out.h5.part"));
    if (is_there("out.h5.part"))
        must_play(scene);
    return status;
}

static void check_scene(struct scene scene)
{
    refuses_jansson = false;
    set_up_scene(&scene);
    must_play(&scene);
    const long needed = allocations_needed(attempt, &scene);
    assert_true(needed > 2);
    refuses_jansson = scene.json;
    assert_true(!scene.json || refuse_each(attempt, &scene, 1) >= needed); /* up to the stride */
}

#define SWEEP "sweep --phi 4 --r 3 --samples-per-class 3 --threads 1 --tile 4 --quiet "

static void a_sweep_leaves_what_is_done_or_nothing(void **state)
{
    (void)state;
    check_scene((struct scene){.json = true, .line = SWEEP "-o out.h5"});
    check_scene((struct scene){.line = SWEEP "--method chebyshev -o out.h5"});
    check_scene(
        (struct scene){.json = true, .line = "sweep --config config.json --threads 1 --quiet -o out.h5"});
}

static void a_sweep_goes_on_with_a_leftover_or_lets_it_be(void **state)
{
    (void)state;
    check_scene((struct scene){.line = SWEEP "-o out.h5", .begun = "begun.part"});
    check_scene((struct scene){.line = SWEEP "-o out.h5", .begun = "done.part"});
    check_scene((struct scene){
        .line = SWEEP "--damping 1 -o out.h5", .begun = "done.part", .fails = "was begun with"});
}

static void a_sweep_replaces_an_old_file_or_lets_it_be(void **state)
{
    (void)state;
    check_scene((struct scene){.line = SWEEP "--force -o out.h5", .old = "packed.h5"});
    check_scene((struct scene){.line = SWEEP "-o out.h5", .old = "packed.h5", .fails = "exists"});
    check_scene((struct scene){.line = SWEEP "-o out.h5", .old = "whole.h5", .locked = true});
}

static void a_dry_run_knows_all_that_it_foretells(void **state)
{
    (void)state;
    check_scene((struct scene){.line = SWEEP "--dry-run -o out.h5"});
    check_scene((struct scene){.json = true, .line = SWEEP "--dry-run --json -o out.h5"});
    check_scene((struct scene){.line = SWEEP "--dry-run --sbatch -o out.h5"});
}

static void a_merge_leaves_its_parts_as_they_are(void **state)
{
    (void)state;
    check_scene((struct scene){.json = true, .line = "merge --threads 1 --quiet -o out.h5 2.h5 1.h5"});
    check_scene(
        (struct scene){.line = "merge --threads 1 --json --force -o out.h5 1.h5 2.h5", .old = "packed.h5"});
}

static void a_file_is_packed_or_not(void **state)
{
    (void)state;
    check_scene((struct scene){.line = "pack --threads 1 --quiet whole.h5 out.h5"});
    check_scene(
        (struct scene){.json = true, .line = "pack --threads 1 --keep-digits 3 --json whole.h5 out.h5"});
    check_scene(
        (struct scene){.line = "pack --threads 1 --float32 --force whole.h5 out.h5", .old = "packed.h5"});
}

static void a_description_is_written_or_not(void **state)
{
    (void)state;
    check_scene((struct scene){.line = "xdmf out.h5", .old = "whole.h5"});
    check_scene((struct scene){.line = "xdmf -o out.xmf packed.h5"});
}

static void a_file_is_not_wrong_for_lack_of_memory(void **state)
{
    (void)state;
    check_scene((struct scene){.json = true, .line = "verify --threads 1 --cells 5 --json whole.h5"});
    check_scene((struct scene){.line = "verify --threads 1 --cells 5 packed.h5"});
    check_scene((struct scene){
        .json = true, .line = "verify --threads 1 --cells 5 done.part", .fails = "is not complete"});
}

/* Where a file cannot be unpacked, its ranges are left out. */
static void what_is_told_is_told_in_full(void **state)
{
    (void)state;
    check_scene((struct scene){.line = "point --phi 1 --r 2 --samples-per-class 3"});
    check_scene((struct scene){.json = true, .line = "point --phi 1 --r 2 --samples-per-class 3 --json"});
    check_scene((struct scene){.line = "info whole.h5"});
    check_scene((struct scene){.json = true, .line = "info --json done.part", .fails = "is not complete"});
    check_scene((struct scene){.json = true, .line = "info --json packed.h5", .more = "\"cells_phi\""});
    check_scene((struct scene){.json = true, .line = "info --config whole.h5"});
}

/* --- the files that commands need --- */

/* What two sweeps leave that run out of memory: all but the values, and all but the summary. */
static void make_leftovers(void)
{
    enum fg_status status = FG_FAILED;
    refuses_jansson = true;
    for (long n = 0; status != FG_OK; n++) {
        struct fg_error error;
        refuse_memory(n, 1);
        status = run(SWEEP "-o out.h5", &error);
        refuse_memory(0, 0);
        if (is_there("out.h5.part"))
            rename("out.h5.part", is_there("begun.part") ? "done.part" : "begun.part");
    }
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
}

static void make_lock(void)
{
    char host[256] = "", text[300];
    assert_int_equal(gethostname(host, sizeof host - 1), 0);
    snprintf(text, sizeof text, "host %s\npid 1\n", host);
    write_text("dead.lock", text);
}

static int make_inputs(void **state)
{
    static char directory[] = "no_memory_commands_test.XXXXXX";
    *state = directory;
    json_set_alloc_funcs(jansson_malloc, free);
    stride = getenv("EVERY_ALLOCATION") ? 1 : 13;
    said = fileno(tmpfile());
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chdir(directory), 0);
    must_run(SWEEP "-o whole.h5");
    must_run(SWEEP "--part 1/2 -o 1.h5");
    must_run(SWEEP "--part 2/2 -o 2.h5");
    must_run("pack --threads 1 --quiet --keep-digits 5 whole.h5 packed.h5");
    make_leftovers();
    must_run("info --config whole.h5");
    write_text("config.json", text_said());
    make_lock();
    return 0;
}

static int remove_inputs(void **state)
{
    char command[100];
    snprintf(command, sizeof command, "rm -r ../%s", (char *)*state);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sweep_leaves_what_is_done_or_nothing),
        cmocka_unit_test(a_sweep_goes_on_with_a_leftover_or_lets_it_be),
        cmocka_unit_test(a_sweep_replaces_an_old_file_or_lets_it_be),
        cmocka_unit_test(a_dry_run_knows_all_that_it_foretells),
        cmocka_unit_test(a_merge_leaves_its_parts_as_they_are),
        cmocka_unit_test(a_file_is_packed_or_not),
        cmocka_unit_test(a_description_is_written_or_not),
        cmocka_unit_test(a_file_is_not_wrong_for_lack_of_memory),
        cmocka_unit_test(what_is_told_is_told_in_full),
    };
    return cmocka_run_group_tests(tests, make_inputs, remove_inputs);
}
