/* Compares the structure of a file with a fresh layout, made from the setup of the file. */
#include "verify_parts.h"

#include <stdio.h>
#include <string.h>

#include "file_lines.h"
#include "fishergrid/text.h"
#include "h5.h"
#include "open_result.h"
#include "skeleton.h"

/* Memory that is shared with the child. The pointer `path` is valid in the child, too. */
struct comparison {
    const char *path; /* of the file */
    bool complete;
    hid_t layout; /* open */
    struct fg_file_report report;
};

/* --- comparing lines --- */

/* Notes whether the object or attribute of a line is right. `fault` says what is wrong; NULL: nothing. */
static void note_line(struct fg_file_report *report, const struct fg_file_line *line, const char *fault)
{
    fg_tally_bool(&report->check[FG_CHECK_STRUCTURE], !fault, 0, 0);
    if (fault && *report->first_mismatch == '\0')
        snprintf(report->first_mismatch, sizeof report->first_mismatch, "%s %s", line->name, fault);
}

/* Notes an object or attribute that fishergrid has not written, unless it belongs to the last such object,
 * `last`. Ignores netCDF's own attributes, which mean nothing to users. Names that do not fit into the report
 * are only counted. */
static void note_foreign_line(struct fg_file_report *report, const struct fg_file_line *line,
                              const char **last)
{
    char name[FG_MISMATCH_MAX];
    const size_t n = *last ? strlen(*last) : 0;
    if ((*last && strncmp(*last, line->name, n) == 0 && strchr("/:", line->name[n])) ||
        strstr(line->name, ": attribute _Netcdf4") || strstr(line->name, ": attribute _NCProperties"))
        return;
    *last = line->name;
    report->foreign++;
    snprintf(name, sizeof name, "%s", line->name);
    fg_utf8_repair(name);
    if (strlen(report->foreign_names) + strlen(name) + sizeof ", " <= sizeof report->foreign_names)
        fg_text_add(report->foreign_names, sizeof report->foreign_names, ", ", name);
}

/* Returns which of type, shape and value differs first; NULL if none does. */
static const char *find_difference(const char *expected, const char *found)
{
    static const char *const faults[] = {"has another type", "has another shape", "has another value"};
    size_t part = 0;
    if (strcmp(expected, found) == 0)
        return NULL;
    for (; *expected == *found; expected++, found++)
        part += *expected == '\t';
    return faults[part < 3 ? part : 2];
}

static bool is_link(const struct fg_file_line *line)
{
    static const char link[] = "link\t";
    return strncmp(line->value, link, strlen(link)) == 0;
}

/* Compares a line that both files have. If a tool that follows links has replaced a link by a copy of the
 * field, the copy is foreign. */
static void compare_line(struct fg_file_report *report, const struct fg_file_line *expected,
                         const struct fg_file_line *found, const char **last)
{
    const char *fault = find_difference(expected->value, found->value);
    if (fault && is_link(expected) && !is_link(found))
        note_foreign_line(report, found, last);
    else
        note_line(report, expected, fault && is_link(found) ? "links to something else" : fault);
}

static void compare_all_lines(struct fg_file_report *report, const struct fg_file_lines *layout,
                              const struct fg_file_lines *file)
{
    const char *last = NULL;
    const struct fg_file_line *expected = layout->line, *found = file->line;
    const struct fg_file_line *const end = expected + layout->n, *const end_found = found + file->n;
    while (expected < end || found < end_found) {
        const int order = expected == end ? 1 : found == end_found ? -1 : strcmp(expected->name, found->name);
        if (order == 0)
            compare_line(report, expected, found, &last);
        else if (order < 0)
            note_line(report, expected, "is missing");
        else
            note_foreign_line(report, found, &last);
        expected += order <= 0;
        found += order >= 0;
    }
}

/* Compares the file with the layout in the child process; has the type fg_sandbox_work. */
static enum fg_status compare_with_layout(void *shared, struct fg_error *error)
{
    struct comparison *comparison = shared;
    struct fg_file_lines expected = {0}, found = {0};
    hid_t file;
    const bool listed = fg_h5_open_for_reading(comparison->path, &file, NULL) == FG_OK &&
                        fg_file_lines_list(&expected, comparison->layout, comparison->complete) &&
                        fg_file_lines_list(&found, file, comparison->complete);
    if (listed)
        compare_all_lines(&comparison->report, &expected, &found);
    fg_file_lines_free(&expected);
    fg_file_lines_free(&found);
    return listed ? FG_OK : fg_fail(error, FG_BAD_INPUT, "it cannot be compared with its layout");
}

