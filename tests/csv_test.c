/* Tests the CSV reader: the files it accepts, the faults and places it reports, and failures of the system.
 * The files are made in the working directory. A test that fails leaves its file there. */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "fishergrid/dataset.h"

#define N_ELEMENTS(array) (sizeof(array) / sizeof *(array))
#define BYTES(literal) literal, sizeof(literal) - 1 /* so that a file may contain NUL bytes */
#define TIMES_4(text) text text text text
#define TIMES_64(text) TIMES_4(TIMES_4(TIMES_4(text)))
#define BLANKS_1013 TIMES_64("               ") TIMES_4("             ") " " /* 64 * 15 + 4 * 13 + 1 */

/* A file made for one test. */
struct temporary {
    char path[sizeof "csv_test.XXXXXX"];
};

static struct temporary make_file(const char *bytes, size_t n)
{
    struct temporary made = {"csv_test.XXXXXX"};
    const int descriptor = mkstemp(made.path);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
    return made;
}

static void check_empty(const struct fg_dataset *dataset)
{
    assert_int_equal(dataset->n, 0);
    assert_null(dataset->x0);
    assert_null(dataset->x1);
    assert_null(dataset->y);
    assert_string_equal(dataset->name, "");
}

static const int teams[] = {1, 2, 3, 8}; /* numbers of threads */

static struct fg_dataset read_or_fail(const char *path, int threads)
{
    struct fg_dataset dataset = {0};
    struct fg_error error = {0};
    if (fg_dataset_read_csv(&dataset, "data", path, threads, &error) != FG_OK)
        fail_msg("%s", error.text);
    assert_string_equal(dataset.name, "data");
    return dataset;
}

/* Files that contain the two samples (1.5, -2, 0) and (0.25, 300, 1) in various forms. */
struct accepted {
    const char *name;
    const char *bytes;
    size_t n;
};

static const struct accepted accepted[] = {
    {"accepts plain lines", BYTES("x0,x1,y\n1.5,-2,0\n0.25,300,1\n")},
    {"accepts a last line without newline", BYTES("x0,x1,y\n1.5,-2,0\n0.25,300,1")},
    {"accepts CRLF", BYTES("x0,x1,y\r\n1.5,-2,0\r\n0.25,300,1\r\n")},
    {"accepts a byte order mark", BYTES("\xef\xbb\xbfx0,x1,y\n1.5,-2,0\n0.25,300,1\n")},
    {"accepts a byte order mark with CRLF", BYTES("\xef\xbb\xbfx0,x1,y\r\n1.5,-2,0\r\n0.25,300,1\r\n")},
    {"accepts blanks and tabs", BYTES(" x0\t, x1 ,y \n\t1.5 , -2,0\t\n  0.25,\t300\t, 1 \n")},
    {"accepts blank lines at the end", BYTES("x0,x1,y\n1.5,-2,0\n0.25,300,1\n\n \t\r\n\n   ")},
    {"accepts exponents", BYTES("x0,x1,y\n15e-1,-2E+0,0\n2.5e-01,3e2,1\n")},
    {"accepts signs and bare points", BYTES("x0,x1,y\n+1.5,-2.,0\n+.25,300.,1\n")},
    {"accepts labels as decimals", BYTES("x0,x1,y\n1.5,-2,0.0\n0.25,300,1e0\n")},
    {"accepts labels with a point", BYTES("x0,x1,y\n1.5,-2,-0\n0.25,300,1.000\n")},
    {"accepts a line of 1023 bytes", BYTES("x0,x1,y\n1.5,-2,0\n" BLANKS_1013 "0.25,300,1\n")},
    {"accepts quotes, as R and pyarrow write them", BYTES("\"x0\",\"x1\",\"y\"\n1.5,-2,0\n0.25,300,1\n")},
    {"accepts quoted numbers and CRLF", BYTES("\"x0\",x1,\"y\"\r\n\"1.5\",\"-2\",\"0\"\r\n0.25,\"300\",1")},
    {"accepts blanks outside and inside of quotes",
     BYTES("x0 ,\t\"x1\" , \"y\"\n \" 1.5\"\t,-2,0\n0.25,300, \"1 \" \n")},
    {"accepts a byte order mark before a quote", BYTES("\xef\xbb\xbf\"x0\",x1,y\n1.5,-2,0\n0.25,300,1\n")},
    {"accepts another order of columns", BYTES("y,x0,x1\n0,1.5,-2\n1,0.25,300\n")},
    {"accepts names of rows, as R writes them",
     BYTES("\"\",\"x0\",\"x1\",\"y\"\n\"1\",1.5,-2,0\n\"2\",0.25,300,1\n")},
    {"accepts other columns with any text",
     BYTES("note,x1,w\xe9ight,x0,y,\n\"a, \"\"b\"\"\",-2,,1.5,0,\nx\"y,300,nan,0.25,1,\"\"\n")},
    {"accepts many digits", BYTES("x0,x1,y\n1.5" TIMES_64("0") ",-2,0\n" TIMES_64("0") "0.25,300,1\n")},
};

