/* Writes an XDMF file, with which ParaView finds the arrays of a result. */
#define _GNU_SOURCE /* realpath, open_memstream */
#include "fishergrid/xdmf.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "atomic_file.h"
#include "io.h"
#include "paths.h"

/* --- names --- */

/* The directory of `path` without links, with one '/' at its end; the caller frees it. */
static char *real_directory(const char *path)
{
    char room[PATH_MAX], *real = realpath(fg_path_directory(path, room), NULL);
    char *ended = real ? fg_path_with(real, strcmp(real, "/") == 0 ? "" : "/") : NULL;
    free(real);
    return ended;
}

/* From directory `from` to the file `name` in directory `to`; the caller frees it. */
static char *relative(const char *from, const char *to, const char *name)
{
    char *text = NULL;
    size_t size, same = 0;
    for (size_t k = 0; from[k] && from[k] == to[k]; k++) {
        if (from[k] == '/')
            same = k + 1;
    }
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return NULL;
    for (const char *up = from + same; *up; up += strcspn(up, "/") + 1)
        fputs("../", stream);
    fprintf(stream, "%s%s", to + same, name);
    if (fclose(stream) == 0)
        return text;
    free(text);
    return NULL;
}

/* The input as the output must name it; the caller frees it. */
static enum fg_status find_name(const char *input, const char *output, char **name, struct fg_error *error)
{
    char *from = real_directory(output), *to = real_directory(input), *copy = fg_path_with(input, "");
    *name = from && to && copy ? relative(from, to, basename(copy)) : NULL;
    enum fg_status status = *name ? FG_OK : fg_fail(error, FG_FAILED, "%s: %s", input, strerror(errno));
    if (*name && strpbrk(*name, ":<>&\"\n\r\t"))
        status =
            fg_fail(error, FG_BAD_INPUT,
                    "XDMF has no way to write the name '%s', because of its punctuation; rename it", *name);
    free(from);
    free(to);
    free(copy);
    return status;
}

/* --- XDMF --- */

/* An array of the file. Dimensions are given slowest first. */
static void print_array(FILE *stream, const char *dimensions, bool is_real, const char *file,
                        const char *name)
{
    fprintf(
        stream,
        "<DataItem Dimensions=\"%s\" NumberType=\"%s\" Precision=\"%d\" Format=\"HDF\">%s:/%s</DataItem>\n",
        dimensions, is_real ? "Float" : "UChar", is_real ? 8 : 1, file, name);
}

static void print_grid_of_data(FILE *stream, const struct fg_result *result, size_t s, const char *file)

{
    const char *data = result->setup.data[s].name;
    char both[64], r[32], phi[32], name[FG_FIELD_NAME_MAX];
    snprintf(phi, sizeof phi, "%zu", result->setup.grid.phi.n);
    snprintf(r, sizeof r, "%zu", result->setup.grid.r.n);
    snprintf(both, sizeof both, "%s %s", phi, r);
    fprintf(stream,
            "<Grid Name=\"%s\" GridType=\"Uniform\">\n"
            "<Topology TopologyType=\"2DRectMesh\" Dimensions=\"%s\"/>\n"
            "<Geometry GeometryType=\"VXVY\">\n",
            data, both);
    print_array(stream, r, true, file, "r"); /* the fastest axis first */
    print_array(stream, phi, true, file, "phi");
    fputs("</Geometry>\n", stream);
    for (int f = 0; f < FG_N_FIELDS; f++) {
        if (!(result->data[s].fields & 1u << f))
            continue;
        fg_field_name((enum fg_field)f, data, name);
        fprintf(stream, "<Attribute Name=\"%s\" AttributeType=\"Scalar\" Center=\"Node\">\n",
                fg_field_info[f].name);
        print_array(stream, both, f < FG_N_REAL_FIELDS, file, name);
        fputs("</Attribute>\n", stream);
    }
    fputs("</Grid>\n", stream);
}

/* The whole text; the caller frees it. NULL: no memory. */
static char *xdmf_text(const struct fg_result *result, const char *file, size_t *size)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, size);
    if (!stream)
        return NULL;
    fputs("<?xml version=\"1.0\"?>\n<Xdmf Version=\"3.0\">\n<Domain>\n", stream);
    for (size_t s = 0; s < result->setup.n_data; s++)
        print_grid_of_data(stream, result, s, file);
    fputs("</Domain>\n</Xdmf>\n", stream);
    if (fclose(stream) == 0)
        return text;
    free(text);
    return NULL;
}

static enum fg_status write_xdmf(const struct fg_result *result, const char *output, const char *file,
                                 bool force, struct fg_error *error)
{
    struct fg_atomic_file made = {0};
    size_t size = 0;
    char *text = xdmf_text(result, file, &size);
    enum fg_status status = text ? fg_atomic_file_begin(&made, output, force, error)
                                 : fg_fail(error, FG_FAILED, "no memory for the text of %s", output);
    if (status == FG_OK && !fg_io_write(made.fd, text, size, 0)) {
        status = fg_fail(error, FG_FAILED, "%s: writing: %s", output, fg_io_reason());
        fg_atomic_file_discard(&made);
    }
    free(text);
    return status == FG_OK ? fg_atomic_file_finish(&made, error) : status;
}

enum fg_status fg_xdmf_write(const struct fg_result *result, const char *output, bool force,
                             struct fg_error *error)
{
    char *file = NULL;
    enum fg_status status = find_name(result->path, output, &file, error);
    if (status == FG_OK)
        status = write_xdmf(result, output, file, force, error);
    free(file);
    return status;
}
