/* Writes an XDMF file, with which ParaView finds the arrays of a result. */
#define _XOPEN_SOURCE 700 /* realpath, fdopen */
#include "fishergrid/xdmf.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomic_file.h"
#include "fishergrid/text.h"
#include "paths.h"

/* --- names --- */

/* Stores the directory of `path` without links, with one '/' at its end. Returns NULL if it cannot be
 * found. */
static const char *real_directory(const char *path, char directory[FG_PATH_MAX])
{
    char room[PATH_MAX], real[PATH_MAX];
    if (!realpath(fg_path_directory(path, room), real))
        return NULL;
    return fg_path_with(real, strcmp(real, "/") == 0 ? "" : "/", directory);
}

enum { NAME_BYTES = 4 * FG_PATH_MAX }; /* buffer size of a path that goes up from any directory */

/* Stores the path from directory `from` to the file `name` in directory `to`. */
static void relative(const char *from, const char *to, const char *name, char path[NAME_BYTES])
{
    size_t same = 0;
    for (size_t k = 0; from[k] && from[k] == to[k]; k++) {
        if (from[k] == '/')
            same = k + 1;
    }
    *path = '\0';
    for (const char *up = from + same; *up; up += strcspn(up, "/") + 1)
        fg_text_add(path, NAME_BYTES, "", "../");
    fg_text_add(path, NAME_BYTES, "", to + same);
    fg_text_add(path, NAME_BYTES, "", name);
}

/* Finds the path with which the output must name the input. */
static enum fg_status find_name(const char *input, const char *output, char name[NAME_BYTES],
                                struct fg_error *error)
{
    char from[FG_PATH_MAX], to[FG_PATH_MAX], copy[FG_PATH_MAX];
    fg_path_with(input, "", copy);
    if (!real_directory(output, from) || !real_directory(input, to))
        return fg_fail(error, FG_FAILED, "%s: %s", input, strerror(errno));
    relative(from, to, basename(copy), name);
    if (strpbrk(name, ":<>&\"\n\r\t"))
        return fg_fail(error, FG_BAD_INPUT,
                       "XDMF has no way to write the name '%s', because of its punctuation; rename it", name);
    if (!fg_utf8_is_valid(name))
        return fg_fail(error, FG_BAD_INPUT, "XDMF cannot name '%s', which is not UTF-8; rename it", name);
    return FG_OK;
}

/* --- XDMF --- */

/* Prints a transposed field. phi must point to the right, so x is phi, and phi must vary fastest; in the
 * file, r varies fastest. Major="Column" makes VTK's reader transpose an array, if it has two dimensions and
 * holds doubles or 32-bit integers, to which HDF5 converts every field. The reader accepts vectors only in
 * three dimensions, so the output has a third one, of one cell. */
static void print_transposed(FILE *stream, const struct fg_result *result, size_t s, enum fg_field field,
                             const char *file)
{
    char name[FG_FIELD_NAME_MAX];
    bool is_real = field < FG_N_REAL_FIELDS;
    fg_field_name(field, result->setup.data[s].name, name);
    fprintf(
        stream,
        "<DataItem Dimensions=\"%zu %zu\" NumberType=\"%s\" Precision=\"%d\" Format=\"HDF\" Major=\"Column\">"
        "%s:/%s</DataItem>\n",
        result->setup.grid.phi.n, result->setup.grid.r.n, is_real ? "Float" : "Int", is_real ? 8 : 4, file,
        name);
}

/* Prints the values at the cells: `function` of the transposed `fields`, $0 and $1. */
static void print_attribute(FILE *stream, const struct fg_result *result, size_t s, const char *name,
                            const char *function, const enum fg_field *fields, size_t n_fields,
                            const char *file)
{
    bool is_vector = n_fields == 2;
    fprintf(stream,
            "<Attribute Name=\"%s\" AttributeType=\"%s\" Center=\"Node\">\n"
            "<DataItem ItemType=\"Function\" Function=\"%s\" Dimensions=\"1 %zu %zu%s\">\n",
            name, is_vector ? "Vector" : "Scalar", function, result->setup.grid.r.n, result->setup.grid.phi.n,
            is_vector ? " 3" : "");
    for (size_t k = 0; k < n_fields; k++)
        print_transposed(stream, result, s, fields[k], file);
    fputs("</DataItem>\n</Attribute>\n", stream);
}

