/* `fishergrid merge`: part files -> do they make a whole? -> one file. */
#define _POSIX_C_SOURCE 200809L /* strdup */
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "commands.h"
#include "fishergrid/merge.h"
#include "identity_hash.h"
#include "make_file.h"
#include "print.h"
#include "run_record.h"
#include "text_lines.h"

/* The parts, in the order of their numbers once they are sorted. */
struct parts {
    size_t n;
    struct fg_result *files; /* [n] */
    struct options *options; /* [n] of the sweeps that made them */
    size_t *rows;            /* [n] first row in the whole grid */
};

/* --- do they make a whole? --- */

static enum fg_status open_part(struct fg_result *file, struct options *options, const char *path,
                                struct fg_error *error)
{
    enum fg_status status = fg_result_open(file, path, error);
    if (status != FG_OK)
        return status;
    const char *identity = file->text[FG_TEXT_IDENTITY];
    if (file->packed)
        return fg_fail(error, FG_BAD_INPUT, "%s is packed; merge the parts first, then pack", path);
    if (!identity || file->tiling.n == 0)
        return fg_fail(error, FG_BAD_INPUT, "%s does not say what it is a part of", path);
    if (!file->complete)
        return fg_fail(error, FG_BAD_INPUT, "%s is not complete; run the sweep that makes it again", path);
    status = options_read_identity(options, identity, error);
    if (status != FG_OK)
        return fg_fail_while(error, status, "%s", path);
    return options->part.n > 0
               ? FG_OK
               : fg_fail(error, FG_BAD_INPUT,
                         "%s is not a part; parts are made by 'fishergrid sweep --part K/N'", path);
}

/* An identity without the line about the part; the caller frees it. NULL: no memory. */
static char *identity_of_whole(const char *part)
{
    char *text = strdup(part), *end = text;
    for (const char *line = part; text && *line; line = fg_line_next(line)) {
        size_t length = (size_t)(fg_line_next(line) - line);
        if (strncmp(line, "--part ", 7) != 0) {
            memcpy(end, line, length);
            end += length;
        }
    }
    if (text)
        *end = '\0';
    return text;
}

/* FG_BAD_INPUT when they are of different sweeps, with the first line that differs. */
static enum fg_status compare(const struct fg_result *a, const struct fg_result *b, struct fg_error *error)
{
    char *one = identity_of_whole(a->text[FG_TEXT_IDENTITY]);
    char *other = identity_of_whole(b->text[FG_TEXT_IDENTITY]);
    const char *x = one, *y = other;
    enum fg_status status = x && y ? FG_OK : fg_fail(error, FG_FAILED, "%s: no memory", b->path);
    if (status == FG_OK) {
        fg_lines_skip_same(&x, &y);
        if (*x || *y)
            status =
                fg_fail(error, FG_BAD_INPUT, "%s and %s are parts of different sweeps: '%.*s' and '%.*s'",
                        a->path, b->path, fg_line_length(x), x, fg_line_length(y), y);
    }
    free(one);
    free(other);
    return status;
}

/* The piece of phi a part must have, as the sweep that made it cut it; and the same of r, tiles and data
 * sets. */
static enum fg_status check_part(const struct fg_result *file, const struct options *options,
                                 const struct fg_result *first, struct fg_error *error)
{
    struct fg_problem piece = workload_problem(&(struct workload){0}, options);
    struct fg_tiling tiling = fg_tiling(&piece.phi, &piece.r, piece.tile_cells);
    bool good = file->phi.n == piece.phi.n && file->phi.first == piece.phi.first && file->r.n == piece.r.n &&
                file->tiling.n == tiling.n && file->tiling.rows == tiling.rows &&
                file->tiling.columns == tiling.columns && file->n_data == first->n_data;
    for (size_t s = 0; good && s < file->n_data; s++)
        good = strcmp(file->data[s].name, first->data[s].name) == 0 && file->data[s].n == first->data[s].n &&
               file->data[s].fields == options->fields;
    return good ? FG_OK
                : fg_fail(error, FG_BAD_INPUT,
                          "%s is damaged: its axes, tiles or data sets are not those it was made with",
                          file->path);
}

static void swap(struct parts *parts, size_t a, size_t b)
{
    struct fg_result file = parts->files[a];
    struct options options = parts->options[a];
    parts->files[a] = parts->files[b];
    parts->options[a] = parts->options[b];
    parts->files[b] = file;
    parts->options[b] = options;
}

