/* HDF5 stores with each dataset the scales of its dimensions, and with each scale its users. H5DSattach_scale
 * reads, removes and writes the list of users again for each of them; here it is written once. */
#include "h5_scale.h"

#include <stdlib.h>
#include <string.h>

static hobj_ref_t reference_to(struct fg_h5_builder *builder, hid_t dataset)
{
    hobj_ref_t reference = 0;
    fg_h5_check(builder, H5Rcreate(&reference, dataset, ".", H5R_OBJECT, -1), "a reference");
    return reference;
}

/* Creates a text attribute of a scale, which HDF5 wants with a terminator. */
static void put_mark(struct fg_h5_builder *builder, hid_t dataset, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(text) + 1);
    fg_h5_put_attribute(builder, dataset, name, type, H5Screate(H5S_SCALAR), text);
    fg_h5_check(builder, H5Tclose(type), name);
}

struct fg_h5_scale fg_h5_put_scale(struct fg_h5_builder *builder, hid_t group, const char *name, hsize_t n,
                                   hid_t type, const char *units, size_t most)
{
    struct fg_h5_scale scale = {.dataset = fg_h5_put_array(builder, group, name, 1, &n, type, NULL),
                                .users = calloc(most, sizeof *scale.users)};
    if (!scale.users)
        fg_h5_no_memory(builder, name);
    scale.reference = reference_to(builder, scale.dataset);
    put_mark(builder, scale.dataset, "CLASS", "DIMENSION_SCALE");
    put_mark(builder, scale.dataset, "NAME", name);
    fg_h5_put_text_attribute(builder, scale.dataset, "units", units);
    return scale;
}

void fg_h5_use_scales(struct fg_h5_builder *builder, hid_t dataset, struct fg_h5_scale *const scales[],
                      hsize_t rank)
{
    const hobj_ref_t user = reference_to(builder, dataset);
    hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ);
    hvl_t lists[2];
    for (hsize_t d = 0; d < rank; d++) {
        lists[d] = (hvl_t){1, &scales[d]->reference};
        if (!scales[d]->users)
            continue;
        struct fg_h5_scale_user *next = &scales[d]->users[scales[d]->n++];
        next->dataset = user; /* by members, because the padding is stored, too, and stays 0 */
        next->dimension = (int)d;
    }
    fg_h5_put_attribute(builder, dataset, "DIMENSION_LIST", type, H5Screate_simple(1, &rank, NULL), lists);
    fg_h5_check(builder, H5Tclose(type), "DIMENSION_LIST");
}

uint64_t fg_h5_close_scale(struct fg_h5_builder *builder, struct fg_h5_scale *scale, const char *name)
{
    const hsize_t n = scale->n;
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof *scale->users);
    H5Tinsert(type, "dataset", HOFFSET(struct fg_h5_scale_user, dataset), H5T_STD_REF_OBJ);
    H5Tinsert(type, "dimension", HOFFSET(struct fg_h5_scale_user, dimension), H5T_NATIVE_INT);
    if (n > 0)
        fg_h5_put_attribute(builder, scale->dataset, "REFERENCE_LIST", type, H5Screate_simple(1, &n, NULL),
                            scale->users);
    fg_h5_check(builder, H5Tclose(type), name);
    free(scale->users);
    return fg_h5_close_array(builder, scale->dataset, name);
}
