/* Reads data sets from CSV files.
 *
 * The file is read once, line by line into a buffer of fixed size. Therefore pipes work, and a file that is
 * not CSV takes no memory. Errors are reported as PATH:LINE:COLUMN, where the column is counted in bytes. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_reserve.h"

#define LINE_BYTES 255      /* longest line, without its end */
#define FIRST_CAPACITY 1024 /* samples; doubled when full */
#define EXCERPT_BYTES 32    /* as much of the file as a message shows */
#define BLANKS " \t"
#define DIGITS "0123456789"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

enum { X0, X1, Y, N_COLUMNS };
static const char *const column_name[N_COLUMNS] = {"x0", "x1", "y"};
#define HEADER "x0,x1,y"

/* A file being read, and the line it is at. */
struct reader {
    FILE *file;
    const char *path;
    struct fg_error *error;
    size_t line;               /* number of the line, from 1 */
    size_t length;             /* bytes in `text` */
    char text[LINE_BYTES + 1]; /* the line without its end, terminated */
    bool at_end;               /* there was no further line */
};

/* A part of the line. */
struct span {
    const char *text; /* [length], not terminated */
    size_t length;
};

/* A part of the line as a message can show it. */
struct excerpt {
    char text[4 * EXCERPT_BYTES + sizeof "..."]; /* a byte becomes \xNN at most */
};

static struct excerpt excerpt(struct span span)
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
    const int byte = getc(file);
    if (byte != '\r')
        return byte;
    const int after = getc(file);
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
            return fg_fail(reader->error, FG_BAD_INPUT, "'%s' is a directory; the path of a CSV file works",
                           reader->path);
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
            return refuse_line(reader, place,
                               "the line has more than %d bytes; two numbers and a label, %s, work",
                               LINE_BYTES, HEADER);
        *place = (char)byte;
    }
}

static bool is_blank(const struct reader *reader)
{
    return strspn(reader->text, BLANKS) == reader->length;
}

/* `text` without the blanks around it. */
static struct span trim(const char *text, size_t length)
{
    while (length > 0 && strchr(BLANKS, text[length - 1]))
        length--;
    size_t leading = 0;
    while (leading < length && strchr(BLANKS, text[leading]))
        leading++;
    return (struct span){text + leading, length - leading};
}

/* Cuts the line at its commas and returns the number of pieces. Of more than expected only the first beyond
 * is stored; of fewer the others are empty, at the end of the line. */
static int split(const struct reader *reader, struct span pieces[N_COLUMNS + 1])
{
    const char *rest = reader->text;
    int n = 0;
    for (;;) {
        const size_t length = strcspn(rest, ",");
        if (n <= N_COLUMNS)
            pieces[n] = trim(rest, length);
        n++;
        rest += length;
        if (*rest == '\0')
            break;
        rest++;
    }
    for (int p = n; p <= N_COLUMNS; p++)
        pieces[p] = (struct span){rest, 0};
    return n;
}

/* Length of the decimal number that `text` begins with, 0 without one. It decides before strtod, which would
 * take hexadecimal numbers, inf and nan as well. */
static size_t decimal_length(const char *text)
{
    const char *end = text + (*text == '+' || *text == '-');
    const size_t whole = strspn(end, DIGITS);
    end += whole;
    size_t fraction = 0;
    if (*end == '.') {
        fraction = strspn(end + 1, DIGITS);
        end += 1 + fraction;
    }
    if (whole + fraction == 0)
        return 0;
    if (*end == 'e' || *end == 'E') {
        const char *exponent = end + 1 + (end[1] == '+' || end[1] == '-');
        const size_t digits = strspn(exponent, DIGITS);
        if (digits > 0)
            end = exponent + digits;
    }
    return (size_t)(end - text);
}

/* Reads a number that fills the piece; otherwise returns the place where it stops being one, else NULL.
 * Numbers too large become infinite, too small 0.
 *
 * strtod follows the locale. The program never sets one; under a foreign one that does not read 1.5 as we do,
 * this refuses and never misreads. */
static const char *read_number(struct span piece, double *value)
{
    const size_t length = decimal_length(piece.text);
    if (length == 0 || length != piece.length)
        return piece.text + (length < piece.length ? length : 0);
    char *end;
    *value = strtod(piece.text, &end);
    return end == piece.text + length ? NULL : piece.text;
}

