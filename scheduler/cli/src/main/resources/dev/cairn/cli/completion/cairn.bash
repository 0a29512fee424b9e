# Completion of cairn for bash. To have it in every shell: cairn completion bash > ~/.local/share/bash-completion/completions/cairn
_cairn() {
    local line=${COMP_LINE:0:COMP_POINT} last kept
    local -a words
    read -r -a words <<< "$line"
    [[ $line != *[[:space:]] ]] || words+=('')
    last=${words[-1]}
    mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" complete -- "${words[@]:1}" 2> /dev/null)
    # Bash replaces only what follows the last of its own word breaks.
    kept=${last%"${last##*[=:]}"}
    COMPREPLY=("${COMPREPLY[@]#"$kept"}")
}
complete -o default -o nosort -F _cairn cairn
