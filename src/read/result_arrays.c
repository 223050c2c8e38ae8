#include "result_arrays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vlen_text.h"

enum fg_status fg_result_refuse(const struct fg_result *result, const char *name, const char *why,
                                struct fg_error *error)
{
    return fg_fail(error, FG_BAD_INPUT, "%s: not a file of fishergrid, or damaged: %s %s", result->path, name,
                   why);
}

/* --- arrays --- */

/* Whether n0 x n1 values of so many bytes fit between offset and the end of the file. */
static bool fits(const struct fg_result *result, uint64_t offset, uint64_t n0, uint64_t n1, size_t bytes)
{
    uint64_t room = offset > 0 && offset <= result->bytes ? (result->bytes - offset) / bytes : 0;
    return n0 > 0 && n1 > 0 && n0 <= room / n1;
}

/* What is wrong with it; NULL: nothing. */
static const char *find_fault(const struct fg_result *result, const struct fg_wanted_array *wanted)
{
    const struct fg_contents_array *array = wanted->array;
    if (array->state == ARRAY_MISSING)
        return "is missing";
    if (array->state != ARRAY_PLAIN)
        return "is not stored as fishergrid stores it";
    if (array->shape[0] != wanted->shape[0] || array->shape[1] != wanted->shape[1])
        return "has another shape than it must have";
    if (!fits(result, array->offset, array->shape[0], array->shape[1], wanted->bytes))
        return "reaches beyond the end of the file";
    return NULL;
}

enum fg_status fg_result_check_array(const struct fg_result *result, const struct fg_wanted_array *wanted,
                                     struct fg_error *error)
{
    const char *fault = find_fault(result, wanted);
    char name[2 * FG_NAME_MAX + 64];
    if (fault) {
        snprintf(name, sizeof name, "%s%s%s", wanted->name, wanted->of ? " of " : "",
                 wanted->of ? wanted->of : "");
        return fg_result_refuse(result, name, fault, error);
    }
    *wanted->offset = wanted->array->offset;
    return FG_OK;
}

enum fg_status fg_result_take_number(const struct fg_result *result, const char *name,
                                     const struct fg_contents_array *array, bool *found, uint64_t *number,
                                     struct fg_error *error)
{
    uint64_t offset = 0;
    const struct fg_wanted_array wanted = {name, NULL, array, {1, 1}, sizeof *number, &offset};
    *found = array->state != ARRAY_MISSING;
    enum fg_status status = *found ? fg_result_check_array(result, &wanted, error) : FG_OK;
    return *found && status == FG_OK ? fg_result_read(result, offset, sizeof *number, number, error) : status;
}

/* --- the setup --- */

static enum fg_status read_text(const struct fg_result *result, const char *name, uint64_t offset,
                                struct fg_setup_value *value, struct fg_error *error)
{
    char *text = NULL;
    enum fg_status status = fg_vlen_text_read(result, offset, &text, error);
    if (status == FG_OK && (!text || strlen(text) >= sizeof value->text))
        status = fg_result_refuse(result, name, "is not a text that a setup has", error);
    if (status == FG_OK)
        strcpy(value->text, text);
    free(text);
    return status;
}

/* Reads scalar k into the setup. */
static enum fg_status take_scalar(struct fg_result *result, size_t k, const struct fg_contents_array *array,
                                  struct fg_error *error)
{
    struct fg_setup_value value;
    struct fg_error cause;
    char name[FG_SETUP_NAME_MAX + 32];
    uint64_t offset = 0;
    fg_setup_get(&result->setup, k, &value);
    snprintf(name, sizeof name, LAYOUT_SETUP "/%s", value.name);
    value.text[0] = '\0';
    const size_t bytes = value.type == FG_SETUP_TEXT ? 1 : sizeof(uint64_t);
    const struct fg_wanted_array wanted = {name, NULL, array, {1, 1}, bytes, &offset};
    enum fg_status status = fg_result_check_array(result, &wanted, error);
    if (status == FG_OK && value.type == FG_SETUP_TEXT)
        status = read_text(result, name, offset, &value, error);
    else if (status == FG_OK)
        status = fg_result_read(result, offset, bytes,
                                value.type == FG_SETUP_REAL ? (void *)&value.real : &value.number, error);
    if (status != FG_OK)
        return status;
    status = fg_setup_set(&result->setup, k, &value, &cause);
    return status == FG_OK ? FG_OK : fg_result_refuse(result, LAYOUT_SETUP, cause.text, error);
}

/* Puts the data set that the setup calls its s-th in place s. */
static enum fg_status find_data(const struct fg_result *result, size_t s, struct fg_contents *contents,
                                struct fg_error *error)
{
    const char *name = result->setup.data[s].name;
    size_t at = s;
    while (at < contents->n_data &&
           strncmp(contents->data[at].name, name, sizeof contents->data[at].name) != 0)
        at++;
    if (at >= contents->n_data)
        return fg_result_refuse(result, name, "has no samples", error);
    const struct fg_contents_data found = contents->data[at];
    contents->data[at] = contents->data[s];
    contents->data[s] = found;
    return FG_OK;
}

enum fg_status fg_result_take_setup(struct fg_result *result, struct fg_contents *contents,
                                    struct fg_error *error)
{
    struct fg_setup *setup = &result->setup;
    struct fg_error cause;
    enum fg_status status = FG_OK;
    for (size_t k = 0; k < FG_SETUP_FIXED && status == FG_OK; k++)
        status = take_scalar(result, k, &contents->setup[k], error);
    for (size_t s = 0; s < setup->n_data && status == FG_OK; s++) {
        status = find_data(result, s, contents, error);
        for (size_t k = 0; k < FG_SETUP_OF_DATA && status == FG_OK; k++)
            status = take_scalar(result, FG_SETUP_FIXED + FG_SETUP_OF_DATA * s + k,
                                 &contents->data[s].setup[k], error);
    }
    if (status != FG_OK)
        return status;
    const size_t tile_cells = setup->tile_cells;
    status = fg_setup_cut(setup, &cause);
    if (status == FG_OK && setup->tile_cells != tile_cells)
        status = fg_fail(&cause, FG_BAD_INPUT, "tile_cells: no tile of this grid has %zu cells", tile_cells);
    return status == FG_OK ? FG_OK : fg_result_refuse(result, LAYOUT_SETUP, cause.text, error);
}