static void reads_both_samples(void **state)
{
    const struct accepted *file = *state;
    const struct temporary made = make_file(file->bytes, file->n);
    struct fg_dataset dataset = read_or_fail(made.path, 1);
    unlink(made.path);
    assert_int_equal(dataset.n, 2);
    assert_true(dataset.x0[0] == 1.5 && dataset.x1[0] == -2.0 && dataset.y[0] == 0);
    assert_true(dataset.x0[1] == 0.25 && dataset.x1[1] == 300.0 && dataset.y[1] == 1);
    fg_dataset_free(&dataset);
}

/* Files that are refused, and the error text after the path. */
struct refused {
    const char *name;
    const char *bytes;
    size_t n;
    const char *text;
};

#define NO_NUMBER "; a finite decimal number such as -1.25 or 3e-4 works"
#define NO_LABEL "; a label 0 or 1 works"
#define OUT_OF_RANGE "; numbers from -1000000 to 1000000 work"
#define TOO_LONG "the line has more than 1023 bytes; fewer columns in addition to x0,x1,y work"
#define NOT_CLOSED "a quote that is not closed in this line; values without line breaks work"
#define NO_COMMA "; a comma works there"
#define COMMAS "; commas and decimal points, as in 1.25,-0.5,1, work"
#define OR_HDF5 "; CSV works, or HDF5 with 1-D datasets x0, x1 and y"
#define LONE_CR "a carriage return without a newline; lines that end in LF or CRLF work"
#define NUL_BYTE "a NUL byte: this is no plain text; CSV saved as UTF-8 works"

