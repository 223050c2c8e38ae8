#define _POSIX_C_SOURCE 200809L /* gmtime_r, gethostname */
#include "run_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "build_info.h"
#include "print.h"
#include "shell.h"
#include "utf8.h"

extern const char *const fg_git_revision;

void time_now(char text[32])
{
    time_t now = time(NULL);
    struct tm utc;
    if (!gmtime_r(&now, &utc) || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        strcpy(text, "unknown");
}

enum fg_status run_record_init(struct run_record *record, const struct options *options, int argc,
                               char **argv, const struct fg_kernel *kernel, struct fg_error *error)
{
    *record = (struct run_record){.command_line = shell_line(argc, argv)};
    if (record->command_line)
        fg_utf8_repair(record->command_line); /* it goes into a file that is UTF-8 */
    json_t *config = options_to_json(options);
    record->config_json = json_text(config);
    json_decref(config);
    if (!record->command_line || !record->config_json)
        return fg_fail(error, FG_FAILED, "no memory for the record of the run");
    if (gethostname(record->host, sizeof record->host - 1) != 0)
        strcpy(record->host, "unknown");
    fg_utf8_repair(record->host);
    time_now(record->start_time);
    record->run = (struct fg_run){
        .program = FG_PROGRAM,
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
