/* Reads data sets from CSV files (RFC 4180), by the names in their header.
 *
 * The file is read once, line by line into a buffer of fixed size. Therefore pipes work, and a file that is
 * not CSV takes no memory. Errors are reported as PATH:LINE:COLUMN, where the column is counted in bytes. */
#define _POSIX_C_SOURCE 200809L /* getc_unlocked */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv_field.h"
#include "dataset_reserve.h"
#include "other_format.h"

#define LINE_BYTES 1023     /* longest line, without its end */
#define FIRST_CAPACITY 1024 /* samples; doubled when full */
#define EXCERPT_BYTES 32    /* as much of the file as a message shows */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

enum { X0, X1, Y, N_COLUMNS };
static const char *const column_name[N_COLUMNS] = {"x0", "x1", "y"};
#define HEADER "x0,x1,y"
#define EXAMPLE "1.25,-0.5,1"

/* A file being read, and the line it is at. */
struct reader {
    FILE *file;
    const char *path;
    struct fg_error *error;
    size_t line;               /* number of the line, from 1 */
    size_t length;             /* bytes in `text` */
    char text[LINE_BYTES + 1]; /* the line without its end, terminated */
    bool at_end;               /* there was no further line */
    int n_columns;             /* of the header */
    int column[N_COLUMNS];     /* numbers of x0, x1 and y among them, from 1; 0: not found */
};

/* A part of the line as a message can show it. */
struct excerpt {
    char text[4 * EXCERPT_BYTES + sizeof "..."]; /* a byte becomes \xNN at most */
};

static struct excerpt excerpt(struct fg_span span)
{
    struct excerpt shown;
    char *end = shown.text;
    for (size_t b = 0; b < span.length && b < EXCERPT_BYTES; b++) {
        const unsigned char byte = (unsigned char)span.text[b];
        end += sprintf(end, byte < 0x20 || byte > 0x7e ? "\\x%02x" : "%c", byte);
    }
    strcpy(end, span.length > EXCERPT_BYTES ? "..." : "");
    return shown;
}

/* Refuses the file because of what stands at `place` in the line. */
static enum fg_status refuse_line(const struct reader *reader, const char *place, const char *format, ...)
    FG_PRINTF(3, 4);