static const struct refused refused[] = {
    {"refuses an empty file", BYTES(""), ":1:1: the file is empty; it must begin with the header x0,x1,y"},
    {"refuses a mere byte order mark", BYTES("\xef\xbb\xbf"),
     ":1:1: the file is empty; it must begin with the header x0,x1,y"},
    {"refuses a missing header", BYTES("1.5,-2,0\n0.25,300,1\n"),
     ":1:1: the first line is '1.5,-2,0'; a header x0,x1,y works"},
    {"refuses other column names", BYTES("x0,x2,y\n1,2,0\n"),
     ":1:1: no column x1 in the header 'x0,x2,y'; x0,x1,y works"},
    {"refuses capitals in the header", BYTES("x0,x1,Y\n1,2,0\n"),
     ":1:1: no column y in the header 'x0,x1,Y'; x0,x1,y works"},
    {"refuses a header without y", BYTES("x0,x1\n1,2\n"),
     ":1:1: no column y in the header 'x0,x1'; x0,x1,y works"},
    {"refuses a header in a comment", BYTES("# x0,x1,y\n1,2,0\n"),
     ":1:1: no column x0 in the header '# x0,x1,y'; x0,x1,y works"},
    {"refuses a column that comes twice", BYTES("x0,x1,y, \"x1\"\n1,2,0,2\n"),
     ":1:11: a second column x1; one works"},
    {"refuses semicolons, as R's write.csv2 writes them", BYTES("\"\";\"x0\";\"x1\";\"y\"\n\"1\";1,5;2;0\n"),
     ":1:3: columns separated by semicolons" COMMAS},
    {"refuses semicolons without quotes", BYTES("x0;x1;y\n1,5;2;0\n"),
     ":1:3: columns separated by semicolons" COMMAS},
    {"refuses tabs", BYTES("x0\tx1\ty\n1\t2\t0\n"), ":1:3: columns separated by tabs" COMMAS},
    {"refuses blanks between columns", BYTES("x0 x1 y\n1 2 0\n"),
     ":1:1: no column x0 in the header 'x0 x1 y'; x0,x1,y works"},
    {"refuses a blank line before the header", BYTES("\nx0,x1,y\n1,2,0\n"),
     ":1:1: no column x0 in the header ''; x0,x1,y works"},
    {"refuses a quoted row for a header", BYTES("\"1.5\",-2,0\n"),
     ":1:1: the first line is '\"1.5\",-2,0'; a header x0,x1,y works"},
    {"refuses a line break in a name", BYTES("\"x\n0\",x1,y\n1,2,0\n"), ":1:1: " NOT_CLOSED},
    {"refuses a header alone", BYTES("x0,x1,y\n"),
     ":2:1: no samples; lines such as 1.25,-0.5,1 after the header work"},
    {"refuses a header with blank lines only", BYTES("x0,x1,y\n\n\n"),
     ":4:1: no samples; lines such as 1.25,-0.5,1 after the header work"},

    {"refuses a single value", BYTES("x0,x1,y\n1\n"),
     ":2:2: fewer columns in '1' than in the header; 3 work"},
    {"refuses two values", BYTES("x0,x1,y\n1,2,0\n1, 2\n"),
     ":3:5: fewer columns in '1, 2' than in the header; 3 work"},
    {"refuses four values", BYTES("x0,x1,y\n1,2,0,7\n"),
     ":2:7: more columns in '1,2,0,7' than in the header; 3 work"},
    {"refuses a comma at the end", BYTES("x0,x1,y\n1,2,0,\n"),
     ":2:7: more columns in '1,2,0,' than in the header; 3 work"},
    {"refuses names of rows without a name", BYTES("x0,x1,y\n\"1\",1,2,0\n"),
     ":2:9: more columns in '\"1\",1,2,0' than in the header; 3 work"},
    {"refuses a comma for a decimal point", BYTES("x0,x1,y\n1,5,2,5,0\n"),
     ":2:7: more columns in '1,5,2,5,0' than in the header; 3 work"},
    {"refuses a comma for a decimal point in quotes", BYTES("x0,x1,y\n2,\"1,5\",0\n"),
     ":2:5: x1 is '1,5'" NO_NUMBER},
    {"refuses a line break in quotes", BYTES("x0,x1,y,note\n1,2,0,a\n1,2,0, \"a\r\nb\"\n"),
     ":3:8: " NOT_CLOSED},
    {"refuses a quote that ends doubled", BYTES("x0,x1,y\n\"1\"\",2,0\n"), ":2:1: " NOT_CLOSED},
    {"refuses text after a quote", BYTES("x0,x1,y\n1,2,0\n\"1\" 5,2,0\n"),
     ":3:5: text after a closing quote" NO_COMMA},
    {"refuses doubled quotes in a number", BYTES("x0,x1,y\n1,\"2\"\"5\",0\n"),
     ":2:5: x1 is '2\"\"5'" NO_NUMBER},
    {"refuses a quoted word", BYTES("x0,x1,y\n1,2,\"yes\"\n"), ":2:6: y is 'yes'" NO_LABEL},
    {"refuses a number in half a quote", BYTES("x0,x1,y\n1\",2,0\n"), ":2:2: x0 is '1\"'" NO_NUMBER},
    {"refuses a number in a column of another place", BYTES("y,note,x1,x0\n0,-,1,2\n1,\"-\",1,2m\n"),
     ":3:10: x0 is '2m'" NO_NUMBER},
    {"refuses an empty quote", BYTES("x0,x1,y\n\"\",1,0\n"), ":2:2: x0 is ''" NO_NUMBER},
    {"refuses a word", BYTES("x0,x1,y\nfar,2,0\n"), ":2:1: x0 is 'far'" NO_NUMBER},
    {"refuses an empty value", BYTES("x0,x1,y\n1, ,0\n"), ":2:4: x1 is ''" NO_NUMBER},
    {"refuses what follows a number", BYTES("x0,x1,y\n1,2,0\n1, 2.5abc,0\n"),
     ":3:7: x1 is '2.5abc'" NO_NUMBER},
    {"refuses two numbers in one column", BYTES("x0,x1,y\n1 2,3,0\n"), ":2:2: x0 is '1 2'" NO_NUMBER},
    {"refuses an exponent without digits", BYTES("x0,x1,y\n1e,3,0\n"), ":2:2: x0 is '1e'" NO_NUMBER},
    {"refuses a sign alone", BYTES("x0,x1,y\n1,-,0\n"), ":2:3: x1 is '-'" NO_NUMBER},
    {"refuses a point alone", BYTES("x0,x1,y\n.,1,0\n"), ":2:1: x0 is '.'" NO_NUMBER},
    {"refuses nan", BYTES("x0,x1,y\nnan,2,0\n"), ":2:1: x0 is 'nan'" NO_NUMBER},
    {"refuses inf", BYTES("x0,x1,y\n1,-inf,0\n"), ":2:3: x1 is '-inf'" NO_NUMBER},
    {"refuses hexadecimal numbers", BYTES("x0,x1,y\n0x1p3,2,0\n"), ":2:2: x0 is '0x1p3'" NO_NUMBER},
    {"refuses a minus sign that is no ASCII", BYTES("x0,x1,y\n\xe2\x88\x92.5,2,0\n"),
     ":2:1: x0 is '\\xe2\\x88\\x92.5'" NO_NUMBER},
    {"refuses numbers no double holds", BYTES("x0,x1,y\n1e999,2,0\n"), ":2:1: x0 is '1e999'" OUT_OF_RANGE},
    {"refuses numbers out of range", BYTES("x0,x1,y\n1,-1000000.5,0\n"),
     ":2:3: x1 is '-1000000.5'" OUT_OF_RANGE},
    {"shows the beginning of a long value", BYTES("x0,x1,y\n" TIMES_64("a") ",2,0\n"),
     ":2:1: x0 is '" TIMES_4("aaaaaaaa") "...'" NO_NUMBER},

    {"refuses a label 2", BYTES("x0,x1,y\n1,2,2\n"), ":2:5: y is '2'" NO_LABEL},
    {"refuses a label -1", BYTES("x0,x1,y\n1,2,-1\n"), ":2:5: y is '-1'" NO_LABEL},
    {"refuses a label between", BYTES("x0,x1,y\n1,2,0.5\n"), ":2:5: y is '0.5'" NO_LABEL},
    {"refuses a label in words", BYTES("x0,x1,y\n1,2,true\n"), ":2:5: y is 'true'" NO_LABEL},
    {"refuses a label nan", BYTES("x0,x1,y\n1,2,nan\n"), ":2:5: y is 'nan'" NO_LABEL},
    {"refuses an empty label", BYTES("x0,x1,y\n1,2,\n"), ":2:5: y is ''" NO_LABEL},

    {"refuses a blank line between samples", BYTES("x0,x1,y\n1,2,0\n\n\n1,2,0\n"),
     ":3:1: a blank line before other lines; blank lines work only at the end"},
    {"refuses a blank line after the header", BYTES("x0,x1,y\n \n1,2,0\n"),
     ":2:1: a blank line before other lines; blank lines work only at the end"},
    {"refuses a line of 1024 bytes", BYTES("x0,x1,y\n1,2,0      " BLANKS_1013 "\n"), ":2:1024: " TOO_LONG},
    {"refuses a header of 1024 bytes", BYTES("x0,x1,y    " BLANKS_1013 "\n1,2,0\n"), ":1:1024: " TOO_LONG},
    {"refuses lone CR", BYTES("x0,x1,y\r1,2,0\r"), ":1:8: " LONE_CR},
    {"refuses CR within a line", BYTES("x0,x1,y\n1,2\r,0\n"), ":2:4: " LONE_CR},
    {"refuses CR at the end of the file", BYTES("x0,x1,y\n1,2,0\r"), ":2:6: " LONE_CR},
    {"refuses NUL bytes", BYTES("x0,x1,y\n1,2\0,0\n"), ":2:4: " NUL_BYTE},
    {"refuses UTF-16", BYTES("x\0000\0,\0x\0001\0,\0y\0\n\0"), ":1:2: " NUL_BYTE},
    {"refuses bytes of 0xff", BYTES("\xff\xff\xff\xff\n"),
     ":1:1: no column x0 in the header '\\xff\\xff\\xff\\xff'; x0,x1,y works"},
    {"names UTF-16", BYTES("\xff\xfex\0000\0,\0"),
     ":1:1: text in UTF-16; <(iconv -f UTF-16 -t UTF-8 FILE) in place of FILE works"},
    {"names gzip", BYTES("\x1f\x8b\x08\0abc"),
     ":1:1: compressed with gzip; <(zcat FILE) in place of FILE works"},
    {"names xz",
     BYTES("\xfd"
           "7zXZ\0abc"),
     ":1:1: compressed with xz; <(xzcat FILE) in place of FILE works"},
    {"names zstd", BYTES("\x28\xb5\x2f\xfd\x04\0\n"),
     ":1:1: compressed with zstd; <(zstdcat FILE) in place of FILE works"},
    {"names a ZIP archive", BYTES("PK\x03\x04\x14\0"), ":1:1: a ZIP archive (also .npz, .xlsx)" OR_HDF5},
    {"names Parquet", BYTES("PAR1\x15\x04\n"), ":1:1: a Parquet file" OR_HDF5},
    {"names a pickle", BYTES("\x80\x04\x95\x10\0\0"), ":1:1: a Python pickle" OR_HDF5},
    {"names HDF5 from a pipe", BYTES("\x89HDF\r\n\x1a\n\0"),
     ":1:1: HDF5 through a pipe, or damaged; the path of a whole file works"},

    {"refuses control bytes and shows them", BYTES("x0,x1,y\n1,\x1b[2J,0\n"),
     ":2:3: x1 is '\\x1b[2J'" NO_NUMBER},
};

