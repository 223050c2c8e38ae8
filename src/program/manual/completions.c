#include "manual.h"

#include <stdbool.h>
#include <string.h>

#include "fishergrid/fields.h"

/* --- words --- */

/* The operand of a command, behind the options that it must have: "FILE.h5", "a|b", or "". */
static const char *operand_of(const struct command_row *command)
{
    const char *word = options_operands(command->command);
    while (*word == '-') { /* an option and its value */
        word += strcspn(word, " ");
        word += strspn(word, " ");
        word += strcspn(word, " ");
        word += strspn(word, " ");
    }
    return word;
}

static bool are_choices(const char *text)
{
    return strchr(text, '|') != NULL;
}

/* "a|b" as "a b". */
static void write_choices(FILE *file, const char *choices)
{
    for (; *choices; choices++)
        putc(*choices == '|' ? ' ' : *choices, file);
}

static void write_fields(FILE *file)
{
    fputs("all", file);
    for (int f = 0; f < FG_N_FIELDS; f++)
        fprintf(file, " %s", fg_field_info[f].name);
}

/* A line of help without its details, in single quotes; `escaped` get a backslash. */
static void write_brief(FILE *file, const char *help, const char *escaped)
{
    static const char *const details[] = {" (", "; ", ": ", ", 1 to ", ", 0 to "};
    size_t length = strlen(help);
    for (size_t d = 0; d < sizeof details / sizeof *details; d++) {
        const char *detail = strstr(help, details[d]);
        if (detail && (size_t)(detail - help) < length)
            length = (size_t)(detail - help);
    }
    for (size_t k = 0; k < length; k++) {
        if (help[k] == '\'')
            fputs("'\\'", file);
        else if (strchr(escaped, help[k]))
            putc('\\', file);
        putc(help[k], file);
    }
}

/* --- bash --- */

/* What completes the value of an option, or an operand, as commands of the function below. */
static void write_bash_value(FILE *file, const struct option_text *option)
{
    if (option->choices) {
        fputs("words='", file);
        write_choices(file, option->choices);
        putc('\'', file);
    } else if (option->value == VALUE_FIELDS) {
        fputs("words=' ", file);
        write_fields(file);
        fputs(" ' last=${last##*,}\n" /* of several, those that are not there yet */
              "        while [[ $value == *,* ]]; do words=${words/ ${value%%,*} / } value=${value#*,}; done",
              file);
    } else if (option->value == VALUE_DATA) {
        fputs("if [[ $value == *=* ]]; then action='file'; else words='A B'; fi", file);
    } else if (option->value == VALUE_FILE) {
        fputs("action='file'", file);
    } else if (option->value == VALUE_DIRECTORY) {
        fputs("action='directory'", file);
    } else {
        putc(':', file); /* whatever it is */
    }
}

static void write_bash_command(FILE *file, const struct command_row *command)
{
    struct option_text list[MOST_OPTIONS];
    const size_t n = options_list(command->command, list);
    const char *operand = operand_of(command);
    for (size_t o = 0; o < n; o++) {
        if (!list[o].argument)
            continue;
        fprintf(file, "    '%s --%s'", command->name, list[o].name);
        if (list[o].key < 256)
            fprintf(file, " | '%s -%c'", command->name, list[o].key);
        fputs(") ", file);
        write_bash_value(file, &list[o]);
        fputs(" ;;\n", file);
    }
    fprintf(file, "    '%s '*) words='", command->name);
    for (size_t o = 0; o < n; o++)
        fprintf(file, "--%s ", list[o].name);
    if (are_choices(operand))
        write_choices(file, operand);
    fprintf(file, "'%s ;;\n", *operand && !are_choices(operand) ? " action='file'" : "");
}

