/**
 * What the shells are told: to ask `lvscope __complete -- WORDS...`, whose lines are candidates with a tab before what they
 * mean, and at last a colon with what else holds (files, open).
 */

const BASH = `# lvscope completion for bash: eval "$(lvscope completion bash)"
_lvscope() {
  local line="\${COMP_LINE:0:COMP_POINT}" breaks="\${COMP_WORDBREAKS//[^=:@]/}" prefix='' candidate about also=''
  local -a words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  while ((\${#words[@]} > 1)) && [[ \${words[0]} != "$1" ]]; do words=("\${words[@]:1}"); done
  local typed="\${words[\${#words[@]}-1]}"
  # Bash breaks words at these: what stands before the last of them is there already.
  [[ -n $breaks ]] && prefix="\${typed%"\${typed##*[$breaks]}"}"
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate about; do
    if [[ $candidate == :* ]]; then also="$candidate"; else COMPREPLY+=("\${candidate#"$prefix"}"); fi
  done < <("$1" __complete -- "\${words[@]:1}" 2>/dev/null)
  [[ $also == *open* ]] && compopt -o nospace
  [[ $also == *files* ]] && compopt -o default
  return 0
}
complete -F _lvscope lvscope
`;

const ZSH = `#compdef lvscope
# lvscope completion for zsh: a file _lvscope in a folder of $fpath, or eval "$(lvscope completion zsh)"
_lvscope() {
  local line value also=''
  local -a before values
  (( CURRENT > 2 )) && before=("\${(@)words[2,CURRENT-1]}")
  for line in "\${(@f)$("\${words[1]}" __complete -- "\${(@)before}" "$PREFIX" 2>/dev/null)}"; do
    if [[ $line == :* ]]; then also=$line; continue; fi
    value=\${line%%$'\\t'*}
    values+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
  done
  if [[ $also == *files* ]]; then _files
  elif [[ $also == *open* ]]; then _describe lvscope values -S ''
  else _describe lvscope values
  fi
}
if [[ \${funcstack[1]} == _lvscope ]]; then _lvscope "$@"; else compdef _lvscope lvscope; fi
`;

const FISH = `# lvscope completion for fish: lvscope completion fish > ~/.config/fish/completions/lvscope.fish
function __lvscope_complete
    set -l words (commandline -opc) "$(commandline -ct)"
    set -l lines ($words[1] __complete -- $words[2..-1] 2>/dev/null)
    if string match -q '*files*' -- $lines[-1]
        __fish_complete_path "$(commandline -ct)"
    else
        string match -rv '^:' -- $lines
    end
end
complete -c lvscope -f -a '(__lvscope_complete)'
`;

export const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const;
export type Shell = keyof typeof SCRIPTS;
export const SHELLS = Object.keys(SCRIPTS) as Shell[];
