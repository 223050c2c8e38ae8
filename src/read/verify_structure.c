/* Compares the structure of a file with a fresh layout, made from the setup of the file. Each of the two
 * becomes a list of lines, one for each object and attribute, and the lists are compared. */
#define _POSIX_C_SOURCE 200809L /* open_memstream */
#include "verify_parts.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "describe.h"
#include "fishergrid/text.h"
#include "h5.h"
#include "result_read.h"
#include "skeleton.h"

/* Lies in memory that is shared with the child, so its pointer is one for the child. */
struct comparison {
    const char *path; /* of the file */
    bool complete;
    hid_t layout; /* open */
    struct fg_file_report report;
};

/* --- what depends on the run --- */

/* Values that differ from run to run, or have a check of their own. A name that ends in '/' is that of
 * everything in a group. */
static bool depends_on_run(const char *name, bool complete)
{
    static const char *const names[] = {
        "/: attribute " LAYOUT_COMPLETE, "/: attribute source",        "/: attribute history",
        "/: attribute creator_version",  "/entry/start_time",          LAYOUT_END_TIME,
        LAYOUT_PROVENANCE "/version",    LAYOUT_PROVENANCE "/date",    LAYOUT_SUMMARY,
        LAYOUT_PARAMETERS "/",           LAYOUT_SETUP "/" LAYOUT_HASH,
    };
    static const char points[] = "/entry/" LAYOUT_POINTS; /* and the name of a data set */
    if (strncmp(name, points, sizeof points - 1) == 0 && !strchr(name, ':'))
        return true;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        const size_t n = strlen(names[k]);
        if (names[k][n - 1] == '/' ? strncmp(name, names[k], n) == 0 && !strchr(name, ':')
                                   : strcmp(name, names[k]) == 0)
            return true;
    }
    const char *attribute = strstr(name, ": attribute ");
    return (attribute && strcmp(attribute, ": attribute " LAYOUT_RELATIVE_ERROR) == 0) ||
           (!complete && attribute && strcmp(attribute, ": attribute " LAYOUT_FILL_VALUE) == 0) ||
           (!complete && strcmp(name, "/entry/" LAYOUT_METADATA_HASH) == 0);
}

/* --- a file as lines --- */

enum {
    DEEPEST = 100,        /* names of a path: more than a file is likely to have */
    MOST_LINES = 1000000, /* the same; our largest file has 16 000 */
    LONGEST_VALUE = 4096, /* bytes of a value that is compared */
    NAME_BYTES = 1024     /* of a path and the name of an attribute; longer ones are cut */
};

/* Lines "name TAB type TAB shape TAB value". */
struct listing {
    FILE *stream;
    uint64_t lines;
    bool complete;      /* the file that is compared */
    const char *object; /* the path of the object whose attributes are listed */
    hid_t group;        /* that it is in */
};

/* A text on one line, whatever bytes it has. */
static void print_text(FILE *stream, const char *text, size_t size)
{
    for (size_t k = 0; k < size && text[k]; k++)
        fputc((unsigned char)text[k] < ' ' || text[k] == 0x7f ? '?' : text[k], stream);
}

/* The scale of a dimension. In our files it is in the group of what it scales. */
static void print_scale(const struct listing *listing, const hvl_t *refers)
{
    const char *name = "elsewhere";
    for (const char *const *scale = (const char *const[]){"phi", "r", "sample", "tile", "point", NULL};
         *scale; scale++) {
        hobj_ref_t expected;
        if (refers->len == 1 && H5Rcreate(&expected, listing->group, *scale, H5R_OBJECT, -1) >= 0 &&
            memcmp(&expected, refers->p, sizeof expected) == 0)
            name = *scale;
    }
    fputs(name, listing->stream);
}

static void print_element(const struct listing *listing, hid_t type, const char *element)
{
    const size_t size = H5Tget_size(type);
    if (H5Tis_variable_str(type) > 0) {
        const char *text = *(char *const *)(const void *)element;
        print_text(listing->stream, text ? text : "", LONGEST_VALUE);
    } else if (H5Tget_class(type) == H5T_STRING) {
        print_text(listing->stream, element, size);
    } else if (H5Tget_class(type) == H5T_VLEN) {
        print_scale(listing, (const hvl_t *)(const void *)element);
    } else {
        for (size_t b = 0; b < size; b++)
            fprintf(listing->stream, "%02x", (unsigned char)element[b]);
    }
    fputc(' ', listing->stream);
}