static void check_refused(const char *path, int threads, enum fg_status expected, const char *text)
{
    struct fg_dataset dataset = {0};
    struct fg_error error = {0};
    const enum fg_status status = fg_dataset_read_csv(&dataset, "data", path, threads, &error);
    assert_string_equal(error.text, text);
    assert_int_equal(status, expected);
    check_empty(&dataset);
    assert_int_equal(fg_dataset_read_csv(&dataset, "data", path, threads, NULL), expected);
    check_empty(&dataset);
}

static void says_where_and_why(void **state)
{
    const struct refused *file = *state;
    const struct temporary made = make_file(file->bytes, file->n);
    char text[sizeof(struct fg_error)];
    snprintf(text, sizeof text, "%s%s", made.path, file->text);
    check_refused(made.path, 1, FG_BAD_INPUT, text);
    unlink(made.path);
}

static void a_line_of_a_million_columns_is_too_long(void **state)
{
    (void)state;
    static char bytes[2000000];
    for (size_t b = 0; b < sizeof bytes; b++)
        bytes[b] = b % 2 ? ',' : '1';
    memcpy(bytes, "x0,x1,y\n", 8);
    const struct temporary made = make_file(bytes, sizeof bytes);
    char text[sizeof(struct fg_error)];
    snprintf(text, sizeof text, "%s:2:1024: %s", made.path, TOO_LONG);
    check_refused(made.path, 1, FG_BAD_INPUT, text);
    unlink(made.path);
}

