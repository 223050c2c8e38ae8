/* The list of fields and its reader. */
#include "check.h"

static void the_list_is_complete_and_its_names_are_distinct(void **state)
{
    (void)state;
    for (int f = 0; f < FG_N_FIELDS; f++) {
        assert_true(fg_field_info[f].name && fg_field_info[f].symbol && fg_field_info[f].unit);
        assert_true(strlen(fg_field_info[f].sentence) > 10);
        for (int g = 0; g < f; g++)
            assert_string_not_equal(fg_field_info[f].name, fg_field_info[g].name);
    }
}

static void lists_are_read(void **state)
{
    (void)state;
    const struct {
        const char *list;
        fg_field_set set;
    } good[] = {
        {"all", FG_ALL_FIELDS},
        {"exercise,geometry", FG_ALL_FIELDS},
        {"loss,geometry", FG_GEOMETRY_FIELDS | 1u << FG_LOSS},
        {"loss", 1u << FG_LOSS},
        {"gradient_r,loss", 1u << FG_GRADIENT_R | 1u << FG_LOSS},
        {"natural_gradient_flag", 1u << FG_NATURAL_GRADIENT_FLAG},
        {"natural_gradient_r", 1u << FG_NATURAL_GRADIENT_R | 1u << FG_NATURAL_GRADIENT_FLAG},
    };
    for (size_t g = 0; g < sizeof good / sizeof *good; g++) {
        fg_field_set set;
        assert_int_equal(fg_fields_parse(good[g].list, &set, NULL), FG_OK);
        assert_int_equal(set, good[g].set);
    }
}

static void wrong_lists_are_refused_by_name(void **state)
{
    (void)state;
    const char *const bad[][2] = {
        {"los", "'los'"},      {"loss,", "''"},         {"", "''"},
        {",loss", "''"},       {"loss,loss", "'loss'"}, {"loss gradient_r", "'loss g"},
        {"all,loss", "'all'"}, {"Loss", "'Loss'"}};
    for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
        fg_field_set set;
        struct fg_error error;
        assert_int_equal(fg_fields_parse(bad[b][0], &set, &error), FG_BAD_INPUT);
        assert_non_null(strstr(error.text, bad[b][1]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_is_complete_and_its_names_are_distinct),
        cmocka_unit_test(lists_are_read),
        cmocka_unit_test(wrong_lists_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