static void print_value(const struct listing *listing, hid_t id, bool is_attribute, hid_t type, hid_t space)
{
    const size_t n = (size_t)H5Sget_simple_extent_npoints(space), size = H5Tget_size(type);
    char *bytes = n <= LONGEST_VALUE / size ? calloc(n + 1, size) : NULL;
    if (bytes && (is_attribute ? H5Aread(id, type, bytes)
                               : H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes)) >= 0) {
        for (size_t k = 0; k < n; k++)
            print_element(listing, type, bytes + k * size);
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, bytes);
    }
    free(bytes);
}

/* Type, shape and value. Tools that copy or change a text choose the form of its string, and netCDF makes
 * arrays of one value from scalar attributes. The values of arrays in datasets have their own checks. */
static void print_contents(const struct listing *listing, const char *name, hid_t id)
{
    const bool is_attribute = H5Iget_type(id) == H5I_ATTR;
    hid_t type = is_attribute ? H5Aget_type(id) : H5Dget_type(id),
          space = is_attribute ? H5Aget_space(id) : H5Dget_space(id);
    hsize_t shape[H5S_MAX_RANK];
    const int rank = H5Sget_simple_extent_dims(space, shape, NULL), class = (int)H5Tget_class(type);
    const bool is_text = class == H5T_STRING;
    fprintf(listing->stream, "%d %zu %d\t", class, is_text ? 0 : H5Tget_size(type),
            is_text ? 0 : (int)H5Tget_order(type));
    for (int d = 0; d < rank && !(is_attribute && H5Sget_simple_extent_npoints(space) == 1); d++)
        fprintf(listing->stream, "%llu ", (unsigned long long)shape[d]);
    fputs(H5Sget_simple_extent_npoints(space) == 0 ? "none\t" : "\t", listing->stream);
    if (!is_attribute && fg_h5_storage(id) == H5D_LAYOUT_ERROR)
        fputs("elsewhere", listing->stream);
    else if ((is_attribute || rank == 0) && !depends_on_run(name, listing->complete))
        print_value(listing, id, is_attribute, type, space);
    H5Tclose(type);
    H5Sclose(space);
}

/* Called for each attribute. HDF5 itself keeps REFERENCE_LIST, where a scale is attached. */
static herr_t list_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context)
{
    struct listing *listing = context;
    char full[NAME_BYTES];
    (void)info;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    snprintf(full, sizeof full, "%s: attribute %s", listing->object, name);
    if (attribute < 0 || ++listing->lines > MOST_LINES)
        return -1;
    print_text(listing->stream, full, sizeof full);
    fputc('\t', listing->stream);
    if (strcmp(name, "REFERENCE_LIST") != 0)
        print_contents(listing, full, attribute);
    fputc('\n', listing->stream);
    return H5Aclose(attribute);
}

/* An object, and its attributes. Opening it checks the checksums of its header. */
static herr_t list_object(struct listing *listing, hid_t object)
{
    hsize_t first = 0;
    if (H5Iget_type(object) == H5I_DATASET)
        print_contents(listing, listing->object, object);
    else
        fputs(H5Iget_type(object) == H5I_GROUP ? "group" : "other", listing->stream);
    fputc('\n', listing->stream);
    return object < 0 ? -1 : H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &first, list_attribute, listing);
}

static int depth_of(const char *path)
{
    int depth = 0;
    for (; *path; path++)
        depth += *path == '/';
    return depth;
}

/* Called for every link of the file, those in groups that were visited before left out. Only hard links are
 * followed: others may lead out of the file. */
static herr_t list_link(hid_t root, const char *name, const H5L_info_t *link, void *context)
{
    struct listing *listing = context;
    char path[NAME_BYTES], parent[NAME_BYTES], target[NAME_BYTES] = "";
    if (++listing->lines > MOST_LINES || depth_of(name) > DEEPEST)
        return -1;
    snprintf(path, sizeof path, "/%s", name);
    print_text(listing->stream, path, sizeof path);
    fputc('\t', listing->stream);
    if (link->type != H5L_TYPE_HARD) {
        if (link->type == H5L_TYPE_SOFT && link->u.val_size < sizeof target)
            H5Lget_val(root, name, target, sizeof target, H5P_DEFAULT);
        fputs("link\t\t", listing->stream);
        print_text(listing->stream, target, sizeof target);
        return fputc('\n', listing->stream) == EOF ? -1 : 0;
    }
    snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path) + 1, path);
    listing->object = path;
    listing->group = H5Gopen2(root, parent, H5P_DEFAULT);
    hid_t object = H5Oopen(root, name, H5P_DEFAULT);
    herr_t done = list_object(listing, object);
    H5Gclose(listing->group);
    return object < 0 || H5Oclose(object) < 0 ? -1 : done;
}

