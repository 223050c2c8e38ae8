/* `fishergrid verify`: checks a file with the library, checks the summary (a JSON text) itself, and prints
 * the report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fishergrid/text.h"
#include "fishergrid/verify.h"
#include "json_io.h"
#include "run_summary.h"
#include "standard_output.h"
#include "threads.h"

/* The check of the summary, which the library does not make. */
enum { CHECK_SUMMARY = FG_N_FILE_CHECKS, N_FILE_CHECKS };

struct report {
    struct fg_file_report file;
    struct fg_check summary;
    struct fg_verify_report data[FG_DATA_MAX];
    uint64_t tiles, tiles_done;
    char wrong[900]; /* names of the checks that found a fault */
};

static const char *file_check_name(int check)
{
    return check == CHECK_SUMMARY ? "summary" : fg_file_check_name((enum fg_file_check)check);
}

static const struct fg_check *file_check(const struct report *report, int check)
{
    return check == CHECK_SUMMARY ? &report->summary : &report->file.check[check];
}

/* --- the summary in the file, a JSON text --- */

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

/* Checks the summary. Only a complete file has one. */
static void check_summary_json(const struct fg_result *result, struct report *report)
{
    json_t *summary = json_of_text(result->text[FG_TEXT_SUMMARY]);
    const json_t *sets = json_object_get(summary, "data");
    for (size_t s = 0; s < result->setup.n_data && result->complete; s++) {
        const struct fg_verify_report *data = &report->data[s];
        const json_t *set = json_object_get(sets, result->setup.data[s].name);
        report->summary.checked++;
        report->summary.wrong += data->tiles_done != data->tiles ||
                                 !has_members(set, found_to_json(&result->setup, s, &data->found));
    }
    json_decref(summary);
}

/* --- the report --- */

/* Appends the name of a check that found a fault; for the structure, also the first fault. */
static void append_wrong(struct report *report, int check)
{
    char text[FG_MISMATCH_MAX + 64];
    const char *name = file_check_name(check);
    snprintf(text, sizeof text, "%s (%s)", name, report->file.first_mismatch);
    fg_text_add(report->wrong, sizeof report->wrong, ", ", check == FG_CHECK_STRUCTURE ? text : name);
}

/* Lists the checks that found a fault: "structure (/phi is missing), loss of A, tiles of B". */
static void list_wrong(const struct fg_result *result, struct report *report)
{
    char name[FG_NAME_MAX + 64];
    for (int c = 0; c < N_FILE_CHECKS; c++) {
        if (file_check(report, c)->wrong > 0)
            append_wrong(report, c);
    }
    for (size_t s = 0; s < result->setup.n_data; s++) {
        for (int c = 0; c < FG_N_DATA_CHECKS; c++) {
            snprintf(name, sizeof name, "%s of %s", fg_data_check_name(c), result->setup.data[s].name);
            if (report->data[s].check[c].wrong > 0)
                fg_text_add(report->wrong, sizeof report->wrong, ", ", name);
        }
    }
}

static json_t *check_to_json(const struct fg_check *check)
{
    json_t *object = json_object();
    object = json_with(object, "checked", whole_to_json(check->checked));
    object = json_with(object, "wrong", whole_to_json(check->wrong));
    if (check->bound > 0) {
        object = json_with(object, "largest_error", finite_or_null(check->worst));
        object = json_with(object, "bound", json_real(check->bound));
    }
    return object;
}

/* Returns a check of the file; for the structure, also the first fault. */
static json_t *file_check_to_json(const struct report *report, int check)
{
    json_t *object = check_to_json(file_check(report, check));
    return check == FG_CHECK_STRUCTURE && *report->file.first_mismatch
               ? json_with(object, "first", json_string(report->file.first_mismatch))
               : object;
}

