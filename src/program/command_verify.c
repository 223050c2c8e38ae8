/* `fishergrid verify`: checks a file with the library, and the summary in it, a JSON text, itself. The report
 * is made as JSON, and the text is printed from that. */
#include <math.h>
#include <stdio.h>

#include "commands.h"
#include "fishergrid/text.h"
#include "fishergrid/verify.h"
#include "json_io.h"
#include "run_summary.h"
#include "standard_output.h"
#include "threads.h"

enum { WRONG_MAX = 900 }; /* bytes of the names of the checks that found a fault */

/* --- the report as JSON; these functions return NULL if memory runs out --- */

static json_t *check_to_json(const struct fg_check *check)
{
    json_t *object = json_pack("{s:o, s:o}", "checked", whole_to_json(check->checked), "wrong",
                               whole_to_json(check->wrong));
    if (check->bound > 0) {
        object = json_with(object, "largest_error", finite_or_null(check->worst));
        object = json_with(object, "bound", finite_or_null(check->bound));
    }
    return object;
}

/* Returns the checks of the file; for the structure, also the first fault. */
static json_t *file_to_json(const struct fg_file_report *file, const struct fg_check *summary)
{
    json_t *checks = json_object();
    for (int c = 0; c < FG_N_FILE_CHECKS; c++) {
        json_t *check = check_to_json(&file->check[c]);
        if (c == FG_CHECK_STRUCTURE && *file->first_mismatch)
            check = json_with(check, "first", json_string(file->first_mismatch));
        checks = json_with(checks, fg_file_check_name((enum fg_file_check)c), check);
    }
    return json_with(checks, "summary", check_to_json(summary));
}

/* Returns check c of a data set, with the cell of the largest error or of the first fault, or with the reason
 * why nothing was compared. */
static json_t *data_check_to_json(const struct fg_result *result, fg_field_set fields, int c,
                                  const struct fg_check *check)
{
    const struct fg_axis *phi = &result->setup.grid.phi, *r = &result->setup.grid.r;
    json_t *object = check_to_json(check);
    if (check->checked == 0)
        return json_with(object, "why",
                         json_string(c >= FG_N_FIELDS  ? "nothing to compare"
                                     : fields >> c & 1 ? "no cell has a value to compare"
                                                       : "not stored"));
    if (check->wrong == 0 && !(check->bound > 0))
        return object;
    object = json_with(object, "i", whole_to_json(check->i));
    object = json_with(object, "j", whole_to_json(check->j));
    if (check->i < phi->n && check->j < r->n) {
        object = json_with(object, "phi", json_real(fg_axis_value(phi, check->i)));
        object = json_with(object, "r", json_real(fg_axis_value(r, check->j)));
    }
    return object;
}

static json_t *data_to_json(const struct fg_result *result, size_t s, const struct fg_verify_report *data)
{
    json_t *checks = json_object();
    for (int c = 0; c < FG_N_DATA_CHECKS; c++)
        checks = json_with(checks, fg_data_check_name(c),
                           data_check_to_json(result, result->data[s].fields, c, &data->check[c]));
    return json_pack("{s:o, s:o, s:o}", "tiles", whole_to_json(data->tiles), "tiles_done",
                     whole_to_json(data->tiles_done), "checks", checks);
}

/* --- checking --- */

/* Returns whether `set` has every member of `expected`, and frees `expected`. `set` may have other
 * members. */
static bool has_members(const json_t *set, json_t *expected)
{
    const char *name;
    json_t *value;
    bool has_all = json_object_size(expected) > 0;
    json_object_foreach(expected, name, value) has_all &= json_equal(value, json_object_get(set, name));
    json_decref(expected);
    return has_all;
}

/* Checks what the summary says of data set s. */
static void check_summary(const struct fg_result *result, size_t s, const struct fg_verify_report *data,
                          struct fg_check *check)
{
    json_t *summary = json_of_text(result->text[FG_TEXT_SUMMARY]);
    const json_t *set = json_object_get(json_object_get(summary, "data"), result->setup.data[s].name);
    check->checked++;
    check->wrong +=
        data->tiles_done != data->tiles || !has_members(set, found_to_json(&result->setup, s, &data->found));
    json_decref(summary);
}

/* Appends the names of the checks that found a fault: "structure (/phi is missing)", "loss of A". For checks
 * of the file, `of` and `data` are empty. */
static void append_wrong(char wrong[WRONG_MAX], const json_t *checks, const char *of, const char *data)
{
    const char *name, *first;
    json_t *check;
    json_object_foreach((json_t *)checks, name, check)
    {
        char text[FG_MISMATCH_MAX + FG_NAME_MAX + 64];
        first = json_string_value(json_object_get(check, "first"));
        snprintf(text, sizeof text, first ? "%s (%s)" : "%s%s%s", name, first ? first : of, data);
        if (json_whole(check, "wrong") > 0)
            fg_text_add(wrong, WRONG_MAX, ", ", text);
    }
}

