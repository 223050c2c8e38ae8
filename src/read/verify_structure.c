/* Checks that a file has everything that a sweep writes. It makes the layout that a sweep would make of the
 * file's own axes, fields, samples and tiles, and compares the two link by link and attribute by attribute.
 * Additional objects in the file belong to its user. */
#include "verify_parts.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "h5.h"
#include "result_read.h"
#include "sandbox.h"
#include "skeleton.h"

/* As for opening: the structure of a file of ours takes some MB and milliseconds. */
static const struct fg_sandbox_limits limits = {.bytes = (size_t)256 << 20, .seconds = 60};

#define PLACE_MAX (FG_NAME_MAX + 64) /* bytes of a path in our files, with the 0 at its end */

/* Lies in memory that is shared with the child, so its pointer is one for the child. */
struct comparison {
    const char *path; /* of the file */
    bool complete;    /* the file */
    hid_t layout;     /* open */
    uint64_t checked, wrong;
    char first[FG_MISMATCH_MAX];
};

/* The same object in the layout and in the file. */
struct twin {
    struct comparison *comparison;
    const char *path; /* in both; "" is the root */
    hid_t layout, file;
    hid_t parent; /* the group of the file that it is in; none of the root */
};

/* `fault` says what is wrong with an attribute of the object at `path`, or with the object; NULL: nothing. */
static void note(struct comparison *comparison, const char *path, const char *attribute, const char *fault)
{
    comparison->checked++;
    if (fault && comparison->wrong++ == 0)
        snprintf(comparison->first, sizeof comparison->first, "%s%s%s %s", *path ? path : "/",
                 attribute ? ": attribute " : "", attribute ? attribute : "", fault);
}

static bool get_link(hid_t group, const char *name, H5L_info_t *link)
{
    return H5Lexists(group, name, H5P_DEFAULT) > 0 && H5Lget_info(group, name, link, H5P_DEFAULT) >= 0;
}

/* Others may lead out of the file. */
static bool has_hard_link(hid_t group, const char *name)
{
    H5L_info_t link;
    return get_link(group, name, &link) && link.type == H5L_TYPE_HARD;
}

/* --- types, shapes and values --- */

/* What a file must have in common with the layout. */
enum demand {
    DEMAND_VALUE,  /* and type and shape */
    DEMAND_SHAPE,  /* and type, of a text any length; the value is of the run, or checked elsewhere */
    DEMAND_SCALES, /* type and shape, and what is referred to */
    DEMAND_PRESENCE
};

static bool have_same_shape(hid_t layout, hid_t file)
{
    hsize_t expected[H5S_MAX_RANK] = {0}, found[H5S_MAX_RANK] = {0};
    int rank = H5Sget_simple_extent_ndims(layout);
    return rank >= 0 && H5Sget_simple_extent_type(layout) == H5Sget_simple_extent_type(file) &&
           H5Sget_simple_extent_dims(layout, expected, NULL) == rank &&
           H5Sget_simple_extent_dims(file, found, NULL) == rank &&
           memcmp(expected, found, sizeof expected) == 0;
}

/* Of arrays of variable length, what they are of. */
static bool have_same_base(hid_t layout, hid_t file)
{
    if (H5Tget_class(file) != H5T_VLEN)
        return false;
    hid_t expected = H5Tget_super(layout), found = H5Tget_super(file);
    bool same = H5Tequal(expected, found) > 0;
    if (found >= 0)
        H5Tclose(found);
    return H5Tclose(expected) >= 0 && same;
}

/* HDF5 never takes types of variable length for the same that are of two files. */
static bool have_same_type(hid_t layout, hid_t file)
{
    return H5Tget_class(layout) == H5T_VLEN ? have_same_base(layout, file) : H5Tequal(layout, file) > 0;
}

struct form {
    hid_t type, space;
};

