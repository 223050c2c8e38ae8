/* Completes a file: makes the marks of completeness in place, so that the file does not grow when the disk
 * may be full. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "h5.h"
#include "layout.h"

/* Replaces a text by another of the same length, filled up with blanks: this HDF5 does in place. */
static enum fg_status rewrite_text(hid_t file, const char *name, const char *text, struct fg_error *error)
{
    char *old = NULL, *filled = NULL, cause[H5_CAUSE_MAX];
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), type = fg_h5_text_type();
    hid_t transfer = fg_h5_small_transfer();
    bool done = H5Dread(dataset, type, H5S_ALL, H5S_ALL, transfer, &old) >= 0 && old;
    const size_t room = done ? strlen(old) : 0;
    if (done && strlen(text) > room)
        snprintf(cause, sizeof cause, "it has no room for %zu bytes", strlen(text));
    else if (done && !(filled = malloc(room + 1)))
        snprintf(cause, sizeof cause, "no memory");
    else
        fg_h5_cause(cause);
    if (filled) {
        snprintf(filled, room + 1, "%-*s", (int)room, text);
        done = H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, transfer, &filled) >= 0;
        fg_h5_cause(cause);
    }
    H5free_memory(old);
    H5Pclose(transfer);
    H5Tclose(type);
    const bool closed = dataset >= 0 && H5Dclose(dataset) >= 0;
    done = done && filled && closed;
    free(filled);
    return done ? FG_OK : fg_fail(error, FG_FAILED, "marking the file complete, at %s: %s", name, cause);
}

static herr_t set_complete(hid_t file)
{
    const int complete = 1;
    hid_t attribute = H5Aopen(file, LAYOUT_COMPLETE, H5P_DEFAULT);
    if (attribute < 0)
        return -1;
    herr_t written = H5Awrite(attribute, H5T_NATIVE_INT, &complete);
    herr_t closed = H5Aclose(attribute);
    return written < 0 || closed < 0 ? -1 : 0;
}

static bool is_marked_complete(const char *path)
{
    int complete = 0;
    hid_t access = fg_h5_file_access(), file = H5Fopen(path, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    hid_t attribute = file < 0 ? -1 : H5Aopen(file, LAYOUT_COMPLETE, H5P_DEFAULT);
    bool read = attribute >= 0 && H5Aread(attribute, H5T_NATIVE_INT, &complete) >= 0;
    if (attribute >= 0)
        H5Aclose(attribute);
    if (file >= 0)
        H5Fclose(file);
    return read && complete == 1;
}

enum fg_status fg_layout_open(const char *path, hid_t *file, struct fg_error *error)
{
    hid_t access = fg_h5_stdio_access();
    char cause[H5_CAUSE_MAX];
    *file = H5Fopen(path, H5F_ACC_RDWR, access);
    fg_h5_cause(cause);
    H5Pclose(access);
    return *file >= 0 ? FG_OK : fg_fail(error, FG_FAILED, "opening the layout: %s", cause);
}

enum fg_status fg_layout_complete(hid_t file, const char *end_time, const char *summary_json,
                                  struct fg_error *error)
{
    char cause[H5_CAUSE_MAX];
    enum fg_status status = rewrite_text(file, LAYOUT_END_TIME, end_time, error);
    if (status == FG_OK)
        status = rewrite_text(file, LAYOUT_SUMMARY, summary_json, error);
    const bool marked = status == FG_OK && set_complete(file) >= 0, closed = H5Fclose(file) >= 0;
    fg_h5_cause(cause);
    return status != FG_OK || (marked && closed)
               ? status
               : fg_fail(error, FG_FAILED, "marking the file complete: %s", cause);
}

enum fg_status fg_layout_check_complete(const char *path, struct fg_error *error)
{
    return is_marked_complete(path)
               ? FG_OK
               : fg_fail(error, FG_FAILED, "%s: the mark of completeness cannot be read back", path);
}
