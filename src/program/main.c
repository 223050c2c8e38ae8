/* fishergrid: loss, Fisher information and natural gradient of a two-weight network over a grid of (phi, r).
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "build_info.h"
#include "commands.h"
#include "fishergrid/text.h"
#include "launch.h"
#include "standard_output.h"
#include "team_start.h"
#include "threads.h"

static void print_help(void)
{
    printf("Usage: fishergrid COMMAND [OPTION...]\n\n%s\n\nCommands:\n", program_description);
    for (size_t c = 0; c < N_COMMANDS; c++)
        printf("  %-8s %s\n", commands[c].name, commands[c].summary);
    puts("\n'fishergrid COMMAND --help' lists the options; 'fishergrid --version' prints the version.\n"
         "Example: fishergrid sweep -o sweep.h5");
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/* Answers a first word that asks for version or help, and returns whether it did. Changes "help sweep" into
 * "sweep --help". */
static bool is_answered(int argc, char **argv)
{
    static char help[] = "--help";
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        puts(FG_VERSION_LINE);
    else if (asks_for_help(word) && argc > 2 && !asks_for_help(argv[2])) {
        argv[1] = argv[2];
        argv[2] = help;
        return false;
    } else if (asks_for_help(word))
        print_help();
    else
        return false;
    return true;
}

static enum fg_status unknown_command(const char *name, struct fg_error *error)
{
    char names[200] = "", hint[FG_HINT_MAX];
    for (size_t c = 0; c < N_COMMANDS; c++)
        fg_text_add(names, sizeof names, ", ", commands[c].name);
    if (!name)
        return fg_fail(error, FG_BAD_INPUT, "no command; there are: %s ('fishergrid --help' tells more)",
                       names);
    fg_text_suggest(name, *name == '-' ? "--help, --version" : names, hint);
    return fg_fail(error, FG_BAD_INPUT, "%s '%.60s'%s; there are: %s ('fishergrid --help' tells more)",
                   *name == '-' ? "the first word is a command, not" : "unknown command", name, hint, names);
}

/* Runs the command that argv[1] names. Stores its name for messages in `prefix`. `team` is NULL for a single
 * process. */
static enum fg_status run_command(int argc, char **argv, const struct fg_team *team, char prefix[32],
                                  struct fg_error *error)
{
    for (size_t c = 0; argc > 1 && c < N_COMMANDS; c++) {
        if (strcmp(argv[1], commands[c].name) != 0)
            continue;
        struct options options;
        snprintf(prefix, 32, "fishergrid %s", commands[c].name);
        char *program = argv[1];
        argv[1] = prefix; /* getopt and argp use it as the name of the program */
        enum fg_status status = options_parse(&options, commands[c].command, argc - 1, argv + 1, error);
        argv[1] = program;
        options.argc = argc;
        options.argv = argv;
        options.team = team;
        status = fg_team_agree(team, status, error);
        if (!team && launch_check_alone(&options, error) != FG_OK)
            status = FG_BAD_INPUT;
        if (status == FG_OK)
            status = commands[c].run(&options, error);
        options_free(&options);
        return fg_team_agree(team, status, error);
    }
    return launch_fail_once(unknown_command(argc > 1 ? argv[1] : NULL, error), error);
}

/* Options that help against a failure, for each remedy of the library. */
static const char *const remedy_words[] = {
    [FG_REMEDY_NONE] = "",
    [FG_REMEDY_REPLACE] = ", or replace it with --force",
    [FG_REMEDY_OTHER_SETUP] = ", or replace it with --force",
    [FG_REMEDY_FEWER_FIELDS] = " (--phi, --r, --fields)",
    [FG_REMEDY_DIRECT] = "; --method direct needs none",
    [FG_REMEDY_64_BITS] = "; pack without --float32",
};

/* Opens /dev/null for each standard stream that is closed. Otherwise the next file to be opened would get the
 * number of the stream, and receive what is printed. It is opened for reading, so that printing fails. */
static void fill_closed_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    close(fd);
}

int main(int argc, char **argv)
{
    char prefix[32] = "fishergrid";
    struct fg_error error = {0};
    struct fg_team others;
    fill_closed_streams();
    signal(SIGXFSZ, SIG_IGN); /* makes a write beyond the limit of file sizes fail like other writes */
    const bool answered = is_answered(argc, argv);
    enum fg_status status = answered ? finish_output(&error) : threads_check_stack(1, &error);
    /* Only a sweep uses several processes, so other commands do not start MPI. */
    const bool together = status == FG_OK && argc > 1 && strcmp(argv[1], "sweep") == 0 && team_start(&others);
    const struct fg_team *team = together ? &others : NULL;
    if (!answered && status == FG_OK)
        status = run_command(argc, argv, team, prefix, &error);
    if (status != FG_OK && fg_team_rank(team) == 0 && *error.text)
        fprintf(stderr, "%s: %s%s\n", prefix, error.text, remedy_words[error.remedy]);
    return (int)status;
}
