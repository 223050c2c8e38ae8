#include "json_io.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "standard_output.h"

enum fg_status print_json(json_t *object, struct fg_error *error)
{
    bool printed = object && json_dumpf(object, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF;
    json_decref(object);
    enum fg_status status = finish_output(error);
    return status != FG_OK || printed ? status : fg_fail(error, FG_FAILED, "no memory for JSON");
}

char *json_text(const json_t *object)
{
    const size_t flags = JSON_INDENT(1);
    size_t length = object ? json_dumpb(object, NULL, 0, flags) : 0;
    char *text = length > 0 ? malloc(length + 1) : NULL;
    if (!text)
        return NULL;
    text[length] = '\0';
    if (json_dumpb(object, text, length, flags) == length)
        return text;
    free(text);
    return NULL;
}

json_t *json_of_text(const char *text)
{
    json_t *json = text ? json_loads(text, 0, NULL) : NULL;
    return json ? json : json_null();
}

json_t *json_append(json_t *list, json_t *item)
{
    if (json_array_append_new(list, item) == 0)
        return list;
    json_decref(list);
    return NULL;
}

json_t *json_with(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) == 0)
        return object;
    json_decref(object);
    return NULL;
}

double json_number(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

long long json_whole(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

json_t *finite_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *whole_to_json(uint64_t value)
{
    return value <= INT64_MAX ? json_integer((json_int_t)value)
                              : json_sprintf("%llu", (unsigned long long)value);
}