/* --- comparing lines --- */

/* Lines in order of their names. */
struct lines {
    char *text;
    char **line; /* [n]; each ends with a 0 */
    size_t n;
};

static size_t name_length(const char *line)
{
    return strcspn(line, "\t");
}

static int compare_names(const char *a, const char *b)
{
    const size_t n = name_length(a), m = name_length(b);
    const int order = memcmp(a, b, n < m ? n : m);
    return order ? order : (n > m) - (n < m);
}

static int compare_lines(const void *a, const void *b)
{
    return compare_names(*(char *const *)a, *(char *const *)b);
}

static void free_lines(struct lines *lines)
{
    free(lines->text);
    free(lines->line);
}

/* All of an open file. */
static bool list_file(hid_t file, bool complete, struct lines *lines)
{
    size_t bytes;
    hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
    struct listing listing = {open_memstream(&lines->text, &bytes), 1, complete, "/", root};
    if (!listing.stream)
        return false;
    fputs("/\t", listing.stream);
    bool listed = list_object(&listing, root) >= 0 &&
                  H5Lvisit(root, H5_INDEX_NAME, H5_ITER_INC, list_link, &listing) >= 0;
    listed &= fclose(listing.stream) == 0;
    H5Gclose(root);
    if (!listed || !(lines->line = calloc(listing.lines, sizeof *lines->line)))
        return false;
    for (char *line = lines->text; *line && lines->n < listing.lines; line += strlen(line) + 1) {
        lines->line[lines->n++] = line;
        line[strcspn(line, "\n")] = '\0';
    }
    qsort(lines->line, lines->n, sizeof *lines->line, compare_lines);
    return true;
}

/* `fault` says what is wrong with the object or attribute of a line; NULL: nothing. */
static void note_line(struct fg_file_report *report, const char *line, const char *fault)
{
    fg_tally_bool(&report->check[FG_CHECK_STRUCTURE], !fault, 0, 0);
    if (fault && *report->first_mismatch == '\0')
        snprintf(report->first_mismatch, sizeof report->first_mismatch, "%.*s %s", (int)name_length(line),
                 line, fault);
}

/* What is in an object of others is part of it. netCDF's own attributes say nothing to people. Names that a
 * report has no room for are counted only. */
static void note_foreign_line(struct fg_file_report *report, const char *line, const char **last)
{
    char name[FG_MISMATCH_MAX];
    snprintf(name, sizeof name, "%.*s", (int)name_length(line), line);
    const size_t n = *last ? name_length(*last) : 0;
    if ((*last && strncmp(*last, line, n) == 0 && strchr("/:", line[n])) ||
        strstr(name, ": attribute _Netcdf4") || strstr(name, ": attribute _NCProperties"))
        return;
    *last = line;
    report->foreign++;
    fg_utf8_repair(name);
    if (strlen(report->foreign_names) + strlen(name) + sizeof ", " <= sizeof report->foreign_names)
        fg_text_add(report->foreign_names, sizeof report->foreign_names, ", ", name);
}

/* Names the first of type, shape and value that differs. */
static const char *find_difference(const char *expected, const char *found)
{
    static const char *const faults[] = {"has another name", "has another type", "has another shape",
                                         "has another value"};
    size_t part = 0;
    if (strcmp(expected, found) == 0)
        return NULL;
    for (; *expected == *found; expected++, found++)
        part += *expected == '\t';
    return faults[part < 4 ? part : 3];
}

/* A line that both have. Tools that follow links make a copy of the field, which no check reads. */
static void compare_line(struct fg_file_report *report, const char *expected, const char *found,
                         const char **last)
{
    static const char link[] = "\tlink\t";
    const char *fault = find_difference(expected, found);
    const bool want_link = strncmp(expected + name_length(expected), link, strlen(link)) == 0,
               is_link = strncmp(found + name_length(found), link, strlen(link)) == 0;
    if (fault && want_link && !is_link)
        note_foreign_line(report, found, last);
    else
        note_line(report, expected, fault && is_link ? "links to something else" : fault);
}

static void compare_all_lines(struct fg_file_report *report, const struct lines *layout,
                              const struct lines *file)
{
    const char *last = NULL;
    size_t k = 0, m = 0;
    while (k < layout->n || m < file->n) {
        const int order = k == layout->n ? 1
                          : m == file->n ? -1
                                         : compare_names(layout->line[k], file->line[m]);
        if (order == 0)
            compare_line(report, layout->line[k], file->line[m], &last);
        else if (order < 0)
            note_line(report, layout->line[k], "is missing");
        else
            note_foreign_line(report, file->line[m], &last);
        k += order <= 0;
        m += order >= 0;
    }
}