void write_bash(FILE *file)
{
    fputs("# Completion of fishergrid for bash, made from its table of options.\n"
          "_fishergrid()\n"
          "{\n"
          "    local i=$COMP_CWORD typed=${COMP_WORDS[COMP_CWORD]}\n"
          "    local word=$typed option value last words='' action=''\n"
          "    [[ $typed == = ]] && typed=''\n"
          "    # bash takes --option=value apart\n"
          "    while ((i > 1)) && [[ ${COMP_WORDS[i]} == = || ${COMP_WORDS[i - 1]} == = ]]; do\n"
          "        word=${COMP_WORDS[--i]}$word\n"
          "    done\n"
          "    option=${COMP_WORDS[i - 1]} value=$word\n"
          "    [[ $word == --*=* ]] && option=${word%%=*} value=${word#*=}\n"
          "    last=${value##*=}\n"
          "    if ((i == 1)); then\n"
          "        words='",
          file);
    for (size_t c = 0; c < N_COMMANDS; c++)
        fprintf(file, "%s ", commands[c].name);
    fputs("--help --version'\n"
          "    else\n"
          "    case \"${COMP_WORDS[1]} $option\" in\n",
          file);
    for (size_t c = 0; c < N_COMMANDS; c++)
        write_bash_command(file, &commands[c]);
    fputs("    esac\n"
          "    fi\n"
          "    local before=${typed%\"$last\"}\n"
          "    COMPREPLY=()\n"
          "    case $action in\n"
          "    file) mapfile -t COMPREPLY < <(compgen -P \"$before\" -f -- \"$last\") ;;\n"
          "    directory) mapfile -t COMPREPLY < <(compgen -P \"$before\" -d -- \"$last\") ;;\n"
          "    esac\n"
          "    [[ ! $action ]] || compopt -o filenames 2>/dev/null\n"
          "    [[ ! $words || ($action && $last != -*) ]] ||\n"
          "        mapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$words\" -- \"$last\")\n"
          "}\n"
          "complete -F _fishergrid fishergrid\n",
          file);
}

/* --- zsh --- */

static void write_zsh_value(FILE *file, const struct option_text *option)
{
    putc(':', file);
    for (const char *c = option->argument; *c; c++)
        fprintf(file, "%s%c", *c == ':' ? "\\" : "", *c);
    putc(':', file);
    if (option->choices) {
        putc('(', file);
        write_choices(file, option->choices);
        putc(')', file);
    } else if (option->value == VALUE_FIELDS) {
        fputs("_sequence compadd - ", file);
        write_fields(file);
    } else if (option->value == VALUE_DATA) {
        fputs("_fishergrid_data", file);
    } else if (option->value == VALUE_FILE) {
        fputs("_files", file);
    } else if (option->value == VALUE_DIRECTORY) {
        fputs("_files -/", file);
    } else {
        putc(' ', file); /* whatever it is */
    }
}

/* One form of an option; where there are two, either excludes both, unless it may be repeated. */
static void write_zsh_form(FILE *file, const struct option_text *option, bool is_short)
{
    fputs("      '", file);
    if (option->value == VALUE_DATA)
        putc('*', file);
    else if (option->key < 256)
        fprintf(file, "(-%c --%s)", option->key, option->name);
    if (is_short)
        fprintf(file, "-%c%s[", option->key, option->argument ? "+" : "");
    else
        fprintf(file, "--%s%s[", option->name, option->argument ? "=" : "");
    write_brief(file, option->help, "[]\\");
    putc(']', file);
    if (option->argument)
        write_zsh_value(file, option);
    fputs("' \\\n", file);
}

static void write_zsh_command(FILE *file, const struct command_row *command)
{
    struct option_text list[MOST_OPTIONS];
    const size_t n = options_list(command->command, list);
    const char *operand = operand_of(command);
    fprintf(file, "  %s)\n    _arguments -s \\\n", command->name);
    for (size_t o = 0; o < n; o++) {
        if (list[o].key < 256)
            write_zsh_form(file, &list[o], true);
        write_zsh_form(file, &list[o], false);
    }
    if (are_choices(operand)) {
        fputs("      '1:kind:(", file);
        write_choices(file, operand);
        fputs(")'\n    ;;\n", file);
    } else {
        fputs(*operand ? "      '*:file:_files'\n    ;;\n" : "      && return\n    ;;\n", file);
    }
}

