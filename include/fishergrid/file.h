/* The result file: one HDF5 file that HDF5, netCDF and NeXus readers open without help.
 *
 * The file is laid out first, under the name PATH.part: every dataset is contiguous, allocated and at a known
 * offset; all metadata and the samples are written; the disk space is reserved. Then HDF5 is closed, and
 * threads write their tiles at those offsets, each tile followed by its mark. Readers may open the file
 * meanwhile. In a cell that has not been written, every field reads 0. For flags, 0 means not_computed. For
 * real fields, the attribute _FillValue is 0 until the file is complete, so that netCDF and xarray take the
 * cell as missing. Finishing marks the file complete and renames it to PATH. If the process dies, PATH.part
 * can still be opened and has every tile that was written. It is its own checkpoint: a run with the same
 * setup resumes it.
 *
 * HDF5 functions are called by one thread at a time, and never while tiles are being written.
 *
 * The processes of a team make one file together. All of them call the functions that open, query and end a
 * writer. Process 0 holds the lock, lays the file out or resumes it, and finishes it. Process 0 broadcasts
 * the offsets of the values to the other processes. All processes write tiles, through the file functions of
 * the team. */
#ifndef FISHERGRID_FILE_H
#define FISHERGRID_FILE_H

#include <stdbool.h>

#include "fishergrid/api.h"
#include "fishergrid/samples.h"
#include "fishergrid/setup.h"
#include "fishergrid/sink.h"
#include "fishergrid/stationary.h"
#include "fishergrid/team.h"

FG_API_BEGIN

/* Version of the layout, an attribute of the root group. Readers refuse a file with a newer version. Other
 * content of the file (texts about the run, datasets that users add) may change without a new version. */
#define FG_FORMAT_VERSION 1

/* The texts of a file that describe what made it. Their names in the file are those of fg_text_name. */
enum fg_text {
    FG_TEXT_SUMMARY, /* what the run found, a JSON object; blank until the file is complete */
    FG_TEXT_PROGRAM, /* "fishergrid" */
    FG_TEXT_VERSION,
    FG_TEXT_START_TIME, /* start and end time: ISO 8601, UTC */
    FG_TEXT_END_TIME,   /* blank until the file is complete */
    FG_TEXT_COMMAND_LINE,
    FG_TEXT_CONFIG,       /* the setup as options of the program, a JSON object, for people */
    FG_TEXT_GIT_REVISION, /* of the program's source; "unknown" outside a git checkout */
    FG_TEXT_COMPILER,
    FG_TEXT_COMPILER_FLAGS,
    FG_TEXT_HDF5_VERSION,
    FG_TEXT_HOST,
    FG_N_TEXTS
};
const char *fg_text_name(enum fg_text text); /* "command_line" */

/* Provenance: what made the file. All strings are UTF-8 and borrowed. The writer knows the summary, the
 * program, the end time and the version of HDF5 itself, and ignores these four texts. */
struct fg_provenance {
    const char *text[FG_N_TEXTS];
    uint64_t threads;   /* threads of each process; at most half of them write at the same time */
    uint64_t processes; /* number of processes */
};

/* How fields are packed: in chunks, each of which is shuffled and deflated separately. */
struct fg_packing {
    int level;           /* deflate level, 1 to 9 */
    int kept_bits;       /* stored bits of the mantissa, of 52; 52 keeps all */
    bool float32;        /* store real fields as 32-bit numbers */
    const char *history; /* one line about the packing, for the history of the file */
};

/* How the values of tiles get to the disk. Everything else is written through the page cache. */
enum fg_way {
    FG_WAY_EARLY,  /* through the page cache; the system is asked to start at once (sync_file_range) */
    FG_WAY_DIRECT, /* past the page cache (O_DIRECT); in teams, or if refused, FG_WAY_EARLY instead */
    FG_WAY_PLAIN,  /* through the page cache; the system decides when it writes, fsync at the latest */
    FG_N_WAYS
};
extern const char *const fg_way_name[FG_N_WAYS]; /* "early", "direct", "plain" */

/* Contents of the file to write, and how it is written to the disk. All pointers are borrowed until the
 * writer ends. */
struct fg_output {
    const char *path;
    const struct fg_setup *setup; /* after fg_setup_cut */
    /* [setup->n_data] stored with the fields, in the order of the data set */
    const struct fg_samples *samples;
    bool force;                 /* discard PATH.part, start again and replace PATH */
    double sync_seconds;        /* seconds between fsyncs; 0: fsync only at the beginning and at the end */
    bool no_sync;               /* never fsync; for measurements */
    enum fg_way way;            /* how values get to the disk; 0 is FG_WAY_EARLY */
    const struct fg_team *team; /* the processes that write together; NULL: this process alone */
    const struct fg_packing *packing; /* packing of fields; NULL: none; must be NULL for fg_writer_open */
    struct fg_provenance provenance;
};

/* An output file that is being written. fg_writer_open makes it; fg_writer_finish, fg_writer_suspend or
 * fg_writer_discard ends it. */
struct fg_writer;

#define FG_FILE_MAX (INT64_C(1) << 62) /* maximum file size in bytes: half of what HDF5 and off_t address */

/* Checks whether PATH could be made now. Its directory must exist and be writable. If PATH exists, it must be
 * a regular file, and either `force` is true or PATH.lock exists: an earlier run may have died just after it
 * renamed its file to PATH. If PATH.part, PATH.part.new or PATH.lock exist, they must be regular files.
 * Changes nothing.
 * Errors: FG_BAD_INPUT if PATH cannot be made; FG_FAILED if memory runs out. */
