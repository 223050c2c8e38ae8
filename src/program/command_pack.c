/* `fishergrid pack`: a complete file -> a smaller file with the same content. */
#define _GNU_SOURCE /* asprintf */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fishergrid/pack.h"
#include "json_io.h"
#include "notice.h"
#include "output_job.h"
#include "shell.h"
#include "standard_output.h"
#include "threads.h"

/* Input and result of packing. */
struct packing {
    const struct options *options;
    struct fg_result *from;
    struct fg_packed data[FG_DATA_MAX];
    uint64_t bytes; /* of the packed file */
    double seconds;
};

/* Returns the summary for the packed file. If the loss was rounded, the minimum loss may have another value
 * and another cell. The caller frees the text. Returns NULL if memory runs out. */
static char *packed_summary(const struct packing *packing)
{
    const struct fg_result *from = packing->from;
    json_t *summary = json_of_text(from->text[FG_TEXT_SUMMARY]);
    bool enough = true;
    for (size_t s = 0; s < from->setup.n_data; s++) {
        const struct fg_summary *found = &packing->data[s].found;
        json_t *set = json_object_get(json_object_get(summary, "data"), from->setup.data[s].name);
        if (!set || packing->data[s].relative_error[FG_LOSS] == 0)
            continue;
        json_t *minimum = json_pack("{s:f, s:f, s:f}", "min_loss", found->min_loss, "min_loss_phi",
                                    fg_axis_value(&from->setup.grid.phi, found->min_i), "min_loss_r",
                                    fg_axis_value(&from->setup.grid.r, found->min_j));
        enough = json_object_update_new(set, minimum) == 0 && enough;
    }
    char *made = !enough ? NULL : json_is_null(summary) ? strdup("") : json_text(summary);
    json_decref(summary);
    return made;
}

static enum fg_status fill_packed(struct packing *packing, struct fg_packer *packer, struct fg_error *error)
{
    const struct options *options = packing->options;
    const struct interrupt stop = interrupt_at_deadline(options);
    struct progress_meter meter;
    interrupt_on_signals();
    progress_start(&meter, options);
    const struct fg_watcher watcher = progress_watcher(&meter, 0, &stop);
    enum fg_status status = fg_packer_fill(packer, (int)options->threads, &watcher, packing->data, error);
    progress_end(&meter);
    packing->seconds = progress_seconds(&meter);
    return status == FG_INTERRUPTED
               ? fg_fail(error, status, "%s: stopped by %s; no output is left, run the same command again",
                         options->output, interrupt_reason(&stop))
               : status;
}

static enum fg_status pack_file(struct packing *packing, const char *history, struct fg_error *error)
{
    const struct options *options = packing->options;
    struct fg_packer *packer = NULL;
    const struct fg_packing how = {
        .level = (int)options->deflate,
        .kept_bits = options->keep_digits > 0 ? fg_kept_bits((int)options->keep_digits) : 52,
        .float32 = options->float32,
        .history = history};
    enum fg_status status =
        fg_packer_create(&packer, packing->from, options->output, &how, options->force, error);
    if (status == FG_OK)
        status = fill_packed(packing, packer, error);
    char *summary = status == FG_OK ? packed_summary(packing) : NULL;
    if (status == FG_OK && !summary)
        status = fg_fail(error, FG_FAILED, "no memory for the summary");
    if (status == FG_OK)
        status = fg_packer_finish(&packer, summary, &packing->bytes, error);
    fg_packer_discard(&packer);
    free(summary);
    return status;
}

/* --- the report --- */

/* Returns {field: largest error over all data sets, ...} for the rounded fields. */
static json_t *errors_to_json(const struct packing *packing)
{
    json_t *errors = json_object();
    for (int f = 0; f < FG_N_FIELDS; f++) {
        double worst = 0;
        for (size_t s = 0; s < packing->from->setup.n_data; s++)
            worst = fmax(worst, packing->data[s].relative_error[f]);
        if (worst > 0)
            errors = json_with(errors, fg_field_info[f].name, json_real(worst));
    }
    return errors;
}

static enum fg_status print_packed(const struct packing *packing, struct fg_error *error)
{
    const double before = (double)packing->from->bytes, after = (double)packing->bytes;
    const bool grew = after > before;
    json_t *errors = errors_to_json(packing), *error_of_field;
    const char *field;
    if (packing->options->json)
        return print_json(json_pack("{s:o, s:o, s:f, s:b, s:f, s:o}", "bytes_before",
                                    whole_to_json(packing->from->bytes), "bytes_after",
                                    whole_to_json(packing->bytes), "compression_ratio", before / after,
                                    "grew", (int)grew, "seconds", packing->seconds, "relative_error", errors),
                          error);
    printf("%s: %s%.0f bytes %s %.0f, %.4g times %s, in %.3f s (%.3g bytes/s), %llu thread%s\n",
           packing->options->output, grew ? "grew: " : "", after, grew ? "from" : "of", before,
           grew ? after / before : before / after, grew ? "larger" : "smaller", packing->seconds,
           before / packing->seconds, (unsigned long long)packing->options->threads,
           plural(packing->options->threads));
    json_object_foreach(errors, field, error_of_field)
        printf("%s is rounded, by %.2g of its value at most\n", field, json_real_value(error_of_field));
    json_decref(errors);
    return finish_output(error);
}

enum fg_status command_pack(struct options *options, struct fg_error *error)
{
    char *history = NULL, *line = shell_line(options->argc, options->argv, true), now[32];
    struct packing packing = {.options = options};
    enum fg_status status = output_check(options, error);
    if (status == FG_OK) /* before there are threads, because it forks a child process */
        status = fg_result_open(&packing.from, options->input, error);
    if (status == FG_OK && !options->quiet)
        notice_not_copied(packing.from, options->output);
    if (status == FG_OK)
        status = threads_decide(options, error);
    time_now(now);
    if (status == FG_OK && (!line || asprintf(&history, "%s %s", now, line) < 0)) {
        history = NULL;
        status = fg_fail(error, FG_FAILED, "no memory");
    }
    if (status == FG_OK)
        status = pack_file(&packing, history, error);
    if (status == FG_OK && !options->quiet) {
        status = print_packed(&packing, error);
        if (status != FG_OK)
            fg_fail_while(error, status, "%s is complete, but its summary was not printed", options->output);
    }
    free(line);
    fg_result_close(&packing.from);
    free(history);
    return status;
}
