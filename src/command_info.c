/* `fishergrid info`: what is in a file, what made it, is it complete. Everything is gathered into one JSON
 * object first, which is then printed as it is or as text. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "h5.h"
#include "layout.h"
#include "print.h"

/* Longest text that is read from a file, in bytes; a hostile one may claim any length. */
#define TEXT_MAX (1 << 20)

/* --- reading --- */

static size_t length_without_blanks(const char *text)
{
    size_t length = strnlen(text, TEXT_MAX);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    return length;
}

/* The scalar text dataset `name` without the blanks at its end, or null where there is none. */
static json_t *read_text(hid_t file, const char *name)
{
    json_t *text = NULL;
    hid_t dataset = H5Lexists(file, name, H5P_DEFAULT) > 0 ? H5Dopen2(file, name, H5P_DEFAULT) : -1;
    hid_t type = dataset < 0 ? -1 : H5Dget_type(dataset), space = dataset < 0 ? -1 : H5Dget_space(dataset);
    if (type >= 0 && space >= 0 && H5Tis_variable_str(type) > 0 && H5Sget_simple_extent_npoints(space) == 1) {
        char *value = NULL;
        if (H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value) >= 0 && value)
            text = json_stringn(value, length_without_blanks(value));
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, &value);
    }
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    if (dataset >= 0)
        H5Dclose(dataset);
    return text ? text : json_null();
}

/* The scalar number dataset `name`, or null. */
static json_t *read_number(hid_t file, const char *name)
{
    uint64_t number;
    json_t *result = NULL;
    hid_t dataset = H5Lexists(file, name, H5P_DEFAULT) > 0 ? H5Dopen2(file, name, H5P_DEFAULT) : -1;
    hid_t space = dataset < 0 ? -1 : H5Dget_space(dataset);
    if (space >= 0 && H5Sget_simple_extent_npoints(space) == 1 &&
        H5Dread(dataset, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &number) >= 0)
        result = whole_to_json(number);
    if (space >= 0)
        H5Sclose(space);
    if (dataset >= 0)
        H5Dclose(dataset);
    return result ? result : json_null();
}

/* A text dataset that holds a JSON object, parsed; null where it does not. */
static json_t *read_json(hid_t file, const char *name)
{
    json_t *text = read_text(file, name);
    json_t *object = json_is_string(text) ? json_loads(json_string_value(text), 0, NULL) : NULL;
    json_decref(text);
    return object ? object : json_null();
}

static bool read_complete(hid_t file)
{
    int complete = 0;
    hid_t attribute = H5Aexists(file, LAYOUT_COMPLETE) > 0 ? H5Aopen(file, LAYOUT_COMPLETE, H5P_DEFAULT) : -1;
    if (attribute < 0)
        return false;
    hid_t space = H5Aget_space(attribute);
    bool read =
        H5Sget_simple_extent_npoints(space) == 1 && H5Aread(attribute, H5T_NATIVE_INT, &complete) >= 0;
    H5Sclose(space);
    H5Aclose(attribute);
    return read && complete == 1;
}

/* Length of a one-dimensional dataset, 0 where it is not one. */
static hsize_t vector_length(hid_t file, const char *name)
{
    hsize_t n = 0;
    hid_t dataset = H5Lexists(file, name, H5P_DEFAULT) > 0 ? H5Dopen2(file, name, H5P_DEFAULT) : -1;
    hid_t space = dataset < 0 ? -1 : H5Dget_space(dataset);
    if (space >= 0 && H5Sget_simple_extent_ndims(space) == 1)
        H5Sget_simple_extent_dims(space, &n, NULL);
    if (space >= 0)
        H5Sclose(space);
    if (dataset >= 0)
        H5Dclose(dataset);
    return n;
}

/* Value i of a one-dimensional dataset of numbers. */
static double vector_value(hid_t file, const char *name, hsize_t i)
{
    double value = 0;
    hsize_t one = 1;
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), memory = H5Screate_simple(1, &one, NULL);
    hid_t space = dataset < 0 ? -1 : H5Dget_space(dataset);
    if (space >= 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, &i, NULL, &one, NULL) >= 0)
        H5Dread(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, &value);
    if (space >= 0)
        H5Sclose(space);
    H5Sclose(memory);
    if (dataset >= 0)
        H5Dclose(dataset);
    return value;
}

