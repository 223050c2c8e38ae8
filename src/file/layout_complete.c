/* Completes a file. All changes are made in place, so that the file does not grow: the disk may be full. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "h5.h"
#include "layout.h"

/* Replaces a text in place, padded with blanks. */
static enum fg_status rewrite_text(hid_t file, const char *name, const char *text, struct fg_error *error)
{
    char cause[H5_CAUSE_MAX];
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), type = H5Dget_type(dataset);
    const size_t size = H5Tget_size(type); /* 0 if the text cannot be opened */
    bool done = false;
    fg_h5_cause(cause);
    char *filled = malloc(size + 1); /* up to 66 KB, too much for a small stack */
    if (!filled) {
        snprintf(cause, sizeof cause, "no memory");
    } else if (size > 0 && strlen(text) >= size) {
        snprintf(cause, sizeof cause, "it has no room for %zu bytes", strlen(text));
    } else if (size > 0) {
        snprintf(filled, size, "%-*s", (int)size - 1, text);
        done = H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, filled) >= 0;
        fg_h5_cause(cause);
    }
    free(filled);
    H5Tclose(type);
    return H5Dclose(dataset) >= 0 && done
               ? FG_OK
               : fg_fail(error, FG_FAILED, "marking the file complete, at %s: %s", name, cause);
}

/* Stores NaN in the attribute _FillValue of a field. Has the type H5L_iterate_t. */
static herr_t set_fill_value(hid_t root, const char *name, const H5L_info_t *link, void *context)
{
    const double nan = NAN;
    (void)link, (void)context;
    if (H5Aexists_by_name(root, name, LAYOUT_FILL_VALUE, H5P_DEFAULT) <= 0)
        return 0;
    hid_t field = H5Dopen2(root, name, H5P_DEFAULT);
    herr_t written = fg_h5_set_attribute(field, LAYOUT_FILL_VALUE, H5T_NATIVE_DOUBLE, &nan);
    return H5Dclose(field) < 0 ? -1 : written;
}

enum fg_status fg_layout_open(const char *path, hid_t *file, struct fg_error *error)
{
    hid_t access = fg_h5_file_access(false);
    char cause[H5_CAUSE_MAX];
    *file = H5Fopen(path, H5F_ACC_RDWR, access);
    fg_h5_cause(cause);
    H5Pclose(access);
    return *file >= 0 ? FG_OK : fg_fail(error, FG_FAILED, "opening the layout: %s", cause);
}

enum fg_status fg_layout_complete(hid_t *file, const char *end_time, const char *summary_json,
                                  struct fg_error *error)
{
    const int complete = 1;
    char cause[H5_CAUSE_MAX];
    enum fg_status status = rewrite_text(*file, LAYOUT_END_TIME, end_time, error);
    if (status == FG_OK)
        status = rewrite_text(*file, LAYOUT_SUMMARY, summary_json, error);
    const bool marked = status != FG_OK ||
                        (fg_h5_set_attribute(*file, LAYOUT_COMPLETE, H5T_NATIVE_INT, &complete) >= 0 &&
                         H5Literate(*file, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, set_fill_value, NULL) >= 0);
    fg_h5_cause(cause);
    const bool closed = H5Fclose(*file) >= 0;
    *file = H5I_INVALID_HID;
    return status != FG_OK || (marked && closed)
               ? status
               : fg_fail(error, FG_FAILED, "marking the file complete: %s", cause);
}

enum fg_status fg_layout_check_complete(const char *path, struct fg_error *error)
{
    int complete = 0;
    hid_t access = fg_h5_file_access(true), file = H5Fopen(path, H5F_ACC_RDONLY, access);
    hid_t attribute = H5Aopen(file, LAYOUT_COMPLETE, H5P_DEFAULT);
    H5Aread(attribute, H5T_NATIVE_INT, &complete);
    H5Aclose(attribute);
    H5Fclose(file);
    H5Pclose(access);
    return complete == 1
               ? FG_OK
               : fg_fail(error, FG_FAILED, "%s: the mark of completeness cannot be read back", path);
}