/* A fg_sandbox_work. */
static enum fg_status compare_with_layout(void *shared, struct fg_error *error)
{
    struct comparison *comparison = shared;
    struct lines expected = {0}, found = {0};
    char cause[H5_CAUSE_MAX];
    hid_t file = fg_h5_open_for_reading(comparison->path, cause);
    const bool listed = file >= 0 && list_file(comparison->layout, comparison->complete, &expected) &&
                        list_file(file, comparison->complete, &found);
    if (listed)
        compare_all_lines(&comparison->report, &expected, &found);
    free_lines(&expected);
    free_lines(&found);
    return listed ? FG_OK : fg_fail(error, FG_BAD_INPUT, "it cannot be compared with its layout");
}

/* --- in the parent --- */

/* How the fields of the file were rounded, as far as they say so. Rounded fields of 64 bits must say to how
 * many bits; where none does, any number will show that. */
static struct fg_packing packing_of(const struct fg_result *result)
{
    bool rounded = false;
    for (size_t s = 0; s < result->setup.n_data; s++) {
        for (int f = 0; f < FG_N_FIELDS; f++)
            rounded |= result->data[s].relative_error[f] > 0;
    }
    int kept_bits = result->kept_bits > 0 ? result->kept_bits : rounded && !result->float32 ? 1 : 52;
    return (struct fg_packing){.level = 1, .kept_bits = kept_bits, .float32 = result->float32, .history = ""};
}

/* What depends on the run has any text here. Only the times lie before arrays, and have the length of a time.
 * `packing` may be NULL. */
static enum fg_status lay_out_again(const struct fg_result *result, const struct fg_packing *packing,
                                    struct fg_skeleton *skeleton, struct fg_error *error)
{
    const char *start_time = result->text[FG_TEXT_START_TIME];
    struct fg_output output = {.path = result->path, .setup = &result->setup, .packing = packing};
    for (int t = 0; t < FG_N_TEXTS; t++)
        output.provenance.text[t] = t == FG_TEXT_START_TIME && start_time ? start_time : "any";
    return fg_skeleton_create(skeleton, &output, error);
}

/* Checks layout_hash. Where the arrays are not in their places, another tool has copied the file, and nothing
 * can be said of it. */
static enum fg_status check_layout_hash(const struct fg_result *result, struct fg_check *check,
                                        struct fg_error *error)
{
    const struct fg_packing packing = packing_of(result);
    struct fg_skeleton skeleton = {0};
    bool moved, in_place = true;
    enum fg_status status = fg_result_is_moved(result, &moved, error);
    if (status == FG_OK && moved) {
        status = lay_out_again(result, result->packed ? &packing : NULL, &skeleton, error);
        in_place = status == FG_OK &&
                   memcmp(&skeleton.map, &fg_result_opened(result)->map, sizeof skeleton.map) == 0;
        fg_skeleton_free(&skeleton);
    }
    if (status == FG_OK && in_place)
        fg_tally_bool(check, !moved, 0, 0);
    return status;
}

enum fg_status fg_verify_structure(const struct fg_result *result, struct fg_file_report *report,
                                   struct fg_error *error)
{
    struct fg_skeleton skeleton = {0};
    struct comparison *comparison = fg_sandbox_memory(sizeof *comparison);
    if (!comparison)
        return fg_fail(error, FG_FAILED, "%s: no memory", result->path);
    /* Fields are laid out as packed ones, whether they are or not: of what is compared nothing differs, and
     * the layout needs no room for them, of which a limit of file sizes (ulimit -f) may leave too little. */
    const struct fg_packing packing = packing_of(result);
    enum fg_status status = lay_out_again(result, &packing, &skeleton, error);
    if (status == FG_OK) {
        *comparison = (struct comparison){result->path, result->complete, skeleton.file, *report};
        status = fg_sandbox_run(compare_with_layout, comparison, &fg_describe_limits, result->path, error);
        if (status == FG_BAD_INPUT) /* HDF5 could not go through the file */
            note_line(&comparison->report, "/", "cannot be read to its end");
        *report = comparison->report;
        report->first_mismatch[FG_MISMATCH_MAX - 1] = report->foreign_names[FG_MISMATCH_MAX - 1] = '\0';
        if (status == FG_OK || status == FG_BAD_INPUT)
            status = check_layout_hash(result, &report->check[FG_CHECK_SETUP], error);
    }
    fg_sandbox_free(comparison, sizeof *comparison);
    fg_skeleton_free(&skeleton);
    return status;
}
