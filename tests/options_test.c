/* The command line: what each option takes, how it refuses the rest, and what goes together. */
#define _DEFAULT_SOURCE /* M_PI */
#include "options.h"

#include <float.h>
#include <fnmatch.h>

#include "check.h"
#include "commands.h"
#include "option_table.h"

/* What came of a line, from which words are borrowed. */
struct parsed {
    char line[2048], *words[150];
    struct options options;
    struct fg_error error;
};

/* Parses a line such as "sweep -o x.h5", split at its blanks. What it allocates lives until the next call. */
static enum fg_status parse(struct parsed *parsed, const char *format, va_list arguments)
{
    static struct options last;
    const size_t begin = strlen("fishergrid ");
    size_t c = 0;
    int n = 1;
    options_free(&last);
    *parsed = (struct parsed){.line = "fishergrid ", .words = {parsed->line}};
    vsnprintf(parsed->line + begin, sizeof parsed->line - begin, format, arguments);
    for (char *blank = parsed->line + begin; (blank = strchr(blank, ' ')); *blank++ = '\0')
        parsed->words[n++] = blank + 1;
    while (strcmp(commands[c].name, parsed->line + begin) != 0)
        c++;
    enum fg_status status =
        options_parse(&parsed->options, commands[c].command, n, parsed->words, &parsed->error);
    last = parsed->options;
    return status;
}

static const struct options *accept(struct parsed *parsed, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (parse(parsed, format, arguments) != FG_OK)
        fail_msg("%s: %s", parsed->line, parsed->error.text);
    va_end(arguments);
    return &parsed->options;
}

/* The line is wrong, and one line that matches the pattern says so. */
static void refuse(const char *pattern, const char *format, ...)
{
    struct parsed parsed;
    va_list arguments;
    va_start(arguments, format);
    if (parse(&parsed, format, arguments) != FG_BAD_INPUT || strchr(parsed.error.text, '\n') ||
        fnmatch(pattern, parsed.error.text, 0) != 0)
        fail_msg("got '%s', expected '%s'", parsed.error.text, pattern);
    va_end(arguments);
}

static bool is(const char *word, const char *expected)
{
    return strcmp(word, expected) == 0;
}

static int switches_on(const struct options *o)
{
    return o->quiet + o->dry_run + o->sbatch + o->force + o->unless_done + o->json + o->float32 +
           o->show_config;
}

/* What each command cannot do without, and all its options. */
static const struct {
    const char *shortest, *options;
} known[N_COMMANDS] = {
    {"sweep -o x.h5",
     " phi r phi-range r-range data samples-per-class spread seed method reduction damping fields"
     " tile part config output force unless-done threads max-time sync dry-run sbatch progress quiet"
     " json help version"},
    {"point --phi 1 --r 2",
     " phi r data samples-per-class spread seed reduction damping fields json help version"},
    {"bench kernel",
     " phi r phi-range r-range data samples-per-class spread seed method reduction damping fields"
     " tile threads repetitions directory json help version"},
    {"merge -o x.h5 a.h5",
     " output force unless-done threads max-time sync progress quiet json help version"},
    {"info x.h5", " config json help version"},
    {"verify x.h5", " threads cells seed json help version"},
    {"pack a.h5 b.h5", " force deflate keep-digits float32 threads progress quiet json help version"},
    {"xdmf x.h5", " output force help version"},
};

/* --- values --- */

static void what_is_not_given_has_its_default(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_COMMANDS; c++) {
        struct parsed parsed;
        const struct options *o = accept(&parsed, "%s", known[c].shortest);
        assert_int_equal(o->command, commands[c].command);
        assert_true(o->setup.phi.n == 512 && o->setup.phi.low == 0 && o->setup.phi.high == 2 * M_PI);
        assert_true(o->setup.r.n == 512 && o->setup.r.low == -5 && o->setup.r.high == 5);
        assert_true(o->n_data == 2 && !o->data[0].path && !o->data[1].path);
        assert_true(is(o->data[0].name, "A") && is(o->data[1].name, "B") && is(o->directory, "."));
        assert_true(o->setup.gaussian.samples_per_class == 500 && o->setup.gaussian.spread == 0.3 &&
                    o->setup.gaussian.seed == 0);
        assert_true(o->setup.method == FG_AUTO && o->setup.reduction == FG_SUM && o->setup.damping == 0);
        assert_true(o->setup.fields == FG_EXERCISE_FIELDS && o->setup.part == 0 && o->setup.parts == 0);
        assert_true(o->threads == 0 && o->cells == 1000 && o->repetitions == 7);
        /* where there is a grid it has been cut */
        assert_int_equal(o->setup.tile_cells, o->setup.grid.tiling.n > 0 ? 4096 : 0);
        assert_true(o->deflate == 4 && o->keep_digits == 0 && o->progress == PROGRESS_AUTO);
        assert_true(o->max_time == INFINITY && o->sync_seconds == 60 && switches_on(o) == 0);
    }
}

