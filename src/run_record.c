#define _POSIX_C_SOURCE 200809L /* gmtime_r, gethostname, stpcpy */
#include "run_record.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "build_info.h"
#include "utf8.h"

extern const char *const fg_git_revision;

void time_now(char text[32])
{
    time_t now = time(NULL);
    struct tm utc;
    if (!gmtime_r(&now, &utc) || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        strcpy(text, "unknown");
}

/* Whether a shell takes the word as it is. */
static bool is_plain(const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./_-";
    return *word && word[strspn(word, plain)] == '\0';
}

/* Writes the word as a shell takes it, if need be in single quotes, and returns the end of it. */
static char *put_word(char *end, const char *word)
{
    if (is_plain(word))
        return stpcpy(end, word);
    *end++ = '\'';
    for (; *word; word++) {
        if (*word == '\'')
            end = stpcpy(end, "'\\''");
        else
            *end++ = *word;
    }
    return stpcpy(end, "'");
}

/* The arguments as a line that can be pasted into a shell, without the empty ones that options_parse leaves.
 */
static char *join(int argc, char **argv)
{
    size_t length = 1;
    for (int a = 0; a < argc; a++)
        length += 4 * strlen(argv[a]) + 3; /* four for a quote, two quotes and a blank around */
    char *line = calloc(length, 1), *end = line;
    for (int a = 0; line && a < argc; a++) {
        if (!*argv[a])
            continue;
        end = a ? stpcpy(end, " ") : end;
        end = put_word(end, argv[a]);
    }
    if (line)
        utf8_repair(line);
    return line;
}

enum fg_status run_record_init(struct run_record *record, const struct options *options, int argc,
                               char **argv, const struct fg_kernel *kernel, struct fg_error *error)
{
    *record = (struct run_record){.command_line = join(argc, argv)};
    json_t *config = options_to_json(options);
    record->config_json = config ? json_dumps(config, JSON_INDENT(1)) : NULL;
    json_decref(config);
    if (!record->command_line || !record->config_json)
        return fg_fail(error, FG_FAILED, "no memory for the record of the run");
    if (gethostname(record->host, sizeof record->host - 1) != 0)
        strcpy(record->host, "unknown");
    utf8_repair(record->host);
    time_now(record->start_time);
    record->run = (struct fg_run){
        .program = FG_VERSION_LINE,
        .version = FG_VERSION,
        .git_revision = fg_git_revision,
        .compiler = FG_COMPILER,
        .compiler_flags = FG_COMPILER_FLAGS,
        .instruction_set = kernel->name,
        .command_line = record->command_line,
        .config_json = record->config_json,
        .host = record->host,
        .start_time = record->start_time,
        .threads = options->threads,
        .processes = (uint64_t)(options->team ? options->team->size : 1),
        .seed = options->draw.seed,
    };
    return FG_OK;
}

void run_record_free(struct run_record *record)
{
    free(record->command_line);
    free(record->config_json);
    *record = (struct run_record){0};
}