/* Makes the report, and lists the checks that found a fault. */
static enum fg_status verify(const struct options *options, const struct fg_result *result, json_t **report,
                             char wrong[WRONG_MAX], struct fg_error *error)
{
    const struct fg_verify_options verify_options = {options->cells, options->cells_seed,
                                                     (int)options->threads};
    struct fg_file_report file;
    struct fg_check summary = {0};
    uint64_t tiles = 0, tiles_done = 0;
    json_t *sets = json_object();
    enum fg_status status = fg_verify_file(result, &file, error);
    for (size_t s = 0; s < result->setup.n_data && status == FG_OK; s++) {
        struct fg_verify_report data;
        status = fg_verify_data(result, s, &verify_options, &data, error);
        tiles += data.tiles;
        tiles_done += data.tiles_done;
        if (result->complete) /* only then is there a summary */
            check_summary(result, s, &data, &summary);
        sets = json_with(sets, result->setup.data[s].name, data_to_json(result, s, &data));
    }
    if (status != FG_OK) {
        json_decref(sets);
        return status;
    }
    fg_utf8_repair(file.first_mismatch); /* as JSON must be */
    fg_utf8_repair(file.foreign_names);
    json_t *checks = file_to_json(&file, &summary);
    const char *name;
    json_t *set;
    append_wrong(wrong, checks, "", "");
    json_object_foreach(sets, name, set) append_wrong(wrong, json_object_get(set, "checks"), " of ", name);
    /* another tool that copies the file moves its arrays to other offsets */
    const bool copy = result->moved && file.check[FG_CHECK_SETUP].checked == 0;
    *report = json_pack("{s:b, s:b, s:b, s:o, s:s, s:o, s:o, s:o, s:o}", "right", *wrong == '\0', "complete",
                        (int)result->complete, "copy", (int)copy, "foreign", whole_to_json(file.foreign),
                        "foreign_names", file.foreign_names, "tiles", whole_to_json(tiles), "tiles_done",
                        whole_to_json(tiles_done), "file", checks, "data", sets);
    return *report ? FG_OK : fg_fail(error, FG_FAILED, "no memory for the report");
}

/* --- the report as text --- */

static void print_checks(const json_t *checks)
{
    const char *name;
    json_t *check;
    json_object_foreach((json_t *)checks, name, check)
    {
        const json_t *bound = json_object_get(check, "bound"),
                     *worst = json_object_get(check, "largest_error");
        const char *first = json_string_value(json_object_get(check, "first"));
        const char *why = json_string_value(json_object_get(check, "why"));
        printf("  %-22s %12lld %8lld", name, json_whole(check, "checked"), json_whole(check, "wrong"));
        if (bound && !why)
            printf("  %10.2g %10.2g", json_is_null(worst) ? INFINITY : json_number_value(worst),
                   json_is_null(bound) ? INFINITY : json_number_value(bound));
        if (first || why)
            printf("  %s%s", first ? "first: " : "", first ? first : why);
        else if (bound && json_object_get(check, "phi"))
            printf("  phi = %.6f, r = %.6f", json_number(check, "phi"), json_number(check, "r"));
        else if (!bound && json_object_get(check, "i"))
            printf("  first: %lld, %lld", json_whole(check, "i"), json_whole(check, "j"));
        puts("");
    }
}

static void print_report(const char *path, const struct fg_result *result, const json_t *report)
{
    const json_t *sets = json_object_get(report, "data");
    const long long foreign = json_whole(report, "foreign");
    printf("%s: %s, %lld of %lld tiles are done\n", path, result->complete ? "complete" : "NOT COMPLETE",
           json_whole(report, "tiles_done"), json_whole(report, "tiles"));
    printf("  %-22s %12s %8s  %10s %10s\n", "check", "checked", "wrong", "largest", "bound");
    print_checks(json_object_get(report, "file"));
    for (size_t s = 0; s < result->setup.n_data; s++) {
        const struct fg_setup_data *data = &result->setup.data[s];
        const json_t *set = json_object_get(sets, data->name);
        printf("%s: %llu sample%s, %lld of %lld tiles are done\n", data->name, (unsigned long long)data->n,
               plural(data->n), json_whole(set, "tiles_done"), json_whole(set, "tiles"));
        print_checks(json_object_get(set, "checks"));
    }
    if (json_is_true(json_object_get(report, "copy")))
        printf("%s: a copy by another tool: the file offsets of its values cannot be checked, and no sweep "
               "can resume it\n",
               path);
    if (foreign > 0)
        printf("%s: not written by fishergrid and not checked: %lld object%s or attribute%s, such as %s\n",
               path, foreign, plural((uint64_t)foreign), plural((uint64_t)foreign),
               json_string_value(json_object_get(report, "foreign_names")));
    if (result->complete && json_is_true(json_object_get(report, "right")))
        printf("%s is complete and correct\n", path);
}

enum fg_status command_verify(struct options *options, struct fg_error *error)
{
    struct fg_result *result = NULL;
    json_t *report = NULL;
    char wrong[WRONG_MAX] = "";
    enum fg_status status = fg_result_open(&result, options->input, error);
    if (status == FG_OK)
        status = fg_result_unpack(result, error);
    if (status == FG_OK)
        status = threads_decide(options, error);
    if (status == FG_OK)
        status = verify(options, result, &report, wrong, error);
    if (status == FG_OK && options->json) {
        status = print_json(json_incref(report), error);
    } else if (status == FG_OK) {
        print_report(options->input, result, report);
        status = finish_output(error);
    }
    if (status == FG_OK && *wrong)
        status = fg_fail(error, FG_FAILED, "%s is not correct: %s", options->input, wrong);
    else if (status == FG_OK && !result->complete)
        status = fg_fail(error, FG_FAILED, "%s is not complete, but its finished tiles are correct",
                         options->input);
    json_decref(report);
    fg_result_close(&result);
    return status;
}