#define AT(member) offsetof(struct options, member)

static void numbers_go_from_least_to_most(void **state)
{
    (void)state;
    const struct {
        const char *line, *name;
        bool whole;
        size_t at;
        double minimum, maximum;
    } rows[] = {
        {"sweep -o x.h5", "phi", true, AT(setup.phi.n), 1, 0x1p31},
        {"bench kernel", "r", true, AT(setup.r.n), 1, 0x1p31},
        {"point --phi 1 --r 2", "samples-per-class", true, AT(setup.gaussian.samples_per_class), 1, 0x1p30},
        {"verify x.h5", "cells", true, AT(cells), 1, 1e6},
        {"merge -o x.h5 a.h5", "threads", true, AT(threads), 1, 4096},
        {"sweep -o x.h5 --phi 2147483648", "tile", true, AT(setup.tile_cells), 1, 0x1p30},
        {"bench kernel", "repetitions", true, AT(repetitions), 1, 1000},
        {"pack a.h5 b.h5", "deflate", true, AT(deflate), 1, 9},
        {"pack a.h5 b.h5", "keep-digits", true, AT(keep_digits), 1, 15},
        {"point --r 2", "phi", false, AT(at_phi), -1e6, 1e6},
        {"point --phi 1", "r", false, AT(at_r), -1e6, 1e6},
        {"sweep -o x.h5", "spread", false, AT(setup.gaussian.spread), DBL_MIN, 1e5},
        {"bench kernel", "damping", false, AT(setup.damping), 0, 1e100},
        {"sweep -o x.h5", "max-time", false, AT(max_time), 1e-3, 1e9},
        {"merge -o x.h5 a.h5", "sync", false, AT(sync_seconds), 1e-3, 1e9},
    };
    const char *const wrong[] = {"",    "-",   "one", "1,5", "1.5.", "nan",
                                 "inf", "1.5", "1e0", "0x1", "+1",   "-1"};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        char pattern[200];
        sprintf(pattern, "--%s: '*' is not a %s from %.*g to %.*g", rows[k].name,
                rows[k].whole ? "whole number" : "number", rows[k].whole ? 17 : 6, rows[k].minimum,
                rows[k].whole ? 17 : 6, rows[k].maximum);
        for (int way = -1; way <= 1; way += 2) {
            struct parsed parsed;
            const double bound = way > 0 ? rows[k].maximum : rows[k].minimum;
            const double beyond =
                rows[k].whole ? bound + way : nextafter(bound, way > 0 ? INFINITY : -INFINITY);
            accept(&parsed, "%s --%s=%.17g", rows[k].line, rows[k].name, bound);
            const void *value = (const char *)&parsed.options + rows[k].at;
            assert_true((rows[k].whole ? (double)*(const uint64_t *)value : *(const double *)value) == bound);
            refuse(pattern, "%s --%s=%.17g", rows[k].line, rows[k].name, beyond);
        }
        for (size_t w = 0; w < (rows[k].whole ? 12 : 7); w++) /* those behind are real numbers */
            refuse(pattern, "%s --%s=%s", rows[k].line, rows[k].name, wrong[w]);
    }
}