/* {"cells": n, "low": ..., "high": ...}, or NULL where there is no such axis. */
static json_t *read_axis(hid_t file, const char *name)
{
    hsize_t n = vector_length(file, name);
    if (n == 0)
        return NULL;
    return json_pack("{s:I, s:o, s:o}", "cells", (json_int_t)n, "low",
                     finite_or_null(vector_value(file, name, 0)), "high",
                     finite_or_null(vector_value(file, name, n - 1)));
}

static json_t *read_provenance(hid_t file)
{
    static const char *const texts[] = {"command_line", "git_revision",    "compiler", "compiler_flags",
                                        "hdf5_version", "instruction_set", "host"};
    json_t *provenance = json_object();
    char name[128];
    json_object_set_new(provenance, "version", read_text(file, LAYOUT_PROVENANCE "/version"));
    json_object_set_new(provenance, "start_time", read_text(file, "/entry/start_time"));
    json_object_set_new(provenance, "end_time", read_text(file, LAYOUT_END_TIME));
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        snprintf(name, sizeof name, LAYOUT_PARAMETERS "/%s", texts[t]);
        json_object_set_new(provenance, texts[t], read_text(file, name));
    }
    json_object_set_new(provenance, "threads", read_number(file, LAYOUT_PARAMETERS "/threads"));
    json_object_set_new(provenance, "seed", read_number(file, LAYOUT_PARAMETERS "/seed"));
    json_object_set_new(provenance, "config", read_json(file, LAYOUT_PARAMETERS "/config_json"));
    return provenance;
}

/* The fields stored for a data set, as a list of names. */
static json_t *read_fields(hid_t file, const char *data)
{
    json_t *fields = json_array();
    char name[200];
    for (int f = 0; f < FG_N_FIELDS; f++) {
        snprintf(name, sizeof name, "/%s_%s", fg_field_info[f].name, data);
        if (H5Lexists(file, name, H5P_DEFAULT) > 0)
            json_array_append_new(fields, json_string(fg_field_info[f].name));
    }
    return fields;
}

/* Called for each member of /entry: data sets are those with a group of samples. */
static herr_t read_data_set(hid_t entry, const char *member, const H5L_info_t *link, void *sets)
{
    (void)link;
    char name[FG_NAME_MAX + 32];
    if (strncmp(member, "samples_", 8) != 0 || strlen(member) - 8 > FG_NAME_MAX)
        return 0;
    const char *data = member + 8;
    snprintf(name, sizeof name, "/entry/%s/y", member);
    json_object_set_new(sets, data,
                        json_pack("{s:I, s:o}", "samples", (json_int_t)vector_length(entry, name), "fields",
                                  read_fields(entry, data)));
    return 0;
}

/* Everything about an open file; NULL where it is not one of ours. */
static json_t *read_file(hid_t file)
{
    json_t *phi = read_axis(file, "/phi"), *r = read_axis(file, "/r"), *sets = json_object();
    hid_t entry = H5Lexists(file, "/entry", H5P_DEFAULT) > 0 ? H5Gopen2(file, "/entry", H5P_DEFAULT) : -1;
    if (entry >= 0) {
        H5Literate(entry, H5_INDEX_NAME, H5_ITER_INC, NULL, read_data_set, sets);
        H5Gclose(entry);
    }
    if (!phi || !r || json_object_size(sets) == 0) {
        json_decref(phi);
        json_decref(r);
        json_decref(sets);
        return NULL;
    }
    return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o}", "complete", (int)read_complete(file), "phi", phi, "r",
                     r, "data", sets, "summary", read_json(file, LAYOUT_SUMMARY), "provenance",
                     read_provenance(file));
}

/* HDF5 does not say why a file cannot be opened. */
static enum fg_status check_readable(const char *path, struct fg_error *error)
{
    struct stat status;
    FILE *probe = fopen(path, "rb");
    if (!probe)
        return fg_fail(error, FG_BAD_INPUT, "%s: %s; a file made by 'fishergrid sweep' works", path,
                       strerror(errno));
    bool is_directory = fstat(fileno(probe), &status) == 0 && S_ISDIR(status.st_mode);
    fclose(probe);
    return is_directory ? fg_fail(error, FG_BAD_INPUT, "%s is a directory; name a file in it", path) : FG_OK;
}

