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

static void errors_stay_on_one_line_and_in_bounds(void **state)
{
    (void)state;
    struct fg_error error;
    char name[3000];
    memset(name, 'x', sizeof name);
    memcpy(name, "a\nb\033[1m\177", 8);
    name[sizeof name - 1] = '\0';
    assert_int_equal(fg_fail(&error, FG_FAILED, "%s", name), FG_FAILED);
    assert_memory_equal(error.text, "a?b?[1m?", 8);
    assert_int_equal(fg_fail_while(&error, FG_BAD_INPUT, "while reading"), FG_BAD_INPUT);
    assert_memory_equal(error.text, "while reading: a?b", 18);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    assert_int_equal(fg_fail(NULL, FG_FAILED, "nobody listens"), FG_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_is_complete_and_its_names_are_distinct),
        cmocka_unit_test(lists_are_read),
        cmocka_unit_test(wrong_lists_are_refused_by_name),
        cmocka_unit_test(errors_stay_on_one_line_and_in_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
