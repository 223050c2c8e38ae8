/* The result file: one HDF5 file that HDF5, netCDF and NeXus readers open by themselves.
 *
 * The whole file is laid out first, under the name PATH.part: every dataset contiguous, allocated and at a
 * known offset, all metadata and the samples written, the disk space reserved. Then HDF5 is closed and
 * threads write their tiles at those offsets, each followed by its mark; readers may look in. A field of a
 * cell that has not been written reads 0, and its natural_gradient_flag 0 (not_computed). Finishing marks the
 * file complete and renames it to PATH. After a process dies PATH.part still opens, with every tile that was
 * written, and is its own checkpoint: the same run goes on with it.
 *
 * HDF5 functions are called by one thread at a time, and never while tiles are being written.
 *
 * A team makes a file together: all its processes call the functions that make, ask and end a writer. Process
 * 0 holds the lock, lays out, continues and finishes; the others learn from it where values belong, and all
 * write tiles through the file functions of the team. */
#ifndef FISHERGRID_FILE_H
#define FISHERGRID_FILE_H

#include <stdbool.h>

#include "fishergrid/api.h"
#include "fishergrid/dataset.h"
#include "fishergrid/setup.h"
#include "fishergrid/sink.h"
#include "fishergrid/team.h"

FG_API_BEGIN

/* The version of the layout, an attribute of the root. A file of a newer version is refused by it. What else
 * is in a file (texts of the run, datasets that users add) may change without a new version. */
#define FG_FORMAT_VERSION 1

/* What made the file; all strings are UTF-8 and borrowed. */
struct fg_run {
    const char *program;      /* "fishergrid <version>" */
    const char *version;      /* of the program */
    const char *git_revision; /* of its source, "unknown" outside a checkout */
    const char *compiler, *compiler_flags;
    const char *command_line;
    const char *config_json; /* the setup as options of the program, a JSON object, for people */
    const char *host;
    const char *start_time;      /* ISO 8601, UTC */
    uint64_t threads, processes; /* threads of each process, of which half write at a time */
};

/* How fields are packed, where they are: in chunks, each shuffled and deflated by itself. */
struct fg_packing {
    int level;           /* of deflate, 1 to 9 */
    int kept_bits;       /* of the 52 of a mantissa; 52: all */
    bool float32;        /* real fields as 32-bit numbers */
    const char *history; /* a line on the packing, for the history of the file */
};

/* What the file shall hold, and how it comes to the disk. What it points to is borrowed until the
 * writer ends. */
struct fg_output {
    const char *path;
    const struct fg_setup *setup;  /* cut by fg_setup_cut */
    const struct fg_dataset *data; /* [setup->n_data]; the samples are stored with the fields */
    bool force;                    /* start afresh, and replace PATH */
    double sync_seconds;           /* from one fsync to the next; 0: only at the beginning and at the end */
    bool no_sync;               /* leave it to the system when the file reaches the disk; for measurements */
    const struct fg_team *team; /* who else writes tiles; NULL: nobody */
    const struct fg_packing *packing; /* of fields; NULL: they are not packed, as writers need it */
    struct fg_run run;
};

/* An open output. Made by fg_writer_open, ended by fg_writer_finish, fg_writer_suspend or fg_writer_discard.
 */
struct fg_writer;

#define FG_FILE_MAX (INT64_C(1) << 62) /* most bytes of a file: half of what HDF5 and off_t can address */

/* FG_OK when PATH could be made now: a name in an existing, writable directory that is not taken (or taken by
 * a regular file and `force`), and the names beside it, PATH.part, PATH.part.new and PATH.lock, too.
 * Otherwise FG_BAD_INPUT. Touches nothing. */
enum fg_status fg_output_check(const char *path, bool force, struct fg_error *error);

/* FG_BAD_INPUT when making PATH would replace the file `input`, by whatever name; FG_OK otherwise, also where
 * there is no such file. */
enum fg_status fg_output_check_input(const char *path, const char *input, struct fg_error *error);

/* Exact size in bytes of the file, found in milliseconds by laying it out in memory, without values. More
 * than FG_FILE_MAX: FG_BAD_INPUT. */
enum fg_status fg_output_size(const struct fg_output *output, uint64_t *bytes, struct fg_error *error);

/* Free bytes of the disk that PATH is or will be on; infinite where nobody knows. */
double fg_output_free_bytes(const char *path);

/* Takes PATH.lock, lays the file out, reserves its space on the disk and brings it there as PATH.part.
 *
 * A PATH.part of a run with the same setup is continued instead: everything but the values of the fields is
 * written again, and tiles whose values match their marks will not be computed again. With `force` it is
 * removed first. A PATH with the same setup, complete, all of whose values match their marks: nothing is left
 * to do, see struct fg_resumed. A PATH.part with another setup, of another program, or of another size than
 * its own: FG_BAD_INPUT with FG_REMEDY_OTHER_SETUP. Another PATH: FG_BAD_INPUT with FG_REMEDY_REPLACE.
 *
 * FG_BAD_INPUT also when the disk or a limit is too small or another process holds the lock, else FG_FAILED.
 * On failure nothing is left behind that was not there, and a PATH.part of somebody else is untouched.
 * Collective: every process of the team calls it, and those that end a writer. */
enum fg_status fg_writer_open(struct fg_writer **writer, const struct fg_output *output,
                              struct fg_error *error);

/* The sink of a sweep that writes into `writer`, by as many threads as wanted at once. */
struct fg_sink fg_writer_sink(struct fg_writer *writer);

/* Bytes of the file. */
uint64_t fg_writer_bytes(const struct fg_writer *writer);

/* What fg_writer_open found and continues. */
struct fg_resumed {
    bool found;
    bool complete;              /* PATH itself, by an earlier run; there is nothing left to do */
    bool abandoned;             /* by a process that died, and left its lock */
    uint64_t tiles, tiles_done; /* of all data sets; with a mark */
    uint64_t cells_done;        /* in those */
};
struct fg_resumed fg_writer_resumed(const struct fg_writer *writer);

/* Number of tiles, of all processes, whose values did not match their marks and so were computed again; known
 * after the sweep. Collective: every process calls it. */
uint64_t fg_writer_sum_damaged(struct fg_writer *writer);

/* Most bytes of the summary of n data sets for which the file has room. */
#define FG_SUMMARY_MAX(n) (256 + 512 * (n))

/* Marks the file complete, with the time and `summary_json` (what the run found, a JSON object of at most
 * FG_SUMMARY_MAX bytes), brings it to the disk (fsync), reads the marks back and renames it to PATH.
 * `*writer` is NULL afterwards. On failure PATH.part stays and can be continued (PATH, where only the
 * directory's fsync failed); it may bear the mark already, so that its name is what tells. */
enum fg_status fg_writer_finish(struct fg_writer **writer, const char *end_time, const char *summary_json,
                                struct fg_error *error);

/* Stops before the end: brings PATH.part to the disk as it is, to be continued later. Does nothing on NULL;
 * `*writer` is NULL afterwards. */
enum fg_status fg_writer_suspend(struct fg_writer **writer, struct fg_error *error);

/* Gives up: closes and removes PATH.part. Does nothing on NULL; `*writer` is NULL afterwards. */
void fg_writer_discard(struct fg_writer **writer);

FG_API_END
#endif