static void a_missing_file_is_bad_input(void **state)
{
    (void)state;
    check_refused(
        "no-such-file.csv", 1, FG_BAD_INPUT,
        "cannot open 'no-such-file.csv': No such file or directory; the path of a CSV or HDF5 file that "
        "may be read works");
}

static void a_directory_is_bad_input(void **state)
{
    (void)state;
    check_refused(".", 1, FG_BAD_INPUT, "'.' is a directory; the path of a CSV or HDF5 file works");
}

static void a_forbidden_file_is_bad_input(void **state)
{
    (void)state;
    const struct temporary made = make_file(BYTES("x0,x1,y\n1,2,0\n"));
    chmod(made.path, 0);
    if (access(made.path, R_OK) == 0) {
        unlink(made.path);
        skip(); /* root may read everything */
    }
    char text[sizeof(struct fg_error)];
    snprintf(text, sizeof text,
             "cannot open '%s': Permission denied; the path of a CSV or HDF5 file that may be read works",
             made.path);
    check_refused(made.path, 1, FG_BAD_INPUT, text);
    unlink(made.path);
}

/* The first page of this process is never mapped, so reading it is an input/output error. */
static void a_failing_read_is_no_bad_input(void **state)
{
    (void)state;
    static const char memory[] = "/proc/self/mem";
    if (access(memory, R_OK) != 0)
        skip();
    check_refused(memory, 1, FG_FAILED, "cannot read '/proc/self/mem': Input/output error");
}

