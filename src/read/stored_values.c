#define _POSIX_C_SOURCE 200809L /* PATH_MAX */
#include "stored_values.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "paths.h"

/* Opens the file of a source of a virtual dataset, as HDF5 finds it: beside the file, or in the current
 * directory. Negative if it cannot be opened. */
static hid_t open_source(hid_t file, const char *path, const char *name)
{
    char directory[PATH_MAX], beside[2 * PATH_MAX];
    if (strcmp(name, ".") == 0)
        return H5Freopen(file);
    snprintf(beside, sizeof beside, "%s/%s", fg_path_directory(path, directory), name);
    const hid_t source = *name == '/' ? H5I_INVALID_HID : H5Fopen(beside, H5F_ACC_RDONLY, H5P_DEFAULT);
    return source >= 0 ? source : H5Fopen(name, H5F_ACC_RDONLY, H5P_DEFAULT);
}

/* Returns whether sources give every value of a virtual dataset. HDF5 replaces missing values without a
 * message. */
static bool has_sources(hid_t file, const char *path, hid_t properties, hsize_t n)
{
    size_t n_sources = 0;
    hssize_t covered = 0;
    bool is_there = H5Pget_virtual_count(properties, &n_sources) >= 0;
    for (size_t s = 0; s < n_sources && is_there; s++) {
        char name[PATH_MAX] = "", dataset[PATH_MAX] = "";
        H5Pget_virtual_filename(properties, s, name, sizeof name);
        H5Pget_virtual_dsetname(properties, s, dataset, sizeof dataset);
        const hid_t source = open_source(file, path, name), space = H5Pget_virtual_vspace(properties, s);
        is_there = H5Lexists(source, dataset, H5P_DEFAULT) > 0;
        covered += H5Sget_select_npoints(space);
        H5Sclose(space);
        H5Fclose(source);
    }
    return is_there && covered >= (hssize_t)n;
}

/* Returns whether all chunks are stored. HDF5 replaces missing chunks, too. */
static bool has_chunks(hid_t dataset, hid_t properties)
{
    hsize_t shape[H5S_MAX_RANK], chunk[H5S_MAX_RANK], stored = 0, n = 1;
    const hid_t space = H5Dget_space(dataset);
    const int rank = H5Sget_simple_extent_dims(space, shape, NULL);
    const bool is_known = H5Pget_chunk(properties, H5S_MAX_RANK, chunk) == rank &&
                          H5Dget_num_chunks(dataset, space, &stored) >= 0;
    H5Sclose(space);
    for (int d = 0; d < rank && is_known; d++)
        n *= (shape[d] + chunk[d] - 1) / chunk[d];
    return is_known && stored == n;
}

static bool is_allocated(hid_t dataset)
{
    H5D_space_status_t status;
    return H5Dget_space_status(dataset, &status) >= 0 && status == H5D_SPACE_STATUS_ALLOCATED;
}

const char *fg_stored_values_fault(hid_t file, hid_t dataset, const char *path, hsize_t n)
{
    enum { DEFLATE_MOST = 1032 }; /* maximum bytes that deflate makes of one byte: 258 bytes from 2 bits */
    const hid_t properties = H5Dget_create_plist(dataset);
    const H5D_layout_t layout = H5Pget_layout(properties);
    hsize_t bytes = 0;
    const char *fault = NULL;
    H5Fget_filesize(file, &bytes);
    if (layout == H5D_VIRTUAL && !has_sources(file, path, properties, n))
        fault = "is virtual, and sources of its values are missing";
    else if (layout == H5D_CHUNKED ? !has_chunks(dataset, properties)
                                   : layout != H5D_VIRTUAL && !is_allocated(dataset))
        fault = "has values that were never written";
    else if (layout != H5D_VIRTUAL && n / DEFLATE_MOST > bytes)
        fault = "has more values than the file can hold";
    H5Pclose(properties);
    return fault;
}