static void close_form(const struct form *form)
{
    if (form->type >= 0)
        H5Tclose(form->type);
    if (form->space >= 0)
        H5Sclose(form->space);
}

static const char *find_fault_of_form(const struct form *layout, const struct form *file, enum demand demand)
{
    bool right_type = demand != DEMAND_VALUE && H5Tget_class(layout->type) == H5T_STRING
                          ? H5Tget_class(file->type) == H5T_STRING
                          : have_same_type(layout->type, file->type);
    if (!right_type)
        return "has another type";
    return have_same_shape(layout->space, file->space) ? NULL : "has another shape";
}

/* --- attributes --- */

/* Which attributes are not as the layout has them to the byte. */
static enum demand demand_of_attribute(const char *name)
{
    static const struct {
        const char *name;
        enum demand demand;
    } exceptions[] = {
        {LAYOUT_COMPLETE, DEMAND_SHAPE},
        {LAYOUT_RELATIVE_ERROR, DEMAND_SHAPE},
        {"source", DEMAND_SHAPE},
        {"history", DEMAND_SHAPE},
        {"creator_version", DEMAND_SHAPE},
        {"DIMENSION_LIST", DEMAND_SCALES},
        {"REFERENCE_LIST", DEMAND_PRESENCE},
    };
    for (size_t e = 0; e < sizeof exceptions / sizeof *exceptions; e++) {
        if (strcmp(exceptions[e].name, name) == 0)
            return exceptions[e].demand;
    }
    return DEMAND_VALUE;
}

/* Both have the type and the shape of the layout, so neither is longer than what that writes. */
static bool have_same_value(hid_t layout, hid_t file, hid_t type)
{
    char expected[1024] = {0}, found[1024] = {0};
    return H5Aget_storage_size(layout) <= sizeof expected && H5Aget_storage_size(file) <= sizeof found &&
           H5Aread(layout, type, expected) >= 0 && H5Aread(file, type, found) >= 0 &&
           memcmp(expected, found, sizeof expected) == 0;
}

static const char *find_fault_of_attribute(hid_t layout, hid_t file, enum demand demand)
{
    const struct form expected = {H5Aget_type(layout), H5Aget_space(layout)},
                      found = {H5Aget_type(file), H5Aget_space(file)};
    const char *fault = find_fault_of_form(&expected, &found, demand);
    if (!fault && demand == DEMAND_VALUE && !have_same_value(layout, file, expected.type))
        fault = "has another value";
    close_form(&found);
    close_form(&expected);
    return fault;
}

/* --- scales of dimensions --- */

/* Takes the name of a scale of the layout, which is also that of its dataset. */
static herr_t take_name(hid_t dataset, unsigned dimension, hid_t scale, void *name)
{
    (void)dataset, (void)dimension;
    return H5DSget_scale_name(scale, name, FG_NAME_MAX) > 0 ? 1 : -1;
}

/* Takes a reference to a scale, which is the place of its dataset. (H5DSis_attached would look through all
 * that the scale is attached to, for each of them.) */
static herr_t take_reference(hid_t dataset, unsigned dimension, hid_t scale, void *reference)
{
    (void)dataset, (void)dimension;
    return H5Rcreate(reference, scale, ".", H5R_OBJECT, -1) >= 0 ? 1 : -1;
}

/* Whether the dimension has the scale of that name, and no other. In our files scales are in the group of
 * what they scale. */
static bool has_scale(const struct twin *twin, unsigned dimension, const char *name)
{
    hobj_ref_t expected = 0, found = 0;
    return has_hard_link(twin->parent, name) &&
           H5Rcreate(&expected, twin->parent, name, H5R_OBJECT, -1) >= 0 &&
           H5DSget_num_scales(twin->file, dimension) == 1 &&
           H5DSiterate_scales(twin->file, dimension, NULL, take_reference, &found) == 1 && found == expected;
}