static void a_name_the_file_cannot_bear_is_refused_first(void **state)
{
    (void)state;
    struct fg_dataset dataset = {0};
    struct fg_error error = {0};
    assert_int_equal(fg_dataset_read_csv(&dataset, "my data", "no-such-file.csv", 1, &error), FG_BAD_INPUT);
    assert_non_null(strstr(error.text, "'my data'"));
    check_empty(&dataset);
}

/* Reads a pipe into which another process writes `parts`, with a pause after each. */
static struct fg_dataset read_pipe(const char *const *parts, size_t n, int threads)
{
    const struct temporary made = make_file("", 0); /* for its name */
    unlink(made.path);
    assert_int_equal(mkfifo(made.path, 0600), 0);
    const pid_t writer = fork();
    if (writer == 0) {
        const int pipe = open(made.path, O_WRONLY);
        for (size_t k = 0; k < n; k++) {
            if (write(pipe, parts[k], strlen(parts[k])) < 0)
                _exit(1);
            nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        }
        _exit(0);
    }
    struct fg_dataset dataset = read_or_fail(made.path, threads);
    int status = -1;
    waitpid(writer, &status, 0);
    unlink(made.path);
    assert_int_equal(status, 0);
    return dataset;
}

static void a_pipe_is_read_like_a_file(void **state)
{
    (void)state;
    static const char *const whole[] = {"x0,x1,y\n1.5,-2,0\n"};
    struct fg_dataset dataset = read_pipe(whole, N_ELEMENTS(whole), 1);
    assert_int_equal(dataset.n, 1);
    assert_true(dataset.x0[0] == 1.5 && dataset.x1[0] == -2.0 && dataset.y[0] == 0);
    fg_dataset_free(&dataset);
}

/* A read from a pipe may return part of a line, and the rest only after a while. */
static void a_line_may_come_in_pieces(void **state)
{
    (void)state;
    static const char *const parts[] = {"x0,x", "1,y\n", "1.5,-", "2,0\n0.25,3", "00,1"};
    struct fg_dataset dataset = read_pipe(parts, N_ELEMENTS(parts), 2);
    assert_int_equal(dataset.n, 2);
    assert_true(dataset.x1[0] == -2.0 && dataset.x0[1] == 0.25 && dataset.x1[1] == 300.0 &&
                dataset.y[1] == 1);
    fg_dataset_free(&dataset);
}

/* The corner cases of doubles, then numbers of all magnitudes. */
static double round_trip_value(size_t k)
{
    static const double corners[] = {0.0,
                                     -0.0,
                                     DBL_MIN,
                                     -DBL_MIN,
                                     DBL_TRUE_MIN,
                                     DBL_MIN - DBL_TRUE_MIN,
                                     FG_COORDINATE_MAX,
                                     -FG_COORDINATE_MAX,
                                     1 + DBL_EPSILON,
                                     0.1,
                                     1.0 / 3};
    if (k < N_ELEMENTS(corners))
        return corners[k];
    return ldexp(sin((double)k), (int)(k * 37 % 1080) - 1060); /* below 2^19 */
}

static void seventeen_digits_bring_every_double_back(void **state)
{
    (void)state;
    const size_t n = 10000; /* several times the first capacity */
    const struct temporary made = make_file("", 0);
    FILE *file = fopen(made.path, "w");
    assert_non_null(file);
    fputs("x0,x1,y\n", file);
    for (size_t k = 0; k < n; k++)
        fprintf(file, "%.17g,%.17g,%d\n", round_trip_value(k), round_trip_value(k + n), k % 3 == 0);
    assert_int_equal(fclose(file), 0);

    for (size_t t = 0; t < N_ELEMENTS(teams); t++) {
        struct fg_dataset dataset = read_or_fail(made.path, teams[t]);
        assert_int_equal(dataset.n, n);
        for (size_t k = 0; k < n; k++) {
            const double x0 = round_trip_value(k);
            const double x1 = round_trip_value(k + n);
            assert_memory_equal(&dataset.x0[k], &x0, sizeof x0); /* tells -0 from 0 */
            assert_memory_equal(&dataset.x1[k], &x1, sizeof x1);
            assert_int_equal(dataset.y[k], k % 3 == 0);
        }
        fg_dataset_free(&dataset);
    }
    unlink(made.path);
}