static void words_become_values(void **state)
{
    (void)state;
    struct parsed parsed;
    const struct options *o = accept(&parsed, "point --phi=-.5e1pi --r +pi --seed 18446744073709551615");
    assert_true(o->at_phi == -5 * M_PI && o->at_r == M_PI && o->setup.gaussian.seed == UINT64_MAX);
    o = accept(&parsed, "sweep -o x.h5 --phi-range=-pi:1.5pi --r-range=-1e6:1e6 --phi 1000000 "
                        "--tile 1 --part 1000000/1000000");
    assert_true(o->setup.phi.low == -M_PI && o->setup.phi.high == 1.5 * M_PI);
    assert_true(o->setup.r.low == -1e6 && o->setup.r.high == 1e6 && o->setup.r.n == 512);
    assert_true(o->setup.part == 1000000 && o->setup.parts == 1000000);
    o = accept(&parsed, "sweep -o x.h5 -m direct --reduction mean --progress never -f loss,gradient_r");
    assert_true(o->setup.method == FG_DIRECT && o->setup.reduction == FG_MEAN &&
                o->progress == PROGRESS_NEVER);
    assert_int_equal(o->setup.fields, 1u << FG_LOSS | 1u << FG_GRADIENT_R);
    o = accept(&parsed, "bench sweep --directory=tmp -m chebyshev --data B -d mine=a=b.csv");
    assert_true(is(o->input, "sweep") && is(o->directory, "tmp") && o->setup.method == FG_CHEBYSHEV);
    assert_true(o->n_data == 2 && is(o->data[0].name, "B") && !o->data[0].path);
    assert_true(is(o->data[1].name, "mine") && is(o->data[1].path, "a=b.csv"));
    o = accept(&parsed, "merge a.h5 -o x.h5 b.h5 --force c.h5");
    assert_true(is(o->output, "x.h5") && o->n_inputs == 3 && is(o->inputs[0], "a.h5") &&
                is(o->inputs[2], "c.h5"));
    o = accept(&parsed, "pack a.h5 --float32 b.h5");
    assert_true(is(o->input, "a.h5") && is(o->output, "b.h5"));
}

static void there_are_64_data_sets_with_names_of_64_bytes(void **state)
{
    (void)state;
    char name[66] = "", line[1024] = "bench kernel";
    struct parsed parsed;
    for (int s = 0; s < 64; s++)
        sprintf(line + strlen(line), " -dd%d=f", s);
    assert_int_equal(accept(&parsed, "%s", line)->n_data, 64);
    refuse("--data: more than 64 data sets", "%s -dA", line);
    memset(name, 'n', 65);
    assert_true(is(accept(&parsed, "sweep -o x.h5 -d%s=f", name + 1)->data[0].name, name + 1));
    refuse("--data: the name 'n*n...' is longer than 64 bytes", "sweep -o x.h5 -d%s=f", name);
}

static void a_switch_is_on_where_it_is_given(void **state)
{
    (void)state;
    struct parsed parsed;
    const struct options *o = &parsed.options;
    assert_true(accept(&parsed, "sweep -o x.h5 -q")->quiet && switches_on(o) == 1);
    assert_true(accept(&parsed, "sweep --dry-run -o x.h5")->dry_run && switches_on(o) == 1);
    assert_true(accept(&parsed, "merge --unless-done -o x.h5 a.h5")->unless_done && switches_on(o) == 1);
    assert_true(accept(&parsed, "xdmf --force x.h5")->force && switches_on(o) == 1);
    assert_true(accept(&parsed, "sweep --force -o x.h5")->force && switches_on(o) == 1);
    assert_true(accept(&parsed, "pack --float32 a.h5 b.h5")->float32 && switches_on(o) == 1);
    assert_true(accept(&parsed, "info x.h5 --config")->show_config && switches_on(o) == 1);
    assert_true(accept(&parsed, "verify x.h5 -j")->json && switches_on(o) == 1);
}

static void names_may_be_cut_short(void **state)
{
    (void)state;
    struct parsed parsed;
    const struct options *o = accept(&parsed, "sweep --out x.h5 --phi-r 0:1 --phi 7 --thr 3 --thr 5");
    assert_true(is(o->output, "x.h5") && o->setup.phi.n == 7 && o->setup.phi.high == 1 && o->threads == 5);
    o = accept(&parsed, "sweep -qjox.h5 -N 3 -M4 -t5");
    assert_true(is(o->output, "x.h5") && o->setup.phi.n == 3 && o->setup.r.n == 4 && o->threads == 5 &&
                switches_on(o) == 2);
}

/* --- refusals --- */