static enum fg_status read_coordinate(const struct reader *reader, struct span piece, int column, double *x)
{
    const char *stop = read_number(piece, x);
    if (stop)
        return refuse_line(reader, stop, "%s is '%s'; a finite decimal number such as -1.25 or 3e-4 works",
                           column_name[column], excerpt(piece).text);
    if (fabs(*x) > FG_COORDINATE_MAX)
        return refuse_line(reader, piece.text, "%s is '%s'; numbers from %.0f to %.0f work",
                           column_name[column], excerpt(piece).text, -FG_COORDINATE_MAX, FG_COORDINATE_MAX);
    return FG_OK;
}

static enum fg_status read_label(const struct reader *reader, struct span piece, unsigned char *y)
{
    double value = 0.0;
    const char *stop = read_number(piece, &value);
    if (stop || (value != 0.0 && value != 1.0))
        return refuse_line(reader, stop ? stop : piece.text, "%s is '%s'; a label 0 or 1 works",
                           column_name[Y], excerpt(piece).text);
    *y = value == 1.0;
    return FG_OK;
}

/* Reads the line as sample dataset->n, for which there is room. */
static enum fg_status read_sample(const struct reader *reader, struct fg_dataset *dataset)
{
    const size_t k = dataset->n;
    struct span pieces[N_COLUMNS + 1];
    const int n = split(reader, pieces);
    if (n != N_COLUMNS)
        return refuse_line(reader, pieces[n < N_COLUMNS ? n : N_COLUMNS].text,
                           "%d column%s in '%s'; the %d of %s work", n, n == 1 ? "" : "s",
                           excerpt(trim(reader->text, reader->length)).text, N_COLUMNS, HEADER);

    enum fg_status status = read_coordinate(reader, pieces[X0], X0, &dataset->x0[k]);
    if (status == FG_OK)
        status = read_coordinate(reader, pieces[X1], X1, &dataset->x1[k]);
    if (status == FG_OK)
        status = read_label(reader, pieces[Y], &dataset->y[k]);
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

/* The first piece that is not the name of its column, or NULL. */
static const struct span *wrong_name(const struct span pieces[N_COLUMNS + 1], int n)
{
    for (int p = 0; p < N_COLUMNS; p++) {
        if (pieces[p].length != strlen(column_name[p]) ||
            memcmp(pieces[p].text, column_name[p], pieces[p].length) != 0)
            return &pieces[p];
    }
    return n > N_COLUMNS ? &pieces[N_COLUMNS] : NULL;
}

static enum fg_status read_header(struct reader *reader)
{
    const enum fg_status status = next_line(reader);
    if (status != FG_OK)
        return status;
    skip_byte_order_mark(reader);
    if (reader->length == 0 && feof(reader->file))
        return refuse_line(reader, reader->text, "the file is empty; it would begin with the header %s",
                           HEADER);

    struct span pieces[N_COLUMNS + 1];
    const struct span *wrong = wrong_name(pieces, split(reader, pieces));
    if (!wrong)
        return FG_OK;
    const struct span line = trim(reader->text, reader->length);
    if (decimal_length(pieces[0].text) > 0)
        return refuse_line(reader, wrong->text, "no header but '%s'; a first line %s works",
                           excerpt(line).text, HEADER);
    return refuse_line(reader, wrong->text, "the header is '%s'; %s works", excerpt(line).text, HEADER);
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
        if (is_blank(reader)) {
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
            refuse_line(reader, reader->text, "no samples; lines such as 1.25,-0.5,1 after the header work");
    return status;
}

enum fg_status fg_dataset_read_csv(struct fg_dataset *dataset, const char *name, const char *path,
                                   struct fg_error *error)
{
    enum fg_status status = fg_dataset_check_name(name, error);
    if (status != FG_OK)
        return status;

    struct reader reader = {.file = fopen(path, "rb"), .path = path, .error = error};
    if (!reader.file)
        return fg_fail(error, FG_BAD_INPUT,
                       "cannot open '%s': %s; the path of a CSV file that may be read works", path,
                       strerror(errno));
    status = read_file(&reader, dataset);
    fclose(reader.file);

    if (status == FG_OK)
        strcpy(dataset->name, name);
    else
        fg_dataset_free(dataset);
    return status;
}
