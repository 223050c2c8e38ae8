/* The one line of text that every failure leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fishergrid/error.h"

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

static void a_long_path_leaves_room_for_the_reason(void **state)
{
    (void)state;
    struct fg_error error;
    char path[5000];
    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = '\0';
    fg_fail(&error, FG_FAILED, "%s: the directory '%s': %s", path, path, "there is none; make it first");
    assert_memory_equal(error.text, "pppp", 4);
    assert_non_null(strstr(error.text, "...pppp"));
    assert_non_null(strstr(error.text, "pp': there is none; make it first"));
    fg_fail_while(&error, FG_FAILED, "--data");
    assert_memory_equal(error.text, "--data: pppp", 12);
    assert_non_null(strstr(error.text, "pp': there is none; make it first"));
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

static void only_utf8_stays(void **state)
{
    (void)state;
    const char *const texts[][2] = {
        {"\xc3\xa4 \xe5\x9b\xbe \xf0\x9f\x99\x82 \xf4\x8f\xbf\xbf", NULL}, /* stay as they are */
        {"bad\xff.h5", "bad?.h5"},
        {"\xc3", "?"},                       /* ends in the middle */
        {"\xe5\x9b.", "??."},                /* so does this one */
        {"\x80\xc3\xa4", "?\xc3\xa4"},       /* begins in the middle */
        {"\xc0\xaf \xe0\x80\xaf", "?? ???"}, /* overlong */
        {"\xed\xa0\x80", "???"},             /* a surrogate */
        {"\xf4\x90\x80\x80", "????"},        /* beyond U+10FFFF */
    };
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        struct fg_error error;
        fg_fail(&error, FG_FAILED, "%s", texts[t][0]);
        assert_string_equal(error.text, texts[t][1] ? texts[t][1] : texts[t][0]);
    }
}

static void what_would_help_stays_until_the_next_failure(void **state)
{
    (void)state;
    struct fg_error error;
    assert_int_equal(fg_fail_with(&error, FG_REMEDY_REPLACE, FG_BAD_INPUT, "%s exists", "x.h5"),
                     FG_BAD_INPUT);
    assert_string_equal(error.text, "x.h5 exists");
    assert_int_equal(error.remedy, FG_REMEDY_REPLACE);
    fg_fail_while(&error, FG_BAD_INPUT, "--output");
    assert_string_equal(error.text, "--output: x.h5 exists");
    assert_int_equal(error.remedy, FG_REMEDY_REPLACE);
    fg_fail(&error, FG_FAILED, "no memory");
    assert_int_equal(error.remedy, FG_REMEDY_NONE);
    assert_int_equal(fg_fail_with(NULL, FG_REMEDY_DIRECT, FG_FAILED, "nobody listens"), FG_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_stay_on_one_line_and_in_bounds),
        cmocka_unit_test(a_long_path_leaves_room_for_the_reason),
        cmocka_unit_test(only_utf8_stays),
        cmocka_unit_test(what_would_help_stays_until_the_next_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
