#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

/* Longer than any record: 64 data sets with the longest names and paths. */
#define CONFIG_MAX ((size_t)4 << 20)

/* Reads all of a file into `text`, which has room for one byte more than there may be. */
static enum fg_status read_all(const char *path, char *text, size_t *length, struct fg_error *error)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return fg_fail(error, FG_BAD_INPUT, "%s: %s", path, strerror(errno));
    errno = 0;
    *length = fread(text, 1, CONFIG_MAX + 1, file);
    const int reason = ferror(file) ? errno : 0;
    fclose(file);
    if (reason)
        return fg_fail(error, FG_BAD_INPUT, "%s: %s", path, strerror(reason));
    return *length <= CONFIG_MAX
               ? FG_OK
               : fg_fail(error, FG_BAD_INPUT, "%s: longer than %zu bytes", path, CONFIG_MAX);
}

static enum fg_status parse(const char *path, const char *text, size_t length, json_t **config,
                            struct fg_error *error)
{
    json_error_t found;
    if (!json_read(text, length, JSON_REJECT_DUPLICATES, config, &found))
        return fg_fail(error, FG_FAILED, "%s: no memory", path);
    if (json_is_object(*config))
        return FG_OK;
    if (!*config && length > 0)
        return fg_fail(error, FG_BAD_INPUT, "%s: line %d: %s", path, found.line, found.text);
    return fg_fail(error, FG_BAD_INPUT, "%s: not a JSON object as 'fishergrid info --config' prints it",
                   path);
}

enum fg_status config_read(const char *path, json_t **config, struct fg_error *error)
{
    size_t length = 0;
    char *text = malloc(CONFIG_MAX + 1);
    if (!text)
        return fg_fail(error, FG_FAILED, "%s: no memory", path);
    enum fg_status status = read_all(path, text, &length, error);
    if (status == FG_OK)
        status = parse(path, text, length, config, error);
    free(text);
    return status;
}