/* A faulty line in a file of many lines, and its error text. */
struct fault {
    const char *line, *text;
};

/* Makes a file of `n` lines with a fault at `place` and another in the last line. */
static struct temporary make_faulty_file(size_t n, size_t place, const char *fault)
{
    const struct temporary made = make_file("", 0);
    FILE *file = fopen(made.path, "w");
    assert_non_null(file);
    fputs("x0,x1,y\n", file);
    for (size_t line = 2; line < n; line++)
        fprintf(file, "%s\n", line == place ? fault : line % 2 ? "0.125,-2,1" : "3e-1,1,0");
    fputs("1,2,3\n", file);
    assert_int_equal(fclose(file), 0);
    return made;
}

/* The file has several batches for one thread, and several pieces for each of eight threads. */
static void any_number_of_threads_finds_the_first_fault(void **state)
{
    (void)state;
    const size_t n = 60000, places[] = {2, 3, 20001, 45678, n - 1};
    static const struct fault faults[] = {
        {"0.5,1", "6: fewer columns in '0.5,1' than in the header; 3 work"},
        {"0.5,1e,1", "6: x1 is '1e'" NO_NUMBER},
        {" ", "1: a blank line before other lines; blank lines work only at the end"},
        {"1,2\r,0", "4: " LONE_CR},
        {BLANKS_1013 "0.125,-2,1 ", "1024: " TOO_LONG},
    };
    for (size_t k = 0; k < N_ELEMENTS(places) * N_ELEMENTS(faults); k++) {
        const size_t place = places[k / N_ELEMENTS(faults)];
        const struct fault *fault = &faults[k % N_ELEMENTS(faults)];
        const struct temporary made = make_faulty_file(n, place, fault->line);
        char text[sizeof(struct fg_error)];
        snprintf(text, sizeof text, "%s:%zu:%s", made.path, place, fault->text);
        for (size_t t = 0; t < N_ELEMENTS(teams); t++)
            check_refused(made.path, teams[t], FG_BAD_INPUT, text);
        unlink(made.path);
    }
}

/* The file has many more lines than a batch of its size can have samples. */
static void blank_lines_at_the_end_may_be_many(void **state)
{
    (void)state;
    static char bytes[1000000];
    memset(bytes, '\n', sizeof bytes);
    memcpy(bytes, BYTES("x0,x1,y\n1.5,-2,0"));
    const struct temporary made = make_file(bytes, sizeof bytes);
    for (size_t t = 0; t < N_ELEMENTS(teams); t++) {
        struct fg_dataset dataset = read_or_fail(made.path, teams[t]);
        assert_int_equal(dataset.n, 1);
        fg_dataset_free(&dataset);
    }
    unlink(made.path);
}

/* Every row of the tables is a separate test with its own name. */
int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(a_line_of_a_million_columns_is_too_long),
        cmocka_unit_test(a_missing_file_is_bad_input),
        cmocka_unit_test(a_directory_is_bad_input),
        cmocka_unit_test(a_forbidden_file_is_bad_input),
        cmocka_unit_test(a_failing_read_is_no_bad_input),
        cmocka_unit_test(a_name_the_file_cannot_bear_is_refused_first),
        cmocka_unit_test(a_pipe_is_read_like_a_file),
        cmocka_unit_test(seventeen_digits_bring_every_double_back),
        cmocka_unit_test(any_number_of_threads_finds_the_first_fault),
        cmocka_unit_test(blank_lines_at_the_end_may_be_many),
        cmocka_unit_test(a_line_may_come_in_pieces),
    };
    struct CMUnitTest tests[N_ELEMENTS(accepted) + N_ELEMENTS(refused) + N_ELEMENTS(others)];
    struct CMUnitTest *next = tests;
    for (size_t i = 0; i < N_ELEMENTS(accepted); i++)
        *next++ = (struct CMUnitTest){accepted[i].name, reads_both_samples, NULL, NULL, (void *)&accepted[i]};
    for (size_t i = 0; i < N_ELEMENTS(refused); i++)
        *next++ = (struct CMUnitTest){refused[i].name, says_where_and_why, NULL, NULL, (void *)&refused[i]};
    memcpy(next, others, sizeof others);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