/* Returns a check of a data set, with the cell of the largest error or of the first fault. */
static json_t *cell_check_to_json(const struct fg_result *result, const struct fg_check *check)
{
    json_t *object = check_to_json(check);
    if (check->wrong == 0 && !(check->bound > 0 && check->checked > 0))
        return object;
    object = json_with(object, "i", whole_to_json(check->i));
    object = json_with(object, "j", whole_to_json(check->j));
    if (check->i < result->setup.grid.phi.n && check->j < result->setup.grid.r.n) {
        object = json_with(object, "phi", json_real(fg_axis_value(&result->setup.grid.phi, check->i)));
        object = json_with(object, "r", json_real(fg_axis_value(&result->setup.grid.r, check->j)));
    }
    return object;
}

static json_t *data_report_to_json(const struct fg_result *result, const struct fg_verify_report *data)
{
    json_t *checks = json_object();
    for (int c = 0; c < FG_N_DATA_CHECKS; c++)
        checks = json_with(checks, fg_data_check_name(c), cell_check_to_json(result, &data->check[c]));
    return json_pack("{s:o, s:o, s:o}", "tiles", whole_to_json(data->tiles), "tiles_done",
                     whole_to_json(data->tiles_done), "checks", checks);
}

/* Returns whether another tool has copied the file: its arrays are then at other offsets. */
static bool is_copy(const struct fg_result *result, const struct report *report)
{
    return result->moved && report->file.check[FG_CHECK_SETUP].checked == 0;
}

static json_t *report_to_json(const struct fg_result *result, const struct report *report)
{
    json_t *file = json_object(), *data = json_object();
    for (int c = 0; c < N_FILE_CHECKS; c++)
        file = json_with(file, file_check_name(c), file_check_to_json(report, c));
    for (size_t s = 0; s < result->setup.n_data; s++)
        data = json_with(data, result->setup.data[s].name, data_report_to_json(result, &report->data[s]));
    return json_pack("{s:b, s:b, s:b, s:o, s:s, s:o, s:o, s:o, s:o}", "right", *report->wrong == '\0',
                     "complete", (int)result->complete, "copy", (int)is_copy(result, report), "foreign",
                     whole_to_json(report->file.foreign), "foreign_names", report->file.foreign_names,
                     "tiles", whole_to_json(report->tiles), "tiles_done", whole_to_json(report->tiles_done),
                     "file", file, "data", data);
}

static void print_check(const char *name, const struct fg_check *check)
{
    printf("  %-22s %12llu %8llu", name, (unsigned long long)check->checked,
           (unsigned long long)check->wrong);
    if (check->bound > 0 && check->checked > 0)
        printf("  %10.2g %10.2g", check->worst, check->bound);
}

/* Returns the fields that a check of a data set needs. */
static fg_field_set fields_of_check(int c)
{
    switch (c) {
    case FG_CHECK_DIFFERENCE_PHI:
        return 1u << FG_GRADIENT_PHI;
    case FG_CHECK_DIFFERENCE_R:
        return 1u << FG_GRADIENT_R;
    case FG_CHECK_SEMIDEFINITE:
        return 1u << FG_FISHER_PHI_PHI | 1u << FG_FISHER_R_PHI | 1u << FG_FISHER_R_R;
    default:
        return c < FG_N_FIELDS ? 1u << c : 0;
    }
}

/* Returns why check `c` of data set `s` compared nothing. */
static const char *why_not_checked(const struct fg_result *result, const struct report *report, size_t s,
                                   int c)
{
    if (fields_of_check(c) & ~result->data[s].fields)
        return "not stored";
    return report->data[s].tiles_done > 0 ? "no cell has a value to compare" : "nothing is done";
}

static void print_cell_check(const struct fg_result *result, const struct report *report, size_t s, int c)
{
    const struct fg_check *check = &report->data[s].check[c];
    print_check(fg_data_check_name(c), check);
    if (check->checked == 0)
        printf("  %s", why_not_checked(result, report, s, c));
    else if (check->wrong > 0 && !(check->bound > 0))
        printf("  first: %llu, %llu", (unsigned long long)check->i, (unsigned long long)check->j);
    else if (check->bound > 0 && check->i < result->setup.grid.phi.n && check->j < result->setup.grid.r.n)
        printf("  phi = %.6f, r = %.6f", fg_axis_value(&result->setup.grid.phi, check->i),
               fg_axis_value(&result->setup.grid.r, check->j));
    puts("");
}