static int rank_of(hid_t dataset)
{
    hid_t space = H5Dget_space(dataset);
    int rank = H5Sget_simple_extent_ndims(space);
    return H5Sclose(space) >= 0 ? rank : -1;
}

static const char *find_fault_of_scales(const struct twin *twin)
{
    int rank = rank_of(twin->layout);
    if (rank < 0 || rank_of(twin->file) != rank)
        return "belongs to another shape";
    for (unsigned d = 0; d < (unsigned)rank; d++) {
        char name[FG_NAME_MAX] = "";
        if (H5DSiterate_scales(twin->layout, d, NULL, take_name, name) != 1 || !has_scale(twin, d, name))
            return "has other scales";
    }
    return NULL;
}

/* Called for each attribute of an object of the layout. */
static herr_t compare_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context)
{
    const struct twin *twin = context;
    const enum demand demand = strcmp(name, LAYOUT_FILL_VALUE) == 0 && !twin->comparison->complete
                                   ? DEMAND_SHAPE /* it is 0 until then */
                                   : demand_of_attribute(name);
    const char *fault = NULL;
    (void)info;
    hid_t layout = H5Aopen(object, name, H5P_DEFAULT);
    hid_t file = H5Aexists(twin->file, name) > 0 ? H5Aopen(twin->file, name, H5P_DEFAULT) : H5I_INVALID_HID;
    if (layout < 0 || file < 0)
        fault = "is missing";
    else if (demand != DEMAND_PRESENCE)
        fault = find_fault_of_attribute(layout, file, demand);
    if (!fault && demand == DEMAND_SCALES)
        fault = find_fault_of_scales(twin);
    note(twin->comparison, twin->path, name, fault);
    if (file >= 0)
        H5Aclose(file);
    return layout < 0 ? -1 : H5Aclose(layout);
}

/* --- datasets --- */

/* Single values that every run writes. Others are of the run, or have a check of their own. */
static enum demand demand_of_dataset(const char *path)
{
    static const char *const always[] = {"/entry/title", "/entry/program_name", LAYOUT_PROVENANCE "/program"};
    for (size_t a = 0; a < sizeof always / sizeof *always; a++) {
        if (strcmp(always[a], path) == 0)
            return DEMAND_VALUE;
    }
    return DEMAND_SHAPE;
}

/* Whether the values are in this file, whatever it is: reading others could take forever. */
static bool has_values_here(hid_t dataset)
{
    hid_t properties = H5Dget_create_plist(dataset);
    if (properties < 0)
        return false;
    const H5D_layout_t layout = H5Pget_layout(properties);
    const bool here =
        layout != H5D_VIRTUAL && layout != H5D_LAYOUT_ERROR && H5Pget_external_count(properties) == 0;
    return H5Pclose(properties) >= 0 && here;
}

/* Both have the type of the layout. */
static bool have_same_single_value(hid_t layout, hid_t file, hid_t type)
{
    char expected[64] = {0}, found[64] = {0};
    return H5Tget_size(type) <= sizeof expected &&
           H5Dread(layout, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, expected) >= 0 &&
           H5Dread(file, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, found) >= 0 &&
           memcmp(expected, found, sizeof expected) == 0;
}

static const char *find_fault_of_dataset(const struct twin *twin)
{
    const enum demand demand = demand_of_dataset(twin->path);
    const struct form expected = {H5Dget_type(twin->layout), H5Dget_space(twin->layout)},
                      found = {H5Dget_type(twin->file), H5Dget_space(twin->file)};
    const char *fault = find_fault_of_form(&expected, &found, demand);
    if (!fault && !has_values_here(twin->file))
        fault = "has its values elsewhere";
    if (!fault && demand == DEMAND_VALUE && !have_same_single_value(twin->layout, twin->file, expected.type))
        fault = "has another value";
    close_form(&found);
    close_form(&expected);
    return fault;
}

/* --- links --- */

static herr_t compare_link(hid_t group, const char *name, const H5L_info_t *link, void *context);