static enum fg_status open_file(const char *path, hid_t *file, struct fg_error *error)
{
    enum fg_status status = check_readable(path, error);
    if (status != FG_OK)
        return status;
    h5_quiet();
    hid_t access = h5_file_access();
    *file = H5Fopen(path, H5F_ACC_RDONLY, access);
    char cause[H5_CAUSE_MAX];
    h5_cause(cause);
    H5Pclose(access);
    return *file < 0 ? fg_fail(error, FG_BAD_INPUT, "%s: not an HDF5 file, or damaged: %s", path, cause)
                     : FG_OK;
}

/* --- printing --- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "unknown";
}

static void print_axis(const json_t *info, const char *name, const char *unit)
{
    const json_t *axis = json_object_get(info, name);
    printf("%-10s %lld cells from %.10g to %.10g%s\n", name,
           (long long)json_integer_value(json_object_get(axis, "cells")),
           json_number_value(json_object_get(axis, "low")), json_number_value(json_object_get(axis, "high")),
           unit);
}

static void print_data_set(const char *name, const json_t *set, const json_t *found)
{
    size_t f;
    json_t *field;
    printf("%-10s %lld samples;", name, (long long)json_integer_value(json_object_get(set, "samples")));
    json_array_foreach(json_object_get(set, "fields"), f, field) printf(" %s", json_string_value(field));
    puts("");
    if (!json_is_object(found))
        return;
    printf("%-10s least loss %.10g at phi = %.6f, r = %.6f; %lld cells recomputed, %lld undefined\n", "",
           json_number_value(json_object_get(found, "least_loss")),
           json_number_value(json_object_get(found, "least_loss_phi")),
           json_number_value(json_object_get(found, "least_loss_r")),
           (long long)json_integer_value(json_object_get(found, "cells_recomputed")),
           (long long)json_integer_value(json_object_get(found, "cells_undefined")));
}

static void print_info(const char *path, json_t *info)
{
    const json_t *provenance = json_object_get(info, "provenance");
    const json_t *found = json_object_get(json_object_get(info, "summary"), "data");
    json_t *sets = json_object_get(info, "data"), *set;
    const char *name;
    printf("%s: %s\n", path,
           json_is_true(json_object_get(info, "complete"))
               ? "complete"
               : "NOT COMPLETE (cells with natural_gradient_flag 0 have not been computed)");
    print_axis(info, "phi", " rad");
    print_axis(info, "r", "");
    json_object_foreach(sets, name, set) print_data_set(name, set, json_object_get(found, name));
    printf(
        "made by    fishergrid %s (git %s), %s kernel, %lld threads, on %s\n", text_of(provenance, "version"),
        text_of(provenance, "git_revision"), text_of(provenance, "instruction_set"),
        (long long)json_integer_value(json_object_get(provenance, "threads")), text_of(provenance, "host"));
    printf("compiler   %s, %s\n", text_of(provenance, "compiler"), text_of(provenance, "compiler_flags"));
    printf("command    %s\n", text_of(provenance, "command_line"));
    printf("time       %s to %s\n", text_of(provenance, "start_time"), text_of(provenance, "end_time"));
}

enum fg_status command_info(struct options *options, int argc, char **argv, struct fg_error *error)
{
    hid_t file = H5I_INVALID_HID;
    (void)argc, (void)argv;
    enum fg_status status = open_file(options->input, &file, error);
    if (status != FG_OK)
        return status;
    json_t *info = read_file(file);
    H5Fclose(file);
    if (!info)
        return fg_fail(error, FG_BAD_INPUT, "%s: an HDF5 file, but not one that fishergrid made",
                       options->input);
    bool complete = json_is_true(json_object_get(info, "complete"));
    if (options->json) {
        status = print_json(json_incref(info), error);
    } else {
        print_info(options->input, info);
        status = finish_output(error);
    }
    json_decref(info);
    if (status == FG_OK && !complete)
        status = fg_fail(error, FG_FAILED, "%s is not complete", options->input);
    return status;
}