static void print_report(const char *path, const struct fg_result *result, const struct report *report)
{
    printf("%s: %s, %llu of %llu tiles are done\n", path, result->complete ? "complete" : "NOT COMPLETE",
           (unsigned long long)report->tiles_done, (unsigned long long)report->tiles);
    printf("  %-22s %12s %8s  %10s %10s\n", "check", "checked", "wrong", "largest", "bound");
    for (int c = 0; c < N_FILE_CHECKS; c++) {
        print_check(file_check_name(c), file_check(report, c));
        if (c == FG_CHECK_STRUCTURE && *report->file.first_mismatch)
            printf("  first: %s", report->file.first_mismatch);
        puts("");
    }
    for (size_t s = 0; s < result->setup.n_data; s++) {
        const struct fg_verify_report *data = &report->data[s];
        printf("%s: %llu sample%s, %llu of %llu tiles are done\n", result->setup.data[s].name,
               (unsigned long long)result->setup.data[s].n, plural(result->setup.data[s].n),
               (unsigned long long)data->tiles_done, (unsigned long long)data->tiles);
        for (int c = 0; c < FG_N_DATA_CHECKS; c++)
            print_cell_check(result, report, s, c);
    }
}

/* Prints what was not checked, although it is no fault. */
static void print_notes(const char *path, const struct fg_result *result, const struct report *report)
{
    if (is_copy(result, report))
        printf("%s: a copy by another tool: the file offsets of its values cannot be checked, and no sweep "
               "can resume it\n",
               path);
    if (report->file.foreign > 0)
        printf("%s: not written by fishergrid and not checked: %llu object%s or attribute%s, such as %s\n",
               path, (unsigned long long)report->file.foreign, plural(report->file.foreign),
               plural(report->file.foreign), report->file.foreign_names);
}

/* --- the command --- */

static enum fg_status verify(const struct options *options, const struct fg_result *result,
                             struct report *report, struct fg_error *error)
{
    const struct fg_verify_options verify_options = {options->cells, options->cells_seed,
                                                     (int)options->threads};
    enum fg_status status = fg_verify_file(result, &report->file, error);
    for (size_t s = 0; s < result->setup.n_data && status == FG_OK; s++) {
        status = fg_verify_data(result, s, &verify_options, &report->data[s], error);
        report->tiles += report->data[s].tiles;
        report->tiles_done += report->data[s].tiles_done;
    }
    check_summary_json(result, report);
    list_wrong(result, report);
    return status;
}

static enum fg_status report_verdict(const char *path, const struct fg_result *result,
                                     const struct report *report, struct fg_error *error)
{
    if (*report->wrong)
        return fg_fail(error, FG_FAILED, "%s is not correct: %s", path, report->wrong);
    if (!result->complete)
        return fg_fail(error, FG_FAILED, "%s is not complete, but its finished tiles are correct", path);
    return FG_OK;
}

enum fg_status command_verify(struct options *options, struct fg_error *error)
{
    struct fg_result *result = NULL;
    struct report *report = calloc(1, sizeof *report);
    if (!report)
        return fg_fail(error, FG_FAILED, "no memory");
    enum fg_status status = fg_result_open(&result, options->input, error);
    if (status == FG_OK)
        status = fg_result_unpack(result, error);
    if (status == FG_OK)
        status = threads_decide(options, error);
    if (status == FG_OK)
        status = verify(options, result, report, error);
    if (status == FG_OK && options->json) {
        status = print_json(report_to_json(result, report), error);
    } else if (status == FG_OK) {
        print_report(options->input, result, report);
        print_notes(options->input, result, report);
        if (result->complete && !*report->wrong)
            printf("%s is complete and correct\n", options->input);
        status = finish_output(error);
    }
    if (status == FG_OK)
        status = report_verdict(options->input, result, report, error);
    fg_result_close(&result);
    free(report);
    return status;
}