/* The root, or an object that both have; where it is a group, also all in it. */
static herr_t compare_object(struct twin *twin)
{
    const H5I_type_t kind = H5Iget_type(twin->layout);
    hsize_t attribute = 0, member = 0;
    const char *fault = NULL;
    if (H5Iget_type(twin->file) != kind)
        fault = kind == H5I_GROUP ? "is not a group" : "is not a dataset";
    else if (kind == H5I_DATASET)
        fault = find_fault_of_dataset(twin);
    note(twin->comparison, twin->path, NULL, fault);
    if (H5Iget_type(twin->file) != kind)
        return 0;
    herr_t done = H5Aiterate2(twin->layout, H5_INDEX_NAME, H5_ITER_INC, &attribute, compare_attribute, twin);
    return done < 0 || kind != H5I_GROUP
               ? done
               : H5Literate(twin->layout, H5_INDEX_CRT_ORDER, H5_ITER_INC, &member, compare_link, twin);
}

/* An object that the layout has. */
static herr_t compare_member(const struct twin *parent, const char *path, const char *name)
{
    const bool is_hard = has_hard_link(parent->file, name);
    struct twin twin = {.comparison = parent->comparison,
                        .path = path,
                        .layout = H5Oopen(parent->layout, name, H5P_DEFAULT),
                        .file = is_hard ? H5Oopen(parent->file, name, H5P_DEFAULT) : H5I_INVALID_HID,
                        .parent = parent->file};
    herr_t done = twin.layout < 0 ? -1 : 0;
    if (twin.layout >= 0 && twin.file >= 0)
        done = compare_object(&twin);
    else
        note(twin.comparison, path, NULL,
             is_hard                                          ? "cannot be opened"
             : H5Lexists(parent->file, name, H5P_DEFAULT) > 0 ? "is only a link"
                                                              : "is missing");
    if (twin.file >= 0)
        H5Oclose(twin.file);
    if (twin.layout >= 0 && H5Oclose(twin.layout) < 0)
        done = -1;
    return done;
}

/* A short name. */
static herr_t compare_soft_link(const struct twin *parent, const char *path, const char *name)
{
    H5L_info_t link;
    char expected[PLACE_MAX] = "", found[PLACE_MAX] = "", fault[PLACE_MAX + 20];
    if (H5Lget_val(parent->layout, name, expected, sizeof expected, H5P_DEFAULT) < 0)
        return -1;
    bool is_there = get_link(parent->file, name, &link);
    bool is_right = is_there && link.type == H5L_TYPE_SOFT && link.u.val_size <= sizeof found &&
                    H5Lget_val(parent->file, name, found, sizeof found, H5P_DEFAULT) >= 0 &&
                    strcmp(expected, found) == 0;
    if (is_there)
        snprintf(fault, sizeof fault, "is not a link to %s", expected);
    else
        snprintf(fault, sizeof fault, "is missing");
    note(parent->comparison, path, NULL, is_right ? NULL : fault);
    return 0;
}

/* Called for each member of a group of the layout. */
static herr_t compare_link(hid_t group, const char *name, const H5L_info_t *link, void *context)
{
    const struct twin *parent = context;
    char path[PLACE_MAX];
    (void)group;
    snprintf(path, sizeof path, "%s/%s", parent->path, name);
    return link->type == H5L_TYPE_SOFT ? compare_soft_link(parent, path, name)
                                       : compare_member(parent, path, name);
}

/* --- in the child --- */

static enum fg_status compare_roots(struct comparison *comparison, hid_t file)
{
    struct twin roots = {.comparison = comparison,
                         .path = "",
                         .layout = H5Gopen2(comparison->layout, "/", H5P_DEFAULT),
                         .file = H5Gopen2(file, "/", H5P_DEFAULT),
                         .parent = H5I_INVALID_HID};
    bool done = roots.layout >= 0 && roots.file >= 0 && compare_object(&roots) >= 0;
    if (roots.file >= 0)
        H5Gclose(roots.file);
    if (roots.layout >= 0)
        H5Gclose(roots.layout);
    return done ? FG_OK : FG_BAD_INPUT;
}