void write_zsh(FILE *file)
{
    fputs("#compdef fishergrid\n"
          "# Completion of fishergrid for zsh, made from its table of options.\n\n"
          "_fishergrid_data() {\n"
          "  if compset -P '*='; then _files; else compadd - A B; fi\n"
          "}\n\n"
          "_fishergrid() {\n"
          "  if ((CURRENT == 2)); then\n"
          "    local -a commands=(\n",
          file);
    for (size_t c = 0; c < N_COMMANDS; c++)
        fprintf(file, "      '%s:%s'\n", commands[c].name, commands[c].summary);
    fputs("    )\n"
          "    _describe -t commands command commands\n"
          "    compadd - --help --version\n"
          "    return\n"
          "  fi\n"
          "  shift words\n"
          "  ((CURRENT--))\n"
          "  case $words[1] in\n",
          file);
    for (size_t c = 0; c < N_COMMANDS; c++)
        write_zsh_command(file, &commands[c]);
    fputs("  esac\n"
          "}\n\n"
          "_fishergrid \"$@\"\n",
          file);
}

/* --- fish --- */

static void write_fish_value(FILE *file, const struct option_text *option)
{
    if (option->choices) {
        fputs(" -x -a '", file);
        write_choices(file, option->choices);
        putc('\'', file);
    } else if (option->value == VALUE_FIELDS) {
        fputs(" -x -a '(__fish_append , (__fishergrid_others ", file);
        write_fields(file);
        fputs("))'", file);
    } else if (option->value == VALUE_DATA) {
        fputs(" -r -F -a 'A B'", file);
    } else if (option->value == VALUE_FILE) {
        fputs(" -r -F", file);
    } else if (option->value == VALUE_DIRECTORY) {
        fputs(" -x -a '(__fish_complete_directories)'", file);
    } else {
        fputs(" -x", file); /* whatever it is */
    }
}

static void write_fish_command(FILE *file, const struct command_row *command)
{
    struct option_text list[MOST_OPTIONS];
    const size_t n = options_list(command->command, list);
    const char *operand = operand_of(command);
    for (size_t o = 0; o < n; o++) {
        fprintf(file, "complete -c fishergrid -n '__fishergrid_is %s' -l %s", command->name, list[o].name);
        if (list[o].key < 256)
            fprintf(file, " -s '%c'", list[o].key);
        if (list[o].argument)
            write_fish_value(file, &list[o]);
        fputs(" -d '", file);
        write_brief(file, list[o].help, "\\");
        fputs("'\n", file);
    }
    if (are_choices(operand)) {
        fprintf(file, "complete -c fishergrid -n '__fishergrid_is %s' -a '", command->name);
        write_choices(file, operand);
        fputs("'\n", file);
    } else if (*operand) {
        fprintf(file, "complete -c fishergrid -n '__fishergrid_is %s' -F\n", command->name);
    }
}

void write_fish(FILE *file)
{
    fputs("# Completion of fishergrid for fish, made from its table of options.\n"
          "function __fishergrid_is\n"
          "    set -l words (commandline -opc)\n"
          "    test (count $words) -ge 2; and test \"$words[2]\" = \"$argv[1]\"\n"
          "end\n"
          "function __fishergrid_others\n"
          "    set -l typed (string split , -- (string replace -r '^--?[^=]*=' '' -- (commandline -ct)))\n"
          "    set -e typed[-1]\n"
          "    for word in $argv\n"
          "        contains -- $word $typed; or echo $word\n"
          "    end\n"
          "end\n"
          "complete -c fishergrid -f\n"
          "complete -c fishergrid -n 'test (count (commandline -opc)) -eq 1' -l help -d 'Print help'\n"
          "complete -c fishergrid -n 'test (count (commandline -opc)) -eq 1' -l version -d 'Print the "
          "version'\n",
          file);
    for (size_t c = 0; c < N_COMMANDS; c++)
        fprintf(file, "complete -c fishergrid -n 'test (count (commandline -opc)) -eq 1' -a %s -d '%s'\n",
                commands[c].name, commands[c].summary);
    for (size_t c = 0; c < N_COMMANDS; c++)
        write_fish_command(file, &commands[c]);
}
