/* The result file: one HDF5 file that HDF5, netCDF and NeXus readers open by themselves.
 *
 * The whole file is laid out first, under the name PATH.part: every dataset contiguous, allocated and at a
 * known offset, all metadata and the samples written, the disk space reserved. Then HDF5 is closed and
 * threads write their tiles at those offsets; readers may look in. A field of a cell that has not been
 * written reads 0, and its natural_gradient_flag 0 (not_computed). Finishing marks the file complete and
 * renames it to PATH. After a process dies PATH.part still opens, with every tile that was written.
 *
 * HDF5 functions are called by one thread at a time, and never while tiles are being written. */
#ifndef FISHERGRID_FILE_H
#define FISHERGRID_FILE_H

#include <stdbool.h>

#include "fishergrid/axis.h"
#include "fishergrid/dataset.h"
#include "fishergrid/fields.h"
#include "fishergrid/sweep.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What made the file; all strings are UTF-8 and borrowed. */
struct fg_run {
    const char *program;      /* "fishergrid <version>" */
    const char *version;      /* of the program */
    const char *git_revision; /* of its source, "unknown" outside a checkout */
    const char *compiler, *compiler_flags;
    const char *instruction_set; /* name of the kernel */
    const char *command_line;
    const char *config_json; /* all options, JSON object */
    const char *host;
    const char *start_time; /* ISO 8601, UTC */
    uint64_t threads, seed;
};

/* What the file shall hold; borrowed. */
struct fg_file_spec {
    const char *path;
    struct fg_axis phi, r;
    size_t n_data;                 /* 1 or more */
    const struct fg_dataset *data; /* [n_data]; the samples are stored with the fields */
    fg_field_set fields;
    bool no_sync; /* leave it to the system when the file reaches the disk; for measurements */
    struct fg_run run;
};

/* An open output. Made by fg_writer_create, ended by fg_writer_finish or fg_writer_discard. */
struct fg_writer;

#define FG_FILE_MAX (INT64_C(1) << 62) /* most bytes of a file: half of what HDF5 and off_t can address */

/* FG_OK when PATH and PATH.part could be made now: names in an existing, writable directory that are not
 * taken (or taken by regular files and `force`). Otherwise FG_BAD_INPUT. Touches nothing. */
enum fg_status fg_writer_check(const char *path, bool force, struct fg_error *error);

/* FG_BAD_INPUT when making PATH would replace the file `input`, by whatever name; FG_OK otherwise, also where
 * there is no such file. */
enum fg_status fg_writer_check_input(const char *path, const char *input, struct fg_error *error);

/* Exact size in bytes of the file that `spec` describes, found in milliseconds by laying it out in a
 * temporary file that holds no values. More than FG_FILE_MAX: FG_BAD_INPUT. */
enum fg_status fg_file_size(const struct fg_file_spec *spec, uint64_t *bytes, struct fg_error *error);

/* Lays out PATH.part and reserves its space on the disk. With `force` a leftover of that name goes first;
 * a sweep that is still writing it then keeps its file, without a name, and fails at its end. On failure
 * nothing is left behind: FG_BAD_INPUT when the file or the disk is too small or PATH.part exists, else
 * FG_FAILED. */
enum fg_status fg_writer_create(struct fg_writer **writer, const struct fg_file_spec *spec, bool force,
                                struct fg_error *error);

/* The sink of a sweep that writes into `writer`, by as many threads as wanted at once. */
struct fg_sink fg_writer_sink(struct fg_writer *writer);

/* Bytes of the file. */
uint64_t fg_writer_bytes(const struct fg_writer *writer);

/* Most bytes of the summary of n data sets for which the file has room. */
#define FG_SUMMARY_MAX(n) (256 + 512 * (n))

/* Marks the file complete, with the time and `summary_json` (what the run found, a JSON object; a file that
 * is given more than FG_SUMMARY_MAX bytes grows), brings it to the disk (fsync) and renames it to PATH.
 * `*writer` is NULL afterwards. On failure PATH.part stays (PATH, where only the directory's
 * fsync failed); it may bear the mark already, so that its name is what tells. */
enum fg_status fg_writer_finish(struct fg_writer **writer, const char *end_time, const char *summary_json,
                                struct fg_error *error);

/* Gives up: closes and removes PATH.part. Does nothing on NULL; `*writer` is NULL afterwards. */
void fg_writer_discard(struct fg_writer **writer);

#ifdef __cplusplus
}
#endif
#endif
