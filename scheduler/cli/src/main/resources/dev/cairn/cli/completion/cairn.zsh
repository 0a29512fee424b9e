#compdef cairn
# Completion of cairn for zsh. To have it in every shell, put it as _cairn into a folder of $fpath.
_cairn() {
    local -a candidates
    candidates=("${(@f)$("${words[1]}" complete -- "${(@Q)words[2,CURRENT]}" 2> /dev/null)}")
    if [[ -n ${candidates[1]} ]]; then
        compadd -V cairn -- "${candidates[@]}"
    else
        _files
    fi
}
if [[ ${funcstack[1]} = _cairn ]]; then
    _cairn "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
    compdef _cairn cairn
fi
