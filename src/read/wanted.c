#include "wanted.h"

#include <stdio.h>
#include <string.h>

#include "h5.h"
#include "layout.h"

bool fg_wanted_has_hard_links(hid_t file, const char *path)
{
    char part[LAYOUT_PATH_MAX];
    for (const char *end = path + 1; end; end = *end ? end + 1 : NULL) {
        H5L_info_t link;
        end += strcspn(end, "/");
        snprintf(part, sizeof part, "%.*s", (int)(end - path), path);
        if (H5Lexists(file, part, H5P_DEFAULT) <= 0 || H5Lget_info(file, part, &link, H5P_DEFAULT) < 0 ||
            link.type != H5L_TYPE_HARD)
            return false;
    }
    return true;
}

static bool has_type(hid_t dataset, hid_t type)
{
    hid_t found = H5Dget_type(dataset);
    bool same = type == H5T_C_S1 ? H5Tget_class(found) == H5T_STRING : H5Tequal(found, type) > 0;
    H5Tclose(found);
    return same;
}

static bool has_shape(hid_t dataset, int rank, const hsize_t *shape)
{
    hsize_t found[2] = {0, 0};
    hid_t space = H5Dget_space(dataset);
    bool same = H5Sget_simple_extent_type(space) == (rank ? H5S_SIMPLE : H5S_SCALAR) &&
                H5Sget_simple_extent_ndims(space) == rank &&
                (rank == 0 || H5Sget_simple_extent_dims(space, found, NULL) == rank);
    for (int d = 0; d < rank; d++)
        same = same && found[d] == shape[d];
    H5Sclose(space);
    return same;
}

const char *fg_wanted_open(hid_t file, const char *path, hid_t type, int rank, const hsize_t *shape,
                           hid_t *dataset)
{
    const char *fault = NULL;
    if (!fg_wanted_has_hard_links(file, path))
        return "is missing, or only a link";
    *dataset = H5Dopen2(file, path, H5P_DEFAULT);
    if (*dataset < 0 || !has_type(*dataset, type))
        fault = "has another type than it must have";
    else if (fg_h5_storage(*dataset) == H5D_LAYOUT_ERROR)
        fault = "has its values in another file";
    else if (!has_shape(*dataset, rank, shape))
        fault = "has another shape than it must have";
    if (fault)
        H5Dclose(*dataset);
    return fault;
}

/* Reads a string of less than `size` bytes with its stored type: fixed length as fishergrid writes it, or
 * variable length as in a copy by netCDF. */
static bool read_string(hid_t dataset, hid_t type, char *text, size_t size)
{
    char *found = NULL;
    if (H5Tis_variable_str(type) <= 0) {
        const size_t n = H5Tget_size(type); /* with the terminating 0, which FG_SETUP_TEXT_MAX counts, too */
        text[n < size ? n : 0] = '\0';
        return n <= size && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0 &&
               (n < size || text[n - 1] == '\0');
    }
    const bool read =
        H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &found) >= 0 && found && strlen(found) < size;
    if (read)
        strcpy(text, found);
    H5free_memory(found);
    return read;
}

const char *fg_wanted_read(hid_t file, const char *path, hid_t type, void *value, size_t size)
{
    hid_t dataset;
    const char *fault = fg_wanted_open(file, path, type, 0, NULL, &dataset);
    if (fault)
        return fault;
    hid_t stored = H5Dget_type(dataset);
    if (type == H5T_C_S1)
        fault = read_string(dataset, stored, value, size) ? NULL : "is no text, or too long";
    else if (H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0)
        fault = "cannot be read";
    H5Tclose(stored);
    H5Dclose(dataset);
    return fault;
}

bool fg_wanted_read_attribute(hid_t object, const char *name, hid_t type, void *value, bool *read)
{
    hid_t attribute = H5Aexists(object, name) > 0 ? H5Aopen(object, name, H5P_DEFAULT) : H5I_INVALID_HID;
    *read = false;
    if (attribute < 0)
        return false;
    hid_t space = H5Aget_space(attribute), stored = H5Aget_type(attribute);
    *read = H5Tequal(stored, type) > 0 && H5Sget_simple_extent_npoints(space) == 1 &&
            H5Aread(attribute, type, value) >= 0;
    H5Tclose(stored);
    H5Sclose(space);
    H5Aclose(attribute);
    return true;
}
