#define _POSIX_C_SOURCE 200809L /* gmtime_r, gethostname */
#include "provenance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "build_info.h"
#include "config.h"
#include "fishergrid/text.h"
#include "json_io.h"
#include "shell.h"

extern const char *const fg_git_revision;

void time_now(char text[32])
{
    time_t now = time(NULL);
    struct tm utc;
    if (!gmtime_r(&now, &utc) || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        strcpy(text, "unknown");
}

enum fg_status provenance_init(struct provenance *provenance, const struct options *options,
                               struct fg_error *error)
{
    /* the line is ASCII, because Octave fails at other texts */
    *provenance = (struct provenance){.command_line = shell_line(options->argc, options->argv, true)};
    json_t *config = config_of_setup(&options->setup, options->threads, NULL);
    provenance->config_json = json_text(config);
    json_decref(config);
    if (!provenance->command_line || !provenance->config_json)
        return fg_fail(error, FG_FAILED, "no memory for the record of the run");
    if (gethostname(provenance->host, sizeof provenance->host - 1) != 0)
        strcpy(provenance->host, "unknown");
    fg_utf8_repair(provenance->host);
    time_now(provenance->start_time);
    provenance->record = (struct fg_provenance){
        .text = {[FG_TEXT_VERSION] = FG_VERSION,
                 [FG_TEXT_START_TIME] = provenance->start_time,
                 [FG_TEXT_COMMAND_LINE] = provenance->command_line,
                 [FG_TEXT_CONFIG] = provenance->config_json,
                 [FG_TEXT_GIT_REVISION] = fg_git_revision,
                 [FG_TEXT_COMPILER] = FG_COMPILER,
                 [FG_TEXT_COMPILER_FLAGS] = FG_COMPILER_FLAGS,
                 [FG_TEXT_HOST] = provenance->host},
        .threads = options->threads,
        .processes = (uint64_t)fg_team_size(options->team),
    };
    return FG_OK;
}

void provenance_free(struct provenance *provenance)
{
    free(provenance->command_line);
    free(provenance->config_json);
    *provenance = (struct provenance){0};
}
