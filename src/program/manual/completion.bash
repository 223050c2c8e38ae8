
# shellcheck shell=bash disable=SC2154
# Completion of fishergrid for bash. A row of the table above is: command|letter|option|kind|values|description.
_fishergrid()
{
    local i=$COMP_CWORD typed=${COMP_WORDS[COMP_CWORD]}
    local word=$typed option value last words='' found='' operand=''
    [[ $typed == = ]] && typed=''
    # bash takes --option=value apart
    while ((i > 1)) && [[ ${COMP_WORDS[i]} == = || ${COMP_WORDS[i - 1]} == = ]]; do
        word=${COMP_WORDS[--i]}$word
    done
    option=${COMP_WORDS[i - 1]} value=$word
    [[ $word == --*=* ]] && option=${word%%=*} value=${word#*=}
    last=${value##*=}

    local command letter name kind values
    while IFS='|' read -r command letter name kind values _; do
        if ((i == 1)); then
            [[ $kind == command ]] && words+=" $command"
        elif [[ $command == "${COMP_WORDS[1]}" && $kind != command ]]; then
            [[ $name ]] && words+=" --$name"
            [[ $name ]] || operand="$kind $values"
            [[ $kind != switch && $option && ($option == "--$name" || $option == "$letter") ]] && found="$kind $values"
        fi
    done <<<"$_fishergrid_table"
    ((i == 1)) && words+=' --help --version'
    [[ $found ]] && words=''

    local action=''
    found=${found:-$operand}
    case $found in
    choice*) words+=" ${found#* }" ;;
    list*)
        words=" ${found#* } " last=${last##*,}
        while [[ $value == *,* ]]; do words=${words/ ${value%%,*} / } value=${value#*,}; done # those not yet there
        ;;
    data*) if [[ $value == *=* ]]; then action='-f'; else words='A B'; fi ;;
    file*) action='-f' ;;
    directory*) action='-d' ;;
    esac
    local before=${typed%"$last"}
    COMPREPLY=()
    if [[ $action ]]; then
        mapfile -t COMPREPLY < <(compgen -P "$before" "$action" -- "$last")
        compopt -o filenames 2>/dev/null
    fi
    [[ ! $words || ($action && $last != -*) ]] ||
        mapfile -t COMPREPLY < <(compgen -P "$before" -W "$words" -- "$last")
}
complete -F _fishergrid fishergrid
