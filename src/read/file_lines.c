#define _DEFAULT_SOURCE /* open_memstream, strsep */
#include "file_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "h5.h"
#include "layout.h"

/* --- what depends on the run --- */

/* Returns whether a value differs from run to run or has a check of its own. A name in the list that ends in
 * '/' stands for all objects of the group. */
static bool depends_on_run(const char *name, bool complete)
{
    static const char *const names[] = {
        "/: attribute " LAYOUT_COMPLETE, "/: attribute source",        "/: attribute history",
        "/: attribute creator_version",  "/entry/start_time",          LAYOUT_END_TIME,
        LAYOUT_PROVENANCE "/version",    LAYOUT_PROVENANCE "/date",    LAYOUT_SUMMARY,
        LAYOUT_PARAMETERS "/",           LAYOUT_SETUP "/" LAYOUT_HASH,
    };
    static const char points[] = "/entry/" LAYOUT_POINTS; /* followed by the name of a data set */
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

/* --- objects and attributes --- */

enum {
    LONGEST_VALUE = 4096, /* maximum bytes of a value that is compared */
    NAME_BYTES = 1024     /* maximum bytes of a path; with the name of an attribute, longer ones are cut */
};

struct listing {
    FILE *stream;
    uint64_t lines;
    bool complete;      /* the file that is compared */
    const char *object; /* the path of the object whose attributes are listed */
    hid_t group;        /* the group that contains it */
};

/* Prints a text on one line. Replaces control bytes by '?'. */
static void print_text(FILE *stream, const char *text, size_t size)
{
    for (size_t k = 0; k < size && text[k]; k++)
        fputc((unsigned char)text[k] < ' ' || text[k] == 0x7f ? '?' : text[k], stream);
}

/* Prints the name of the scale of a dimension, or "elsewhere". In a file of fishergrid, the scale is in the
 * same group as the dataset. */
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

/* Prints type, shape and value. The form of strings is left out, because tools that copy or change a text
 * choose it. The shape of a single value is left out, because netCDF turns scalar attributes into arrays of
 * one value. The values of arrays are left out, because they have their own checks. */
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

/* Prints the line of an attribute. HDF5 calls this function for each. REFERENCE_LIST, which HDF5 maintains
 * when a scale is attached, has no value here. */
static herr_t list_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context)
{
    struct listing *listing = context;
    char full[NAME_BYTES];
    (void)info;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    snprintf(full, sizeof full, "%s: attribute %s", listing->object, name);
    listing->lines++;
    if (attribute < 0)
        return -1;
    print_text(listing->stream, full, sizeof full);
    fputc('\t', listing->stream);
    if (strcmp(name, "REFERENCE_LIST") != 0)
        print_contents(listing, full, attribute);
    fputc('\n', listing->stream);
    return H5Aclose(attribute);
}

/* Prints the line of an object and the lines of its attributes. Opening the object checks the checksums of
 * its header. */
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

/* Prints the line of a link. HDF5 calls this function for every link, once for each group. Only hard links
 * are followed: others may lead out of the file. */
static herr_t list_link(hid_t root, const char *name, const H5L_info_t *link, void *context)
{
    struct listing *listing = context;
    char path[NAME_BYTES], parent[NAME_BYTES], target[NAME_BYTES] = "";
    listing->lines++;
    if (strlen(name) >= NAME_BYTES - 1)
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

/* --- lines --- */

static int compare_names(const void *a, const void *b)
{
    const struct fg_file_line *x = a, *y = b;
    return strcmp(x->name, y->name);
}

void fg_file_lines_free(struct fg_file_lines *lines)
{
    free(lines->text);
    free(lines->line);
}

bool fg_file_lines_list(struct fg_file_lines *lines, hid_t file, bool complete)
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
    for (char *rest = lines->text; *rest && lines->n < listing.lines;) {
        char *const name = strsep(&rest, "\t"), *const value = strsep(&rest, "\n");
        lines->line[lines->n++] = (struct fg_file_line){name, value};
    }
    qsort(lines->line, lines->n, sizeof *lines->line, compare_names);
    return true;
}
