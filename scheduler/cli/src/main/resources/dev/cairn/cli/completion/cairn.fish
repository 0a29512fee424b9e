# Completion of cairn for fish. To have it in every shell: cairn completion fish > ~/.config/fish/completions/cairn.fish
function __cairn_candidates
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    set -l found ($words[1] complete -- $words[2..-1] $last 2> /dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path $last
    end
end
complete -c cairn -f -k -a '(__cairn_candidates)'
