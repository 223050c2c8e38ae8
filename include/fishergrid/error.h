/* How fishergrid reports failure: a status from every function that can fail, and one line of text.
 *
 * The status doubles as the exit code of the program. The text is written for the person who ran it: what
 * is wrong, where, and what would work. No function of the library prints. */
#ifndef FISHERGRID_ERROR_H
#define FISHERGRID_ERROR_H

#include "fishergrid/api.h"

FG_API_BEGIN

/* What became of a call. */
enum fg_status {
    FG_OK = 0,
    FG_FAILED = 1,      /* the system, HDF5 or memory failed */
    FG_BAD_INPUT = 2,   /* wrong usage or wrong input: another command line or file would work */
    FG_INTERRUPTED = 75 /* stopped on request before the end (EX_TEMPFAIL of sysexits.h) */
};

/* What the caller could change, where that is something special. A program adds its own words for it, such as
 * the name of an option; the text of the library does without. */
enum fg_remedy {
    FG_REMEDY_NONE,
    FG_REMEDY_REPLACE,      /* the file may be replaced: `force` */
    FG_REMEDY_OTHER_SETUP,  /* a file begun with another setup may be continued with that, or replaced */
    FG_REMEDY_FEWER_FIELDS, /* fewer fields would fit */
    FG_REMEDY_DIRECT,       /* FG_DIRECT needs no memory for nodes */
    FG_REMEDY_64_BITS       /* packing without `float32` keeps the value */
};

/* Text of the last failure; zero-initialise it. Owned by the caller, passed down by pointer. */
struct fg_error {
    char text[1024]; /* UTF-8, one line, no newline at the end; a longer one loses its middle: "..." */
    enum fg_remedy remedy;
};

/* The compiler checks the arguments behind a format. */
#if defined(__GNUC__)
#define FG_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define FG_PRINTF(text, first)
#endif

/* Stores the formatted text and returns `status`, so that a failure is one line: `return fg_fail(...)`.
 * `error` may be NULL: then only the status tells. */
enum fg_status fg_fail(struct fg_error *error, enum fg_status status, const char *format, ...)
    FG_PRINTF(3, 4);

/* fg_fail, and keeps what would help. */
enum fg_status fg_fail_with(struct fg_error *error, enum fg_remedy remedy, enum fg_status status,
                            const char *format, ...) FG_PRINTF(4, 5);

/* Puts the formatted text and ": " in front of what is stored, for a caller who knows more; returns `status`.
 */
enum fg_status fg_fail_while(struct fg_error *error, enum fg_status status, const char *format, ...)
    FG_PRINTF(3, 4);

FG_API_END
#endif