static void what_is_wrong_is_named_with_what_works(void **state)
{
    (void)state;
    /* A line, ends of it that are wrong alike, and what is said then. */
    const char *const rows[][3] = {
        {"point --r 0 --phi=", "p|pi2|pipi|--pi|3,5pi|infpi|1e6pi",
         "--phi: '*' is not a number from -1e+06 to 1e+06"},
        {"verify x.h5 --seed=", "18446744073709551616|-1",
         "--seed: '*' is not a whole number from 0 to 18446744073709551615"},
        {"bench kernel --phi-range=", "|1|:|1:|:1|0:1:2|nan:1|0:inf|a:b",
         "--phi-range: '*' is not a range; write LOW:HIGH with finite numbers"},
        {"sweep -o x.h5 --r-range=", "1:1|2:1",
         "--r-range: the range * is empty; write LOW:HIGH with LOW < HIGH"},
        {"sweep -o x.h5 --r-range=", "0:1e7|-1e7:0", "--r-range: the range * leaves the limits -1e+06:1e+06"},
        {"sweep -o x.h5 --method=", "|Direct|aut|autodirect",
         "--method: '*' is not one of auto|direct|chebyshev*"},
        {"sweep -o x.h5 --method=", "dirct|DIRECT|dir",
         "--method: '*' is not one of auto|direct|chebyshev (did you mean 'direct'[?])"},
        {"sweep -o x.h5 --fields=", "loss,|",
         "--fields: unknown field ''; there are: exercise, geometry, all, loss, *"},
        {"sweep -o x.h5 --fields=", "los|gradient_r,los|LOSS,r|lsos",
         "--fields: unknown field '*' (did you mean 'loss'[?]); there are: exercise, geometry, all, loss, *"},
        {"bench kernel -f loss,", "loss", "--fields: field 'loss' is listed twice; once is enough"},
        {"sweep -o x.h5 --part=", "|1|/|1/|/1|0/1|2/1|1/1000001|1/2/3|-1/2|1/+2",
         "--part: '*' is not K/N with 1 <= K <= N <= 1000000"},
        {"bench kernel -d", "C|a",
         "--data: unknown data set '*'*; built in are A and B, a file is given as *"},
        {"sweep -o x.h5 -d", "=f|1=f|a-b=f",
         "--data: '*' cannot name a data set: a name is a letter, then letters, digits and _"},
        {"sweep -o x.h5 -d", "title=f", "--data: 'title' cannot name a data set: *; my_title would work"},
        {"point --r 0 --phi 1 -d", "mine=", "--data: no file after 'mine='; write mine=FILE.csv"},
        {"sweep -o x.h5 -dA -d", "A|a=f",
         "--data: 'A' and '*' are the same name, case aside; give each data set its own"},
        {"point --r 0 --phi 1 -d a=- -d b=-", "",
         "--data: 'a' and 'b' both read standard input; only one can, so name a file for the other"},
        {"sweep -o x.h5 --config=", "", "--config: the name is empty"},
        {"sweep -o", "", "--output needs a value: --output FILE.h5"},
        {"bench kernel --phi", "", "--phi needs a value: --phi N"},
        {"info x.h5 --json=", "|yes", "--json takes no value; leave out '=*'"},
        {"sweep -o x.h5 --", "p 3|p=3|p",
         "'--p' may be --phi, --phi-range, --part, --progress; write one of them in full"},
        {"sweep -o x.h5 -", "-see|-seed", "--seed needs a value: --seed K"},
        {"sweep -o x.h5 -", "-qui=1|-quiet=", "--quiet takes no value; leave out '=*'"},
        {"sweep ", "-phi 3|-q -phi 3|-o -x -phi|--seed 3 -phi=3|-phi -o x.h5",
         "unknown option '-phi*' (did you mean '--phi'[?]); 'fishergrid sweep --help' lists all"},
        {"sweep -o x.h5 ", "--sede 3|--seeed|--sedd=1",
         "unknown option '--se*' (did you mean '--seed'[?]); *"},
        {"info ", "-x.h5|x.h5 -x.h5", "unknown option '-x.h5' (a file of that name is given as ./-x.h5); *"},
        {"info x.h5 -", "-phi|-phi=3|-phi 3|phi=3|phi",
         "unknown option '-*phi*', an option of sweep, point, bench; 'fishergrid info --help' lists all"},
        {"pack a b -", "-fields=loss|sbatch|-method|-cells=3",
         "unknown option '-*', an option of *; 'fishergrid pack --help' lists all"},
        {"sweep -o x.h5 -", "threads 2|thread 2|data=a|data A|output y.h5|fields loss|tile 3",
         "unknown option '-*' (did you mean '--*'[?]); 'fishergrid sweep --help' lists all"},
        {"info x.h5 ", "-x|-jx|-jxj", "unknown option '-*x*'; 'fishergrid info --help' lists all"},
        {"sweep", "| --force", "no output file; give one with -o FILE.h5"},
        {"merge a.h5", "| --force", "no output file; give one with -o FILE.h5"},
        {"merge -o x.h5", "", "an argument is missing; write: fishergrid merge -o FILE.h5 PART.h5..."},
        {"point", "| --phi 1| --r 1", "no cell; give both --phi P and --r R"},
        {"bench", "", "an argument is missing; write: fishergrid bench kernel|sweep|disk|samples|scaling"},
        {"info", "", "an argument is missing; write: fishergrid info FILE.h5"},
        {"verify", "", "an argument is missing; write: fishergrid verify FILE.h5"},
        {"xdmf", "", "an argument is missing; write: fishergrid xdmf FILE.h5"},
        {"pack", "| a", "an argument is missing; write: fishergrid pack IN.h5 OUT.h5"},
        {"pack a b", " c| -- c", "'c' is one argument too many; write: fishergrid pack IN.h5 OUT.h5"},
        {"sweep -o x.h5", " z| -- z", "'z' is one argument too many; write: fishergrid *"},
        {"info x.h5", " z| -- z", "'z' is one argument too many; write: fishergrid *"},
        {"sweep -o x.h5 --force", " --unless-done",
         "--unless-done keeps what --force would replace; leave out one of the two"},
        {"merge -o x.h5 a.h5 --force", " --unless-done",
         "--unless-done keeps what --force would replace; leave out one of the two"},
        {"point --phi 1 --r 2 --damping ", "1e-101|5e-324",
         "--damping: * is neither 0 nor from 1e-100 to 1e+100"},
        {"sweep -o x.h5 -N 9 --phi-range ", "1:1.00000000000001",
         "--phi and --phi-range: *the 9 cells lie closer than *; fewer cells or a wider range work"},
        {"sweep -o x.h5 -M 9 --r-range ", "1:1.00000000000001",
         "--r and --r-range: *the 9 cells lie closer than *; fewer cells or a wider range work"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        for (const char *end = rows[k][1];; end += strcspn(end, "|") + 1) {
            refuse(rows[k][2], "%s%.*s", rows[k][0], (int)strcspn(end, "|"), end);
            if (!strchr(end, '|'))
                break;
        }
    }
}

static void a_command_has_its_options_and_refuses_those_of_others(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_COMMANDS; c++) {
        const struct option_row *list[MOST_OPTIONS];
        char names[1024] = "", pattern[100];
        for (size_t k = 0, n = options_list(commands[c].command, list); k < n; k++)
            sprintf(names + strlen(names), " %s", list[k]->name);
        assert_string_equal(names, known[c].options);
        for (size_t k = 0, n = options_list(255, list); k < n; k++) {
            sprintf(names, " %s", list[k]->name);
            if (strstr(known[c].options, names))
                continue; /* its own, or the beginning of such a name */
            sprintf(pattern, "unknown option '--%s'*; 'fishergrid %s --help' lists all", list[k]->name,
                    commands[c].name);
            refuse(pattern, "%s --%s", known[c].shortest, list[k]->name);
        }
    }
}

static void words_that_only_ask_for_a_dry_run_become_empty(void **state)
{
    (void)state;
    struct parsed parsed;
    accept(&parsed, "sweep --dry-run -o x.h5 --sbatch");
    const char *const left[] = {"", "-o", "x.h5", ""};
    for (int k = 0; k < 4; k++)
        assert_string_equal(parsed.words[1 + k], left[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_given_has_its_default),
        cmocka_unit_test(numbers_go_from_least_to_most),
        cmocka_unit_test(words_become_values),
        cmocka_unit_test(there_are_64_data_sets_with_names_of_64_bytes),
        cmocka_unit_test(a_switch_is_on_where_it_is_given),
        cmocka_unit_test(names_may_be_cut_short),
        cmocka_unit_test(what_is_wrong_is_named_with_what_works),
        cmocka_unit_test(a_command_has_its_options_and_refuses_those_of_others),
        cmocka_unit_test(words_that_only_ask_for_a_dry_run_become_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
