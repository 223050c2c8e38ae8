/* Internals of a writer, shared by its source files. */
#ifndef FISHERGRID_WRITER_PARTS_H
#define FISHERGRID_WRITER_PARTS_H

#include <semaphore.h>
#include <stdatomic.h>

#include "fishergrid/file.h"
#include "lock.h"
#include "skeleton.h"
#include "ways.h"

struct fg_writer {
    struct fg_output output; /* its pointers are borrowed */
    uint64_t setup_hash;
    char path[FG_PATH_MAX], part[FG_PATH_MAX]; /* the final name, and the name while written */
    char new[FG_PATH_MAX];                     /* the name while laid out */
    const char *name;                          /* the current name: `part` or `new` */
    int fd;                                    /* of the file; pwrite needs no lock */
    void *team_file;                           /* the file while the team writes to it; NULL: `fd` is used */
    struct fg_ways ways;                       /* how the values of tiles are written */
    sem_t turns;            /* limits the threads that write values, see fg_writer_put_tile */
    atomic_llong next_sync; /* next sync, in milliseconds of the monotonic clock */
    int watch; /* inotify descriptor, which tells when a program that could write closes the file; -1: none */
    struct fg_lock lock;
    struct fg_skeleton skeleton;
    const struct fg_stationary *points; /* [n_data], borrowed; NULL: not known */
    const char *end_time, *summary;     /* what completes the file; borrowed */
    uint64_t metadata_hash;             /* fg_skeleton_hash of the file while it is written */
    struct fg_resumed resumed;          /* what an earlier run left */
    atomic_ullong damaged; /* number of tiles of an earlier run whose values did not match their marks */
};

/* One step of beginning or ending a file. */
typedef enum fg_status fg_writer_step(struct fg_writer *writer, struct fg_error *error);

/* Takes n steps in turn. Stops at the first that fails, and returns its status. */
enum fg_status fg_writer_take(struct fg_writer *writer, fg_writer_step *const steps[], size_t n,
                              struct fg_error *error);

/* Writes the metadata, then their hash. */
enum fg_status fg_writer_write_metadata(struct fg_writer *writer, struct fg_error *error);

/* Writes all arrays except for the fields, their marks and the stationary points: the hash of the layout,
 * axes, samples and the numbers of rows. */
enum fg_status fg_writer_write_inputs(struct fg_writer *writer, struct fg_error *error);

/* Takes the lock and lays the file out, or resumes it. fg_writer_open calls it in process 0. */
enum fg_status fg_writer_begin(struct fg_writer *writer, struct fg_error *error);

/* If another program of this host has had the file open for writing since fg_writer_begin: writes axes,
 * samples and numbers again, and fails if the values of a tile do not match its mark. */
enum fg_status fg_writer_repair(struct fg_writer *writer, struct fg_error *error);

/* Writes bytes at `offset` of the file. `context` is the writer. */
enum fg_status fg_writer_write(void *context, const void *from, size_t bytes, uint64_t offset,
                               struct fg_error *error);

/* Returns whether the file has the undamaged tile; see `has` of struct fg_sink. `context` is the writer. */
bool fg_writer_has_tile(void *context, size_t data, const struct fg_tile *tile, const struct fg_cells *cells,
                        struct fg_summary *found);

/* Writes the values of a tile, then its mark. Any number of threads may call it at the same time. */
enum fg_status fg_writer_put_tile(struct fg_writer *writer, size_t data, const struct fg_tile *tile,
                                  const struct fg_cells *cells, const struct fg_summary *found,
                                  struct fg_error *error);

/* Write the file, or its name, to the disk (fsync), unless the output says no_sync. */
enum fg_status fg_writer_sync(struct fg_writer *writer, struct fg_error *error);
enum fg_status fg_writer_sync_directory(struct fg_writer *writer, struct fg_error *error);

#endif