static void print_axis_item(FILE *stream, size_t n, const char *file, const char *name)
{
    fprintf(stream,
            "<DataItem Dimensions=\"%zu\" NumberType=\"Float\" Precision=\"8\" "
            "Format=\"HDF\">%s:/%s</DataItem>\n",
            n, file, name);
}

static void print_grid_of_data(FILE *stream, const struct fg_result *result, size_t s, const char *file)
{
    static const struct {
        const char *name;
        enum fg_field components[2];
    } vectors[] = {
        {"gradient", {FG_GRADIENT_PHI, FG_GRADIENT_R}},
        {"natural_gradient", {FG_NATURAL_GRADIENT_PHI, FG_NATURAL_GRADIENT_R}},
        {"newton", {FG_NEWTON_PHI, FG_NEWTON_R}},
    };
    unsigned stored = result->data[s].fields;
    size_t n_phi = result->setup.grid.phi.n, n_r = result->setup.grid.r.n;
    fprintf(stream,
            "<Grid Name=\"%s\" GridType=\"Uniform\">\n"
            "<Topology TopologyType=\"3DRectMesh\" Dimensions=\"1 %zu %zu\"/>\n"
            "<Geometry GeometryType=\"VXVYVZ\">\n",
            result->setup.data[s].name, n_r, n_phi);
    print_axis_item(stream, n_phi, file, "phi");
    print_axis_item(stream, n_r, file, "r");
    fputs("<DataItem Dimensions=\"1\" NumberType=\"Float\" Precision=\"8\" Format=\"XML\">0</DataItem>\n"
          "</Geometry>\n",
          stream);
    for (int f = 0; f < FG_N_FIELDS; f++) {
        enum fg_field field = (enum fg_field)f;
        if (stored & 1u << f)
            print_attribute(stream, result, s, fg_field_info[f].name, "$0", &field, 1, file);
    }
    for (size_t v = 0; v < sizeof vectors / sizeof *vectors; v++) {
        const enum fg_field *of = vectors[v].components;
        if (stored & 1u << of[0] && stored & 1u << of[1])
            print_attribute(stream, result, s, vectors[v].name, "$0 , $1 , (0 * $0)", of, 2, file);
    }
    fputs("</Grid>\n", stream);
}

/* Prints the whole text. Returns whether all of it was written; on failure errno has the reason. */
static bool print_xdmf(FILE *stream, const struct fg_result *result, const char *file)
{
    fputs("<?xml version=\"1.0\"?>\n<Xdmf Version=\"2.0\">\n<Domain>\n", stream);
    for (size_t s = 0; s < result->setup.n_data; s++)
        print_grid_of_data(stream, result, s, file);
    fputs("</Domain>\n</Xdmf>\n", stream);
    return fflush(stream) == 0 && !ferror(stream);
}

static enum fg_status write_xdmf(const struct fg_result *result, const char *output, const char *file,
                                 bool force, struct fg_error *error)
{
    struct fg_atomic_file made = {0};
    enum fg_status status = fg_atomic_file_begin(&made, output, force, error);
    if (status != FG_OK)
        return status;
    FILE *stream = fdopen(dup(made.fd), "w");
    if (!stream || !print_xdmf(stream, result, file))
        status = fg_fail(error, FG_FAILED, "%s: writing: %s", output, strerror(errno));
    if (stream)
        fclose(stream);
    if (status == FG_OK)
        return fg_atomic_file_finish(&made, error);
    fg_atomic_file_discard(&made);
    return status;
}

enum fg_status fg_xdmf_write(const struct fg_result *result, const char *output, bool force,
                             struct fg_error *error)
{
    char file[NAME_BYTES];
    const struct fg_grid *grid = &result->setup.grid;
    if (grid->phi.n == 1 && grid->r.n == 1)
        return fg_fail(error, FG_BAD_INPUT, "%s has a single cell; XDMF needs two or more", result->path);
    enum fg_status status = find_name(result->path, output, file, error);
    return status == FG_OK ? write_xdmf(result, output, file, force, error) : status;
}
