
# Completion of fishergrid for fish. A row of the table above is: command|letter|option|kind|values|description.
function __fishergrid_is
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test "$words[2]" = "$argv[1]"
end
function __fishergrid_others
    set -l typed (string split , -- (string replace -r '^--?[^=]*=' '' -- (commandline -ct)))
    set -e typed[-1]
    for word in $argv
        contains -- $word $typed; or echo $word
    end
end
complete -c fishergrid -f
set -l first 'test (count (commandline -opc)) -eq 1'
complete -c fishergrid -n $first -l help -d 'Print help'
complete -c fishergrid -n $first -l version -d 'Print the version'
for row in (string split \n -- $__fishergrid_table)
    set -l columns (string split '|' -- $row)
    set -l option -c fishergrid -n "__fishergrid_is $columns[1]"
    test -n "$columns[2]"; and set -a option -s (string sub -s 2 -- $columns[2])
    test -n "$columns[3]"; and set -a option -l $columns[3] -d $columns[6]
    set -l required -x # the value of an option; an operand is none
    test -n "$columns[3]"; or set required
    switch $columns[4]
        case command
            complete -c fishergrid -n $first -a $columns[1] -d $columns[6]
        case switch
            complete $option
        case word
            complete $option -x
        case choice
            complete $option $required -a $columns[5]
        case list
            complete $option -x -a "(__fish_append , (__fishergrid_others $columns[5]))"
        case data
            complete $option -r -F -a 'A B'
        case file
            test -n "$required"; and set required -r
            complete $option $required -F
        case directory
            complete $option -x -a '(__fish_complete_directories)'
    end
end
