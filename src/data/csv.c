/* Reads data sets from CSV files (RFC 4180), whose header names the columns.
 *
 * The file is read once, batch by batch into a buffer of fixed size. Therefore pipes work, and a file that is
 * not CSV takes no memory. Errors are reported as PATH:LINE:COLUMN, where the column is counted in bytes.
 *
 * Threads share the lines of a batch. In most batches each line is a sample, so the number of a line gives
 * the index of its sample, and each thread stores its samples at their final places. If a batch has any other
 * line, its samples are dropped, and one thread reads the batch again. Only this thread reports errors, so
 * the error is the first one in the file. */
#define _POSIX_C_SOURCE 200809L /* O_CLOEXEC */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv_batch.h"
#include "csv_field.h"
#include "dataset_reserve.h"
#include "other_format.h"

#define LINE_BYTES 1023            /* longest line, without its end */
#define SHORTEST_ROW 6             /* bytes of the shortest line with a sample: "0,0,0" */
#define BATCH_BYTES (256 << 10)    /* per thread: several milliseconds of work, and fits into a cache */
#define PIECE_BYTES_MIN (16 << 10) /* a smaller piece is read sooner than a thread wakes up */
#define EXCERPT_BYTES 32           /* maximum part of the file in a message */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

enum { X0, X1, Y, N_COLUMNS };
static const char *const column_name[N_COLUMNS] = {"x0", "x1", "y"};
#define HEADER "x0,x1,y"
#define EXAMPLE "1.25,-0.5,1"

/* A reader of lines, with the current line. */
struct reader {
    const char *path;
    struct fg_error *error;
    const char *at, *end;      /* bytes of the batch after the current line */
    size_t line;               /* number of the line, from 1 */
    size_t length;             /* bytes in `text` */
    char text[LINE_BYTES + 1]; /* the line without its end, terminated */
    bool has_newline;          /* the line ended with a newline */
    size_t blank_line;     /* number of the first blank line, after which nothing may follow; 0: none yet */
    int n_columns;         /* number of columns in the header */
    int column[N_COLUMNS]; /* numbers of the columns x0, x1 and y, from 1; 0: not found */
};

/* A part of the line, in printable characters for a message. */
struct excerpt {
    char text[4 * EXCERPT_BYTES + sizeof "..."]; /* a byte takes at most 4 characters: \xNN */
};

/* Returns the first bytes of `span`, followed by "..." if it has more. */
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

/* Sets the error "PATH:LINE:COLUMN: ..." for `place` in the line, and returns FG_BAD_INPUT. */
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

/* Returns the next byte; EOF after the last. CRLF is returned as '\n', so '\r' is a carriage return without a
 * newline. */
static int next_byte(struct reader *reader)
{
    if (reader->at == reader->end)
        return EOF;
    if (*reader->at == '\r' && reader->end - reader->at > 1 && reader->at[1] == '\n')
        reader->at++;
    return (unsigned char)*reader->at++;
}

/* Reads the next line. After the last line, the result is an empty line without a newline. */
static enum fg_status next_line(struct reader *reader)
{
    reader->line++;
    for (reader->length = 0;; reader->length++) {
        char *place = &reader->text[reader->length];
        *place = '\0';
        const int byte = next_byte(reader);
        reader->has_newline = byte == '\n';
        if (byte == '\n' || byte == EOF)
            return FG_OK;
        if (byte == '\r')
            return refuse_line(reader, place,
                               "a carriage return without a newline; lines that end in LF or CRLF work");
        if (byte == '\0')
            return refuse_line(reader, place, "a NUL byte: this is no plain text; CSV saved as UTF-8 works");
        if (reader->length == LINE_BYTES)
            return refuse_line(reader, place,
                               "the line has more than %d bytes; fewer columns in addition to %s work",
                               LINE_BYTES, HEADER);
        *place = (char)byte;
    }
}

static bool is_blank_line(const struct reader *reader)
{
    return strspn(reader->text, FG_CSV_BLANKS) == reader->length;
}

/* Returns the line without the blanks around it. */
static struct fg_span whole_line(const struct reader *reader)
{
    return fg_csv_trim(reader->text, reader->length);
}

/* Reads the field at `*rest`, as fg_csv_field does, and sets the error if its quotes are wrong. */
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