/* Puts every part where its number says; FG_BAD_INPUT when one is there twice or missing. */
static enum fg_status sort_parts(struct parts *parts, struct fg_error *error)
{
    for (size_t p = 0; p < parts->n; p++) {
        for (size_t k; (k = parts->options[p].part.k - 1) != p; swap(parts, p, k)) {
            if (k < parts->n && parts->options[k].part.k - 1 == k)
                return fg_fail(error, FG_BAD_INPUT, "%s and %s are both part %zu of %llu",
                               parts->files[k].path, parts->files[p].path, k + 1,
                               (unsigned long long)parts->options[p].part.n);
            if (k >= parts->n)
                break;
        }
    }
    for (size_t p = 0; p < parts->options[0].part.n; p++) {
        if (p >= parts->n || parts->options[p].part.k != p + 1)
            return fg_fail(error, FG_BAD_INPUT, "part %zu of %llu is missing; there are %zu", p + 1,
                           (unsigned long long)parts->options[0].part.n, parts->n);
    }
    return FG_OK;
}

static enum fg_status check_parts(struct parts *parts, struct fg_error *error)
{
    enum fg_status status = FG_OK;
    for (size_t p = 0; p < parts->n && status == FG_OK; p++) {
        status = compare(&parts->files[0], &parts->files[p], error);
        if (status == FG_OK && parts->options[p].part.n != parts->options[0].part.n)
            status = fg_fail(error, FG_BAD_INPUT, "%s is one of %llu parts, %s one of %llu",
                             parts->files[0].path, (unsigned long long)parts->options[0].part.n,
                             parts->files[p].path, (unsigned long long)parts->options[p].part.n);
    }
    if (status == FG_OK)
        status = sort_parts(parts, error);
    for (size_t p = 0; p < parts->n && status == FG_OK; p++) {
        status = check_part(&parts->files[p], &parts->options[p], &parts->files[0], error);
        parts->rows[p] = parts->files[p].phi.first;
    }
    return status;
}

/* All parts stay open: lets this process have as many files as the system allows it, of which it usually
 * gives 1024 to begin with. */
static enum fg_status check_open_files(size_t n, struct fg_error *error)
{
    enum { OTHERS = 32 }; /* output, lock, what libraries and children open */
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= n + OTHERS)
        return FG_OK;
    files.rlim_cur = files.rlim_max;
    if (files.rlim_max >= n + OTHERS && setrlimit(RLIMIT_NOFILE, &files) == 0)
        return FG_OK;
    return fg_fail(
        error, FG_BAD_INPUT,
        "%zu parts are more than the %llu files this system lets a process open; make fewer parts, or "
        "raise that (ulimit -Hn)",
        n, (unsigned long long)files.rlim_max);
}

static enum fg_status open_parts(struct parts *parts, const struct options *options, struct fg_error *error)
{
    *parts = (struct parts){.files = calloc(options->n_inputs, sizeof *parts->files),
                            .options = calloc(options->n_inputs, sizeof *parts->options),
                            .rows = calloc(options->n_inputs, sizeof *parts->rows)};
    if (!parts->files || !parts->options || !parts->rows)
        return fg_fail(error, FG_FAILED, "no memory for %zu parts", options->n_inputs);
    enum fg_status status = check_open_files(options->n_inputs, error);
    while (parts->n < options->n_inputs && status == FG_OK) {
        const char *path = options->inputs[parts->n];
        status = fg_writer_check_input(options->output, path, error);
        if (status == FG_OK)
            status = open_part(&parts->files[parts->n], &parts->options[parts->n], path, error);
        parts->n += status == FG_OK || parts->files[parts->n].path;
    }
    return status == FG_OK ? check_parts(parts, error) : status;
}

static void close_parts(struct parts *parts)
{
    for (size_t p = 0; p < parts->n; p++)
        fg_result_close(&parts->files[p]);
    free(parts->files);
    free(parts->options);
    free(parts->rows);
}

/* --- the whole --- */

/* The options of the sweep of the whole grid, into the file of the merge. */
static void merge_options(struct options *whole, const struct parts *parts, const struct options *merge)
{
    *whole = parts->options[0];
    whole->part.k = whole->part.n = 0;
    whole->output = merge->output;
    whole->threads = merge->threads;
    whole->progress = merge->progress;
    whole->quiet = merge->quiet;
    whole->json = merge->json;
    whole->force = merge->force;
    whole->unless_done = merge->unless_done;
    whole->sync_seconds = merge->sync_seconds;
    whole->max_time = merge->max_time;
}

/* The samples of the first part; that all others have the same, their identities say. */
static enum fg_status load_workload(struct workload *workload, const struct parts *parts,
                                    const struct options *whole, struct fg_error *error)
{
    const struct fg_result *file = &parts->files[0];
    workload->kernel = fg_kernel_select(NULL, error);
    enum fg_status status = workload->kernel ? FG_OK : FG_FAILED;
    for (size_t s = 0; s < file->n_data && status == FG_OK; s++) {
        workload->n++;
        status = fg_result_read_samples(file, s, &workload->data[s], error);
        if (status == FG_OK && !fg_identity_has_samples(file->text[FG_TEXT_IDENTITY], &workload->data[s]))
            status = fg_fail(error, FG_BAD_INPUT,
                             "%s is damaged: the samples of %s are not those it was made with", file->path,
                             workload->data[s].name);
        if (status == FG_OK)
            status = workload_prepare(workload, s, whole, workload_r_bound(whole), error);
    }
    return status;
}

