
# Completion of fishergrid for zsh. A row of the table above is: command|letter|option|kind|values|description.
_fishergrid_data() {
  if compset -P '*='; then _files; else compadd - A B; fi
}

_fishergrid() {
  local row
  local -a columns commands specs
  for row in ${(f)_fishergrid_table}; do
    columns=("${(@s:|:)row}")
    if [[ $columns[4] == command ]]; then
      commands+=("$columns[1]:$columns[6]")
      continue
    fi
    [[ $columns[1] == $words[2] ]] || continue
    local name=$columns[3] action=' '
    case $columns[4] in
    choice) action="($columns[5])" ;;
    list) action="_sequence compadd - $columns[5]" ;;
    data) action=_fishergrid_data ;;
    file) action=_files ;;
    directory) action='_files -/' ;;
    esac
    if [[ ! $name && $columns[4] == choice ]]; then
      specs+=("1:operand:$action")
    elif [[ ! $name ]]; then
      specs+=("*:operand:$action")
    else
      # Either form excludes both, unless the option may be repeated.
      local only="($columns[2] --$name)" value=":$name:$action" short=+
      [[ $columns[4] == data ]] && only='*'
      [[ $columns[4] == switch ]] && value='' short=''
      [[ $columns[2] ]] && specs+=("${only}$columns[2]${short}[$columns[6]]$value")
      specs+=("${only}--$name${short:+=}[$columns[6]]$value")
    fi
  done
  if ((CURRENT == 2)); then
    _describe -t commands command commands
    compadd - --help --version
    return
  fi
  shift words
  ((CURRENT--))
  _arguments -s $specs
}

_fishergrid "$@"
