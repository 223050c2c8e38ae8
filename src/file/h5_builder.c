#include "h5_builder.h"

#include <stdio.h>
#include <string.h>

void fg_h5_check(struct fg_h5_builder *builder, hid_t result, const char *at)
{
    if (result < 0 && !builder->failed) {
        builder->failed = true;
        fg_h5_cause(builder->cause);
        snprintf(builder->at, sizeof builder->at, "%s", at);
    }
}

void fg_h5_no_memory(struct fg_h5_builder *builder, const char *name)
{
    if (builder->failed)
        return;
    fg_h5_check(builder, -1, name);
    snprintf(builder->cause, sizeof builder->cause, "no memory");
}

static bool is_ascii(const char *text)
{
    while (*text && !(*text & 0x80))
        text++;
    return !*text;
}

/* Returns a string type of fixed length, which Octave can read. Octave reads ASCII only. netCDF reads strings
 * as text only without a terminator in attributes, and only with a terminator in datasets. */
static hid_t text_type(size_t length, H5T_str_t padding, bool ascii)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, length > 0 ? length : 1);
    H5Tset_strpad(type, padding);
    H5Tset_cset(type, ascii ? H5T_CSET_ASCII : H5T_CSET_UTF8);
    return type;
}

void fg_h5_put_attribute(struct fg_h5_builder *builder, hid_t object, const char *name, hid_t type,
                         hid_t space, const void *value)
{
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    fg_h5_check(builder, attribute, name);
    fg_h5_check(builder, H5Awrite(attribute, type, value), name);
    fg_h5_check(builder, H5Aclose(attribute), name);
    fg_h5_check(builder, H5Sclose(space), name);
}

void fg_h5_put_text_attribute(struct fg_h5_builder *builder, hid_t object, const char *name, const char *text)
{
    hid_t type = text_type(strlen(text), H5T_STR_NULLPAD, is_ascii(text));
    fg_h5_put_attribute(builder, object, name, type, H5Screate(H5S_SCALAR), text);
    fg_h5_check(builder, H5Tclose(type), name);
}

void fg_h5_put_list_attribute(struct fg_h5_builder *builder, hid_t object, const char *name,
                              const char *const *texts, hsize_t n)
{
    size_t longest = 1;
    char packed[H5_LIST_MAX * 64] = {0};
    if (n == 0)
        return;
    for (hsize_t t = 0; t < n; t++)
        longest = strlen(texts[t]) > longest ? strlen(texts[t]) : longest;
    for (hsize_t t = 0; t < n; t++)
        memcpy(packed + t * longest, texts[t], strlen(texts[t]));
    hid_t type = text_type(longest, H5T_STR_NULLPAD, true);
    fg_h5_put_attribute(builder, object, name, type, H5Screate_simple(1, &n, NULL), packed);
    fg_h5_check(builder, H5Tclose(type), name);
}

hid_t fg_h5_put_group(struct fg_h5_builder *builder, hid_t parent, const char *name, const char *nx_class)
{
    hid_t properties = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_link_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_obj_track_times(properties, false);
    hid_t group = H5Gcreate2(parent, name, H5P_DEFAULT, properties, H5P_DEFAULT);
    fg_h5_check(builder, group, name);
    fg_h5_check(builder, H5Pclose(properties), name);
    fg_h5_put_text_attribute(builder, group, "NX_class", nx_class);
    return group;
}

void fg_h5_close_group(struct fg_h5_builder *builder, hid_t group)
{
    fg_h5_check(builder, H5Gclose(group), "a group");
}

hid_t fg_h5_dataset_properties(void)
{
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(properties, false);
    H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER); /* only the writer writes values */
    return properties;
}

void fg_h5_put_scalar(struct fg_h5_builder *builder, hid_t group, const char *name, hid_t type,
                      const void *value, const char *meaning)
{
    hid_t dataset = fg_h5_put_dataset(builder, group, name, 0, NULL, type, builder->scalars, NULL);
    fg_h5_check(builder, H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value), name);
    if (meaning)
        fg_h5_put_text_attribute(builder, dataset, "long_name", meaning);
    fg_h5_check(builder, H5Dclose(dataset), name);
}

void fg_h5_put_text(struct fg_h5_builder *builder, hid_t group, const char *name, const char *text,
                    const char *meaning)
{
    hid_t type = text_type(strlen(text) + 1, H5T_STR_NULLTERM, is_ascii(text));
    fg_h5_put_scalar(builder, group, name, type, text, meaning);
    fg_h5_check(builder, H5Tclose(type), name);
}

hid_t fg_h5_put_dataset(struct fg_h5_builder *builder, hid_t group, const char *name, int rank,
                        const hsize_t *shape, hid_t type, hid_t properties, const double *fill)
{
    hid_t space = H5Screate_simple(rank, shape, NULL), filled = fill ? H5Pcopy(properties) : properties;
    if (fill)
        H5Pset_fill_value(filled, H5T_NATIVE_DOUBLE, fill);
    hid_t dataset = H5Dcreate2(group, name, type, space, H5P_DEFAULT, filled, H5P_DEFAULT);
    fg_h5_check(builder, dataset, name);
    if (fill)
        fg_h5_check(builder, H5Pclose(filled), name);
    fg_h5_check(builder, H5Sclose(space), name);
    return dataset;
}

hid_t fg_h5_put_array(struct fg_h5_builder *builder, hid_t group, const char *name, int rank,
                      const hsize_t *shape, hid_t type, const double *fill)
{
    return fg_h5_put_dataset(builder, group, name, rank, shape, type, builder->arrays, fill);
}

uint64_t fg_h5_close_array(struct fg_h5_builder *builder, hid_t dataset, const char *name)
{
    haddr_t offset = H5Dget_offset(dataset);
    fg_h5_check(builder, offset == HADDR_UNDEF ? -1 : 0, name);
    fg_h5_check(builder, H5Dclose(dataset), name);
    return offset;
}

void fg_h5_put_link(struct fg_h5_builder *builder, hid_t group, const char *name, const char *target)
{
    fg_h5_check(builder, H5Lcreate_soft(target, group, name, H5P_DEFAULT, H5P_DEFAULT), target);
}

void fg_h5_create_file(struct fg_h5_builder *builder, const char *path)
{
    hid_t creation = H5Pcreate(H5P_FILE_CREATE), access = fg_h5_file_access(false);
    H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_obj_track_times(creation, false);
    builder->file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
    fg_h5_check(builder, builder->file, "the file");
    H5Pclose(creation);
    H5Pclose(access);
    builder->scalars = fg_h5_dataset_properties();
    builder->arrays = fg_h5_dataset_properties();
    H5Pset_layout(builder->arrays, H5D_CONTIGUOUS);
    H5Pset_alloc_time(builder->arrays, H5D_ALLOC_TIME_EARLY);
}

void fg_h5_close_file(struct fg_h5_builder *builder)
{
    fg_h5_check(builder, H5Pclose(builder->scalars), "closing");
    fg_h5_check(builder, H5Pclose(builder->arrays), "closing");
    fg_h5_check(builder, H5Fclose(builder->file), "closing");
}