/* --- in the parent --- */

/* Returns how the fields were rounded, as far as the file says. Rounded 64-bit fields must state their number
 * of bits. If none does, the number 1 is expected, so that the missing attribute is found. */
static struct fg_packing packing_of(const struct fg_result *result)
{
    bool rounded = false;
    for (size_t s = 0; s < result->setup.n_data; s++) {
        for (int f = 0; f < FG_N_FIELDS; f++)
            rounded |= result->data[s].relative_error[f] > 0;
    }
    int kept_bits = result->kept_bits > 0 ? result->kept_bits : rounded && !result->float32 ? 1 : 52;
    return (struct fg_packing){.level = 1, .kept_bits = kept_bits, .float32 = result->float32, .history = ""};
}

/* Makes the layout for the setup of the file. Texts about the run are replaced by "any", except the start
 * time: times lie before the arrays, so their length must be right. `packing` may be NULL. */
static enum fg_status lay_out_again(const struct fg_result *result, const struct fg_packing *packing,
                                    struct fg_skeleton *skeleton, struct fg_error *error)
{
    const char *start_time = result->text[FG_TEXT_START_TIME];
    struct fg_output output = {.path = result->path, .setup = &result->setup, .packing = packing};
    for (int t = 0; t < FG_N_TEXTS; t++)
        output.provenance.text[t] = t == FG_TEXT_START_TIME && start_time ? start_time : "any";
    return fg_skeleton_create(skeleton, &output, error);
}

/* Checks layout_hash. Skips the check if the arrays are at other offsets than in the layout, because another
 * tool has then copied the file. */
static enum fg_status check_layout_hash(const struct fg_result *result, struct fg_check *check,
                                        struct fg_error *error)
{
    const struct fg_packing packing = packing_of(result);
    struct fg_skeleton skeleton = {0};
    bool in_place = true;
    enum fg_status status = FG_OK;
    if (result->moved) {
        status = lay_out_again(result, result->packed ? &packing : NULL, &skeleton, error);
        in_place = status == FG_OK &&
                   memcmp(&skeleton.map, &fg_result_opened(result)->map, sizeof skeleton.map) == 0;
        fg_skeleton_free(&skeleton);
    }
    if (status == FG_OK && in_place)
        fg_tally_bool(check, !result->moved, 0, 0);
    return status;
}

enum fg_status fg_verify_structure(const struct fg_result *result, struct fg_file_report *report,
                                   struct fg_error *error)
{
    struct fg_skeleton skeleton = {0};
    struct comparison *comparison = fg_sandbox_memory(sizeof *comparison);
    if (!comparison)
        return fg_fail(error, FG_FAILED, "%s: no memory", result->path);
    /* The layout has packed fields, whether the file has or not. The lines that are compared are the
     * same, and the layout needs no space for the fields, which a limit of file sizes (ulimit -f) might
     * not allow. */
    const struct fg_packing packing = packing_of(result);
    enum fg_status status = lay_out_again(result, &packing, &skeleton, error);
    if (status == FG_OK) {
        *comparison = (struct comparison){result->path, result->complete, skeleton.file, *report};
        status = fg_sandbox_run(compare_with_layout, comparison, &fg_describe_limits, result->path, error);
        if (status == FG_BAD_INPUT) /* HDF5 could not read the whole file */
            note_line(&comparison->report, &(struct fg_file_line){.name = "/"}, "cannot be read to its end");
        *report = comparison->report;
        report->first_mismatch[FG_MISMATCH_MAX - 1] = report->foreign_names[FG_MISMATCH_MAX - 1] = '\0';
        if (status == FG_OK || status == FG_BAD_INPUT)
            status = check_layout_hash(result, &report->check[FG_CHECK_SETUP], error);
    }
    fg_sandbox_free(comparison, sizeof *comparison);
    fg_skeleton_free(&skeleton);
    return status;
}