/* A fg_sandbox_work. */
static enum fg_status compare(void *shared, struct fg_error *error)
{
    struct comparison *comparison = shared;
    fg_h5_quiet();
    H5PLset_loading_state(0); /* no plugins, whatever filters the file asks for */
    hid_t access = fg_h5_file_access(), file = H5Fopen(comparison->path, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    enum fg_status status = file < 0 ? FG_BAD_INPUT : compare_roots(comparison, file);
    if (file >= 0)
        H5Fclose(file);
    return status == FG_OK ? FG_OK : fg_fail(error, status, "it cannot be compared with its layout");
}

/* --- in the parent --- */

/* Whether a field says that it was rounded. */
static bool is_rounded(const struct fg_result *result)
{
    bool rounded = false;
    for (size_t s = 0; s < result->setup.n_data; s++) {
        for (int f = 0; f < FG_N_FIELDS; f++)
            rounded |= result->data[s].relative_error[f] > 0;
    }
    return rounded;
}

/* How the fields of the file were rounded, as far as they say so. Rounded ones of 64 bits must say to how
 * many bits; where none does, any number will show that. */
static struct fg_packing packing_of(const struct fg_result *result)
{
    int kept_bits = result->kept_bits > 0                    ? result->kept_bits
                    : is_rounded(result) && !result->float32 ? 1
                                                             : 52;
    return (struct fg_packing){.level = 1, .kept_bits = kept_bits, .float32 = result->float32, .history = ""};
}

/* What is of the run has any text here. Fields are laid out as packed ones, whether they are or not: nothing
 * differs of what is compared, and the layout then needs no room for them, of which a limit of the size of
 * files (ulimit -f) may leave too little. */
static enum fg_status lay_out(const struct fg_result *result, struct fg_skeleton *skeleton,
                              struct fg_error *error)
{
    static const char any[] = "any";
    const struct fg_packing packing = packing_of(result);
    const struct fg_output output = {.path = result->path,
                                     .setup = &result->setup,
                                     .packing = &packing,
                                     .provenance = {.program = any,
                                                    .version = any,
                                                    .git_revision = any,
                                                    .compiler = any,
                                                    .compiler_flags = any,
                                                    .command_line = any,
                                                    .config_json = any,
                                                    .host = any,
                                                    .start_time = any}};
    return fg_skeleton_create(skeleton, &output, error);
}

enum fg_status fg_verify_structure(const struct fg_result *result, struct fg_check *check,
                                   char mistake[FG_MISMATCH_MAX], struct fg_error *error)
{
    struct fg_skeleton skeleton = {0};
    struct comparison *comparison = fg_sandbox_memory(sizeof *comparison);
    *mistake = '\0';
    if (!comparison)
        return fg_fail(error, FG_FAILED, "%s: no memory", result->path);
    enum fg_status status = lay_out(result, &skeleton, error);
    if (status == FG_OK) {
        comparison->path = result->path;
        comparison->complete = result->complete;
        comparison->layout = skeleton.file;
        status = fg_sandbox_run(compare, comparison, &limits, result->path, error);
        if (status == FG_BAD_INPUT) { /* HDF5 could not go through the file */
            note(comparison, "", NULL, "cannot be read to its end");
            status = FG_OK;
        }
    }
    *check = (struct fg_check){
        .checked = comparison->checked, .wrong = comparison->wrong, .worst = comparison->wrong > 0};
    snprintf(mistake, FG_MISMATCH_MAX, "%.*s", FG_MISMATCH_MAX - 1, comparison->first);
    fg_sandbox_free(comparison, sizeof *comparison);
    fg_skeleton_free(&skeleton);
    return status;
}