enum fg_status fg_output_check(const char *path, bool force, struct fg_error *error);

/* Checks that making PATH does not replace the file `input`, which may have several names (links). An `input`
 * that does not exist is accepted.
 * Errors: FG_BAD_INPUT if `input` would be replaced; FG_FAILED if memory runs out. */
enum fg_status fg_output_check_input(const char *path, const char *input, struct fg_error *error);

/* Computes the exact size of the file in bytes. Takes milliseconds, because the file is laid out in memory
 * without its values.
 * Errors: FG_BAD_INPUT if the size exceeds FG_FILE_MAX; else FG_FAILED. */
enum fg_status fg_output_size(const struct fg_output *output, uint64_t *bytes, struct fg_error *error);

/* Returns the free bytes of the disk that holds or will hold PATH; infinite if they are not known. */
double fg_output_free_bytes(const char *path);

/* Opens a writer: takes PATH.lock, lays the file out, reserves its disk space and writes it to the disk as
 * PATH.part. Collective: every process of the team calls it.
 * Errors: FG_BAD_INPUT if the file is too large for the disk or a limit (FG_FILE_MAX, ulimit -f), if another
 * process holds the lock, if another program has opened PATH.part for writing, or as below; else FG_FAILED.
 * On failure `*writer` is NULL, no new file is left behind, and a PATH.part of another run is untouched.
 *
 * What happens depends on the files that exist already:
 * - PATH.part of a run with the same setup is resumed. Everything but the values of the fields is written
 *   again, so additions by other programs are lost. A tile whose values match its mark is not computed again.
 * - With `force`, PATH.part is removed first.
 * - PATH.part that has another setup, was made by another program, or is too short for its arrays:
 *   FG_BAD_INPUT with FG_REMEDY_OTHER_SETUP.
 * - PATH with the same setup, complete, with all values matching their marks: nothing is left to do, see
 *   struct fg_resumed.
 * - Any other PATH, without `force`: FG_BAD_INPUT with FG_REMEDY_REPLACE. */
enum fg_status fg_writer_open(struct fg_writer **writer, const struct fg_output *output,
                              struct fg_error *error);

/* Returns a sink for fg_sweep that writes into `writer`. Any number of threads may use it at the same
 * time. */
struct fg_sink fg_writer_sink(struct fg_writer *writer);

/* Returns the size of the file in bytes. */
uint64_t fg_writer_bytes(const struct fg_writer *writer);

#define FG_HOST_MAX 256 /* buffer size of the name of a host, with the terminating 0 */

/* What fg_writer_open found of an earlier run. */
struct fg_resumed {
    bool found;
    bool complete;              /* PATH is complete already; there is nothing left to do */
    bool abandoned;             /* the earlier process died and left its lock */
    bool changed;               /* another program changed PATH.part: its additions are not kept */
    uint64_t tiles, tiles_done; /* number of tiles of all data sets; number of tiles with a mark */
    uint64_t cells_done;        /* number of cells in tiles with a mark */
    /* Another host on which an earlier run of the current Slurm job left its lock, which was taken over,
     * because Slurm has started the job again (SLURM_RESTART_COUNT). "": there was no such lock. */
    char earlier_host[FG_HOST_MAX];
};
/* Returns what fg_writer_open found. */
struct fg_resumed fg_writer_resumed(const struct fg_writer *writer);

/* Returns how this process writes values: the way that was asked for, or the way that replaced it because the
 * system refused. */
enum fg_way fg_writer_way(const struct fg_writer *writer);

/* Returns the number of tiles, over all processes, that were computed again because their values did not
 * match their marks. Call it after the sweep. Collective: every process calls it. */
uint64_t fg_writer_sum_damaged(struct fg_writer *writer);

/* Maximum size in bytes of the summary of n data sets; the file reserves this space. */
#define FG_SUMMARY_MAX(n) (512 + 1024 * (n))

/* Gives the writer the stationary points [n_data] of all data sets, which fg_writer_finish stores. They are
 * borrowed until the writer ends. Without this call, the file says that they have not been searched for. */
void fg_writer_set_stationary(struct fg_writer *writer, const struct fg_stationary *points);

/* Finishes the file: stores the stationary points, `end_time` and `summary_json`, marks it complete, writes
 * it to the disk (fsync), reads the attribute `complete` back and renames the file to PATH. `summary_json` is
 * what the run found, a JSON object of at most FG_SUMMARY_MAX bytes. `*writer` is NULL afterwards.
 * Collective. Errors: on failure PATH.part remains and can be resumed. Fails if another program changed
 * PATH.part after fg_writer_open. If only the fsync of the directory failed, PATH remains. PATH.part may
 * already be marked complete, so trust the file name, not the attribute `complete`. */
enum fg_status fg_writer_finish(struct fg_writer **writer, const char *end_time, const char *summary_json,
                                struct fg_error *error);

/* Stops before the end: writes PATH.part to the disk as it is, so that it can be resumed later. Does nothing
 * on NULL. `*writer` is NULL afterwards. Collective. */
enum fg_status fg_writer_suspend(struct fg_writer **writer, struct fg_error *error);

/* Returns whether there is a PATH.part that cannot be resumed: it has another setup, was made by another
 * program, is damaged, or is no regular file. Returns false if this is not known. Call it when no writer is
 * open. */
bool fg_output_is_lost(const struct fg_output *output);

/* Closes and removes PATH.part. Does nothing on NULL. `*writer` is NULL afterwards. Collective. */
void fg_writer_discard(struct fg_writer **writer);

FG_API_END
#endif
