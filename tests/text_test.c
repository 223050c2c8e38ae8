/* Text for people: lists that fit, and UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fishergrid/text.h"

/* Whatever fits, the list is the beginning of all words, and no byte behind it is touched. */
static void a_list_loses_only_its_end(void **state)
{
    (void)state;
    static const char *const words[] = {"loss", "", "gradient_phi", "r", "x"};
    static const char all[] = "loss, , gradient_phi, r, x";
    for (size_t size = 1; size <= sizeof all + 3; size++) {
        char list[sizeof all + 8] = "";
        memset(list + size, '#', sizeof list - size);
        for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
            fg_text_add(list, size, ", ", words[w]);
            assert_true(strlen(list) < size);
        }
        const size_t length = size < sizeof all ? size - 1 : sizeof all - 1;
        assert_int_equal(strlen(list), length);
        assert_memory_equal(list, all, length);
        for (size_t b = size; b < sizeof list; b++)
            assert_int_equal(list[b], '#');
    }
}

static void the_first_word_has_no_separator(void **state)
{
    (void)state;
    char list[20] = "";
    fg_text_add(list, sizeof list, "|", "");
    assert_string_equal(list, "");
    fg_text_add(list, sizeof list, "|", "a%s");
    assert_string_equal(list, "a%s");
    fg_text_add(list, sizeof list, "", "b");
    fg_text_add(list, sizeof list, "%d", "c");
    assert_string_equal(list, "a%sb%dc");
}

static void only_utf8_stays(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"", ""},
        {"a\tb\n\x7f", "a\tb\n\x7f"}, /* control bytes are characters */
        {"\xc2\x80\xdf\xbf \xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf", NULL}, /* the first and last */
        {"\xf0\x90\x80\x80\xf3\xbf\xbf\xbf\xf4\x8f\xbf\xbf", NULL},                  /* of each length */
        {"caf\xe9.h5", "caf?.h5"},                                                   /* Latin 1 */
        {"\xff\xfe\xc1\x81", "????"},                                                /* in no character */
        {"\xc3 \xe5\x9b ", "? ?? "},                                                 /* cut short */
        {"\xf0\x9f\x99", "???"},
        {"\xbf\xc3\xa4\x80", "?\xc3\xa4?"},               /* the rest of a character, alone */
        {"\xe0\x9f\xbf \xf0\x8f\xbf\xbf", "??? ????"},    /* overlong */
        {"\xed\xa0\x80\xed\xbf\xbf", "??????"},           /* surrogates */
        {"\xf4\x90\x80\x80\xf5\x80\x80\x80", "????????"}, /* beyond U+10FFFF */
    };
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        char text[40];
        strcpy(text, texts[t][0]);
        assert_int_equal(fg_utf8_is_valid(text), !texts[t][1] || strcmp(texts[t][0], texts[t][1]) == 0);
        fg_utf8_repair(text);
        assert_string_equal(text, texts[t][1] ? texts[t][1] : texts[t][0]);
        fg_utf8_repair(text); /* nothing is left to repair */
        assert_string_equal(text, texts[t][1] ? texts[t][1] : texts[t][0]);
    }
}

static void a_choice_is_a_whole_word_of_its_list(void **state)
{
    (void)state;
    static const char *const choices = "auto|direct|chebyshev";
    assert_int_equal(fg_text_choice(choices, "auto"), 0);
    assert_int_equal(fg_text_choice(choices, "chebyshev"), 2);
    for (const char *const *no =
             (const char *const[]){"", "dir", "directly", "Auto", "auto|direct", "|", NULL};
         *no; no++)
        assert_int_equal(fg_text_choice(choices, *no), -1);
}

static void the_nearest_name_is_suggested(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"sweeep", "sweep, point, info", " (did you mean 'sweep'?)"},
        {"SWEEP", "sweep, point, info", " (did you mean 'sweep'?)"},
        {"pionts", "sweep, point, info", " (did you mean 'point'?)"}, /* neighbours swapped */
        {"los", "all, loss, gradient_phi", " (did you mean 'loss'?)"},
        {"los,gradient_phi", "all, loss", " (did you mean 'loss'?)"},
        {"gradient", "loss|gradient_phi", " (did you mean 'gradient_phi'?)"}, /* its beginning */
        {"-phi", "--r|--phi-range|--phi", " (did you mean '--phi'?)"},
        {"a", "A|B", " (did you mean 'A'?)"},
        {"C", "A|B", ""},
        {"volume", "all, loss, gradient_phi", ""},
        {"", "all, loss", ""},
        {"", "", ""},
        {"loss", "", ""},
    };
    char hint[FG_HINT_MAX], word[1001] = "", name[65] = "";
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        fg_text_suggest(rows[k][0], rows[k][1], hint);
        assert_string_equal(hint, rows[k][2]);
    }
    memset(word, 'n', 1000);
    memset(name, 'n', 64);
    fg_text_suggest(word, name, hint);
    assert_string_equal(hint, "");
    fg_text_suggest(name + 1, name, hint); /* the longest that there is fits */
    assert_non_null(strstr(hint, name));
    assert_non_null(strstr(hint, "'?)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_loses_only_its_end),
        cmocka_unit_test(the_first_word_has_no_separator),
        cmocka_unit_test(only_utf8_stays),
        cmocka_unit_test(a_choice_is_a_whole_word_of_its_list),
        cmocka_unit_test(the_nearest_name_is_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
