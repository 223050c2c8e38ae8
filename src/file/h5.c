#include "h5.h"

#include <stdio.h>

void fg_h5_quiet(void)
{
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* Stores the description of an error. HDF5 calls this function for each error, the innermost last. */
static herr_t keep_description(unsigned depth, const H5E_error2_t *entry, void *cause)
{
    (void)depth;
    if (entry->desc && entry->desc[0])
        snprintf(cause, H5_CAUSE_MAX, "%s", entry->desc);
    return 0;
}

void fg_h5_cause(char cause[H5_CAUSE_MAX])
{
    snprintf(cause, H5_CAUSE_MAX, "HDF5 gives no reason");
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_description, cause);
}

hid_t fg_h5_file_access(bool has_name)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    bool failed = H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18) < 0 ||
                  H5Pset_alignment(access, 2048, 4096) < 0 || (!has_name && H5Pset_fapl_stdio(access) < 0);
#if H5_VERSION_GE(1, 10, 7)
    failed |= H5Pset_file_locking(access, 0, 1) < 0;
#endif
    if (failed)
        H5Pclose(access);
    return failed ? H5I_INVALID_HID : access;
}

enum fg_status fg_h5_open_for_reading(const char *path, hid_t *file, struct fg_error *error)
{
    char cause[H5_CAUSE_MAX];
    fg_h5_quiet();
    H5PLset_loading_state(0);
    hid_t access = fg_h5_file_access(true);
    H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
    *file = H5Fopen(path, H5F_ACC_RDONLY, access);
    fg_h5_cause(cause);
    H5Pclose(access);
    return *file >= 0 ? FG_OK
                      : fg_fail(error, FG_BAD_INPUT, "%s: not an HDF5 file, or damaged: %s", path, cause);
}

H5D_layout_t fg_h5_storage(hid_t dataset)
{
    hid_t properties = H5Dget_create_plist(dataset);
    if (properties < 0)
        return H5D_LAYOUT_ERROR;
    const H5D_layout_t layout =
        H5Pget_external_count(properties) == 0 ? H5Pget_layout(properties) : H5D_LAYOUT_ERROR;
    return H5Pclose(properties) >= 0 && layout != H5D_VIRTUAL ? layout : H5D_LAYOUT_ERROR;
}

herr_t fg_h5_set_attribute(hid_t object, const char *name, hid_t type, const void *value)
{
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    herr_t written = H5Awrite(attribute, type, value);
    return H5Aclose(attribute) < 0 ? -1 : written;
}
