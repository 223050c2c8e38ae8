/* Reporting of failures: every function that can fail returns a status and writes one line of text.
 *
 * The status is also the exit code of the program. The text is written for the user of the program: it says
 * what is wrong, where, and what would work. No function of the library prints. */
#ifndef FISHERGRID_ERROR_H
#define FISHERGRID_ERROR_H

#include "fishergrid/api.h"

FG_API_BEGIN

/* Outcome of a call. */
enum fg_status {
    FG_OK = 0,
    FG_FAILED = 1,      /* the system, HDF5 or memory allocation failed */
    FG_BAD_INPUT = 2,   /* wrong usage or wrong input; another command line or file would work */
    FG_INTERRUPTED = 75 /* stopped on request before the end; EX_TEMPFAIL of sysexits.h */
};

/* What the caller can change to avoid the failure; FG_REMEDY_NONE if there is nothing specific. The error
 * text of the library does not mention the remedy; a program adds its own words, such as the name of an
 * option. */
enum fg_remedy {
    FG_REMEDY_NONE,
    FG_REMEDY_REPLACE,      /* replace the file: `force` */
    FG_REMEDY_OTHER_SETUP,  /* resume the file with the setup it was begun with, or replace it */
    FG_REMEDY_FEWER_FIELDS, /* store fewer fields */
    FG_REMEDY_DIRECT,       /* use FG_DIRECT, which needs no memory for nodes */
    FG_REMEDY_64_BITS       /* pack without `float32`, which keeps the value */
};

/* Text of the last failure. Zero-initialise it. The caller owns it and passes it down by pointer. */
struct fg_error {
    char text[1024]; /* UTF-8, one line without a newline; in a longer text "..." replaces its middle */
    enum fg_remedy remedy;
};

/* Lets the compiler check the arguments of a format. */
#if defined(__GNUC__)
#define FG_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define FG_PRINTF(text, first)
#endif

/* Stores the formatted text and returns `status`, so that a failure is one line: `return fg_fail(...)`. If
 * `error` is NULL, the text is dropped. */
enum fg_status fg_fail(struct fg_error *error, enum fg_status status, const char *format, ...)
    FG_PRINTF(3, 4);

/* Same as fg_fail, and also stores the remedy. */
enum fg_status fg_fail_with(struct fg_error *error, enum fg_remedy remedy, enum fg_status status,
                            const char *format, ...) FG_PRINTF(4, 5);

/* Prepends the formatted text and ": " to the stored text and returns `status`. A caller uses it to add what
 * it knows about the failure. The stored remedy is kept. */
enum fg_status fg_fail_while(struct fg_error *error, enum fg_status status, const char *format, ...)
    FG_PRINTF(3, 4);

FG_API_END
#endif