/* Splits the line into fields, and stores the fields of x0, x1 and y. */
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

/* Reads the line as sample dataset->n. The arrays must have memory for it. */
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

/* Reads the names in the header, and stores the numbers of the columns x0, x1 and y. */
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

/* Sets the error for a header without the column `name`. */
static enum fg_status refuse_header(const struct reader *reader, const char *name)
{
    const struct excerpt shown = excerpt(whole_line(reader));
    const char *rest = reader->text;
    struct fg_span first;
    double number;
    if (!fg_csv_field(&rest, &first) && !fg_csv_number(first, &number))
        return refuse_line(reader, reader->text, "the first line is '%s'; a header %s works", shown.text,
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
    if (reader->length == 0 && !reader->has_newline)
        return refuse_line(reader, reader->text, "the file is empty; it must begin with the header %s",
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

/* Reads the lines of the batch as samples. The arrays must have memory for them. */
static enum fg_status read_rows(struct reader *reader, struct fg_dataset *dataset)
{
    while (reader->at < reader->end) {
        enum fg_status status = next_line(reader);
        if (status != FG_OK)
            return status;
        if (is_blank_line(reader)) {
            reader->blank_line = reader->blank_line ? reader->blank_line : reader->line;
            continue;
        }
        if (reader->blank_line) {
            reader->line = reader->blank_line;
            return refuse_line(reader, reader->text,
                               "a blank line before other lines; blank lines work only at the end");
        }
        if (dataset->n >= FG_SAMPLES_MAX)
            return refuse_line(reader, reader->text, "more samples than a data set can hold; %lld work",
                               (long long)FG_SAMPLES_MAX);
        status = read_sample(reader, dataset);
        if (status != FG_OK)
            return status;
    }
    return FG_OK;
}

/* Returns the number of pieces into which the batch is cut, one per thread: 1 if the batch is small, or after
 * a blank line. */
static size_t count_pieces(const struct reader *reader, int threads)
{
    const size_t most = (size_t)(reader->end - reader->at) / PIECE_BYTES_MIN;
    const size_t pieces = most < (size_t)threads ? most : (size_t)threads;
    return reader->blank_line || pieces == 0 ? 1 : pieces;
}

/* Returns the beginning of piece p: the first line that begins in the p-th of `pieces` equal parts of the
 * batch. */
static const char *cut(const struct reader *reader, size_t p, size_t pieces)
{
    const size_t size = (size_t)(reader->end - reader->at);
    const char *place = reader->at + size / pieces * p;
    const char *newline = p == pieces ? NULL : memchr(place, '\n', (size_t)(reader->end - place));
    return p == 0 ? reader->at : newline ? newline + 1 : reader->end;
}

/* Counts the lines of each piece. Returns their sum. */
static size_t count_lines(const struct reader *reader, size_t pieces, size_t *lines, int threads)
{
    size_t sum = 0;
#pragma omp parallel for schedule(static, 1) num_threads(threads) reduction(+ : sum) if (pieces > 1)
    for (size_t p = 0; p < pieces; p++) {
        const char *text = cut(reader, p, pieces), *const end = cut(reader, p + 1, pieces);
        for (lines[p] = 0; text < end; lines[p]++) {
            const char *newline = memchr(text, '\n', (size_t)(end - text));
            text = newline ? newline + 1 : end;
        }
        sum += lines[p];
    }
    return sum;
}

/* Reads all pieces of the batch as samples. The arrays must have memory for them. Returns false, and adds no
 * samples, if any line is not a sample. */
static bool read_pieces(struct reader *reader, struct fg_dataset *dataset, size_t pieces, const size_t *lines,
                        int threads)
{
    size_t sum = 0;
    bool good = true;
#pragma omp parallel for schedule(static, 1) num_threads(threads) reduction(&& : good) reduction(+ : sum)
    for (size_t p = 0; p < pieces; p++) {
        struct reader piece = *reader;
        struct fg_dataset part = *dataset;
        piece.error = NULL;
        piece.at = cut(reader, p, pieces);
        piece.end = cut(reader, p + 1, pieces);
        for (size_t before = 0; before < p; before++)
            part.n += lines[before];
        const size_t end = part.n + lines[p];
        good = good && read_rows(&piece, &part) == FG_OK && part.n == end;
        sum += lines[p];
    }
    if (good) {
        dataset->n += sum;
        reader->line += sum;
        reader->at = reader->end;
    }
    return good;
}

/* Allocates memory for the samples of a batch of `lines` lines. */
static enum fg_status make_room(const struct reader *reader, struct fg_dataset *dataset, size_t lines,
                                size_t *capacity)
{
    const size_t most = (size_t)(reader->end - reader->at) / SHORTEST_ROW + 1; /* lines may be blank */
    const size_t need = dataset->n + (lines < most ? lines : most);
    const size_t twice = 2 * *capacity < FG_SAMPLES_MAX ? 2 * *capacity : FG_SAMPLES_MAX;
    if (need <= *capacity)
        return FG_OK;
    *capacity = need > twice ? need : twice;
    return fg_dataset_reserve(dataset, *capacity, reader->error);
}

/* Reads the next batch if all lines of the current batch have been read. */
static enum fg_status next_batch(struct reader *reader, struct fg_csv_batch *batch)
{
    if (reader->at < reader->end)
        return FG_OK;
    const bool is_read = fg_csv_next_batch(batch, LINE_BYTES + 1);
    reader->at = batch->bytes;
    reader->end = batch->bytes + batch->length;
    if (is_read)
        return FG_OK;
    return errno == EISDIR
               ? fg_fail(reader->error, FG_BAD_INPUT,
                         "'%s' is a directory; the path of a CSV or HDF5 file works", reader->path)
               : fg_fail(reader->error, FG_FAILED, "cannot read '%s': %s", reader->path, strerror(errno));
}

/* Reads the header and all batches. `lines` has space for one number per thread. */
static enum fg_status read_batches(struct reader *reader, struct fg_csv_batch *batch,
                                   struct fg_dataset *dataset, size_t *lines, int threads)
{
    size_t capacity = 0;
    enum fg_status status = next_batch(reader, batch);
    if (status == FG_OK)
        status = read_header(reader);
    if (status == FG_OK)
        status = next_batch(reader, batch);
    while (status == FG_OK && reader->at < reader->end) {
        const size_t pieces = count_pieces(reader, threads);
        status = make_room(reader, dataset, count_lines(reader, pieces, lines, threads), &capacity);
        if (status == FG_OK && (pieces == 1 || !read_pieces(reader, dataset, pieces, lines, threads)))
            status = read_rows(reader, dataset);
        if (status == FG_OK)
            status = next_batch(reader, batch);
    }
    if (status == FG_OK && dataset->n == 0) {
        next_line(reader); /* so that the error has the line after the header */
        status =
            refuse_line(reader, reader->text, "no samples; lines such as " EXAMPLE " after the header work");
    }
    return status;
}

static enum fg_status read_file(struct reader *reader, int fd, struct fg_dataset *dataset, int threads)
{
    struct fg_csv_batch batch = {.fd = fd, .room = (size_t)threads * BATCH_BYTES};
    size_t *lines = malloc((size_t)threads * sizeof *lines);
    batch.bytes = malloc(batch.room);
    enum fg_status status = batch.bytes && lines
                                ? read_batches(reader, &batch, dataset, lines, threads)
                                : fg_fail(reader->error, FG_FAILED, "no memory to read '%s'", reader->path);
    free(batch.bytes);
    free(lines);
    return status;
}

enum fg_status fg_dataset_read_csv(struct fg_dataset *dataset, const char *name, const char *path,
                                   int threads, struct fg_error *error)
{
    enum fg_status status = fg_dataset_check_name(name, error);
    if (status != FG_OK)
        return status;

    const bool is_stdin = strcmp(path, "-") == 0;
    struct reader reader = {.path = is_stdin ? "standard input" : path, .error = error};
    const int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fg_fail(error, FG_BAD_INPUT,
                       "cannot open '%s': %s; the path of a CSV or HDF5 file that may be read works", path,
                       strerror(errno));
    status = read_file(&reader, fd, dataset, threads);
    if (!is_stdin)
        close(fd);

    if (status == FG_OK)
        strcpy(dataset->name, name);
    else
        fg_dataset_free(dataset);
    return status;
}