static enum fg_status refuse_line(const struct reader *reader, const char *place, const char *format, ...)
{
    char why[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    return fg_fail(reader->error, FG_BAD_INPUT, "%s:%zu:%zu: %s", reader->path, reader->line,
                   (size_t)(place - reader->text) + 1, why);
}

/* The next byte of the file or EOF. CRLF comes as '\n', so that '\r' is a lone one. */
static int next_byte(FILE *file)
{
    const int byte = getc_unlocked(file);
    if (byte != '\r')
        return byte;
    const int after = getc_unlocked(file);
    if (after == '\n')
        return '\n';
    ungetc(after, file);
    return '\r';
}

/* Tells the end of the file from a failure to read it. */
static enum fg_status finish_file(struct reader *reader)
{
    if (ferror(reader->file)) {
        if (errno == EISDIR)
            return fg_fail(reader->error, FG_BAD_INPUT,
                           "'%s' is a directory; the path of a CSV or HDF5 file works", reader->path);
        return fg_fail(reader->error, FG_FAILED, "cannot read '%s': %s", reader->path, strerror(errno));
    }
    reader->at_end = reader->length == 0; /* else the last line has no newline */
    return FG_OK;
}

/* Reads the next line into the buffer, or notes that there is none. */
static enum fg_status next_line(struct reader *reader)
{
    reader->line++;
    for (reader->length = 0;; reader->length++) {
        char *place = &reader->text[reader->length];
        *place = '\0';
        const int byte = next_byte(reader->file);
        if (byte == '\n')
            return FG_OK;
        if (byte == EOF)
            return finish_file(reader);
        if (byte == '\r')
            return refuse_line(reader, place,
                               "a carriage return without a newline; lines that end in LF or CRLF work");
        if (byte == '\0')
            return refuse_line(reader, place, "a NUL byte: this is no plain text; CSV saved as UTF-8 works");
        if (reader->length == LINE_BYTES)
            return refuse_line(reader, place, "the line has more than %d bytes; fewer columns beside %s work",
                               LINE_BYTES, HEADER);
        *place = (char)byte;
    }
}

static bool is_blank_line(const struct reader *reader)
{
    return strspn(reader->text, FG_CSV_BLANKS) == reader->length;
}

static struct fg_span whole_line(const struct reader *reader)
{
    return fg_csv_trim(reader->text, reader->length);
}

/* Takes the next field of the line, see fg_csv_field. */
static enum fg_status take_field(const struct reader *reader, const char **rest, struct fg_span *field)
{
    const char *fault = fg_csv_field(rest, field);
    return fault ? refuse_line(reader, *rest, "%s", fault) : FG_OK;
}

static enum fg_status read_coordinate(const struct reader *reader, struct fg_span piece, int column,
                                      double *x)
{
    const char *stop = fg_csv_number(piece, x);
    if (stop)
        return refuse_line(reader, stop, "%s is '%s'; a finite decimal number such as -1.25 or 3e-4 works",
                           column_name[column], excerpt(piece).text);
    if (fabs(*x) > FG_COORDINATE_MAX)
        return refuse_line(reader, piece.text, "%s is '%s'; numbers from %.0f to %.0f work",
                           column_name[column], excerpt(piece).text, -FG_COORDINATE_MAX, FG_COORDINATE_MAX);
    return FG_OK;
}

static enum fg_status read_label(const struct reader *reader, struct fg_span piece, unsigned char *y)
{
    double value = 0.0;
    const char *stop = fg_csv_number(piece, &value);
    if (stop || (value != 0.0 && value != 1.0))
        return refuse_line(reader, stop ? stop : piece.text, "%s is '%s'; a label 0 or 1 works",
                           column_name[Y], excerpt(piece).text);
    *y = value == 1.0;
    return FG_OK;
}

/* Cuts the line into fields and keeps those of x0, x1 and y. */
static enum fg_status split_line(const struct reader *reader, struct fg_span kept[N_COLUMNS])
{
    const char *rest = reader->text;
    for (int n = 1;; n++, rest++) {
        struct fg_span field;
        const enum fg_status status = take_field(reader, &rest, &field);
        if (status != FG_OK)
            return status;
        for (int c = 0; c < N_COLUMNS; c++) {
            if (reader->column[c] == n)
                kept[c] = field;
        }
        const bool is_last = *rest == '\0';
        if (is_last != (n == reader->n_columns))
            return refuse_line(reader, is_last ? rest : rest + 1,
                               "%s columns in '%s' than in the header; %d work", is_last ? "fewer" : "more",
                               excerpt(whole_line(reader)).text, reader->n_columns);
        if (is_last)
            return FG_OK;
    }
}

/* Reads the line as sample dataset->n, for which there is room. */
static enum fg_status read_sample(const struct reader *reader, struct fg_dataset *dataset)
{
    const size_t k = dataset->n;
    struct fg_span field[N_COLUMNS] = {{0}};
    enum fg_status status = split_line(reader, field);
    if (status == FG_OK)
        status = read_coordinate(reader, field[X0], X0, &dataset->x0[k]);
    if (status == FG_OK)
        status = read_coordinate(reader, field[X1], X1, &dataset->x1[k]);
    if (status == FG_OK)
        status = read_label(reader, field[Y], &dataset->y[k]);
    if (status == FG_OK)
        dataset->n++;
    return status;
}

static void skip_byte_order_mark(struct reader *reader)
{
    const size_t mark = strlen(BYTE_ORDER_MARK);
    if (strncmp(reader->text, BYTE_ORDER_MARK, mark) == 0) {
        reader->length -= mark;
        memmove(reader->text, reader->text + mark, reader->length + 1);
    }
}

/* Notes where x0, x1 and y are. */
static enum fg_status read_names(struct reader *reader)
{
    const char *rest = reader->text;
    do {
        struct fg_span name;
        rest += reader->n_columns++ > 0; /* a comma */
        const enum fg_status status = take_field(reader, &rest, &name);
        if (status != FG_OK)
            return status;
        for (int c = 0; c < N_COLUMNS; c++) {
            if (name.length != strlen(column_name[c]) || memcmp(name.text, column_name[c], name.length) != 0)
                continue;
            if (reader->column[c])
                return refuse_line(reader, name.text, "a second column %s; one works", column_name[c]);
            reader->column[c] = reader->n_columns;
        }
    } while (*rest);
    return FG_OK;
}

/* Refuses a header without a column `name`. */
static enum fg_status refuse_header(const struct reader *reader, const char *name)
{
    const struct excerpt shown = excerpt(whole_line(reader));
    const char *rest = reader->text;
    struct fg_span first;
    double number;
    if (!fg_csv_field(&rest, &first) && !fg_csv_number(first, &number))
        return refuse_line(reader, reader->text, "no header but '%s'; a first line %s works", shown.text,
                           HEADER);
    return refuse_line(reader, reader->text, "no column %s in the header '%s'; %s works", name, shown.text,
                       HEADER);
}

static enum fg_status read_header(struct reader *reader)
{
    enum fg_status status = next_line(reader);
    const char *format = fg_other_format(reader->text);
    if (format)
        return refuse_line(reader, reader->text, "%s", format);
    if (status != FG_OK)
        return status;
    skip_byte_order_mark(reader);
    if (reader->length == 0 && feof(reader->file))
        return refuse_line(reader, reader->text, "the file is empty; it would begin with the header %s",
                           HEADER);
    const char *separator = strpbrk(reader->text, ";\t");
    if (separator && !strchr(reader->text, ','))
        return refuse_line(reader, separator,
                           "columns separated by %s; commas and decimal points, as in %s, work",
                           *separator == ';' ? "semicolons" : "tabs", EXAMPLE);
    status = read_names(reader);
    for (int c = 0; c < N_COLUMNS && status == FG_OK; c++) {
        if (!reader->column[c])
            status = refuse_header(reader, column_name[c]);
    }
    return status;
}

/* Makes room for sample dataset->n. */
static enum fg_status grow_buffer(const struct reader *reader, struct fg_dataset *dataset, size_t *capacity)
{
    if (dataset->n < *capacity)
        return FG_OK;
    if (*capacity >= FG_SAMPLES_MAX)
        return refuse_line(reader, reader->text, "more samples than a data set can hold; %lld work",
                           (long long)FG_SAMPLES_MAX);
    *capacity = *capacity == 0 ? FIRST_CAPACITY : 2 * *capacity;
    return fg_dataset_reserve(dataset, *capacity, reader->error);
}

static enum fg_status read_rows(struct reader *reader, struct fg_dataset *dataset)
{
    size_t capacity = 0;
    size_t blank_line = 0; /* number of the first blank line: good only if nothing follows */
    for (;;) {
        enum fg_status status = next_line(reader);
        if (status != FG_OK || reader->at_end)
            return status;
        if (is_blank_line(reader)) {
            blank_line = blank_line ? blank_line : reader->line;
            continue;
        }
        if (blank_line) {
            reader->line = blank_line;
            return refuse_line(reader, reader->text,
                               "a blank line, and more behind it; blank lines work at the end only");
        }
        status = grow_buffer(reader, dataset, &capacity);
        if (status == FG_OK)
            status = read_sample(reader, dataset);
        if (status != FG_OK)
            return status;
    }
}

static enum fg_status read_file(struct reader *reader, struct fg_dataset *dataset)
{
    enum fg_status status = read_header(reader);
    if (status == FG_OK)
        status = read_rows(reader, dataset);
    if (status == FG_OK && dataset->n == 0)
        status =
            refuse_line(reader, reader->text, "no samples; lines such as " EXAMPLE " after the header work");
    return status;
}

enum fg_status fg_dataset_read_csv(struct fg_dataset *dataset, const char *name, const char *path,
                                   struct fg_error *error)
{
    enum fg_status status = fg_dataset_check_name(name, error);
    if (status != FG_OK)
        return status;

    const bool is_stdin = strcmp(path, "-") == 0;
    struct reader reader = {.file = is_stdin ? stdin : fopen(path, "rb"),
                            .path = is_stdin ? "standard input" : path,
                            .error = error};
    if (!reader.file)
        return fg_fail(error, FG_BAD_INPUT,
                       "cannot open '%s': %s; the path of a CSV or HDF5 file that may be read works", path,
                       strerror(errno));
    status = read_file(&reader, dataset);
    if (!is_stdin)
        fclose(reader.file);

    if (status == FG_OK)
        strcpy(dataset->name, name);
    else
        fg_dataset_free(dataset);
    return status;
}