static enum fg_status fill_by_merge(const struct making *making, const struct fg_sink *sink,
                                    const struct fg_watcher *watcher, struct fg_summary *summary,
                                    struct fg_error *error)
{
    const struct parts *parts = making->source;
    const struct fg_problem *problem = making->problem;
    for (size_t s = 0; s < problem->n_data; s++)
        summary[s].plan = fg_node_plan(&problem->samples[s], &problem->phi, &problem->r, problem->method);
    return fg_merge(parts->files, parts->rows, parts->n, problem, (int)making->options->threads, sink,
                    watcher, summary, error);
}

/* The record of the options of a part, but for the part; the caller frees it. */
static enum fg_status config_of_whole(const struct fg_result *part, char **whole, struct fg_error *error)
{
    const char *text = part->text[FG_TEXT_CONFIG];
    json_t *config = NULL;
    const bool read = !text || json_read(text, strlen(text), 0, &config, NULL);
    const bool found = json_is_object(config);
    if (found)
        config = json_with(config, "part", json_null());
    *whole = found ? json_text(config) : NULL;
    json_decref(config);
    if (read && !found)
        return fg_fail(error, FG_BAD_INPUT, "%s has no record of its options", part->path);
    return *whole ? FG_OK : fg_fail(error, FG_FAILED, "%s: no memory for its options", part->path);
}

/* What made the values is what the parts say; who merged them, and when, is ours. */
static struct fg_run run_of_merge(const struct run_record *record, const struct fg_result *part,
                                  const char *config)
{
    struct fg_run run = record->run;
    run.config_json = config;
    const char *const *text = (const char *const *)part->text;
    run.version = text[FG_TEXT_VERSION] ? text[FG_TEXT_VERSION] : run.version;
    run.git_revision = text[FG_TEXT_GIT_REVISION] ? text[FG_TEXT_GIT_REVISION] : run.git_revision;
    run.compiler = text[FG_TEXT_COMPILER] ? text[FG_TEXT_COMPILER] : run.compiler;
    run.compiler_flags = text[FG_TEXT_COMPILER_FLAGS] ? text[FG_TEXT_COMPILER_FLAGS] : run.compiler_flags;
    run.instruction_set = text[FG_TEXT_INSTRUCTION_SET] ? text[FG_TEXT_INSTRUCTION_SET] : run.instruction_set;
    run.seed = part->has_seed ? part->seed : run.seed;
    return run;
}

static enum fg_status make_whole(const struct parts *parts, const struct options *whole,
                                 struct workload *workload, const struct run_record *record,
                                 const struct interrupt *stop, struct fg_error *error)
{
    const struct fg_result *first = &parts->files[0];
    char *config, *identity = identity_of_whole(first->text[FG_TEXT_IDENTITY]);
    if (!identity)
        return fg_fail(error, FG_FAILED, "%s: no memory", first->path);
    enum fg_status status = config_of_whole(first, &config, error);
    if (status != FG_OK) {
        free(identity);
        return status;
    }
    struct fg_run run = run_of_merge(record, first, config);
    struct fg_file_spec spec = workload_file(workload, whole, whole->output, &run);
    struct fg_problem problem = workload_problem(workload, whole);
    spec.identity = identity;
    const struct making making = {.options = whole,
                                  .workload = workload,
                                  .problem = &problem,
                                  .spec = &spec,
                                  .stop = stop,
                                  .fill = fill_by_merge,
                                  .source = parts};
    status = make_file(&making, error);
    free(identity);
    free(config);
    return status;
}

enum fg_status command_merge(struct options *options, int argc, char **argv, struct fg_error *error)
{
    struct parts parts = {0};
    struct options whole;
    struct run_record record = {0};
    struct interrupt stop = interrupt_at_deadline(options);
    struct workload *workload = calloc(1, sizeof *workload);
    if (!workload)
        return fg_fail(error, FG_FAILED, "no memory");
    interrupt_on_signals();
    enum fg_status status = fg_writer_check(options->output, options->force || options->unless_done, error);
    if (status == FG_OK) /* in child processes: before there are threads */
        status = open_parts(&parts, options, error);
    if (status == FG_OK) {
        if (options->threads == 0)
            options->threads = (uint64_t)omp_get_max_threads();
        merge_options(&whole, &parts, options);
        status = load_workload(workload, &parts, &whole, error);
    }
    if (status == FG_OK)
        status = run_record_init(&record, &whole, argc, argv, workload->kernel, error);
    if (status == FG_OK)
        status = make_whole(&parts, &whole, workload, &record, &stop, error);
    run_record_free(&record);
    workload_free(workload);
    free(workload);
    close_parts(&parts);
    return status;
}
